package storage_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var day = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func open(t *testing.T) *storage.Storage {
	t.Helper()
	uri, database := testkit.Mongo(t)
	db, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close(context.WithoutCancel(t.Context()))) })
	s, err := storage.Open(t.Context(), db, 2)
	require.NoError(t, err)
	return s
}

// write stores changes as one command of the programme tea.
func write(t *testing.T, s *storage.Storage, key string, changes storage.Changes) error {
	t.Helper()
	return s.Store().Transact(t.Context(), func(ctx context.Context) error {
		return s.Write(ctx, storage.Command{Program: "tea", Caller: "operator", Key: key}, changes, day)
	})
}

func members(rows ...storage.Row[membership.Member]) storage.Changes {
	return storage.Changes{Members: rows}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	ann := membership.Member{
		ID: "ann/1", Account: "ann/1", Kind: membership.Dealer, Role: membership.Owner, EnrolledAt: day, Enrolments: 3, Aliases: 2, People: 4,
	}
	number := alias.Alias{
		Ref: alias.Ref{Kind: alias.CustomerNumber, Scope: "a/b", Value: "c/d"}, Member: "ann/1", LinkedAt: day,
		Cause: alias.Misused, BlockedAt: day.Add(time.Hour), ReplacedBy: "e",
	}
	card := alias.Alias{Ref: alias.Ref{Kind: alias.Card, Value: "1"}, Member: "ann/1", LinkedAt: day.Add(time.Minute)}
	changes := members(storage.Row[membership.Member]{Value: ann})
	changes.Aliases = []storage.Row[alias.Alias]{{Value: card}, {Value: number}}
	changes.Answer = storage.Answer{Members: []membership.Member{ann}, Aliases: []alias.Alias{number, card}}
	require.NoError(t, write(t, s, "k", changes))

	row, err := s.Member(t.Context(), "tea", "ann/1")
	require.NoError(t, err)
	require.True(t, row.Found())
	require.Equal(t, ann, row.Value)
	list, err := s.Aliases(t.Context(), "tea", "ann/1")
	require.NoError(t, err)
	require.Equal(t, []alias.Alias{number, card}, list)
	found, err := s.Alias(t.Context(), "tea", number.Ref)
	require.NoError(t, err)
	require.Equal(t, number, found.Value)
	found, err = s.Alias(t.Context(), "tea", alias.Ref{Kind: alias.CustomerNumber, Scope: "a", Value: "b/c/d"})
	require.NoError(t, err)
	require.False(t, found.Found(), "a slash in a scope is not the one behind it")
	answer, done, err := s.Done(t.Context(), storage.Command{Program: "tea", Caller: "operator", Key: "k"})
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, changes.Answer, answer)
	_, _, err = s.Done(t.Context(), storage.Command{Program: "tea", Caller: "operator", Key: "k", Hash: [32]byte{1}})
	require.ErrorIs(t, err, reason.IdempotencyKeyReused)
	_, done, err = s.Done(t.Context(), storage.Command{Program: "tea", Caller: "till", Key: "k"})
	require.NoError(t, err)
	require.False(t, done, "a key belongs to its caller")
	people, err := s.People(t.Context(), "tea", "ann/1", "", 2)
	require.NoError(t, err)
	require.Equal(t, []membership.Member{ann}, people)
}

// TestARowThatHasChangedIsNotOverwritten: of many who have read the same one writes, and the others are told.
func TestARowThatHasChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := open(t)
	ann := membership.Member{ID: "ann", Account: "ann", Kind: membership.Consumer, Role: membership.Owner, EnrolledAt: day, Enrolments: 1, People: 1}
	require.NoError(t, write(t, s, "first", members(storage.Row[membership.Member]{Value: ann})))
	require.ErrorIs(t, write(t, s, "second", members(storage.Row[membership.Member]{Value: ann})), store.ErrConflict)
	row, err := s.Member(t.Context(), "tea", "ann")
	require.NoError(t, err)
	ann.Aliases++
	outcomes := make([]error, 8)
	var all errgroup.Group
	for i := range outcomes {
		all.Go(func() error {
			outcomes[i] = write(t, s, string(rune('a'+i)), members(row.With(ann)))
			return nil
		})
	}
	require.NoError(t, all.Wait())
	written := 0
	for _, err := range outcomes {
		if err == nil {
			written++
			continue
		}
		require.ErrorIs(t, err, store.ErrConflict)
	}
	require.Equal(t, 1, written)
}

func TestWhatCannotBeReadIsNotTakenForSomethingElse(t *testing.T) {
	t.Parallel()
	s := open(t)
	insert := func(collection string, document bson.M) error {
		_, err := s.Store().Collection(collection).InsertOne(t.Context(), document)
		return err
	}
	member := bson.M{
		"_id": "tea/ann", "format": 1, "version": 1, "account": "tea/ann", "kind": "consumer", "role": "owner", "enrolled_at": day,
		"enrolments": 1, "aliases": 0, "people": 1.5,
	}
	require.ErrorContains(t, insert("members", member), "Document failed validation", "no half people")
	member["people"], member["kind"] = 1, "ghost"
	require.NoError(t, insert("members", member))
	_, err := s.Member(t.Context(), "tea", "ann")
	require.ErrorContains(t, err, `kind "ghost"`)
	require.NoError(t, insert("aliases", bson.M{
		"_id": "tea/card//1", "format": 2, "version": 1, "kind": "card", "value": "1", "member": "tea/ann", "linked_at": day,
	}))
	_, err = s.Alias(t.Context(), "tea", alias.Ref{Kind: alias.Card, Value: "1"})
	require.ErrorContains(t, err, "format 2")
	require.NotContains(t, err.Error(), "tea/card//1", "what people are known by is not for logs")
}
