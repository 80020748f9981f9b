package standing_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// memory is what the service keeps of one account: what a lane makes of messages, and what it remembers of them.
type memory struct {
	t       require.TestingT
	account standing.Account
	books   standing.Books
	rows    []standing.Row
	heard   []standing.Heard
	refused map[string]bool
	lines   []standing.Line
}

func newMemory(t require.TestingT) *memory {
	return &memory{t: t, account: standing.New("shop", "anna"), books: standing.Books{}, refused: map[string]bool{}}
}

func (m *memory) keep(s standing.Step) {
	m.account = s.Account
	if s.Row != nil {
		m.rows = append(m.rows, *s.Row)
	}
	if s.Line != nil {
		m.lines = append(m.lines, *s.Line)
	}
}

func (m *memory) pass(schedule program.Schedule, t time.Time) {
	steps, _, err := standing.BringUp(m.account, schedule, m.books, t)
	require.NoError(m.t, err)
	for _, s := range steps {
		m.keep(s)
	}
}

// receive lets a message happen as it comes from the log.
func (m *memory) receive(h standing.Heard, schedule program.Schedule) {
	if m.refused[h.Identity] {
		return
	}
	m.pass(schedule, h.At)
	var s standing.Step
	var err error
	switch {
	case h.Arrival != nil:
		s, err = standing.Take(m.account, m.books[h.Arrival.Ref], *h.Arrival, schedule, h.At)
	case h.Grant != nil:
		s, err = standing.TakeGrant(m.account, *h.Grant, schedule, h.At)
	default:
		s = standing.Enrol(m.account, schedule, h.At)
	}
	if err != nil {
		refusal, ok := reason.Of(err)
		require.True(m.t, ok)
		m.refused[h.Identity], h.Refused = true, refusal.Reason
	}
	if h.IsToBeKept(s) {
		m.heard = append(m.heard, h)
	}
	if err != nil || s.Repeats {
		return
	}
	if s.Row != nil {
		s.Row.Place = h.Place
		m.books[s.Row.Arrival.Ref] = m.books[s.Row.Arrival.Ref].Add(*s.Row)
	}
	m.keep(s)
}

// takeBack takes an event back.
func (m *memory) takeBack(gone standing.Gone, schedule program.Schedule, t time.Time) {
	m.pass(schedule, t)
	all := slices.Clone(m.heard)
	for _, r := range m.rows {
		if h, ok := standing.HeardOf(r); ok {
			all = append(all, h)
		}
	}
	before, lines := m.account, m.account.Lines
	r, err := standing.TakeBack(m.account, all, gone, schedule, t)
	require.NoError(m.t, err)
	for _, h := range m.heard {
		delete(m.refused, h.Identity)
	}
	for _, h := range r.Heard {
		if h.Refused != "" {
			m.refused[h.Identity] = true
		}
	}
	m.refused[gone.Identity] = true
	m.account, m.books, m.rows, m.heard = r.Account, r.Books, r.Rows, r.Heard
	if before.Version > 0 {
		before.Version++
	}
	require.Equal(m.t, before.Version, m.account.Version)
	if r.Line == nil {
		require.Equal(m.t, before.Ladder.Tier, m.account.Ladder.Tier)
		return
	}
	m.lines = append(m.lines, *r.Line)
	require.Equal(m.t, lines+1, r.Line.Seq)
	require.Equal(m.t, []string{before.Ladder.Tier, m.account.Ladder.Tier}, []string{r.Line.From, r.Line.To})
}

// Whatever is taken back, and whenever: the account is then what it would be if the event had never come, and goes on so.
func TestAnythingTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "ladder: {notice_days: 10, window_months: 2, tiers: [{name: bronze, from: 0}, {name: silver, from: 10}, {name: gold, from: 30}]}\n"
		schedule := rules(t, text)
		m, now := newMemory(t), at("2025-01-10T12:00")
		var all []standing.Heard
		gone := map[uint64]standing.Gone{}
		hear := func(t *rapid.T, h standing.Heard) {
			h.Place.Sequence, h.Place.At, h.Place.Known = uint64(len(all)+1), now, schedule.Latest().Revision //nolint:gosec // counted
			if h.Identity = fmt.Sprint("m", h.Sequence); len(all) > 0 && rapid.IntRange(0, 5).Draw(t, "comes again") == 0 {
				again := rapid.SampledFrom(all).Draw(t, "which")
				h.Arrival, h.Grant, h.Enrols = again.Arrival, again.Grant, again.Enrols
				if rapid.Bool().Draw(t, "the same message") {
					h.Identity = again.Identity
				}
			}
			all = append(all, h)
			m.receive(h, schedule)
		}
		t.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 50*24).Draw(t, "hours")) * time.Hour)
			},
			"event": func(t *rapid.T) {
				n := len(all) + 1
				order := fmt.Sprint("o", rapid.IntRange(1, 4).Draw(t, "order"))
				on := now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "minutes ahead")) * time.Minute)
				e := paid(on, money.Minor(rapid.Int64Range(1, 4000).Draw(t, "amount")))
				switch rapid.IntRange(0, 3).Draw(t, "kind") {
				case 0:
					e = returned(on, fmt.Sprint("r", n), money.Minor(rapid.Int64Range(1, 4000).Draw(t, "back")))
				case 1:
					e.Revision = rapid.Int32Range(0, 3).Draw(t, "revision")
				}
				hear(t, standing.Heard{Arrival: &orderbook.Arrival{
					Ref: orders.Ref{Merchant: "till", Order: order}, Event: e, ID: fmt.Sprint("e", n), Source: "//till",
				}})
			},
			"grant": func(t *rapid.T) {
				from := calendar.DayOf(now, time.UTC).AddDays(rapid.IntRange(-2, 20).Draw(t, "from"))
				hear(t, standing.Heard{Grant: &standing.Grant{Ends: rapid.IntRange(0, 3).Draw(t, "ends") == 0, Given: ladder.Grant{
					ID: fmt.Sprint("g", rapid.IntRange(1, 5).Draw(t, "id")), Tier: rapid.SampledFrom([]string{"silver", "gold", "tin"}).Draw(t, "tier"),
					From: from, Until: from.AddDays(rapid.IntRange(0, 60).Draw(t, "days")),
				}}})
			},
			"enrolment": func(t *rapid.T) { hear(t, standing.Heard{Enrols: true}) },
			"revision": func(t *rapid.T) {
				changed := text + rapid.SampledFrom([]string{"", "enrolment: explicit\n", "returns: {accept_days: 20}\n"}).Draw(t, "text")
				schedule = append(slices.Clip(schedule), program.Known{
					Revision: len(schedule) + 1, Program: programme(t, changed), Effective: now.Add(time.Millisecond),
				})
			},
			"refusal": func(t *rapid.T) {
				if len(all) == 0 {
					return
				}
				h := rapid.SampledFrom(all).Draw(t, "refused")
				gone[h.Sequence] = standing.Gone{Sequence: h.Sequence, Identity: h.Identity}
				m.takeBack(gone[h.Sequence], schedule, now)
			},
			"": func(t *rapid.T) {
				clean := newMemory(t)
				for _, g := range gone {
					clean.refused[g.Identity] = true
				}
				for _, h := range all {
					clean.receive(h, schedule[:h.Known])
				}
				clean.pass(schedule, now)
				m.pass(schedule, now)
				requireSame(t, clean, m)
			},
		})
	})
}

// firsts leaves out messages that came again under their own id: one that was refused when it did is passed over, and taking
// back what it was refused for brings the first of them alone back. Nothing follows from the others.
func firsts(heard []standing.Heard) []standing.Heard {
	known := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(heard), func(h standing.Heard) bool {
		again := known[h.Identity]
		known[h.Identity] = true
		return again
	})
}

func requireSame(t require.TestingT, clean, m *memory) {
	require.Equal(t, clean.account.Ladder, m.account.Ladder)
	require.ElementsMatch(t, clean.account.Waiting, m.account.Waiting)
	require.Equal(t, clean.account.Version > 0, m.account.Version > 0 && !m.account.Void)
	require.Equal(t, firsts(clean.heard), firsts(m.heard))
	require.Equal(t, clean.refused, m.refused)
	order := func(a, b standing.Row) int {
		return cmp.Or(cmp.Compare(a.Arrival.Ref.Order, b.Arrival.Ref.Order), a.Number-b.Number)
	}
	slices.SortFunc(clean.rows, order)
	slices.SortFunc(m.rows, order)
	require.Equal(t, clean.rows, m.rows)
	require.Equal(t, clean.books, m.books)
}
