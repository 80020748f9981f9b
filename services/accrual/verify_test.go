package accrual_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// tampering is what somebody with a hand in the database may do to one document.
type tampering struct {
	name       string
	collection string
	id         string
	update     bson.M // nil: the document is deleted
	check      string // which finds it
	names      string // what the finding names
}

func set(field string, value any) bson.M { return bson.M{"$set": bson.M{field: value}} }

func tamperings() []tampering {
	const first, second, last = "tea/order/shop/o1/1", "tea/order/shop/o2/1", "tea/order/shop/o3/1"
	entry := func(name, field string, value any) tampering {
		return tampering{name, "entries", first, set(field, value), "entries", "tea/ann entry 1"}
	}
	account := func(name, field string, value any, names string) tampering {
		return tampering{name, "accounts", "tea/ann", set(field, value), "accounts", "account tea/ann: " + names}
	}
	counted := fmt.Sprintf("tea/2026-01-10/%03d", bus.Partition("tea", "ann", partitions))
	return []tampering{
		entry("an entry earns more", "movements.0.points", int64(4000)),
		entry("an entry's posting", "postings.0.points", int64(4000)),
		entry("what an entry leaves", "after.balances.0.active", int64(4000)),
		entry("what the order should earn", "order.target", int64(4000)),
		entry("what was paid", "order.lines.0.amount", int64(400_000)),
		entry("when it happened", "occurred_at", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)),
		entry("who did it", "actor", "merchant/rival"),
		entry("which event did it", "event_id", "another"),
		entry("the rule that it names", "lines.0.rules.0", "double points"),
		entry("the revision that it names", "revision", 2),
		entry("when the points lapse", "movements.0.expiry", 99_999),
		entry("the tier that was reached", "ladder.change.to", "silver"),
		entry("an entry's kind", "kind", "reverse"),
		entry("an entry's hash", "hash", bson.Binary{Data: make([]byte, 32)}),
		entry("a format that is not known", "format", 2),
		{"an entry that cannot be read", "entries", first, set("hash", bson.Binary{Data: []byte("short")}), "entries", "1 breaches: read entry " + first},
		{"the first entry is deleted", "entries", first, nil, "entries", "tea/ann entry 2"},
		{"an entry between others is deleted", "entries", second, nil, "entries", "tea/ann entry 3"},
		{"the last entry is deleted", "entries", last, nil, "accounts", "account tea/ann: version"},
		{"the only entry is deleted", "entries", "tea/order/shop/o9/1", nil, "accounts", "account tea/zoe has a document and no entries"},
		{"an entry is given to another account", "entries", second, set("account", "tea/zoe"), "entries", "tea/zoe entry 2"},
		account("a higher balance", "balances.0.active", int64(1_000_000), "balance"),
		account("a forgiven debt", "balances.0.debt", int64(-5), "balance"),
		account("a fuller lot", "lots.0.left", int64(1_000_000), "lot points of operator gone on 2027-02-01"),
		account("a lot that lapses later", "lots.0.expiry", 99_999, "lot points of operator gone on 2027-02-01 is missing"),
		account("a lot that lapsed and could meet a return", "lots.0.uncounted", int64(7), "lot points of operator gone on 2027-02-01"),
		account("a lot more", "lots", bson.A{}, "lot points of operator gone on 2027-02-01 is missing"),
		account("a higher tier", "tier", "silver", "tier"),
		account("more spent", "days.0.amount", int64(1_000_000), "spend of the window"),
		account("a review that was not", "reviewed", 30_000, "last review"),
		account("an event that waits no more", "waiting", bson.A{}, "what waits"),
		account("a debt from nowhere", "debts", bson.A{bson.M{"unit": "points", "issuer": "operator", "points": int64(5)}}, "debt"),
		account("another version", "version", int64(2), "version"),
		account("another last hash", "hash", bson.Binary{Data: make([]byte, 32)}, "last hash"),
		account("another clock", "clock", time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), "clock"),
		account("what is due is put off", "due_at", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), "due at 2099-01-01T00:00:00Z, its entries give 20"),
		{"what is due is forgotten", "accounts", "tea/zoe", bson.M{"$unset": bson.M{"due_at": ""}}, "accounts", "account tea/zoe: due at no time, its entries give 2027-02-01T00:00:00Z"},
		account("another partition", "partition", partitions, fmt.Sprintf("partition is %d, that of its name is %d", partitions, bus.Partition("tea", "ann", partitions))),
		{"an entry stands under another number", "entries", first, set("order.number", 7), "orders", "entry order/shop/o1/1 follows on order/shop/o1/6, which is not there; entry order/shop/o1/1 says that it is order/shop/o1/7"},
		{"a posting from nowhere", "entries", first, set("postings.0.points", int64(4000)), "postings", "all postings in points sum to 39"},
		{"an account that cannot be read", "accounts", "tea/ann", set("hash", bson.Binary{Data: []byte("short")}), "accounts", "tea/ann"},
		{"an account is deleted", "accounts", "tea/ann", nil, "accounts", "account tea/ann has 4 entries and no document"},
		{"totals that count more", "totals", counted, set("entries", int64(7)), "totals", "tea on 2026-01-10: 8 entries are counted, there are 5"},
		{"totals that count more points", "totals", counted, set("sums.earn:points:operator:~.movements", int64(7)), "totals", "earn of points of operator"},
		{"totals are deleted", "totals", counted, nil, "totals", "tea on 2026-01-10"},
		{"the last account is deleted", "accounts", "tea/zoe", nil, "accounts", "account tea/zoe has 1 entries and no document"},
	}
}

// ledgerOfAnn applies a few orders of two members, and stops the service.
func ledgerOfAnn(t *testing.T) (*standing, *service) {
	t.Helper()
	h := open(t, events)
	h.apply(theTeaClub)
	at := moment("2026-01-10")
	h.publish(paid("ann", "o1", at, 4000), paid("ann", "o2", at, 2000), returned("ann", "o2", "r1", at, 2),
		returned("ann", "o3", "r1", at, 1), paid("zoe", "o9", at, 900), paid("zoe", "broken", at, 100).text("{"))
	s := h.run(size{})
	s.drained()
	s.stop()
	s.requireSound()
	return h, s
}

func TestVerifyFindsAndNamesWhatSomebodyAltered(t *testing.T) {
	t.Parallel()
	h, s := ledgerOfAnn(t)
	for _, c := range tamperings() {
		t.Run(c.name, func(t *testing.T) {
			collection, key := h.db.Collection(c.collection), bson.M{"_id": c.id}
			var before bson.Raw
			require.NoError(t, collection.FindOne(t.Context(), key).Decode(&before))
			if c.update == nil {
				_, err := collection.DeleteOne(t.Context(), key)
				require.NoError(t, err)
			} else {
				h.change(c.collection, c.id, c.update)
			}
			finding := findings(s.audit())
			_, err := collection.DeleteOne(t.Context(), key)
			require.NoError(t, err)
			_, err = collection.InsertOne(t.Context(), before)
			require.NoError(t, err)
			require.Contains(t, finding[c.check], c.names, "%v", finding)
			require.Empty(t, findings(s.audit()), "put right again")
		})
	}
}

// findings are the details of the checks that do not hold.
func findings(audit accrual.Audit) map[string]string {
	list := map[string]string{}
	for _, check := range audit.Checks {
		if !check.OK {
			list[check.Name] = check.Detail
		}
	}
	return list
}

// TestVerifyNamesAnEventThatHasNoTraceInTheLedger: that its order is known does not make an event a duplicate, only an entry
// that says the same does.
func TestVerifyNamesAnEventThatHasNoTraceInTheLedger(t *testing.T) {
	t.Parallel()
	h, s := ledgerOfAnn(t)
	at := moment("2026-01-10")
	again := h.run(size{})
	h.publish(write("ann", "paid", "another/amount", purchase("o1", at, 4100)), write("ann", "paid", "the/same", purchase("o1", at, 4000)))
	again.drained()
	again.stop()
	again.requireSound()
	result, err := h.db.Collection("refusals").DeleteMany(t.Context(), bson.M{})
	require.NoError(t, err)
	require.EqualValues(t, 2, result.DeletedCount)
	finding := findings(s.audit())["events"]
	require.Contains(t, finding, "2 events were passed")
	require.Contains(t, finding, "broken/paid")
	require.Contains(t, finding, "another/amount")
}

// TestRebuildMakesTheAccountsFromTheirEntries whatever was done to them, derived fields too.
func TestRebuildMakesTheAccountsFromTheirEntries(t *testing.T) {
	t.Parallel()
	h, s := ledgerOfAnn(t)
	before := h.documents("accounts")
	for _, c := range tamperings() {
		if c.collection == "accounts" && c.update != nil {
			_, err := h.db.Collection("accounts").UpdateByID(t.Context(), c.id, c.update)
			require.NoError(t, err, c.name)
		}
	}
	_, err := h.db.Collection("accounts").DeleteOne(t.Context(), bson.M{"_id": "tea/zoe"})
	require.NoError(t, err)
	_, err = h.db.Collection("accounts").UpdateMany(t.Context(), bson.M{}, bson.M{"$unset": bson.M{"due_at": ""}, "$set": bson.M{"partition": 0}})
	require.NoError(t, err)
	require.NotEmpty(t, findings(s.audit()))

	written, err := s.Rebuild(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, written)
	require.Equal(t, before, h.documents("accounts"))
	require.Empty(t, findings(s.audit()))
	again := h.run(size{}) // the house goes on as if nothing had been
	h.publish(paid("zoe", "o10", moment("2026-01-11"), 100))
	h.pass("2027-02-01T00:00:00Z")
	again.drained()
	require.Zero(t, again.active("ann"), "what was due is still due")
	require.True(t, strings.HasPrefix(again.entries("zoe")[2].GetKey(), "due/"))
	again.requireSound()
}
