package involvement_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/involvement"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func did(day calendar.Day, types ...string) []history.Deed {
	var list []history.Deed
	for _, name := range types {
		list = append(list, history.Deed{Day: day, Type: name})
	}
	return list
}

// TestF23TheIndex: four kinds of one weight, so one survey of at most four is 100 × ¼ ÷ 4, rounded down.
func TestF23TheIndex(t *testing.T) {
	p := involvement.Defaults()
	for _, c := range []struct {
		types []string
		index int64
		level involvement.Level
	}{
		{nil, 0, involvement.None},
		{[]string{"visit", "case"}, 0, involvement.None},
		{[]string{"survey"}, 6, involvement.Low},
		{[]string{"survey", "kano", "idea", "review", "panel", "survey"}, 25, involvement.Middle}, // four at most
		{[]string{"referral", "referral", "message", "app", "event", "event"}, 50, involvement.High},
	} {
		require.Equal(t, c.index, p.Index(did(1, c.types...)), c.types)
		require.Equal(t, c.level, p.Level(c.index), c.types)
	}
	p.Kinds = []involvement.Kind{{"a", []string{"a"}, 10_000, 1}, {"b", []string{"b"}, 1, 1000}}
	require.EqualValues(t, 1, p.Index(did(1, "a")), "who did anything has at least 1")
	require.EqualValues(t, 99, p.Index(did(1, "b")))
}

// TestF23RetentionByLevel: the index is of the year before 2025-07-05, 180 days before the day of the report.
func TestF23RetentionByLevel(t *testing.T) {
	asOf := calendar.Date(2026, 1, 1)
	follow := calendar.Date(2025, 7, 5)
	b := involvement.New(asOf, involvement.Defaults())
	add := func(deeds []history.Deed, days ...calendar.Day) {
		c := history.Customer{ID: "x", Deeds: deeds}
		for _, d := range days {
			c.Orders = append(c.Orders, history.Order{Day: d})
		}
		require.NoError(t, b.Add(c))
	}
	add(did(follow-1, "referral", "referral", "event", "event", "event", "event"), follow-300, follow) // high, and kept on the first day
	add(did(follow, "referral", "referral", "event", "event", "event", "event"), follow-1)             // did it too late: none
	add(did(follow-1, "survey"), follow-1, asOf-1)
	add(did(follow-1, "survey"), follow-1, asOf) // came after the day
	add(nil, follow.AddMonths(-12)-1, follow)    // ordered before the year alone
	add(did(1, "survey"))
	r := b.Report()
	require.Equal(t, follow, r.Follow)
	require.Equal(t, calendar.Date(2024, 7, 5), r.From)
	require.EqualValues(t, 4, r.Customers)
	require.EqualValues(t, 2, r.Kept)
	require.Equal(t, []involvement.Held{
		{Level: involvement.None, Customers: 1}, {Level: involvement.Low, Customers: 2, Kept: 1, IndexOf: 12}, {Level: involvement.Middle},
		{Level: involvement.High, Customers: 1, Kept: 1, IndexOf: 50},
	}, r.Levels)
	require.Equal(t, []involvement.Done{
		{Kind: "participation", Customers: 2, Kept: 1, Acts: 2}, {Kind: "referrals", Customers: 1, Kept: 1, Acts: 2}, {Kind: "responses"},
		{Kind: "events", Customers: 1, Kept: 1, Acts: 4},
	}, r.Kinds)
	require.False(t, r.Levels[2].Kept95().Known)
}

func TestIndicesThatAreRefused(t *testing.T) {
	for field, change := range map[string]func(*involvement.Params){
		"kinds": func(p *involvement.Params) {
			p.Kinds = append(p.Kinds, involvement.Kind{"again", []string{"app"}, 1, 1})
		},
		"high_from":   func(p *involvement.Params) { p.HighFrom = p.MiddleFrom },
		"months":      func(p *involvement.Params) { p.Months = 121 },
		"follow_days": func(p *involvement.Params) { p.FollowDays = 0 },
	} {
		p := involvement.Defaults()
		require.NoError(t, p.Check())
		change(&p)
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok, field)
		require.Equal(t, field, refusal.Field)
	}
	for _, kinds := range [][]involvement.Kind{nil, {{"a", nil, 1, 1}}, {{"", []string{"a"}, 1, 1}}, {{"a", []string{"a"}, 0, 1}}, {{"a", []string{"a"}, 1, 1001}}} {
		p := involvement.Defaults()
		p.Kinds = kinds
		require.Error(t, p.Check(), kinds)
	}
}

// TestMoreIsNeverLess: whatever was done, doing more never lowers the index, and it stays within 0 and 100.
func TestMoreIsNeverLess(t *testing.T) {
	types := rapid.SampledFrom([]string{"survey", "referral", "app", "event", "visit"})
	rapid.Check(t, func(t *rapid.T) {
		p := involvement.Defaults()
		before := did(1, rapid.SliceOfN(types, 0, 20).Draw(t, "before")...)
		after := slices.Concat(before, did(2, types.Draw(t, "more")))
		a, b := p.Index(before), p.Index(after)
		require.LessOrEqual(t, a, b)
		require.True(t, 0 <= a && b <= 100)
	})
}
