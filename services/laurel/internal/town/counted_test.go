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
// days for 10.00, cyd once for 5.00, 184 days before the end. ann was asked twice and less satisfied then, cyd once.
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
	did := func(account, kind, day string, data map[string]any) {
		made.Actions = append(made.Actions, town.Action{Type: kind, Account: account, ID: account + day, Day: date(t, day), Data: data})
	}
	did("ann", "survey", "2025-02-01", map[string]any{"satisfaction": 5, "recommend": 9})
	did("eve", "review", "2025-03-03", map[string]any{"review": "r", "stars": 5})
	did("ann", "event", "2025-04-10", map[string]any{})
	did("ann", "habits", "2025-05-01", map[string]any{"repurchase": 4, "choose_minutes": 45})
	did("cyd", "survey", "2025-07-01", map[string]any{"satisfaction": 2})
	did("cyd", "visit", "2025-07-02", map[string]any{})
	did("ann", "survey", "2025-08-01", map[string]any{"satisfaction": 4})
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
		"actions": {"event": 1, "habits": 1, "review": 1, "survey": 3, "visit": 1},
		// All bought in the last year, bob in the year before. Without m, 1/(1.1 - 1) = 10; nobody is beyond all, so that five points more make
		// 1.05/0.05 = 21, which is 1.1 more.
		"churn-effect": {
			"bought in the year before": 1, "of these, in the last year": 1, "bought in the last year": 3, "spent in it, minor units": 121_500,
			"retention, millionths": 1_000_000, "worth so many years, millionths": 10_000_000, "rise by five points, millionths": 1_100_000,
		},
		"cohorts": {
			"came in 2024-01": 1, "of 2024-01 in 2024-02": 0, "of 2024-01 in 2025-01": 0, "months with a purchase": 15, "second within 30 days": 0,
			"third within 90 days": 1,
		},
		"customer": {
			"days since the first order": 350, "days since the last order": 16, "orders": 12, "purchase days": 12, "revenue, minor units": 120_000,
			"on the favourite category": 120_000, "points earned": 1200, "own events": 4,
		},
		// From 2024-07-04 to 2025-07-03 ann and cyd bought, ann again later. She was asked once by then, and came to one feast: 2 of 16.
		"involvement": {
			"customers": 2, "customers, kept": 1, "none": 0, "none, kept": 0, "low": 2, "low, kept": 1, "middle": 0, "middle, kept": 0, "high": 0, "high, kept": 0,
			"in participation": 2, "in participation, kept": 1, "in events": 1, "in events, kept": 1, "acts of participation": 2, "acts of events": 1,
		},
		// bob was lost 540 days after his first order, in July 2025, and came back behind the last whole month.
		"life-cycle": {
			"prospect": 1, "new": 0, "active": 1, "growing": 0, "won back": 1, "at risk": 1, "lapsed": 0, "lost": 0,
			"came to: won back": 0, "came to: lapsed": 0, "came to: lost": 1,
		},
		// ann bought 12 times this year, none of them before it: 11 repeats count as 4; bob once more, cyd never. Minutes: 15 of 60 are left.
		"loyalty-indicators": {
			"repeat purchases: known of": 3, "repeat purchases: score, thousandths": 41_667, "referrals: known of": 3, "referrals: score, thousandths": 0,
			"retention: known of": 1, "retention: score, thousandths": 100_000, "repurchase intent: known of": 1,
			"repurchase intent: score, thousandths": 75_000, "time to choose: known of": 1, "time to choose: score, thousandths": 25_000,
			"index, thousandths": 48_333,
		},
		"matrix": {
			"cut of revenue, minor units": 6000, "cut of orders": 2, "high revenue, high orders": 2, "high revenue, low orders": 0,
			"low revenue, high orders": 0, "low revenue, low orders": 1, "of high and high, minor units": 126_000,
		},
		"money-retention": {
			"customers": 1, "kept": 1, "before, minor units": 60_000, "after, minor units": 60_000, "gross, millionths": 1_000_000, "of class A": 1,
			"of class A, kept": 1, "new, or back": 2, "of these, minor units": 1500,
		},
		// The year that ends with their last purchase brings ann 36,000, bob 300, cyd 150 of margin: 12,150 in the mean. cyd is at risk.
		"priorities": {
			"keep": 1, "keep costs, minor units": 200, "keep gains, minor units": 150, "develop": 2, "develop costs, minor units": 200,
			"develop gains, minor units": 11_850, "win back": 0, "win back costs, minor units": 0, "win back gains, minor units": 0, "acquire": 2,
			"win back returns, thousandths": 0,
		},
		// ann, of class A, costs 12 orders; bob one; cyd one and a visit. The mean of both is 750: less than that of A.
		"service-cost": {
			"customers": 3, "revenue, minor units": 121_500, "cost, minor units": 3300, "cost of class A, minor units": 1800, "cost of class B, minor units": 0,
			"cost of class C, minor units": 1500, "get too much": 0, "too much, minor units": 0, "get too little": 0,
		},
		// ann is satisfied and loyal, cyd is neither, and silent for more than 180 days; ann fell from 5 to 4.
		"statements": {
			"1: fit": 1, "1: of": 1, "2: fit": 1, "2: of": 1, "3: fit": 1, "3: of": 1, "4: fit": 1, "4: of": 1, "4: of the others fit": 0,
			"5: fit": 0, "5: of": 0, "5: of the others fit": 1, "6: fit": 1, "6: of": 1, "6: of the others fit": 0, "7: fit": 0, "7: of": 1,
		},
		"switching": {
			"customers": 3, "with points": 3, "points": 1265, "worth, minor units": 1265, "median of points, halves": 120, "enough for a loaf": 1,
			"nearly enough for a loaf": 0, "enough for a hamper": 0, "nearly enough for a hamper": 0, "came to the first reward": 1,
			"median spent of these, halves": 240_000, "not yet": 2, "median spent of those, halves": 6500,
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

// TestClassesEndWhereTheyShould: of 100.00 the best have 50 and 30, which makes 80: A. Then 12 and 5, up to 97: B. The last came in October, and is
// as even as can be since.
func TestClassesEndWhereTheyShould(t *testing.T) {
	var made town.Town
	for i, minor := range []money.Minor{5000, 3000, 1200, 500} {
		made.Orders = append(made.Orders, town.Order{ID: fmt.Sprint(i), Account: fmt.Sprint("a", i), Day: date(t, "2025-02-01"), Amount: minor})
	}
	for _, day := range []string{"2025-10-15", "2025-11-15", "2025-12-15"} {
		made.Orders = append(made.Orders, town.Order{ID: day, Account: "b", Day: date(t, day), Amount: 100})
	}
	n := figures(t, made.Planted(town.Of(7, 5, 2)).Counted, "abc-xyz")
	require.Equal(t, []int64{2, 2, 1}, []int64{n["of class A"], n["of class B"], n["of class C"]})
	require.Equal(t, []int64{1, 0, 4}, []int64{n["of class X"], n["of class Y"], n["of class Z"]})
}
