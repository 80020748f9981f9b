package ledger_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// house does for one account what a lane does: bring up, take, keep the books, post. After each entry it holds the
// account against its entries.
type house struct {
	t        require.TestingT
	schedule program.Schedule
	clock    time.Time
	account  ledger.Account
	books    ledger.Books
	entries  []ledger.Entry
	told     []string // what happened, a line each
	blind    bool     // the entries so far are not audited after each one: there are many
}

func newHouse(t require.TestingT, schedule program.Schedule) *house {
	return &house{t: t, schedule: schedule, account: ledger.NewAccount("shop", "anna"), books: ledger.Books{}}
}

// plain holds a programme section by section: 1 point per 1.00, gone at the end of the month after 12 months.
var plain = []struct{ key, text string }{
	{"programme", "programme: shop"},
	{"zone", "zone: UTC"},
	{"currency", "currency: USD"},
	{"unit", "unit: points"},
	{"earning", "earning: {points: 1, per: 1.00}"},
	{"expiry", "expiry: {rule: end_of_month, months: 12}"},
}

// ladderOf500 is the ladder of domain.md D.
const ladderOf500 = "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 500}, {name: gold, from: 2000}]}"

// ladderOf100 is the ladder of cdnow.yaml.
const ladderOf100 = "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 100}, {name: gold, from: 500}]}"

// programme lays sections, a line each, over the plain programme.
func programme(t require.TestingT, sections ...string) *program.Program {
	text := strings.Join(sections, "\n") + "\n"
	for _, s := range plain {
		if !strings.HasPrefix(text, s.key+":") && !strings.Contains(text, "\n"+s.key+":") {
			text += s.text + "\n"
		}
	}
	p, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(text)}})
	require.Empty(t, faults, text)
	return p
}

// rules is a schedule of one revision.
func rules(t require.TestingT, sections ...string) program.Schedule {
	return program.Schedule{{Revision: 1, Program: programme(t, sections...)}}
}

// pass lets time go by and posts what falls due.
func (h *house) pass(until time.Time) []ledger.Entry {
	h.clock = later(h.clock, until)
	entries, account, err := ledger.BringUp(h.account, h.schedule, h.books, later(h.account.Clock, h.clock))
	require.NoError(h.t, err)
	for _, e := range entries {
		h.post(e)
	}
	requireSame(h.t, h.account, account)
	if due, ok := ledger.NextDue(h.account, h.schedule); ok {
		require.True(h.t, due.After(h.clock), "due at %s is left at %s", due, h.clock)
	}
	return entries
}

// take brings the account up to t and lets the ledger decide on an event.
func (h *house) take(c ledger.Command, t time.Time) (ledger.Verdict, error) {
	h.pass(t)
	before := h.account
	v, err := ledger.Take(h.account, h.books[c.Ref], c, h.schedule, later(h.account.Clock, h.clock))
	requireSame(h.t, before, h.account)
	if err != nil || v.Repeats != "" {
		return v, err
	}
	h.post(v.Entry)
	requireSame(h.t, h.account, v.Account)
	book, err := h.books[c.Ref].Add(v.Entry)
	require.NoError(h.t, err)
	h.books[c.Ref] = book
	return v, nil
}

// do brings the account up to t and lets the ledger decide on a command, as a lane does.
func (h *house) do(r ledger.Request, t time.Time) (ledger.Entry, error) {
	h.pass(t)
	if e, ok := h.entry(r.EntryKey()); ok {
		return e, r.Repeats(e, h.account.ID)
	}
	if refund, ok := r.Deed.(ledger.Refund); ok {
		refund.Captured, _ = h.entry(refund.Capture)
		r.Deed = refund
	}
	if transfer, ok := r.Deed.(ledger.Transfer); ok {
		transfer.Recent = h.entries
		r.Deed = transfer
	}
	before := h.account
	e, after, err := ledger.Do(h.account, r, h.schedule, later(h.account.Clock, h.clock))
	requireSame(h.t, before, h.account)
	if err != nil {
		return e, err
	}
	h.post(e)
	requireSame(h.t, h.account, after)
	return e, nil
}

// arrive brings the account up to t and lets points arrive that an entry has sent, or come back to it for a reason.
func (h *house) arrive(out ledger.Entry, back reason.Reason, t time.Time) (ledger.Entry, error) {
	h.pass(t)
	before, at := h.account, later(h.account.Clock, h.clock)
	e, after, err := ledger.Receive(h.account, out, h.schedule, at)
	if back != "" {
		e, after, err = ledger.GiveBack(h.account, out, back, h.schedule, at)
	}
	requireSame(h.t, before, h.account)
	if err == nil {
		h.post(e)
		requireSame(h.t, h.account, after)
	}
	return e, err
}

// entry finds an entry by its key.
func (h *house) entry(key string) (ledger.Entry, bool) {
	i := slices.IndexFunc(h.entries, func(e ledger.Entry) bool { return e.Key == key })
	if i < 0 {
		return ledger.Entry{}, false
	}
	return h.entries[i], true
}

// spend takes active points out, by the short way.
func (h *house) spend(points money.Points, t time.Time) {
	h.pass(t)
	e, _, err := ledger.Spend(h.account, h.schedule.In(h.clock), h.clock, points)
	require.NoError(h.t, err)
	h.post(e)
}

// post applies an entry as a rebuild would, and audits all entries so far.
func (h *house) post(e ledger.Entry) {
	next, err := h.account.Apply(e)
	require.NoError(h.t, err)
	h.account, h.entries = next, append(h.entries, e)
	if !h.blind {
		audit(h.t, h.entries, h.account)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// requireSame says in words how two accounts differ.
func requireSame(t require.TestingT, want, got ledger.Account) {
	require.Empty(t, ledger.Differences(want, got))
	require.Equal(t, want.Program, got.Program)
	require.Equal(t, want.ID, got.ID)
}

// noon is 12:00 of a day in UTC.
func noon(day calendar.Day) time.Time { return day.Start(time.UTC).Add(12 * time.Hour) }

// command wraps an event of the shop's order as a lane would. The event's id is new unless it is said.
func command(order string, e orders.Event) ledger.Command {
	return ledger.Command{
		Ref: orders.Ref{Merchant: "shop", Order: order}, Event: e,
		EventSource: "//shop", Position: ledger.Position{Epoch: 1, Sequence: 7},
	}
}
