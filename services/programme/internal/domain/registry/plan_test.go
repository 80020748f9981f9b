package registry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func TestInForce(t *testing.T) {
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	list := []Revision{ // newest first
		{Number: 4, AppliedAt: day(3), Effective: day(10)},
		{Number: 3, AppliedAt: day(2), Effective: day(1)}, // a time that had passed
		{Number: 2, AppliedAt: day(1), Effective: day(20)},
		{Number: 1, AppliedAt: day(0)},
	}
	for at, want := range map[int]int{-1000: 1, 0: 1, 1: 1, 2: 3, 9: 3, 10: 4, 20: 4} {
		require.Equal(t, want, InForce(list, day(at)), "day %d", at)
	}
	require.Zero(t, InForce(nil, now))
}

func TestWarnings(t *testing.T) {
	yesterday, tomorrow, later := now.AddDate(0, 0, -1), now.AddDate(0, 0, 1), now.AddDate(0, 0, 2)
	one := Revision{Number: 1, AppliedAt: yesterday}
	two := Revision{Number: 2, AppliedAt: yesterday, Effective: tomorrow}
	cases := []struct {
		name  string
		known []Revision
		text  string
		at    time.Time
		want  []Warning
	}{
		{name: "the first", text: tea},
		{name: "nothing to say", known: []Revision{one}, text: with("unit: points", "unit: points\nname: The club")},
		{name: "a time that has passed", known: []Revision{one}, text: tea, at: yesterday, want: []Warning{
			{"effective_at", "it lies in the past: a revision never holds from before it was published"}}},
		{name: "before one that has not begun", known: []Revision{two, one}, text: tea, want: []Warning{
			{"effective_at", "revision 2, which was to begin at 2026-05-02T12:00:00Z, never will: the newer revision is in force then"}}},
		{name: "after one that has not begun", known: []Revision{two, one}, text: tea, at: later},
		{name: "another expiry", known: []Revision{one}, text: with("months: 12}\nladder", "months: 6}\nladder"), want: []Warning{
			{"expiry", "points that were earned before keep the day on which they lapse"}}},
		{name: "other points, told once", known: []Revision{one}, text: with("points: 1, per: 1.00", "points: 2, per: 1.00, multipliers: {category: {a: 2}}"), want: []Warning{
			{"earning.points", "orders that occurred before the revision begins keep the points of their own revision, also when they are returned later"}}},
		{name: "another wait", known: []Revision{one}, text: with("per: 1.00", "per: 1.00, pending_days: 3"), want: []Warning{
			{"earning.pending_days", "points that were earned before keep the day on which they become active"}}},
		{name: "a tier less", known: []Revision{one}, text: with(", {name: gold, from: 100}", ""), want: []Warning{
			{"ladder.tiers.gold.from", "whoever holds tier gold is moved to one that fits by the next review, or by an order before it"}}},
		{name: "earlier notices", known: []Revision{one}, text: with("window_months: 12", "window_months: 12, notice_days: 60")},
		{name: "another window", known: []Revision{one}, text: with("window_months: 12", "window_months: 6"), want: []Warning{
			{"ladder.window_months", "tiers follow the new ladder from the next order or review of each account on"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changes := program.Compare(says(t, tea), says(t, c.text))
			require.Equal(t, c.want, Warnings(c.known, Ask{Program: "tea", Effective: c.at}, changes, now))
		})
	}
}
