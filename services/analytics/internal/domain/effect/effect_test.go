package effect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/effect"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/holdout"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const start, until = calendar.Day(10_000), calendar.Day(10_030)

func ratio(t require.TestingT, text string) money.Ratio {
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

func params() effect.Params {
	p := effect.Defaults()
	p.Campaign, p.Start = "spring", start
	return p
}

// bought is a customer who spent an amount before the campaign and another one in it.
func bought(id string, before, during int64) history.Customer {
	c := history.Customer{ID: id, Orders: []history.Order{{Day: start - 10, Base: money.Minor(before)}}}
	if during > 0 {
		c.Orders = append(c.Orders, history.Order{Day: start + 3, Base: money.Minor(during)})
	}
	return c
}

// measure measures a campaign by lists of both sides: {before, during} of each customer.
func measure(t require.TestingT, p effect.Params, treated, held [][2]int64) effect.Report {
	b := addAll(&p, treated, held)
	require.NoError(t, p.Check())
	builder := effect.New(until, p)
	for _, c := range b {
		require.NoError(t, builder.Add(c))
	}
	return builder.Report()
}

func addAll(p *effect.Params, treated, held [][2]int64) []history.Customer {
	var all []history.Customer
	for i, x := range treated {
		id := fmt.Sprint("t", i)
		p.Treated, all = append(p.Treated, id), append(all, bought(id, x[0], x[1]))
	}
	for i, x := range held {
		id := fmt.Sprint("h", i)
		p.HeldOut, all = append(p.HeldOut, id), append(all, bought(id, x[0], x[1]))
	}
	return all
}

// TestWelchWorked is the first example of Welch's test on Wikipedia: t = −2.46, 25.0 degrees, p = 0.021.
func TestWelchWorked(t *testing.T) {
	one := []float64{27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4}
	two := []float64{27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4}
	side := func(list []float64) [][2]int64 {
		var s [][2]int64
		for _, x := range list {
			s = append(s, [2]int64{100, int64(math.Round(x * 10))})
		}
		return s
	}
	p := params()
	p.Share = ratio(t, "1/2")
	e := measure(t, p, side(one), side(two)).Plain
	require.InDelta(t, -21.67, e.Effect, 0.005)
	require.InDelta(t, -2.46, e.Effect/e.Error, 0.005)
	require.InDelta(t, 0.021, e.P, 0.0005)
	require.Less(t, e.High, 0.0)
}

// TestBoundsWorked are those that the program of Reboussin, DeMets, Kim & Lan prints, and the R packages after it.
func TestBoundsWorked(t *testing.T) {
	for looks, want := range map[int][]float64{
		1: {1.9600},
		2: {2.9626, 1.9686},
		5: {4.8769, 3.3569, 2.6803, 2.2898, 2.0310},
	} {
		got := effect.Bounds(0.05, looks)
		require.InDeltaSlice(t, want, got, 0.0006, "%d looks: %v", looks, got)
	}
}

// TestLookingOftenDoesNoHarm looks five times at campaigns that do nothing: one in twenty may be taken for one that works.
func TestLookingOftenDoesNoHarm(t *testing.T) {
	const campaigns, looks = 20_000, 5
	bounds := effect.Bounds(0.05, looks)
	source := rand.New(rand.NewPCG(1, 1))
	careful, peeking := 0, 0
	for range campaigns {
		sum, crossed, peeked := 0.0, false, false
		for k := range looks {
			sum += source.NormFloat64()
			z := math.Abs(sum) / math.Sqrt(float64(k+1))
			crossed, peeked = crossed || z > bounds[k], peeked || z > 1.96
		}
		if crossed {
			careful++
		}
		if peeked {
			peeking++
		}
	}
	require.InDelta(t, 0.05, float64(careful)/campaigns, 0.005)
	require.Greater(t, float64(peeking)/campaigns, 0.12, "without bounds it would be one in seven")
}

// TestThePlantedEffectIsFound plants 20.00 for each treated customer among people who differ much, and looks if it lies
// inside the intervals as often as they say, and how much the days before help.
func TestThePlantedEffectIsFound(t *testing.T) {
	const seeds = 100
	inside, boot, narrower := 0, 0, 0
	for seed := range uint64(seeds) {
		source := rand.New(rand.NewPCG(seed, 7))
		p := params()
		p.Seed = seed
		b := effect.New(until, p)
		for i := range 600 {
			id := fmt.Sprintf("m%d-%d", seed, i)
			habit := source.ExpFloat64() * 10_000
			spend := habit * (0.8 + 0.4*source.Float64())
			if !holdout.In("spring", id, p.Share) {
				spend += 2000
			}
			require.NoError(t, b.Add(bought(id, int64(habit), int64(spend))))
		}
		r := b.Report()
		if r.Adjusted.Low <= 2000 && 2000 <= r.Adjusted.High {
			inside++
		}
		if r.BootLow <= 2000 && 2000 <= r.BootHigh {
			boot++
		}
		if r.Adjusted.Error < r.Plain.Error/2 {
			narrower++
		}
	}
	require.GreaterOrEqual(t, inside, 90)
	require.GreaterOrEqual(t, boot, 90)
	require.Equal(t, seeds, narrower, "what customers bought before tells most of what they buy")
}

// TestThePlanKeepsItsWord: the smallest effect that a plan says is found is found about as often as it says.
func TestThePlanKeepsItsWord(t *testing.T) {
	found, smallest := 0, 0.0
	for seed := range uint64(200) {
		source := rand.New(rand.NewPCG(seed, 3))
		side := func(n int, lift float64) [][2]int64 {
			var s [][2]int64
			for range n {
				s = append(s, [2]int64{int64(50_000 + 10_000*source.NormFloat64()), int64(50_000 + 10_000*source.NormFloat64() + lift)})
			}
			return s
		}
		p := params()
		p.Share, p.Wanted = ratio(t, "1/4"), 4000
		r := measure(t, p, side(150, smallest), side(50, smallest*0))
		if seed == 0 { // what it says once is then planted in the others
			smallest = r.Plan.Smallest
			require.InDelta(t, 2.8016*r.Plan.Deviation*math.Sqrt(1./150+1./50), smallest, 1)
			each := 2.8016 * r.Plan.Deviation / 4000
			require.InDelta(t, each*each*(4+4./3), float64(r.Plan.Needed), 1)
			continue
		}
		if r.Plain.Low > 0 {
			found++
		}
	}
	require.InDelta(t, 160, found, 20, "80 %% of 199")
}

func TestSetUps(t *testing.T) {
	side := func(n int, before int64) [][2]int64 {
		var s [][2]int64
		for i := range n {
			s = append(s, [2]int64{before + int64(i%7), 100 + int64(i%5)})
		}
		return s
	}
	for _, c := range []struct {
		name          string
		treated, held [][2]int64
		verdict       effect.Verdict
		warnings      []effect.Warning
	}{
		{"four to one, as planned", side(400, 100), side(100, 100), effect.NotFound, nil},
		{"a side is far too small", side(400, 100), side(20, 100), effect.Refused, []effect.Warning{effect.UnequalShares}},
		{"the sides differed before", side(400, 100), side(100, 500), effect.Refused, []effect.Warning{effect.UnlikeBefore}},
		{"one customer", side(1, 100), nil, effect.TooFew, nil},
		{"all are alike", [][2]int64{{5, 5}, {5, 5}, {5, 5}, {5, 5}}, [][2]int64{{5, 5}, {5, 5}}, effect.NotFound, nil},
		{"nobody bought anything", make([][2]int64, 4), make([][2]int64, 2), effect.NotFound, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := measure(t, params(), c.treated, append(c.held, [2]int64{5, 5})[:max(len(c.held), 1)])
			require.Equal(t, c.verdict, r.Verdict, "%+v", r)
			require.Equal(t, c.warnings, r.Warnings)
		})
	}
}

func TestLeaks(t *testing.T) {
	for _, c := range []struct {
		name    string
		leaks   int
		verdict effect.Verdict
		warning effect.Warning
	}{
		{"nobody who was held out was treated", 0, effect.NotFound, ""},
		{"a few were", 2, effect.NotFound, effect.LeakSome},
		{"many were", 30, effect.Refused, effect.LeakSevere},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, leaks := params(), c.leaks
			var all []history.Customer
			for i := range 600 {
				id := fmt.Sprint(i)
				all = append(all, bought(id, 100, 90+int64(i%21)))
				held := holdout.In(p.Campaign, id, p.Share)
				if !held || leaks > 0 {
					p.Treated = append(p.Treated, id)
				}
				if held {
					leaks--
				}
			}
			b := effect.New(until, p)
			for _, one := range all {
				require.NoError(t, b.Add(one))
			}
			r := b.Report()
			require.Equal(t, c.verdict, r.Verdict)
			require.EqualValues(t, c.leaks, r.Leaked)
			if c.warning != "" {
				require.Equal(t, []effect.Warning{c.warning}, r.Warnings)
			}
		})
	}
}

func TestBeforeAndAfterIsMarkedAsWeaker(t *testing.T) {
	p := params()
	p.Share, p.PreDays = ratio(t, "0"), int(until-start)
	b := effect.New(until, p)
	for i := range 50 {
		require.NoError(t, b.Add(bought(fmt.Sprint(i), 100, 150+int64(i%9))))
	}
	r := b.Report()
	require.True(t, r.BeforeAfter)
	require.Equal(t, []effect.Warning{effect.NoHeldOut}, r.Warnings)
	require.Equal(t, effect.Works, r.Verdict)
	require.InDelta(t, 54, r.Adjusted.Effect, 1)
	require.False(t, r.Plan.Known)
}

func TestWhoCameLaterIsNotAsked(t *testing.T) {
	b := effect.New(until, params())
	require.NoError(t, b.Add(history.Customer{ID: "new", Orders: []history.Order{{Day: start, Base: 100}}}))
	require.NoError(t, b.Add(history.Customer{ID: "later", Orders: []history.Order{{Day: until, Base: 100}}}))
	r := b.Report()
	require.Equal(t, effect.TooFew, r.Verdict)
	require.Zero(t, r.Sides[effect.Treated].Customers+r.Sides[effect.HeldOut].Customers)
}

func TestParametersThatAreRefused(t *testing.T) {
	for field, spoil := range map[string]func(*effect.Params){
		"campaign":          func(p *effect.Params) { p.Campaign = "" },
		"start":             func(p *effect.Params) { p.Start = calendar.None },
		"held_out_share":    func(p *effect.Params) { p.Share = ratio(t, "1") },
		"pre_days":          func(p *effect.Params) { p.PreDays = effect.DaysMax + 1 },
		"margin_share":      func(p *effect.Params) { p.Margin = ratio(t, "1.01") },
		"cost_minor":        func(p *effect.Params) { p.Cost = -1 },
		"wanted_minor":      func(p *effect.Params) { p.Wanted = -1 },
		"confidence_share":  func(p *effect.Params) { p.Confidence = ratio(t, "1") },
		"power_share":       func(p *effect.Params) { p.Power = ratio(t, "0.3") },
		"looks":             func(p *effect.Params) { p.Looks = effect.LooksMax + 1 },
		"look":              func(p *effect.Params) { p.Look = 2 },
		"treated_accounts":  func(p *effect.Params) { p.HeldOut = []string{"ann"} },
		"held_out_accounts": func(p *effect.Params) { p.Treated, p.HeldOut = []string{"bob", "ann"}, []string{"ann"} },
	} {
		t.Run(field, func(t *testing.T) {
			p := params()
			require.NoError(t, p.Check())
			spoil(&p)
			refusal, ok := reason.Of(p.Check())
			require.True(t, ok)
			require.Equal(t, field, refusal.Field)
		})
	}
}

// TestNoFigureIsNoNumber measures whatever comes.
func TestNoFigureIsNoNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1000), rapid.Int64Range(0, math.MaxInt64))
		side := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int64 { return [2]int64{amount.Draw(t, "before"), amount.Draw(t, "during")} }), 0, 6)
		p := params()
		p.Looks = rapid.IntRange(1, 4).Draw(t, "looks")
		p.PreDays = rapid.SampledFrom([]int{0, 5, 90}).Draw(t, "pre")
		p.Wanted = rapid.SampledFrom([]money.Minor{0, 1, math.MaxInt64}).Draw(t, "wanted")
		p.Share = ratio(t, rapid.SampledFrom([]string{"0", "0.2", "0.5"}).Draw(t, "share"))
		treated := side.Draw(t, "treated")
		if len(treated) == 0 {
			treated = [][2]int64{{0, 0}}
		}
		r := measure(t, p, treated, side.Draw(t, "held"))
		for name, x := range map[string]float64{
			"plain": r.Plain.Effect, "low": r.Plain.Low, "high": r.Plain.High, "p": r.Plain.P, "error": r.Plain.Error,
			"adjusted": r.Adjusted.Effect, "adjusted low": r.Adjusted.Low, "adjusted high": r.Adjusted.High,
			"boot low": r.BootLow, "boot high": r.BootHigh, "theta": r.Theta, "explained": r.Explained, "shares": r.SharesP,
			"before": r.BeforeP, "smallest": r.Plan.Smallest, "deviation": r.Plan.Deviation, "mean": r.Sides[0].Mean,
		} {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%s is %v: %+v", name, x, r)
		}
	})
}
