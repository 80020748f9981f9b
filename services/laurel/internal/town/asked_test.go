package town_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// answersOf are the town's own events of a type, by account.
func answersOf(t *testing.T, made town.Town, kind string) map[string][]town.Action {
	t.Helper()
	by := map[string][]town.Action{}
	for _, a := range made.Actions {
		if a.Type == kind {
			by[a.Account] = append(by[a.Account], a)
		}
	}
	require.NotEmpty(t, by, kind)
	return by
}

// within tells whether a share of so many is what was planted, within four standard errors.
func within(t *testing.T, planted float64, fit, of int) {
	t.Helper()
	require.InDelta(t, planted, float64(fit)/float64(of), 4*math.Sqrt(planted*(1-planted)/float64(of)))
}

// TestWhatIsAskedBesidesMovesNothingElse: all other events are, to the byte, those of the town before anything was asked besides.
func TestWhatIsAskedBesidesMovesNothingElse(t *testing.T) {
	made := town.Make(small(7))
	made.Actions = slices.DeleteFunc(made.Actions, func(a town.Action) bool {
		before := a.Data["satisfaction"] != nil && a.Data["attitude"] == nil
		return before || slices.Contains([]string{"kano", "prices", "farewell", "household", "quality", "spending", "habits", "event", "visit"}, a.Type)
	})
	var out bytes.Buffer
	require.NoError(t, made.WriteActions(&out))
	sum := sha256.Sum256(out.Bytes())
	require.Equal(t, "0a245d24a8bd5d4aaca40372584698d8de8fa07d4334842c32d7b7581a84c0f7", hex.EncodeToString(sum[:]))
}

// TestEachIsAskedOnceForAFeature, and of each feature as many answer as the truth says. What all feel comes out of the answers: those
// of one class are as many as planted.
func TestEachIsAskedOnceForAFeature(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Asked.Kano
	require.Len(t, truth, 5)
	classes, told := map[string]bool{}, map[string]int64{}
	delighted := 0
	for account, said := range answersOf(t, made, "kano") {
		require.Len(t, said, 5, account)
		names := map[any]bool{}
		for _, a := range said {
			names[a.Data["feature"]] = true
			told[a.Data["feature"].(string)]++
			with, without := a.Data["functional"].(int), a.Data["dysfunctional"].(int)
			require.True(t, with >= 1 && with <= 5 && without >= 1 && without <= 5)
			if a.Data["feature"] == "cake on birthdays" && with == 1 && without > 1 && without < 5 {
				delighted++
			}
		}
		require.Len(t, names, 5, account)
	}
	for _, f := range truth {
		classes[f.Class] = true
		require.Equal(t, f.Answers, told[f.Name])
		within(t, 0.2, int(f.Answers), p.Members)
		sum := int64(0)
		for _, n := range f.Feels {
			sum += n
		}
		require.EqualValues(t, p.Members, sum)
		within(t, 0.6, int(f.Feels[f.Class]), p.Members)
		require.Len(t, f.Feels, 5)
	}
	require.Len(t, classes, 5, "each class is planted once")
	within(t, 0.6*0.97, delighted, int(told["cake on birthdays"]))
}

// TestPricesAreThoseThatArePlanted counts the answers again, and what was bought around the change; the crossings are where as many of
// all who answered lie on both sides.
func TestPricesAreThoseThatArePlanted(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Asked.Prices
	var rising, falling int64
	var tooCheap, expensive int
	for account, said := range answersOf(t, made, "prices") {
		require.Len(t, said, 1, account)
		d := said[0].Data
		four := []int64{d["too_cheap_minor"].(int64), d["cheap_minor"].(int64), d["expensive_minor"].(int64), d["too_expensive_minor"].(int64)}
		if !slices.IsSorted(four) {
			falling++
			continue
		}
		rising++
		if float64(four[0]) >= truth.Cheapest {
			tooCheap++
		}
		if float64(four[2]) <= truth.Cheapest {
			expensive++
		}
	}
	require.Equal(t, []int64{truth.Four, truth.Contradicting}, []int64{rising, falling})
	within(t, 0.3, int(rising+falling), p.Members)
	within(t, 0.04, int(falling), int(rising+falling))
	require.InDelta(t, tooCheap, expensive, 4*math.Sqrt(float64(tooCheap+expensive)))
	require.Positive(t, tooCheap)
	// √(0.5 × 1.3), √(0.8 × 1.8), √(0.5 × 1.8), √(0.8 × 1.3) of 3.20
	for i, want := range []float64{257.99, 384, 303.58, 326.34} {
		require.InDelta(t, want, []float64{truth.Cheapest, truth.Dearest, truth.Best, truth.Indifferent}[i], 0.01)
	}
	bear := int64(0)
	for _, n := range truth.Rises {
		bear += n
	}
	require.EqualValues(t, p.Members, bear)
	require.Len(t, truth.Rises, 21)

	on, err := calendar.Parse(truth.Change.Day)
	require.NoError(t, err)
	bought := [2]map[string]bool{{}, {}}
	var spent [2]int64
	for _, o := range made.Orders {
		side := 0
		if o.Day >= on {
			side = 1
		}
		if town.Shelf[o.Goods].Category == "bakery" && o.Day >= on.AddDays(-60) && o.Day < on.AddDays(60) {
			bought[side][o.Account] = true
			spent[side] += int64(o.Amount)
		}
	}
	stayed := int64(0)
	for account := range bought[0] {
		if bought[1][account] {
			stayed++
		}
	}
	c := truth.Change
	require.Equal(t, []int64{c.Before, c.Stayed, c.BeforeMinor, c.AfterMinor}, []int64{int64(len(bought[0])), stayed, spent[0], spent[1]})
	require.Greater(t, stayed, int64(300))
}

// TestACutIsSaidByWhoHasGone, once, and costs what the truth says.
func TestACutIsSaidByWhoHasGone(t *testing.T) {
	p := town.Of(7, 3000, 2)
	made := town.Make(p)
	truth := made.Planted(p)
	s, gone := truth.Asked.Prices, int64(0)
	for percent, n := range s.Cuts {
		gone += n
		require.True(t, n == 0 || percent%5 == 0 && percent >= 5 && percent <= 40)
	}
	require.Equal(t, truth.Said.Gone, gone)
	by := map[string][]town.Order{}
	for _, o := range made.Orders {
		by[o.Account] = append(by[o.Account], o)
	}
	cost, farewells := int64(0), answersOf(t, made, "farewell")
	for account, said := range farewells {
		require.Len(t, said, 1)
		sum := int64(0)
		for _, o := range by[account] {
			require.Less(t, o.Day, said[0].Day, "they buy no more")
			if o.Day >= said[0].Day.AddMonths(-12) {
				sum += int64(o.Amount)
			}
		}
		cost += sum * int64(said[0].Data["cut_to_return_percent"].(int)) / 100
	}
	require.EqualValues(t, len(farewells), s.CutAnswers)
	require.Equal(t, cost, s.CutCostMinor)
	within(t, 0.5, len(farewells), int(gone))
}
