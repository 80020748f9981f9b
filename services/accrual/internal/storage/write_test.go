package storage_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestAnAccountIsReplacedByWhoHasReadItLast: whoever computed from another version has written nothing, also where the account is written by
// others after its version was looked at.
func TestAnAccountIsReplacedByWhoHasReadItLast(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	db, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close(context.WithoutCancel(t.Context()))) })
	s, err := storage.Open(t.Context(), db)
	require.NoError(t, err)
	write := func(from, to ledger.Seq, ids ...ledger.AccountID) error {
		var w storage.Writes
		for _, id := range ids {
			a := ledger.NewAccount("shop", id)
			a.Version, a.Clock = to, time.UnixMilli(int64(to)).UTC()
			w.Accounts = append(w.Accounts, storage.AccountWrite{Account: a, From: from, Partition: 3})
		}
		return db.Transact(t.Context(), func(ctx context.Context) error { return s.Write(ctx, w) })
	}
	version := func(id ledger.AccountID) ledger.Seq {
		ref := storage.AccountRef{Program: "shop", ID: id}
		found, err := s.Accounts(t.Context(), []storage.AccountRef{ref})
		require.NoError(t, err)
		return found[ref].Version
	}
	require.NoError(t, write(0, 4, "ann", "ben"))
	require.ErrorIs(t, write(0, 5, "ann"), store.ErrConflict, "it is there already")
	require.NoError(t, write(4, 6, "ann"))
	require.ErrorIs(t, write(4, 7, "ben", "ann"), store.ErrConflict, "somebody was faster")
	require.ErrorIs(t, write(2, 3, "cid"), store.ErrConflict, "it is not there")
	require.Equal(t, []ledger.Seq{6, 4, 0}, []ledger.Seq{version("ann"), version("ben"), version("cid")})

	err = db.Transact(t.Context(), func(ctx context.Context) error {
		_, err := db.Collection("accounts").CountDocuments(ctx, bson.M{}) // the snapshot is of now
		require.NoError(t, err)
		_, err = db.Collection("accounts").UpdateByID(mongo.NewSessionContext(ctx, nil), "shop/ben", bson.M{"$set": bson.M{"version": int64(9)}})
		require.NoError(t, err)
		ben := ledger.NewAccount("shop", "ben")
		ben.Version = 5
		return s.Write(ctx, storage.Writes{Accounts: []storage.AccountWrite{{Account: ben, From: 4, Partition: 3}}})
	})
	require.ErrorIs(t, err, store.ErrConflict, "its version was read in the snapshot, and others have written it since")
	require.Equal(t, ledger.Seq(9), version("ben"))
}

// TestAnEntryTakesItsPlaceOnce: neither its key nor its place in the account can be taken a second time, whatever was computed.
func TestAnEntryTakesItsPlaceOnce(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	db, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close(context.WithoutCancel(t.Context()))) })
	s, err := storage.Open(t.Context(), db)
	require.NoError(t, err)
	write := func(key string, account ledger.AccountID, seq ledger.Seq) error {
		e := ledger.Entry{Program: "shop", Account: account, Key: key, Seq: seq, Kind: ledger.KindEarn, Format: ledger.Format}
		return db.Transact(t.Context(), func(ctx context.Context) error {
			return s.Write(ctx, storage.Writes{Entries: []storage.EntryWrite{{Entry: e}}})
		})
	}
	require.NoError(t, write("order/shop/1/1", "ann", 1))
	require.ErrorIs(t, write("order/shop/1/1", "ann", 2), store.ErrConflict, "the key is taken")
	require.ErrorIs(t, write("order/shop/2/1", "ann", 1), store.ErrConflict, "the place is taken")
	require.NoError(t, write("order/shop/2/1", "ann", 2))
	require.NoError(t, write("order/shop/3/1", "ben", 1))
}

// TestAnAccountThatANewerVersionWroteIsNotRead: whoever writes it again would drop what it does not know.
func TestAnAccountThatANewerVersionWroteIsNotRead(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	db, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close(context.WithoutCancel(t.Context()))) })
	s, err := storage.Open(t.Context(), db)
	require.NoError(t, err)
	ann := ledger.NewAccount("shop", "ann")
	ann.Version = 1
	require.NoError(t, db.Transact(t.Context(), func(ctx context.Context) error {
		return s.Write(ctx, storage.Writes{Accounts: []storage.AccountWrite{{Account: ann, Partition: 3}}})
	}))
	_, err = db.Collection("accounts").UpdateByID(t.Context(), "shop/ann", bson.M{"$set": bson.M{"halo": "x"}})
	require.NoError(t, err)
	_, err = s.Accounts(t.Context(), []storage.AccountRef{{Program: "shop", ID: "ann"}})
	require.ErrorContains(t, err, "halo")
	require.ErrorContains(t, err, "replace all replicas")
}
