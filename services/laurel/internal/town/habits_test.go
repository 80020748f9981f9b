package town_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestWhoIsAskedBeforeSaysLastWhatIsPlanted: the answer that older reports rest on stays the last one; some were more satisfied before,
// some less.
func TestWhoIsAskedBeforeSaysLastWhatIsPlanted(t *testing.T) {
	full, scores := map[string]calendar.Day{}, map[string]int{}
	made := town.Make(town.Of(7, 2000, 2))
	for _, a := range made.Actions {
		if a.Data["attitude"] != nil {
			full[a.Account], scores[a.Account] = a.Day, a.Data["satisfaction"].(int) //nolint:forcetypeassert // the town's own
		}
	}
	moved := map[int]int{}
	for _, a := range made.Actions {
		if v, is := a.Data["satisfaction"].(int); is && a.Data["attitude"] == nil {
			require.Less(t, a.Day, full[a.Account], a.Account)
			moved[scores[a.Account]-v]++
		}
	}
	require.Len(t, moved, 3)
	require.InDelta(t, 0.3*0.6*2000, moved[-1]+moved[0]+moved[1], 80)
	require.Greater(t, moved[1], 50)
	require.Greater(t, moved[-1], 50)
}

// TestHabitsAreThoseOfAll: what some say of how they buy lies within four standard errors of what all would say.
func TestHabitsAreThoseOfAll(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	score := map[string]func(map[string]any) float64{
		"repurchase intent, of all":      func(d map[string]any) float64 { return float64(d["repurchase"].(int)-1) / 4 },                 //nolint:forcetypeassert // own
		"time to choose, of all":         func(d map[string]any) float64 { return math.Max(0, 1-float64(d["choose_minutes"].(int))/60) }, //nolint:forcetypeassert // own
		"sensitivity to quality, of all": func(d map[string]any) float64 { return float64(5-d["quality_sensitivity"].(int)) / 4 },        //nolint:forcetypeassert // own
	}
	list := made.Planted(p).Counted
	at := slices.IndexFunc(list, func(c town.Counted) bool { return c.Report == "loyalty-indicators" })
	seen := 0
	for _, r := range list[at].Rates {
		of := score[r.Name]
		if of == nil {
			continue
		}
		seen++
		sum, n := 0.0, 0.0
		for _, a := range made.Actions {
			if a.Type == "habits" {
				sum, n = sum+of(a.Data), n+1
			}
		}
		require.InDelta(t, 2500, n, 150)
		require.InDelta(t, r.Planted, sum/n, 4*r.Deviation/math.Sqrt(n), r.Name)
	}
	require.Len(t, score, seen)
}

// TestFeastsMoveNobody: who comes to them stops as often as the others, within four standard errors.
func TestFeastsMoveNobody(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	came, last := map[string]bool{}, map[string]calendar.Day{}
	for _, a := range made.Actions {
		came[a.Account] = came[a.Account] || a.Type == "event"
	}
	for _, o := range made.Orders {
		last[o.Account] = o.Day
	}
	var n, silent [2]float64
	for account, day := range last {
		i := map[bool]int{true: 1}[came[account]]
		n[i]++
		if int(p.End()-day) > 180 {
			silent[i]++
		}
	}
	require.InDelta(t, 0.25*5000, n[1], 200)
	all := (silent[0] + silent[1]) / 5000
	require.InDelta(t, silent[0]/n[0], silent[1]/n[1], 4*math.Sqrt(all*(1-all)*(1/n[0]+1/n[1])))
}

// TestVisitsCost: the budget's service is that of orders and visits of the last twelve months; report service-cost leaves out the visits to
// those who bought nothing in them.
func TestVisitsCost(t *testing.T) {
	p := small(7)
	made, begin := town.Make(p), p.End().AddMonths(-12)
	orders, buys := int64(0), map[string]bool{}
	for _, o := range made.Orders {
		if o.Day >= begin {
			orders += 150
			buys[o.Account] = true
		}
	}
	var of [2]int64 // visits to the others, and to those who bought
	for _, a := range made.Actions {
		if a.Type == "visit" && a.Day >= begin {
			of[map[bool]int{true: 1}[buys[a.Account]]] += 1200
		}
	}
	require.Greater(t, min(of[0], of[1]), int64(10*1200))
	truth := made.Planted(p)
	at := slices.IndexFunc(truth.Plans.Budget.Lines, func(l town.Line) bool { return l.Name == "service" })
	require.Equal(t, orders+of[0]+of[1], truth.Plans.Budget.Lines[at].CommittedMinor)
	require.Equal(t, orders+of[1], figures(t, truth.Counted, "service-cost")["cost, minor units"])
}

// TestTheFallMovesNobody: who is less satisfied than before is as often silent as the others, over twelve towns, within four standard errors.
func TestTheFallMovesNobody(t *testing.T) {
	var fell, fellSilent, others, othersSilent float64
	for seed := range uint64(12) {
		p := town.Of(seed, 1500, 2)
		made := town.Make(p)
		last, before, now := map[string]calendar.Day{}, map[string]int{}, map[string]int{}
		for _, o := range made.Orders {
			last[o.Account] = o.Day
		}
		for _, a := range made.Actions { // by rising day
			v, is := a.Data["satisfaction"].(int)
			if !is {
				continue
			}
			if now[a.Account] == 0 {
				before[a.Account] = v
			}
			now[a.Account] = v
		}
		for account, day := range last {
			silent := map[bool]float64{true: 1}[int(p.End()-day) > 180]
			if now[account] < before[account] {
				fell, fellSilent = fell+1, fellSilent+silent
			} else {
				others, othersSilent = others+1, othersSilent+silent
			}
		}
	}
	all := (fellSilent + othersSilent) / (fell + others)
	require.Greater(t, fell, 500.0)
	require.InDelta(t, othersSilent/others, fellSilent/fell, 4*math.Sqrt(all*(1-all)*(1/fell+1/others)))
}
