package verify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const theTeaClub = `
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00, multipliers: {category: {green: 2}}}
expiry: {rule: end_of_month, months: 12}
transfers: {min: 1}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}]
`

// batchEntries is how many entries the house writes at once.
const batchEntries = 2000

// house is a ledger in a real MongoDB, written by the real ledger.
type house struct {
	t        testing.TB
	storage  *storage.Storage
	schedule program.Schedule
	accounts map[ledger.AccountID]ledger.Account
	stored   map[ledger.AccountID]ledger.Seq
	books    ledger.Books
	writes   storage.Writes
	clock    time.Time
	orders   int
}

func open(t testing.TB) *house {
	t.Helper()
	uri, database := testkit.Mongo(t)
	base, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close(context.WithoutCancel(t.Context()))) })
	kept, err := storage.Open(t.Context(), base)
	require.NoError(t, err)
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(theTeaClub)}})
	require.Empty(t, faults)
	return &house{
		t: t, storage: kept, schedule: program.Schedule{{Revision: 1, Program: p}}, accounts: map[ledger.AccountID]ledger.Account{},
		stored: map[ledger.AccountID]ledger.Seq{}, books: ledger.Books{}, clock: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}
}

func (h *house) account(id ledger.AccountID) ledger.Account {
	if a, ok := h.accounts[id]; ok {
		return a
	}
	return ledger.NewAccount("tea", id)
}

// buys has a member pay for an order of three lines, and returns its name.
func (h *house) buys(id ledger.AccountID, cents int64) string {
	h.t.Helper()
	h.orders++
	order := fmt.Sprintf("o%07d", h.orders)
	h.tell(id, order, orders.Event{Kind: orders.Paid, OccurredAt: h.clock, Currency: "USD", Channel: "web", Lines: []orders.Line{
		{ID: "1", SKU: "assam-250", Category: "black", Quantity: 2, Amount: money.Minor(cents)},
		{ID: "2", SKU: "sencha-100", Category: "green", Quantity: 1, Amount: money.Minor(cents / 2)},
		{ID: "3", SKU: "pot-1", Category: "pots", Quantity: 1, Amount: 1999},
	}})
	return order
}

// returns has a member give one line of an order back.
func (h *house) returns(id ledger.AccountID, order string) {
	h.t.Helper()
	h.tell(id, order, orders.Event{
		Kind: orders.Returned, Occurrence: "r1", OccurredAt: h.clock, Returned: []orders.ReturnedLine{{Line: "3", Quantity: 1}},
	})
}

func (h *house) tell(id ledger.AccountID, order string, e orders.Event) {
	h.t.Helper()
	h.clock = h.clock.Add(time.Second)
	ref, from := orders.Ref{Merchant: "shop", Order: order}, h.account(id)
	command := ledger.Command{
		Ref: ref, Event: e, EventID: fmt.Sprintf("shop/%s/%s", order, e.Kind), EventSource: "merchants/shop",
		Position: ledger.Position{Epoch: 1, Sequence: uint64(len(h.books) + 1)},
	}
	verdict, err := ledger.Take(from, h.books[ref], command, h.schedule, h.clock)
	require.NoError(h.t, err)
	h.books[ref], err = h.books[ref].Add(verdict.Entry)
	require.NoError(h.t, err)
	h.post(verdict.Account, verdict.Entry)
}

// sends has a member send points, which stay on their way.
func (h *house) sends(id, to ledger.AccountID, points money.Points) ledger.Entry {
	h.t.Helper()
	h.clock = h.clock.Add(time.Second)
	request := ledger.Request{Caller: "shop", Key: fmt.Sprint("send-", h.clock.Unix()), Now: h.clock, Deed: ledger.Transfer{To: to, Points: points}}
	e, after, err := ledger.Do(h.account(id), request, h.schedule, h.clock)
	require.NoError(h.t, err)
	passage := storage.NewPassage(e, to, 0)
	h.writes.Transit = append(h.writes.Transit, storage.Passing{Now: &passage})
	h.post(after, e)
	return e
}

// arrives has points come in.
func (h *house) arrives(out ledger.Entry) ledger.Entry {
	h.t.Helper()
	h.write()
	h.clock = h.clock.Add(time.Second)
	e, after, err := ledger.Receive(h.account(out.Transfer.To), out, h.schedule, h.clock)
	require.NoError(h.t, err)
	passage := storage.NewPassage(out, out.Transfer.To, 0)
	h.writes.Transit = append(h.writes.Transit, storage.Passing{Was: &passage})
	h.post(after, e)
	return e
}

func (h *house) post(after ledger.Account, e ledger.Entry) {
	h.t.Helper()
	e.RecordedAt = h.clock
	h.writes.Entries = append(h.writes.Entries, storage.EntryWrite{Entry: e})
	h.writes.Count(0, e)
	h.accounts[after.ID] = after
	if len(h.writes.Entries) >= batchEntries {
		h.write()
	}
}

// write writes what has happened.
func (h *house) write() {
	h.t.Helper()
	if len(h.writes.Entries) == 0 {
		return
	}
	seen := map[ledger.AccountID]bool{}
	for _, e := range h.writes.Entries {
		if id := e.Entry.Account; !seen[id] {
			seen[id] = true
			due, _ := ledger.NextDue(h.accounts[id], h.schedule)
			h.writes.Accounts = append(h.writes.Accounts, storage.AccountWrite{Account: h.accounts[id], From: h.stored[id], Due: due})
			h.stored[id] = h.accounts[id].Version
		}
	}
	err := h.storage.Store().Transact(h.t.Context(), func(ctx context.Context) error { return h.storage.Write(ctx, h.writes) })
	require.NoError(h.t, err)
	h.writes = storage.Writes{}
}

// grow has members buy, each as often, one after the other.
func (h *house) grow(members, times int) {
	h.t.Helper()
	for range times {
		for m := range members {
			h.buys(ledger.AccountID(fmt.Sprintf("m%06d", m)), int64(1000+m*7%9000))
		}
	}
	h.write()
}

func (h *house) run(o verify.Options) verify.Report {
	h.t.Helper()
	h.write()
	o.At = h.clock
	o.Places = func(context.Context) (storage.Place, error) {
		return func(a ledger.Account) (int, time.Time) {
			due, _ := ledger.NextDue(a, h.schedule)
			return 0, due
		}, nil
	}
	report, err := verify.Run(h.t.Context(), h.storage, "tea", o)
	require.NoError(h.t, err)
	return report
}

func (h *house) collection(name string) *mongo.Collection { return h.storage.Store().Collection(name) }

// entryOf is the key of the n-th entry of an order.
func entryOf(order string, n int) string {
	return "tea/" + ledger.OrderKey(orders.Ref{Merchant: "shop", Order: order}, n)
}

// findings are the details of the checks that do not hold.
func findings(r verify.Report) map[string]string {
	list := map[string]string{}
	for _, c := range r.Checks {
		if !c.OK {
			list[c.Name] = c.Detail
		}
	}
	return list
}

func set(field string, value any) bson.M { return bson.M{"$set": bson.M{field: value}} }
