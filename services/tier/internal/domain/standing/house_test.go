package standing_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

const (
	shop = "programme: shop\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: never}\n"
	// domainD is the ladder of domain.md D.
	domainD = "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 500}, {name: gold, from: 2000}]}\n"
)

func programme(t require.TestingT, text string) *program.Program {
	p, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(shop + text)}})
	require.Empty(t, faults)
	return p
}

func rules(t require.TestingT, text string) program.Schedule {
	return program.Schedule{{Revision: 1, Program: programme(t, text)}}
}

func at(text string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	panic(text)
}

// house does for one account what a lane does: bring up, take, keep the books.
type house struct {
	t        require.TestingT
	schedule program.Schedule
	account  standing.Account
	books    standing.Books
	ids      int
	lines    []standing.Line
	rows     []standing.Row
	told     []string // lines and notices, in words
}

func newHouse(t require.TestingT, schedule program.Schedule) *house {
	return &house{t: t, schedule: schedule, account: standing.New("shop", "anna"), books: standing.Books{}}
}

func (h *house) pass(t time.Time) {
	steps, next, err := standing.BringUp(h.account, h.schedule, h.books, t)
	require.NoError(h.t, err)
	for _, s := range steps {
		h.keep(s)
	}
	require.Equal(h.t, next, h.account)
}

func (h *house) keep(s standing.Step) {
	require.Equal(h.t, h.account.Version+1, s.Account.Version)
	if l := s.Line; l != nil {
		h.lines = append(h.lines, *l)
		require.EqualValues(h.t, len(h.lines), l.Seq, "lines are dense")
		require.Equal(h.t, h.account.Ladder.Tier, l.From)
		require.Equal(h.t, s.Account.Ladder.Tier, l.To)
		h.told = append(h.told, fmt.Sprintf("%s %s>%s, %s of %s (%s)", l.EffectiveAt.Format(time.DateOnly), l.From, l.To,
			money.Format(l.Qualifying, "USD"), money.Format(l.Reach, "USD"), l.Cause))
	} else {
		require.Equal(h.t, h.account.Ladder.Tier, s.Account.Ladder.Tier, "a tier moves with a line")
	}
	if n := s.Notice; n != nil {
		h.told = append(h.told, fmt.Sprintf("%s notice: %s>%s on %s, %s missing", n.At.Format(time.DateOnly), n.Drop.From, n.Drop.To,
			n.Drop.On, money.Format(n.Drop.Missing(), "USD")))
	}
	if s.Row != nil {
		h.rows = append(h.rows, *s.Row)
	}
	h.account = s.Account
}

// take brings the account up to t and lets an event happen.
func (h *house) take(order string, e orders.Event, t time.Time) (standing.Step, error) {
	h.ids++
	return h.send(orderbook.Arrival{
		Ref: orders.Ref{Merchant: "till", Order: order}, Event: e, ID: fmt.Sprint("e", h.ids), Source: "//till",
	}, t)
}

func (h *house) send(c orderbook.Arrival, t time.Time) (standing.Step, error) {
	h.pass(t)
	s, err := standing.Take(h.account, h.books[c.Ref], c, h.schedule, t)
	if err == nil && !s.Repeats {
		h.books[c.Ref] = h.books[c.Ref].Add(*s.Row)
		h.keep(s)
	}
	return s, err
}

func (h *house) grant(g standing.Grant, t time.Time) (standing.Step, error) {
	h.pass(t)
	s, err := standing.TakeGrant(h.account, g, h.schedule, t)
	if err == nil && !s.Repeats {
		h.keep(s)
	}
	return s, err
}

func (h *house) pays(order, day string, amount money.Minor) {
	t := at(day).Add(12 * time.Hour)
	_, err := h.take(order, paid(t, amount), t)
	require.NoError(h.t, err)
}

func (h *house) returns(order, day string, amount money.Minor) {
	t := at(day).Add(12 * time.Hour)
	_, err := h.take(order, returned(t, "r1", amount), t)
	require.NoError(h.t, err)
}

func paid(t time.Time, amount money.Minor) orders.Event {
	return orders.Event{Kind: orders.Paid, OccurredAt: t, Currency: "USD", Lines: []orders.Line{{SKU: "cd", Quantity: 1, Amount: amount}}}
}

func returned(t time.Time, id string, amount money.Minor) orders.Event {
	return orders.Event{
		Kind: orders.Returned, Occurrence: id, OccurredAt: t, Currency: "USD",
		Returned: []orders.ReturnedLine{{Line: "1", Amount: amount, HasAmount: true}},
	}
}

func grant(id, tier, from, until string) standing.Grant {
	day := func(text string) calendar.Day { return calendar.DayOf(at(text), time.UTC) }
	return standing.Grant{Given: ladder.Grant{ID: id, Tier: tier, From: day(from), Until: day(until), Reason: "goodwill", Actor: "eva"}}
}

func trimmed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
