package ladder_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

var anyLadder = rapid.Custom(func(t *rapid.T) ladder.Ladder {
	l := ladder.Ladder{
		Tiers:        []ladder.Tier{{Name: "first"}},
		WindowMonths: rapid.IntRange(1, 15).Draw(t, "window"),
		SoftLanding:  rapid.Bool().Draw(t, "soft"),
	}
	for _, name := range []string{"second", "third", "fourth"}[:rapid.IntRange(0, 3).Draw(t, "steps")] {
		top := l.Tiers[len(l.Tiers)-1].Reach
		l.Tiers = append(l.Tiers, ladder.Tier{Name: name, Reach: top + money.Minor(rapid.Int64Range(1, 60).Draw(t, "step"))})
	}
	return l
})

// twin keeps every booking for ever, and asks each time for each of them whether it counts.
type twin struct {
	ladder ladder.Ladder
	tier   string
	booked []ladder.Spend
}

// back goes a number of months back one month at a time, counting the length of each by hand.
func back(from calendar.Day, months int) calendar.Day {
	date := from.Start(time.UTC)
	y, m, d := date.Year(), int(date.Month()), date.Day()
	for range months {
		if m--; m == 0 {
			y, m = y-1, 12
		}
	}
	last := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return calendar.Date(y, time.Month(m), min(d, last))
}

func (w *twin) held(counts func(calendar.Day) bool) money.Minor {
	total := money.Minor(0)
	for _, s := range w.booked {
		if counts(s.Day) {
			total += s.Amount
		}
	}
	return total
}

func (w *twin) qualifying(now calendar.Day) money.Minor {
	open := back(now, w.ladder.WindowMonths)
	return w.held(func(d calendar.Day) bool { return open < d && d <= now })
}

// place returns the places of the tier that the amount fits and of the tier held, -1 for none.
func (w *twin) place(held money.Minor) (int, int) {
	fits, current := 0, -1
	for i, tier := range w.ladder.Tiers {
		if held >= tier.Reach || i == 0 {
			fits = i
		}
		if tier.Name == w.tier {
			current = i
		}
	}
	return fits, current
}

func (w *twin) reach(now calendar.Day) (string, bool) {
	fits, current := w.place(w.qualifying(now))
	from := w.tier
	if fits > current {
		w.tier = w.ladder.Tiers[fits].Name
	}
	return from + ">" + w.tier, from != w.tier
}

func (w *twin) review(on calendar.Day) (string, bool) {
	open := back(on, w.ladder.WindowMonths)
	fits, current := w.place(w.held(func(d calendar.Day) bool { return open <= d && d < on }))
	if w.tier == "" || fits >= current {
		return "", false
	}
	if w.ladder.SoftLanding {
		fits = current - 1
	}
	from := w.tier
	w.tier = w.ladder.Tiers[fits].Name
	return from + ">" + w.tier, true
}

// machine drives both with the same commands.
type machine struct {
	ladder ladder.Ladder
	twin   *twin
	state  ladder.State
	now    calendar.Day
}

// pass brings both up to a later day: the twin reviews on each first of a month, the ladder only
// when NextReview says so.
func (m *machine) pass(t *rapid.T) {
	days := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 45), rapid.IntRange(0, 600)).Draw(t, "days")
	until := m.now.AddDays(days)
	due, ok := m.ladder.NextReview(m.state, m.now)
	for on := m.now.NextMonth(); on <= until; on = on.NextMonth() {
		want, lowered := m.twin.review(on)
		require.Equal(t, lowered, ok && due == on, "the twin on %s: %q; due %s", on, want, due)
		if !lowered {
			continue
		}
		next, change, moved := m.ladder.Review(m.state, on)
		require.True(t, moved)
		require.Equal(t, want, change.From+">"+change.To)
		require.Equal(t, ladder.CauseReview, change.Cause)
		m.state = next
		due, ok = m.ladder.NextReview(m.state, on)
	}
	m.now = until
}

// order books an amount, new or back, at a day that may lie long ago.
func (m *machine) order(t *rapid.T) {
	ago := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 40), rapid.IntRange(0, 500)).Draw(t, "ago")
	amount := money.Minor(rapid.Int64Range(0, 70).Draw(t, "amount"))
	m.book(t, m.now.AddDays(-ago), amount)
}

func (m *machine) refund(t *rapid.T) {
	if len(m.twin.booked) == 0 {
		t.Skip("nothing was bought")
	}
	ordered := rapid.SampledFrom(m.twin.booked).Draw(t, "order")
	m.book(t, ordered.Day, -ordered.Amount)
}

func (m *machine) book(t *rapid.T, on calendar.Day, amount money.Minor) {
	m.twin.booked = append(m.twin.booked, ladder.Spend{Day: on, Amount: amount})
	m.state = m.ladder.Count(m.state, on, m.now, amount)
	if len(m.state.Days) > 0 {
		require.Greater(t, m.state.Days[0].Day, back(m.now, m.ladder.WindowMonths), "only days that can still count")
	}
}

func (m *machine) reach(t *rapid.T) {
	want, raised := m.twin.reach(m.now)
	next, change, moved := m.ladder.Reach(m.state, m.now)
	require.Equal(t, raised, moved)
	if moved {
		require.Equal(t, want, change.From+">"+change.To)
		require.Equal(t, m.twin.qualifying(m.now), change.Qualifying)
		require.Equal(t, change.From == "", change.Cause == ladder.CauseFirst)
	}
	m.state = next
}

func (m *machine) check(t *rapid.T) {
	require.Equal(t, m.twin.tier, m.state.Tier)
	require.Equal(t, m.twin.qualifying(m.now), m.ladder.Qualifying(m.state, m.now))
	for i, spend := range m.state.Days {
		require.NotZero(t, spend.Amount)
		require.True(t, i == 0 || m.state.Days[i-1].Day < spend.Day, "days rise")
	}
}

func TestTheLadderAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLadder.Draw(t, "ladder")
		m := &machine{ladder: l, twin: &twin{ladder: l}, now: calendar.Date(2023, time.December, rapid.IntRange(1, 31).Draw(t, "start"))}
		t.Repeat(map[string]func(*rapid.T){"pass": m.pass, "order": m.order, "refund": m.refund, "reach": m.reach, "": m.check})
	})
}

var anyState = rapid.Custom(func(t *rapid.T) ladder.State {
	state := ladder.State{Tier: rapid.SampledFrom([]string{"", "first", "second", "third", "fourth", "gone"}).Draw(t, "tier")}
	on := calendar.Date(2024, time.January, 1)
	for range rapid.IntRange(0, 12).Draw(t, "days") {
		on += calendar.Day(rapid.IntRange(1, 120).Draw(t, "gap"))
		amount := rapid.OneOf(rapid.Int64Range(1, 90), rapid.Int64Range(-40, -1)).Draw(t, "amount")
		state.Days = append(state.Days, ladder.Spend{Day: on, Amount: money.Minor(amount)})
	}
	return state
})

// Whatever the state and the day, also with days yet to come and days below zero, NextReview is the
// first review that moves when one tries them month by month.
func TestNextReviewAgreesWithReviewingMonthByMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, state := anyLadder.Draw(t, "ladder"), anyState.Draw(t, "state")
		from := calendar.Date(2023, time.June, 1).AddDays(rapid.IntRange(0, 2500).Draw(t, "from"))
		got, ok := l.NextReview(state, from)
		on := from
		for range 120 {
			on = on.NextMonth()
			_, _, moved := l.Review(state, on)
			if known := slices.ContainsFunc(l.Tiers, func(tier ladder.Tier) bool { return tier.Name == state.Tier }); known {
				_, want := (&twin{ladder: l, tier: state.Tier, booked: state.Days}).review(on)
				require.Equal(t, want, moved)
			}
			if moved {
				require.True(t, ok)
				require.Equal(t, on.String(), got.String())
				return
			}
		}
		require.False(t, ok, "%s, but no review in ten years moves", got)
		require.Equal(t, calendar.None, got)
	})
}

// A change of order among bookings of one moment is no change of the sums.
func TestCountDoesNotDependOnTheOrderOfBookings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, now := anyLadder.Draw(t, "ladder"), calendar.Date(2025, time.March, 31)
		bookings := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ladder.Spend {
			return ladder.Spend{Day: now.AddDays(-rapid.IntRange(0, 40).Draw(t, "ago")), Amount: money.Minor(rapid.Int64Range(-5, 5).Draw(t, "amount"))}
		}), 0, 20).Draw(t, "bookings")
		fold := func(bookings []ladder.Spend) ladder.State {
			state := ladder.State{}
			for _, b := range bookings {
				state = l.Count(state, b.Day, now, b.Amount)
			}
			return state
		}
		require.Equal(t, fold(bookings), fold(rapid.Permutation(bookings).Draw(t, "permuted")))
	})
}

// Two futures of one state know nothing of each other, nor does the state of them.
func TestStatesAreValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, before := anyLadder.Draw(t, "ladder"), anyState.Draw(t, "state")
		kept := slices.Clone(before.Days)
		now := calendar.Date(2024, time.January, 1).AddDays(rapid.IntRange(0, 1500).Draw(t, "now"))
		book := func(label string, amount money.Minor) ladder.State {
			on := now.AddDays(-rapid.IntRange(0, 400).Draw(t, label))
			if i := rapid.IntRange(0, len(kept)).Draw(t, label+" known"); i < len(kept) {
				on = kept[i].Day
			}
			return l.Count(before, on, now, amount)
		}
		one := book("one", 7)
		oneKept := slices.Clone(one.Days)
		two := book("two", -3)
		_, _, _ = l.Reach(two, now)
		_, _, _ = l.Review(two, now.NextMonth())
		require.Equal(t, kept, before.Days)
		require.Equal(t, oneKept, one.Days)
	})
}
