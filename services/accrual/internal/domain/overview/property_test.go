package overview_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/overview"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// history is one account that lives through random orders, and all of its entries.
type history struct {
	account ledger.Account
	books   ledger.Books
	entries []ledger.Entry
}

// live draws a history: time goes by, what falls due is posted, orders come, some of them very late.
func live(t *rapid.T, id string, schedule program.Schedule) *history {
	h := &history{account: ledger.NewAccount("shop", ledger.AccountID(id)), books: ledger.Books{}}
	now := time.Date(1997, 1, 1, 9, 30, 15, 0, time.UTC) // whole minutes later it is never 00:00
	for i := range rapid.IntRange(1, 25).Draw(t, "events of "+id) {
		now = now.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minutes until the next")) * time.Minute)
		h.bringUp(t, schedule, now)
		c := ledger.Command{
			Ref: orders.Ref{Merchant: "shop", Order: fmt.Sprint(id, rapid.IntRange(1, 5).Draw(t, "order"))}, Event: drawEvent(t, now, i),
			EventID: fmt.Sprint(id, "-", i), EventSource: "//shop",
		}
		v, err := ledger.Take(h.account, h.books[c.Ref], c, schedule, now)
		if err == nil && v.Repeats == "" { // else it was refused or known: no entry
			h.account, h.entries = v.Account, append(h.entries, v.Entry)
			h.books[c.Ref], err = h.books[c.Ref].Add(v.Entry)
			require.NoError(t, err)
		}
		h.command(t, fmt.Sprint(i), schedule, now)
	}
	h.bringUp(t, schedule, now.AddDate(0, rapid.IntRange(0, 6).Draw(t, "months after"), 0))
	return h
}

// command lets a caller do something with the points, if it can be done.
func (h *history) command(t *rapid.T, key string, schedule program.Schedule, now time.Time) {
	points := money.Points(rapid.IntRange(1, 30).Draw(t, "points"))
	deed := rapid.SampledFrom([]ledger.Deed{
		nil, ledger.Hold{Points: points, Redeemer: "books", For: 900 * time.Hour}, ledger.Capture{Points: points / 2},
		ledger.Refund{}, ledger.Award{Points: points, Issuer: "operator"}, ledger.Adjust{Points: points, Reason: "MISTAKE"},
		ledger.Adjust{Points: -points, Reason: "MISTAKE"},
	}).Draw(t, "deed")
	switch d := deed.(type) {
	case nil:
		return
	case ledger.Capture:
		if len(h.account.Holds) > 0 {
			d.Hold = h.account.Holds[0].ID
		}
		deed = d
	case ledger.Refund:
		for _, e := range h.entries {
			if e.Kind == ledger.KindCapture {
				d.Capture, d.Captured = e.Key, e
			}
		}
		deed = d
	}
	e, account, err := ledger.Do(h.account, ledger.Request{Caller: "till", Key: key, Deed: deed}, schedule, now)
	if err == nil {
		h.account, h.entries = account, append(h.entries, e)
	}
}

func (h *history) bringUp(t *rapid.T, schedule program.Schedule, until time.Time) {
	due, account, err := ledger.BringUp(h.account, schedule, h.books, until)
	require.NoError(t, err)
	h.account, h.entries = account, append(h.entries, due...)
}

func drawEvent(t *rapid.T, now time.Time, n int) orders.Event {
	ago := rapid.SampledFrom([]int{0, 0, 0, 1, 5, 30, 200}).Draw(t, "days ago")
	e := orders.Event{
		Kind: rapid.SampledFrom([]orders.Kind{
			orders.Paid, orders.Paid, orders.Paid, orders.Returned, orders.Returned, orders.Canceled, orders.Placed,
		}).Draw(t, "kind"),
		OccurredAt: now.AddDate(0, 0, -ago), Currency: "USD",
	}
	switch e.Kind {
	case orders.Paid:
		e.Revision = rapid.SampledFrom([]int32{0, 0, 1, 2}).Draw(t, "revision")
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			e.Lines = append(e.Lines, orders.Line{
				SKU: "cd", Quantity: 1, Amount: money.Minor(rapid.Int64Range(0, 5000).Draw(t, "amount")),
			})
		}
	case orders.Returned:
		e.Occurrence = fmt.Sprint("r", n)
		e.Returned = []orders.ReturnedLine{{Line: "1", HasAmount: true, Amount: money.Minor(rapid.Int64Range(1, 900).Draw(t, "back"))}}
	}
	return e
}

// rules draws a programme whose points wait, lapse soon, and whose tiers fall soon.
func rules(t *rapid.T) program.Schedule {
	text := fmt.Sprintf(`
programme: shop
zone: %s
currency: USD
unit: points
earning: {points: 1, per: 1.00, pending_days: %d}
expiry: {rule: end_of_month, months: %d}
ladder: {window_months: 2, tiers: [{name: bronze, from: 0}, {name: silver, from: 40}, {name: gold, from: 80}]}
`, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Pacific/Auckland"}).Draw(t, "zone"),
		rapid.SampledFrom([]int{0, 0, 14}).Draw(t, "pending days"), rapid.IntRange(1, 3).Draw(t, "months until they lapse"))
	p, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(text)}})
	require.Empty(t, faults)
	return program.Schedule{{Revision: 1, Program: p}}
}

// TestAnOverviewAgreesWithTheLedger holds figures, snapshots and months against the accounts, and against the accounts
// as they stood, rebuilt from their entries.
func TestAnOverviewAgreesWithTheLedger(t *testing.T) {
	entries := 0
	rapid.Check(t, func(t *rapid.T) {
		schedule := rules(t)
		var houses []*history
		for _, id := range []string{"anna", "bob", "carl"}[:rapid.IntRange(1, 3).Draw(t, "accounts")] {
			if h := live(t, id, schedule); len(h.entries) > 0 {
				houses = append(houses, h)
			}
		}
		zone := schedule[0].Program.Zone
		var ends []time.Time // of all months that anything can have happened in
		for first := calendar.Date(1997, 1, 1); len(ends) < 40; {
			first = first.NextMonth()
			ends = append(ends, first.Start(zone))
		}
		at := time.Date(1997, 1, 1, 0, rapid.IntRange(0, 500*24*60).Draw(t, "minutes until the look"), 0, 0, time.UTC)
		r := collect(houses, append([]time.Time{at}, ends...))
		requireBalanced(t, houses, r.Figures)
		for _, look := range r.At {
			require.Empty(t, cmp.Diff(standing(t, houses, look.Time), look), "at %s", look.Time)
		}
		requireMonths(t, r, zone)
		entries += int(r.Figures.Entries)
	})
	require.Positive(t, entries)
}

func collect(houses []*history, at []time.Time) overview.Result {
	c := overview.New("points", at)
	for _, h := range houses {
		for _, e := range h.entries {
			c.Entry(e)
		}
	}
	return c.Result()
}

// requireBalanced checks Earned + Adjusted − Reversed − Expired − Redeemed = Pending + Active + Held − Debt, and each
// bucket and count against the accounts.
func requireBalanced(t *rapid.T, houses []*history, f overview.Figures) {
	p := f.Points
	require.Equal(t, p.Earned+p.Adjusted-p.Reversed-p.Expired-p.Redeemed, p.Pending+p.Active+p.Held-p.Debt, "%+v", p)
	want := overview.Points{Earned: p.Earned, Reversed: p.Reversed, Expired: p.Expired}
	want.Redeemed, want.Adjusted = spent(houses)
	tiers, tierLines, balanceLines := map[string]int64{}, "", ""
	var entries, lines int64
	amount := money.Minor(0)
	for _, h := range houses {
		b := h.account.Balance("points")
		want.Pending, want.Active, want.Held, want.Debt = want.Pending+b.Pending, want.Active+b.Active, want.Held+b.Held, want.Debt+b.Debt
		tiers[h.account.Ladder.Tier]++
		tierLines += fmt.Sprintf("%s,%s\n", h.account.ID, h.account.Ladder.Tier)
		balanceLines += fmt.Sprintf("%s,%d\n", h.account.ID, b.Active)
		entries += int64(len(h.entries))
		first := map[orders.Ref]bool{}
		for _, e := range h.entries {
			if e.Order == nil || e.Order.Event.Kind != orders.Paid || first[e.Order.Ref] {
				continue
			}
			first[e.Order.Ref] = true
			for _, l := range e.Order.Event.Lines {
				lines, amount = lines+1, amount+l.Amount
			}
		}
	}
	require.Equal(t, want, p)
	require.Equal(t, tiers, f.Tiers)
	require.Equal(t, hashed(tierLines), f.DigestTiers)
	require.Equal(t, hashed(balanceLines), f.DigestBalances)
	require.Equal(t, int64(len(houses)), f.Accounts)
	require.Equal(t, entries, f.Entries)
	require.Equal(t, lines, f.Lines)
	require.Equal(t, amount, f.Amount["USD"])
}

// spent adds up what was redeemed, and what was adjusted, by the postings.
func spent(houses []*history) (money.Points, money.Points) {
	redeemed, adjusted := money.Points(0), money.Points(0)
	for _, h := range houses {
		for _, e := range h.entries {
			for _, p := range e.Postings {
				switch p.Bucket {
				case "redeemed/books":
					redeemed += p.Points
				case "adjusted":
					adjusted -= p.Points
				}
			}
		}
	}
	return redeemed, adjusted
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// standing rebuilds each account from its entries up to a time.
func standing(t *rapid.T, houses []*history, at time.Time) overview.At {
	want := overview.At{Time: at, Tiers: map[string]int64{}}
	text := ""
	for _, h := range houses {
		a := ledger.NewAccount("shop", h.account.ID)
		for _, e := range h.entries {
			if e.EffectiveAt.After(at) {
				break
			}
			var err error
			a, err = a.Apply(e)
			require.NoError(t, err)
		}
		if a.Version == 0 {
			continue
		}
		b := a.Balance("points")
		want.Outstanding += b.Pending + b.Active + b.Held
		want.Tiers[a.Ladder.Tier]++
		text += fmt.Sprintf("%s,%s\n", a.ID, a.Ladder.Tier)
	}
	want.DigestTiers = hashed(text)
	return want
}

// requireMonths holds each month against the look at its end, and all of them against the totals. No order of these
// histories comes at 00:00, so that a month's end is the first instant of the next.
func requireMonths(t *rapid.T, r overview.Result, zone *time.Location) {
	looks := map[time.Time]overview.At{}
	for _, look := range r.At {
		looks[look.Time] = look
	}
	var sum overview.Points
	var months int64
	for i, m := range r.Months {
		if i > 0 {
			require.Equal(t, r.Months[i-1].First.NextMonth(), m.First, "no gap")
		}
		look := looks[m.First.NextMonth().Start(zone)]
		require.Equal(t, look.Outstanding, m.Alive, "month %s", m.First)
		tiers := maps.Clone(m.Tiers)
		maps.DeleteFunc(tiers, func(_ string, n int64) bool { return n == 0 })
		require.Equal(t, look.Tiers, tiers, "month %s", m.First)
		sum.Earned, sum.Reversed, sum.Expired = sum.Earned+m.Earned, sum.Reversed+m.Reversed, sum.Expired+m.Expired
		sum.Redeemed += m.Redeemed
		months += m.Orders
	}
	require.Equal(t, []money.Points{r.Figures.Points.Earned, r.Figures.Points.Reversed, r.Figures.Points.Expired, r.Figures.Points.Redeemed},
		[]money.Points{sum.Earned, sum.Reversed, sum.Expired, sum.Redeemed})
	require.Equal(t, r.Figures.Orders, months)
}
