package town_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestTheSameSeedSaysTheSame, every event within the town's time, by rising day, each with an id of its own.
func TestTheSameSeedSaysTheSame(t *testing.T) {
	p := small(7)
	var said, again bytes.Buffer
	made := town.Make(p)
	require.NoError(t, made.WriteActions(&said))
	require.NoError(t, town.Make(p).WriteActions(&again))
	require.Equal(t, said.String(), again.String())
	ids := map[string]bool{}
	for i, a := range made.Actions {
		require.False(t, ids[a.ID], a.ID)
		ids[a.ID] = true
		require.True(t, p.Start <= a.Day && a.Day < p.End(), a)
		require.True(t, i == 0 || made.Actions[i-1].Day <= a.Day)
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	require.Len(t, lines, len(made.Actions))
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &line))
	require.Len(t, line, 5)
}

// TestWhatIsSaidIsThatOfTheTruth counts again what the truth says, from the events.
func TestWhatIsSaidIsThatOfTheTruth(t *testing.T) {
	p := town.Of(7, 2000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Said
	var answered, reviews, told, gone int64
	for _, a := range made.Actions {
		switch {
		case a.Data["attitude"] != nil: // with satisfaction; who was asked before said that alone
			answered++
		case a.Data["churn_cause"] != nil:
			told++
		case a.Type == "review":
			reviews++
		}
	}
	require.Equal(t, []int64{truth.Answered, truth.Told, truth.Reviews}, []int64{answered, told, reviews})
	for _, n := range truth.Causes {
		gone += n
	}
	require.Equal(t, truth.Gone, gone)
	types := int64(0)
	for _, n := range truth.Types {
		types += n
	}
	require.EqualValues(t, p.Members, types)
	require.Len(t, truth.Types, 8, "all types are there: %v", truth.Types)
	require.EqualValues(t, 40, truth.Dealers)
	require.InDelta(t, 0.6, float64(answered)/2000, 0.05)
	require.InDelta(t, 0.35, float64(truth.Causes["neglected"])/float64(truth.Gone), 0.06)
	require.Positive(t, truth.DealersLeft)
	require.Positive(t, truth.Calls)
	require.Positive(t, truth.OpenCases)
	require.EqualValues(t, 150*len(made.Orders), truth.OrderCostMinor)
}

// TestTheClubIsThatOfTheTruth counts the club again from its events, and holds each renewal against the chance that is planted:
// within four standard errors.
func TestTheClubIsThatOfTheTruth(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	club := made.Planted(p).Club
	signed, left := map[string]calendar.Day{}, map[string]calendar.Day{}
	for _, a := range made.Actions {
		switch {
		case a.Type == "club" && a.Data["contract"] == "signed":
			signed[a.Account] = a.Day
		case a.Type == "club":
			left[a.Account] = a.Day
		}
	}
	require.Equal(t, []int64{1000, club.Current, club.Ended}, []int64{int64(len(signed)), int64(len(signed) - len(left)), int64(len(left))})
	for term := 1; term <= 12; term++ {
		came, went := 0.0, 0.0
		for account, from := range signed {
			at := from.AddMonths(term)
			day, gone := left[account]
			if gone && day < at {
				continue
			}
			came++
			if day == at {
				went++
			}
		}
		leave := club.Alpha / (club.Alpha + club.Beta + float64(term-1))
		require.InDelta(t, leave, went/came, 4*math.Sqrt(leave*(1-leave)/came), "renewal %d of %g", term, came)
	}
}

// TestThePointsAreThoseOfTheProgramme: what the town says is earned is what its own programme gives for each order.
func TestThePointsAreThoseOfTheProgramme(t *testing.T) {
	p := small(7)
	for _, o := range town.Make(p).Orders {
		if o.Day >= p.Baskets.From && o.Amount > 4000 {
			p.Baskets.AtLeast = o.Amount // so that one order is just large enough
			break
		}
	}
	made := town.Make(p)
	read, faults := program.Parse([]program.File{{Name: "town.yaml", Content: []byte(p.Program())}})
	require.Empty(t, faults)
	var all, inDays, boosted int64
	for _, o := range made.Orders {
		goods := town.Shelf[o.Goods]
		boost := read.BoostOf(program.PaidOrder{Tier: "resident", Day: o.Day, Amount: o.Amount})
		rate, _ := read.LineRate(orders.Line{SKU: goods.SKU, Category: goods.Category}, "resident", boost)
		points, err := rate.Floor(int64(o.Amount))
		require.NoError(t, err)
		all += points
		if boost != "" {
			boosted++
			require.GreaterOrEqual(t, o.Amount, p.Baskets.AtLeast)
		}
		if o.Day >= p.Baskets.From && o.Day < p.Baskets.From.AddDays(p.Baskets.Days) {
			inDays += points
		}
	}
	truth := made.Planted(p)
	require.Equal(t, []int64{all, inDays}, []int64{truth.Points, truth.Baskets.Points})
	require.Greater(t, boosted, int64(20))
	require.Less(t, p.Baskets.From.AddDays(p.Baskets.Days), p.CampaignFrom, "each campaign has its own days")
}

// TestTheProgrammeTakesWhatIsSaid: it is one without a fault, and has every type that is said.
func TestTheProgrammeTakesWhatIsSaid(t *testing.T) {
	read, faults := program.Parse([]program.File{{Name: "town.yaml", Content: []byte(small(7).Program())}})
	require.Empty(t, faults)
	types := map[string]bool{}
	for _, a := range read.Actions {
		types[a.Type] = true
	}
	for _, a := range town.Make(small(7)).Actions {
		require.True(t, types[a.Type], a.Type)
	}
}
