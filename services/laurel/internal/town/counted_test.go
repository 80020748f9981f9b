package town_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

func date(t *testing.T, text string) calendar.Day {
	t.Helper()
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

// hamlet is three who buy, and eve who only wrote a review: ann for 100.00 on the 15th of each month of 2025, bob for 50.00, and after 691
// days for 10.00, cyd once for 5.00, 184 days before the end.
func hamlet(t *testing.T) town.Town {
	t.Helper()
	var made town.Town
	buy := func(account, day string, minor money.Minor) {
		made.Orders = append(made.Orders, town.Order{ID: account + day, Account: account, Day: date(t, day), Amount: minor})
	}
	for m := 1; m <= 12; m++ {
		buy("ann", fmt.Sprintf("2025-%02d-15", m), 10_000)
	}
	buy("bob", "2024-01-10", 5000)
	buy("bob", "2025-12-01", 1000)
	buy("cyd", "2025-06-30", 500)
	slices.SortFunc(made.Orders, func(a, b town.Order) int { return int(a.Day - b.Day) })
	made.Actions = []town.Action{{Type: "review", Account: "eve", ID: "r", Day: date(t, "2025-03-03"), Data: map[string]any{"review": "r", "stars": 5}}}
	return made
}

func figures(t *testing.T, list []town.Counted, report string) map[string]int64 {
	t.Helper()
	at := slices.IndexFunc(list, func(c town.Counted) bool { return c.Report == report })
	require.GreaterOrEqual(t, at, 0, report)
	n := map[string]int64{}
	for _, f := range list[at].Figures {
		require.NotContains(t, n, f.Name, report)
		n[f.Name] = f.Planted
	}
	return n
}

// TestAHamletIsCountedAsByHand: what orders alone tell, worked out on paper.
func TestAHamletIsCountedAsByHand(t *testing.T) {
	list := hamlet(t).Planted(town.Of(7, 3, 2)).Counted
	for report, want := range map[string]map[string]int64{
		// ann has 120,000 of 121,500: the others stand behind 95 of 100. Her months are alike; of six and of twelve months with one purchase
		// the variation is the root of 5, and of 11. Scores of all three criteria are 5, 4, 2.
		"abc-xyz": {
			"customers": 3, "of class A": 1, "of class B": 0, "of class C": 2, "of class X": 1, "of class Y": 0, "of class Z": 2, "of class A and X": 1,
			"of class A by several": 2, "of class B by several": 0,
		},
		"actions": {"review": 1},
		"cohorts": {
			"came in 2024-01": 1, "of 2024-01 in 2024-02": 0, "of 2024-01 in 2025-01": 0, "months with a purchase": 15, "second within 30 days": 0,
			"third within 90 days": 1,
		},
		"customer": {
			"days since the first order": 350, "days since the last order": 16, "orders": 12, "purchase days": 12, "revenue, minor units": 120_000,
			"on the favourite category": 120_000, "points earned": 1200, "own events": 0,
		},
		// bob was lost 540 days after his first order, in July 2025, and came back behind the last whole month.
		"life-cycle": {
			"prospect": 1, "new": 0, "active": 1, "growing": 0, "won back": 1, "at risk": 1, "lapsed": 0, "lost": 0,
			"came to: won back": 0, "came to: lapsed": 0, "came to: lost": 1,
		},
		"money-retention": {
			"customers": 1, "kept": 1, "before, minor units": 60_000, "after, minor units": 60_000, "gross, millionths": 1_000_000, "of class A": 1,
			"of class A, kept": 1, "new, or back": 2, "of these, minor units": 1500,
		},
		"survival": {"customers": 3, "bought again": 2, "days until then, or watched": 31 + 691 + 183, "lost": 2},
	} {
		require.Equal(t, want, figures(t, list, report), report)
	}
}

// TestTheFirstRepeatIsAsPlanted: who has not bought again after some days, of those who can be watched for so long, is within four standard
// errors of what the rates say.
func TestTheFirstRepeatIsAsPlanted(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	days := map[string][]calendar.Day{}
	for _, o := range made.Orders {
		days[o.Account] = append(days[o.Account], o.Day)
	}
	list := made.Planted(p).Counted
	at := slices.IndexFunc(list, func(c town.Counted) bool { return c.Report == "survival" })
	for _, r := range list[at].Rates[:2] {
		var after int
		_, err := fmt.Sscanf(r.Name, "not again after %d days", &after)
		require.NoError(t, err)
		not := 0.0
		for _, of := range days {
			if len(of) == 1 || int(of[1]-of[0]) > after {
				not++
			}
		}
		require.InDelta(t, r.Planted, not/5000, 4*math.Sqrt(r.Planted*(1-r.Planted)/5000), r.Name)
	}
}
