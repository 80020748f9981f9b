package ladder_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// steps is a ladder of bronze, silver and gold over twelve months.
func steps(silver, gold money.Minor, soft bool) ladder.Ladder {
	return ladder.Ladder{
		Tiers:        []ladder.Tier{{Name: "bronze"}, {Name: "silver", Reach: silver}, {Name: "gold", Reach: gold}},
		WindowMonths: 12,
		SoftLanding:  soft,
	}
}

// cdnow is the ladder of the reference replay (data.md 10): 100.00 and 500.00 USD.
var cdnow = steps(100_00, 500_00, true)

func day(t testing.TB, text string) calendar.Day {
	t.Helper()
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

// account is a state on a ladder to which the test tells a story day by day.
type account struct {
	t      *testing.T
	ladder ladder.Ladder
	state  ladder.State
	now    calendar.Day
}

func open(t *testing.T, l ladder.Ladder) *account {
	t.Helper()
	return &account{t: t, ladder: l, now: calendar.None}
}

// at lets time pass up to a day: each review on the way is done, and its change must be among the
// wanted ones, in order.
func (a *account) at(text string, want ...string) {
	a.t.Helper()
	until, moves := day(a.t, text), []string(nil)
	for a.now != calendar.None && a.now.NextMonth() <= until {
		a.now = a.now.NextMonth()
		expected, _ := a.ladder.NextReview(a.state, a.now-1)
		next, change, moved := a.ladder.Review(a.state, a.now)
		require.Equal(a.t, expected == a.now, moved, "NextReview says %s on %s", expected, a.now)
		if moved {
			moves = append(moves, a.now.String()+" "+told(change))
		}
		a.state = next
	}
	a.now = until
	require.Equal(a.t, want, moves)
}

// spends books an order of that day, refunds one of an order of another day; both say what follows,
// "" for nothing.
func (a *account) spends(amount money.Minor, want string) {
	a.t.Helper()
	a.books(a.now, amount, want)
}

func (a *account) refunds(amount money.Minor, ordered, want string) {
	a.t.Helper()
	a.books(day(a.t, ordered), -amount, want)
}

func (a *account) books(on calendar.Day, amount money.Minor, want string) {
	a.t.Helper()
	next, change, moved := a.ladder.Reach(a.ladder.Count(a.state, on, a.now, amount), a.now)
	require.Equal(a.t, want != "", moved, "%+v", change)
	if moved {
		require.Equal(a.t, want, told(change))
	}
	a.state = next
}

func (a *account) stands(tier string, qualifying money.Minor) {
	a.t.Helper()
	require.Equal(a.t, tier, a.state.Tier)
	require.Equal(a.t, qualifying, a.ladder.Qualifying(a.state, a.now))
}

func told(c ladder.Change) string {
	return c.Cause + " " + c.From + ">" + c.To + " " + money.Format(c.Qualifying, "USD")
}

// D is the example of domain.md.
func TestD(t *testing.T) {
	a := open(t, steps(500_00, 2_000_00, true))
	a.at("2025-01-10")
	a.spends(600_00, "first >silver 600.00")
	a.at("2025-03-05")
	a.spends(1_500_00, "reached silver>gold 2100.00")
	a.at("2025-03-20")
	a.refunds(200_00, "2025-03-05", "")
	a.stands("gold", 1_900_00)
	require.Equal(t, []ladder.Spend{{Day: day(t, "2025-01-10"), Amount: 600_00}, {Day: day(t, "2025-03-05"), Amount: 1_300_00}}, a.state.Days)
	next, ok := a.ladder.NextReview(a.state, a.now)
	require.True(t, ok)
	require.Equal(t, "2025-04-01", next.String())

	a.at("2025-03-31")
	a.stands("gold", 1_900_00)
	a.at("2025-04-01", "2025-04-01 review gold>silver 1900.00")
	next, ok = a.ladder.NextReview(a.state, a.now)
	require.True(t, ok)
	require.Equal(t, "2026-04-01", next.String())

	a.at("2026-01-31")
	a.at("2026-02-01")
	a.stands("silver", 1_300_00)
	a.at("2026-04-01", "2026-04-01 review silver>bronze 0.00")
	a.stands("bronze", 0)
	_, ok = a.ladder.NextReview(a.state, a.now)
	require.False(t, ok, "nothing is below bronze")
}

// The rules and the example of the CDNOW replay (data.md 10); the orders are made up.
func TestCDNOWRules(t *testing.T) {
	for name, story := range map[string]func(*account){
		"a member enters with the first order, even one of nothing": func(a *account) {
			a.at("1997-01-15")
			a.spends(0, "first >bronze 0.00")
			a.spends(0, "")
		},
		"this order is included": func(a *account) {
			a.at("1997-01-15")
			a.spends(99_99, "first >bronze 99.99")
			a.spends(1, "reached bronze>silver 100.00")
		},
		"two steps at once": func(a *account) {
			a.at("1997-01-15")
			a.spends(10_00, "first >bronze 10.00")
			a.at("1997-02-15")
			a.spends(490_00, "reached bronze>gold 500.00")
		},
		"an order of the same day twelve months before is out": func(a *account) {
			a.at("1997-02-15")
			a.spends(60_00, "first >bronze 60.00")
			a.at("1998-02-15")
			a.spends(40_00, "")
			a.stands("bronze", 40_00)
		},
		"an order of the day after is in": func(a *account) {
			a.at("1997-02-16")
			a.spends(60_00, "first >bronze 60.00")
			a.at("1998-02-15")
			a.spends(40_00, "reached bronze>silver 100.00")
		},
		"a review counts the first day of its window": func(a *account) {
			a.at("1997-02-01")
			a.spends(100_00, "first >silver 100.00")
			a.at("1998-03-01", "1998-03-01 review silver>bronze 0.00") // not on 1998-02-01
		},
		"a review does not count the day before its window": func(a *account) {
			a.at("1997-01-31")
			a.spends(100_00, "first >silver 100.00")
			a.at("1998-02-01", "1998-02-01 review silver>bronze 0.00")
		},
		"a review comes before the orders of its day": func(a *account) {
			a.at("1997-01-31")
			a.spends(100_00, "first >silver 100.00")
			a.at("1998-02-01", "1998-02-01 review silver>bronze 0.00")
			a.spends(100_00, "reached bronze>silver 100.00")
		},
		"one step down, not more": func(a *account) {
			a.at("1997-01-15")
			a.spends(500_00, "first >gold 500.00")
			a.at("1998-03-01", "1998-02-01 review gold>silver 0.00", "1998-03-01 review silver>bronze 0.00")
		},
		"example 00003": func(a *account) {
			a.at("1997-03-20")
			a.spends(20_56, "first >bronze 20.56")
			a.at("1997-04-02")
			a.spends(80_00, "reached bronze>silver 100.56")
			a.at("1997-11-15")
			a.spends(17_95, "")
			a.stands("silver", 118_51)
			a.at("1998-04-01", "1998-04-01 review silver>bronze 97.95")
		},
	} {
		t.Run(name, func(t *testing.T) { story(open(t, cdnow)) })
	}
}

func TestReturns(t *testing.T) {
	for name, story := range map[string]func(*account){
		"a return lapses with its order": func(a *account) {
			a.at("2025-01-10")
			a.spends(150_00, "first >silver 150.00")
			a.at("2025-06-10")
			a.spends(120_00, "")
			a.at("2025-12-20")
			a.refunds(150_00, "2025-01-10", "")
			a.at("2026-02-01")
			a.stands("silver", 120_00)
		},
		"a return of an order that has lapsed counts nothing": func(a *account) {
			a.at("2025-01-10")
			a.spends(150_00, "first >silver 150.00")
			a.at("2025-06-10")
			a.spends(120_00, "")
			a.at("2026-01-10")
			a.refunds(150_00, "2025-01-10", "")
			a.stands("silver", 120_00)
		},
		"a full return leaves no day behind": func(a *account) {
			a.at("2025-01-10")
			a.spends(150_00, "first >silver 150.00")
			a.refunds(150_00, "2025-01-10", "")
			require.Nil(a.t, a.state.Days)
			a.stands("silver", 0)
			a.at("2025-02-01", "2025-02-01 review silver>bronze 0.00")
		},
		"a return and a new order before the review change nothing": func(a *account) {
			a.at("2025-01-10")
			a.spends(150_00, "first >silver 150.00")
			a.at("2025-01-20")
			a.refunds(100_00, "2025-01-10", "")
			a.at("2025-01-25")
			a.spends(50_00, "")
			a.at("2025-02-01")
			a.stands("silver", 100_00)
		},
		"days that have lapsed go, even with an order of nothing": func(a *account) {
			a.at("2025-01-10")
			a.spends(50_00, "first >bronze 50.00")
			a.at("2026-01-10")
			a.spends(0, "")
			require.Nil(a.t, a.state.Days)
		},
		"a late order counts at its own day": func(a *account) {
			a.at("2025-03-10")
			a.spends(60_00, "first >bronze 60.00")
			a.books(day(a.t, "2025-01-05"), 40_00, "reached bronze>silver 100.00")
			a.at("2026-02-01", "2026-02-01 review silver>bronze 60.00")
		},
		"an order that comes a year late counts nothing": func(a *account) {
			a.at("2025-03-10")
			a.books(day(a.t, "2024-03-10"), 500_00, "first >bronze 0.00")
			require.Nil(a.t, a.state.Days)
		},
	} {
		t.Run(name, func(t *testing.T) { story(open(t, cdnow)) })
	}
}

func TestReviewToFit(t *testing.T) {
	a := open(t, steps(100_00, 500_00, false))
	a.at("2025-01-15")
	a.spends(500_00, "first >gold 500.00")
	a.at("2026-02-01", "2026-02-01 review gold>bronze 0.00")

	a = open(t, steps(100_00, 500_00, false))
	a.at("2025-01-15")
	a.spends(500_00, "first >gold 500.00")
	a.at("2025-07-15")
	a.spends(100_00, "")
	a.at("2026-08-01", "2026-02-01 review gold>silver 100.00", "2026-08-01 review silver>bronze 0.00")
}

func TestAShorterWindow(t *testing.T) {
	l := cdnow
	l.WindowMonths = 1
	a := open(t, l)
	a.at("2025-01-31")
	a.spends(100_00, "first >silver 100.00")
	a.at("2025-02-28") // the window begins after January 28
	a.stands("silver", 100_00)
	a.spends(50_00, "")
	a.at("2025-03-01", "2025-03-01 review silver>bronze 50.00")
	a.at("2025-03-27")
	a.stands("bronze", 50_00)
	a.at("2025-03-28")
	a.stands("bronze", 0)
}

// Days after the review cannot come up while the rules of Count are kept; they are told apart all
// the same.
func TestNextReviewWithDaysYetToCome(t *testing.T) {
	for _, row := range []struct{ name, returned, after, want string }{
		{"a return yet to come lowers at the review after it", "2025-06-10", "2025-01-15", "2025-07-01"},
		{"a return on the day of a review is not in it", "2025-06-01", "2025-05-15", "2025-07-01"},
		{"a return on the day before is", "2025-05-31", "2025-05-15", "2025-06-01"},
		{"a return when the order has lapsed changes nothing", "2026-02-10", "2025-05-15", "2026-02-01"},
	} {
		t.Run(row.name, func(t *testing.T) {
			state := ladder.State{Tier: "silver", Days: []ladder.Spend{
				{Day: day(t, "2025-01-10"), Amount: 150_00}, {Day: day(t, row.returned), Amount: -100_00},
			}}
			next, ok := cdnow.NextReview(state, day(t, row.after))
			require.True(t, ok)
			require.Equal(t, row.want, next.String())
			_, _, moved := cdnow.Review(state, next)
			require.True(t, moved)
			_, _, moved = cdnow.Review(state, next.AddMonths(-1))
			require.False(t, moved)
		})
	}
}

func TestATierThatTheLadderDoesNotKnow(t *testing.T) {
	on, now := day(t, "2025-02-01"), day(t, "2025-01-10")
	rich := ladder.State{Tier: "platinum", Days: []ladder.Spend{{Day: now, Amount: 600_00}}}
	for _, row := range []struct {
		name  string
		state ladder.State
		reach string
	}{
		{"with enough for gold", rich, "platinum>gold 600.00"},
		{"with nothing, it is the first tier", ladder.State{Tier: "platinum"}, "platinum>bronze 0.00"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, change, moved := cdnow.Reach(row.state, now)
			require.True(t, moved)
			require.Equal(t, "first "+row.reach, told(change))
			next, ok := cdnow.NextReview(row.state, now)
			require.True(t, ok)
			require.Equal(t, on, next)
			_, change, moved = cdnow.Review(row.state, on)
			require.True(t, moved)
			require.Equal(t, "review "+row.reach, told(change))
		})
	}
}

func TestNoTier(t *testing.T) {
	state := ladder.State{Days: []ladder.Spend{{Day: day(t, "2025-01-10"), Amount: 600_00}}}
	_, _, moved := cdnow.Review(state, day(t, "2025-02-01"))
	require.False(t, moved, "a review gives nobody a first tier")
	_, ok := cdnow.NextReview(state, day(t, "2025-01-10"))
	require.False(t, ok)
}

func TestALadderWithoutTiersMovesNobody(t *testing.T) {
	l, on := ladder.Ladder{WindowMonths: 12}, day(t, "2025-02-01")
	for _, tier := range []string{"", "gold"} {
		state := l.Count(ladder.State{Tier: tier}, on, on, 5_00)
		_, _, moved := l.Reach(state, on)
		require.False(t, moved)
		_, _, moved = l.Review(state, on)
		require.False(t, moved)
		_, ok := l.NextReview(state, on)
		require.False(t, ok)
	}
}

// Doors refuse amounts that are not of this world, but many of the largest that they take must not
// wrap around.
func TestSumsStopAtTheEndOfTheRange(t *testing.T) {
	state, now := ladder.State{}, day(t, "2025-01-10")
	for range 3 {
		state = cdnow.Count(state, now, now, math.MaxInt64/2)
		state = cdnow.Count(state, now-1, now, math.MaxInt64/2)
	}
	require.Equal(t, money.Minor(math.MaxInt64), cdnow.Qualifying(state, now))
	for range 6 {
		state = cdnow.Count(state, now, now, math.MinInt64/2)
		state = cdnow.Count(state, now-1, now, math.MinInt64/2)
	}
	require.Equal(t, money.Minor(math.MinInt64), cdnow.Qualifying(state, now))
}
