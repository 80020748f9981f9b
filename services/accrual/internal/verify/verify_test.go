package verify_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// tampering is what somebody with a hand in the database may do to a ledger of which a part stands before a checkpoint.
type tampering struct {
	name       string
	collection string
	id         string
	update     bson.M // nil: the document is deleted
	check      string // which finds it, in a verification of everything
	names      string // what the finding names
	since      string // the check that finds it since the checkpoint; empty: none does
	says       string // what that one names, where it is something else
}

// told are the keys of a small ledger: before the checkpoint ann bought twice, and sent points to bob, which have not
// arrived; after it she bought once and returned what she had bought before, and cid came.
type told struct {
	*house
	first, second, third string // of ann's orders
	cids                 string
	sent                 ledger.Entry
}

func tell(t *testing.T) *told {
	t.Helper()
	h := &told{house: open(t)}
	h.first, h.second = h.buys("ann", 4000), h.buys("ann", 2000)
	h.buys("bob", 1000)
	h.sent = h.sends("ann", "bob", 7)
	require.Empty(t, findings(h.run(verify.Options{})))
	kept := h.run(verify.Options{Keep: true})
	require.Empty(t, findings(kept))
	require.EqualValues(t, 4, kept.Set.Entries)
	require.EqualValues(t, 2, kept.Set.Accounts)
	h.third = h.buys("ann", 3000)
	h.returns("ann", h.first)
	h.cids = h.buys("cid", 5000)
	h.write()
	return h
}

func (h *told) tamperings() []tampering {
	day := "tea/2026-01-05/000"
	last := entryOf(h.first, 2)
	return []tampering{
		{"an old entry earns more", "entries", entryOf(h.first, 1), set("movements.0.points", int64(4000)), "entries", "tea/ann entry 1", "", ""},
		{"an old entry has a field more", "entries", entryOf(h.first, 1), set("bonus", int64(4000)), "entries", "read entry " + entryOf(h.first, 1) + ": field bonus: not known here", "", ""},
		{"an old entry is gone", "entries", entryOf(h.second, 1), nil, "entries", "tea/ann entry 3", "entries", "all accounts have 6 entries, and should have 7 by the last ones of each"},
		{"the first entry of an order that goes on is gone", "entries", entryOf(h.first, 1), nil, "orders", last[4:] + " follows on", "orders", last[4:] + " follows on"},
		{"a new entry earns more", "entries", entryOf(h.third, 1), set("movements.0.points", int64(4000)), "entries", "tea/ann entry 4", "entries", "tea/ann entry 4"},
		{"what a new entry leaves", "entries", entryOf(h.third, 1), set("after.balances.0.active", int64(1)), "entries", "tea/ann entry 4", "entries", ""},
		{"a new entry is gone", "entries", entryOf(h.third, 1), nil, "entries", "tea/ann entry 5", "entries", "tea/ann entry 5"},
		{"the last entry is gone", "entries", last, nil, "accounts", "account tea/ann: version is 5", "accounts", "account tea/ann: version is 5"},
		{"a new entry cannot be read", "entries", entryOf(h.third, 1), set("hash", bson.Binary{Data: []byte("short")}), "entries", "read entry " + entryOf(h.third, 1), "entries", ""},
		{"a new entry stands on another account", "entries", entryOf(h.third, 1), set("account", "tea/zoe"), "entries", "tea/ann entry 5", "entries", ""},
		{"a new entry stands under another number", "entries", entryOf(h.third, 1), set("order.number", 3), "orders", "says that it is", "orders", ""},
		{"a higher balance of whom nothing happened", "accounts", "tea/bob", set("balances.0.active", int64(1_000_000)), "accounts", "account tea/bob: balance", "accounts", ""},
		{"a balance that is off by one", "accounts", "tea/ann", bson.M{"$inc": bson.M{"balances.0.active": 1}}, "accounts", "account tea/ann: balance", "accounts", ""},
		{"a fuller lot", "accounts", "tea/bob", bson.M{"$inc": bson.M{"lots.0.left": 1}}, "accounts", "account tea/bob: lot points of operator", "accounts", ""},
		{"a higher tier", "accounts", "tea/bob", set("tier", "silver"), "accounts", "account tea/bob: tier", "accounts", ""},
		{"another partition", "accounts", "tea/bob", set("partition", 3), "accounts", "account tea/bob: partition is 3", "accounts", ""},
		{"what is due is put off", "accounts", "tea/bob", set("due_at", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)), "accounts", "account tea/bob: due at 2099-01-01", "accounts", ""},
		{"a field more", "accounts", "tea/bob", set("bonus", int64(5)), "accounts", "read account tea/bob: field bonus: not known here", "accounts", ""},
		{"another name", "accounts", "tea/bob", set("account", "rob"), "accounts", "read account tea/bob: it says that it is tea/rob", "accounts", ""},
		{"the document of an old account is gone", "accounts", "tea/bob", nil, "accounts", "account tea/bob has 1 entries and no document", "accounts", ""},
		{"the document of a new account is gone", "accounts", "tea/cid", nil, "accounts", "account tea/cid has 1 entries and no document", "accounts", ""},
		{"the only entry of a new account is gone", "entries", entryOf(h.cids, 1), nil, "accounts", "account tea/cid has a document and no entries", "accounts", ""},
		{"totals that count more", "totals", day, set("entries", int64(9)), "totals", "tea on 2026-01-05: 9 entries are counted, there are 7", "totals", ""},
		{"totals of more points", "totals", day, set("sums.earn:points:operator:~.movements", int64(9)), "totals", "earn of points of operator", "totals", ""},
		{"points on their way get lost", "transit", "tea/" + h.sent.Key, nil, "transfers", "transfer " + h.sent.Key + " left account ann and is neither there nor on its way", "transfers", ""},
		{"points on their way that nobody sent", "transit", "tea/" + h.sent.Key, set("key", "cmd/nobody/1"), "transfers", "which nobody sent", "transfers", ""},
	}
}

// TestWhatIsAlteredIsFound by a verification of everything, and, where the reference promises it, by one since a checkpoint;
// what that one does not see it does not claim to have looked at.
func TestWhatIsAlteredIsFound(t *testing.T) {
	t.Parallel()
	h := tell(t)
	since := h.run(verify.Options{Since: true})
	require.Empty(t, findings(since))
	require.EqualValues(t, 3, since.Entries)
	require.EqualValues(t, 3, since.Accounts)
	require.Len(t, since.Notes, 1)
	require.Contains(t, since.Notes[0], "4 entries up to the checkpoint of 2026-01-05T12:00:04Z were not read again")
	for _, c := range h.tamperings() {
		t.Run(c.name, func(t *testing.T) {
			collection, key := h.collection(c.collection), bson.M{"_id": c.id}
			var before bson.Raw
			require.NoError(t, collection.FindOne(t.Context(), key).Decode(&before))
			_, err := collection.DeleteOne(t.Context(), key)
			require.NoError(t, err)
			if c.update != nil {
				h.alter(t, c.collection, before, c.update)
			}
			full, since := findings(h.run(verify.Options{})), findings(h.run(verify.Options{Since: true}))
			_, err = collection.DeleteOne(t.Context(), key)
			require.NoError(t, err)
			_, err = collection.InsertOne(t.Context(), before)
			require.NoError(t, err)
			require.Contains(t, full[c.check], c.names, "%v", full)
			if c.since == "" {
				require.Empty(t, since)
			} else {
				require.NotEmpty(t, since[c.since], "%v", since)
				if c.says != "" {
					require.Contains(t, since[c.since], c.says)
				}
			}
			require.Empty(t, findings(h.run(verify.Options{})), "put right again")
		})
	}
	require.Empty(t, findings(h.run(verify.Options{Since: true})))
}

// alter writes a document with a change, past the schema.
func (h *told) alter(t *testing.T, collection string, document bson.Raw, update bson.M) {
	t.Helper()
	db := h.collection(collection).Database()
	level := func(level string) {
		require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "collMod", Value: collection}, {Key: "validationLevel", Value: level}}).Err())
	}
	level("off")
	_, err := h.collection(collection).InsertOne(t.Context(), document)
	require.NoError(t, err)
	result, err := h.collection(collection).UpdateByID(t.Context(), document.Lookup("_id"), update)
	require.NoError(t, err)
	require.EqualValues(t, 1, result.ModifiedCount)
	level("strict")
}

// TestACheckpointFollowsOnAnother as often as somebody likes, and says the same as a verification of everything.
func TestACheckpointFollowsOnAnother(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := verify.Run(t.Context(), h.storage, "tea", verify.Options{Since: true})
	require.ErrorIs(t, err, reason.NoCheckpoint)
	require.NotNil(t, h.run(verify.Options{Keep: true}).Set, "of an empty ledger too")
	entries := int64(0)
	for round := range 4 {
		h.grow(5+round, 3)
		out := h.sends("m000000", "m000001", 3)
		if round%2 == 1 {
			h.arrives(out)
			entries++
		}
		entries += int64(5+round)*3 + 1
		r := h.run(verify.Options{Since: true, Keep: true})
		require.Empty(t, findings(r))
		require.Equal(t, entries, r.Set.Entries)
		require.EqualValues(t, 5+round, r.Set.Accounts)
		whole := h.run(verify.Options{})
		require.Empty(t, findings(whole))
		require.Equal(t, entries, whole.Entries)
		require.Nil(t, whole.Since)
	}
	none := h.run(verify.Options{Since: true})
	require.Zero(t, none.Entries, "nothing has happened since")
	generations, err := h.collection("verified").CountDocuments(t.Context(), bson.M{"account": bson.M{"$exists": true}})
	require.NoError(t, err)
	require.EqualValues(t, 8, generations, "what older checkpoints kept is gone")

	// One that was set by another version, or of which something is gone, is not begun with.
	_, err = h.collection("verified").DeleteOne(t.Context(), bson.M{"account.account": "m000003"})
	require.NoError(t, err)
	require.Contains(t, findings(h.run(verify.Options{Since: true}))["checkpoint"], "the checkpoint had 8 accounts, 7 of them are left")
	_, err = h.collection("verified").UpdateOne(t.Context(), bson.M{"account.account": "m000004"}, set("account.hash", bson.Binary{Data: []byte("short")}))
	require.NoError(t, err)
	require.Contains(t, findings(h.run(verify.Options{Since: true}))["checkpoint"], "the checkpoint had 8 accounts, 6 of them are left")
	_, err = h.collection("checkpoints").UpdateByID(t.Context(), "tea", set("format", 99))
	require.NoError(t, err)
	_, err = verify.Run(t.Context(), h.storage, "tea", verify.Options{Since: true})
	require.ErrorIs(t, err, reason.NoCheckpoint)
	require.ErrorContains(t, err, "another version of Laurel")
}

// TestACheckpointThatIsReplacedIsNotGoneOn: two verify at once, and the checkpoint of one is gone before it has read all of it. It
// says so, and does not call a ledger broken that holds.
func TestACheckpointThatIsReplacedIsNotGoneOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	const members, times = 2500, 5 // more than one span
	h.grow(members, times)
	require.NotNil(t, h.run(verify.Options{Keep: true}).Set)
	h.grow(1, 1)
	replaced := false
	_, err := verify.Run(t.Context(), h.storage, "tea", verify.Options{Since: true, Keep: true, InOrder: true, Observe: func(ledger.Entry) {
		if !replaced {
			replaced = true
			require.NotNil(t, h.run(verify.Options{Keep: true}).Set)
		}
	}})
	require.ErrorIs(t, err, reason.NoCheckpoint)
	require.ErrorContains(t, err, "run this one again")
	require.Empty(t, findings(h.run(verify.Options{Since: true, Keep: true})))
	kept, err := h.collection("verified").CountDocuments(t.Context(), bson.M{"account": bson.M{"$exists": true}})
	require.NoError(t, err)
	require.EqualValues(t, members, kept, "nothing of the others is left")
}

// TestABrokenLedgerSetsNoCheckpoint and leaves that before as it was.
func TestABrokenLedgerSetsNoCheckpoint(t *testing.T) {
	t.Parallel()
	h := tell(t)
	_, err := h.collection("accounts").UpdateByID(t.Context(), "tea/cid", set("balances.0.active", int64(1)))
	require.NoError(t, err)
	for _, o := range []verify.Options{{Keep: true}, {Keep: true, Since: true}} {
		r := h.run(o)
		require.Nil(t, r.Set)
		require.Contains(t, r.Notes, "no checkpoint was set: the ledger does not hold")
		require.EqualValues(t, 4, h.run(verify.Options{Since: true}).Since.Entries)
	}
	// Nor does one that is ended in its midst, or overtaken.
	ctx, stop := context.WithCancel(t.Context())
	_, err = verify.Run(ctx, h.storage, "tea", verify.Options{Keep: true, Observe: func(ledger.Entry) { stop() }})
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 4, h.run(verify.Options{Since: true}).Since.Entries)
	_, err = h.collection("accounts").UpdateByID(t.Context(), "tea/cid", set("balances.0.active", int64(h.accounts["cid"].Balances[0].Active)))
	require.NoError(t, err)
	overtaken := h.run(verify.Options{Keep: true, Also: func(ctx context.Context) ([]verify.Check, error) {
		_, err := h.storage.Keep(ctx, "tea")
		return nil, err
	}})
	require.Empty(t, findings(overtaken))
	require.Nil(t, overtaken.Set)
	require.Contains(t, overtaken.Notes[0], "another verification has begun one meanwhile")
	require.EqualValues(t, 4, h.run(verify.Options{Since: true}).Since.Entries)
	left := []any{bson.M{"_id": "tea/0/transit/x"}, bson.M{"_id": "tea/g/transit/x"}, bson.M{"_id": "tea-2/0/transit/x"}} // by who was killed
	_, err = h.collection("verified").InsertMany(t.Context(), left)
	require.NoError(t, err)
	set := h.run(verify.Options{Keep: true}).Set
	require.EqualValues(t, 7, set.Entries)
	others, err := h.collection("verified").CountDocuments(t.Context(), bson.M{"_id": bson.M{"$regex": "/transit/x$"}})
	require.NoError(t, err)
	require.EqualValues(t, 1, others, "that of another programme")
	n, err := h.collection("verified").CountDocuments(t.Context(), bson.M{"account": bson.M{"$exists": true}})
	require.NoError(t, err)
	require.EqualValues(t, 3, n, "what was left of the others is gone")
}

// TestEntriesAreObservedAccountByAccount whoever reads them, and in the order of accounts where somebody asks for it.
func TestEntriesAreObservedAccountByAccount(t *testing.T) {
	t.Parallel()
	h := open(t)
	const members, times = 2500, 5 // more than one span, and more accounts than are asked for at once
	h.grow(members, times)
	for _, inOrder := range []bool{true, false} {
		var accounts, wrong []string
		seqs, entries := map[string]ledger.Seq{}, 0
		r := h.run(verify.Options{InOrder: inOrder, Observe: func(e ledger.Entry) {
			key := string(e.Account)
			if e.Seq != seqs[key]+1 {
				wrong = append(wrong, e.Key)
			}
			if seqs[key] = e.Seq; e.Seq == 1 {
				accounts = append(accounts, key)
			}
			entries++
		}})
		require.Empty(t, findings(r))
		require.Empty(t, wrong, "they came in another order")
		require.Equal(t, members*times, entries)
		require.Len(t, accounts, members)
		require.True(t, !inOrder || slices.IsSorted(accounts))
	}
}

// TestMemoryDoesNotGrowWithTheLedger neither with its entries nor with its accounts, nor with what one of them holds.
func TestMemoryDoesNotGrowWithTheLedger(t *testing.T) {
	h := open(t)
	const samples = 10
	// kept is what a verification has in its memory at its end, beside what it is reading just now: the least of the last samples.
	kept := func(o verify.Options) int64 {
		h.books, h.accounts, h.stored = ledger.Books{}, map[ledger.AccountID]ledger.Account{}, map[ledger.AccountID]ledger.Seq{}
		alive := func() int64 {
			var now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&now)
			return int64(now.HeapAlloc) //nolint:gosec // far below 2^63
		}
		alive() // what pools hold goes with the second collection
		before, entries := alive(), 0
		var held []int64
		o.Observe = func(ledger.Entry) {
			if entries++; entries%500 == 0 {
				held = append(held, alive()-before)
			}
		}
		require.Empty(t, findings(h.run(o)))
		return slices.Min(held[len(held)-samples:])
	}
	fill := func(from, to, times int) {
		for m := from; m < to; m++ {
			for range times {
				h.buys(ledger.AccountID(fmt.Sprintf("m%06d", m)), 1000)
			}
		}
		h.write()
	}
	fill(0, 3000, 4)
	small := kept(verify.Options{Keep: true})
	fill(3000, 15_000, 4)
	first := h.buys("hot", 1000)
	for range 11_998 {
		h.buys("hot", 1000)
	}
	h.returns("hot", first) // of which nobody remembers to have read it
	h.write()
	large := kept(verify.Options{Keep: true})
	t.Logf("12,000 entries of 3,000 accounts: %d KiB; 72,000 of 15,001, 12,000 of them of one: %d KiB", small>>10, large>>10)
	require.Less(t, large, small+512<<10)
}
