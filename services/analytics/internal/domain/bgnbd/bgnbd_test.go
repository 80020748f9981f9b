package bgnbd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// anyCount draws how somebody bought.
func anyCount(t *rapid.T) repeat.Count {
	age := rapid.IntRange(0, 4000).Draw(t, "age")
	repeats := rapid.IntRange(0, min(age, 300)).Draw(t, "repeats")
	recency := 0
	if repeats > 0 {
		recency = rapid.IntRange(repeats, age).Draw(t, "recency")
	}
	return repeat.Count{Repeats: repeats, Recency: recency, Age: age}
}

func anyModel(t *rapid.T) bgnbd.Model {
	log := rapid.Float64Range(-9, 9)
	return bgnbd.Model{
		Kind: rapid.SampledFrom([]bgnbd.Kind{bgnbd.BG, bgnbd.MBG}).Draw(t, "kind"),
		R:    math.Exp(log.Draw(t, "ln r")), Alpha: math.Exp(rapid.Float64Range(-2, 9).Draw(t, "ln alpha")),
		A: math.Exp(log.Draw(t, "ln a")), B: math.Exp(log.Draw(t, "ln b")),
	}
}

// plain is the logarithm of a customer's likelihood as the papers write it, by differences of log-gammas.
func plain(m bgnbd.Model, c repeat.Count) float64 {
	gamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	beta := func(a, b float64) float64 { return gamma(a) + gamma(b) - gamma(a+b) }
	recency, age := c.Weeks()
	x, chances := float64(c.Repeats), float64(c.Repeats)
	if m.Kind == bgnbd.MBG {
		chances++
	}
	buys := gamma(m.R+x) - gamma(m.R) + m.R*math.Log(m.Alpha)
	stays := beta(m.A, m.B+chances) - beta(m.A, m.B) - (m.R+x)*math.Log(m.Alpha+age)
	if chances == 0 {
		return buys + stays
	}
	leaves := beta(m.A+1, m.B+chances-1) - beta(m.A, m.B) - (m.R+x)*math.Log(m.Alpha+recency)
	top := max(stays, leaves)
	return buys + top + math.Log(math.Exp(stays-top)+math.Exp(leaves-top))
}

func TestTheLikelihoodIsThatOfThePapers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCount(t)
		m := anyModel(t)
		m.A, m.B, m.R = math.Exp(rapid.Float64Range(-3, 3).Draw(t, "a")), math.Exp(rapid.Float64Range(-3, 3).Draw(t, "b")), math.Exp(rapid.Float64Range(-3, 3).Draw(t, "r"))
		want := plain(m, c)
		got := bgnbd.NewSample(m.Kind, []repeat.Group{{Count: c, Customers: 3}}).LogLikelihood(m)
		require.InDelta(t, 3*want, got, 1e-8*(1+math.Abs(3*want)))
	})
}

func TestGradientsAreThoseOfFiniteDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t)
		var groups []repeat.Group
		for range rapid.IntRange(1, 5).Draw(t, "groups") {
			groups = append(groups, repeat.Group{Count: anyCount(t), Customers: rapid.Int64Range(1, 100).Draw(t, "customers")})
		}
		s := bgnbd.NewSample(m.Kind, groups)
		logs := []float64{math.Log(m.R), math.Log(m.Alpha), math.Log(m.A), math.Log(m.B)}
		slope, waste := make([]float64, 4), make([]float64, 4)
		value := s.At(logs, slope)
		require.False(t, math.IsNaN(value) || math.IsInf(value, 0))
		const h = 1e-5
		for i := range logs {
			up, down := append([]float64(nil), logs...), append([]float64(nil), logs...)
			up[i] += h
			down[i] -= h
			require.InDelta(t, (s.At(up, waste)-s.At(down, waste))/(2*h), slope[i], 1e-4*(1+math.Abs(slope[i]))+1e-9*math.Abs(value))
		}
	})
}

func TestWhatIsToldIsAlwaysANumberThatCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := anyModel(t), anyCount(t)
		alive := m.Alive(c)
		require.Greater(t, alive, 0.0)
		require.LessOrEqual(t, alive, 1.0)
		soon, later := m.WhileAlive(c.Repeats, c.Age, 4), m.WhileAlive(c.Repeats, c.Age, 8)
		require.Greater(t, soon, 0.0)
		require.GreaterOrEqual(t, later, soon*(1-1e-9))
		rate := (m.R + float64(c.Repeats)) / (m.Alpha + float64(c.Age)/7)
		require.LessOrEqual(t, soon, 4*rate*(1+1e-9), "no more than if nobody could leave")
		require.LessOrEqual(t, m.New(4), 4*m.R/m.Alpha*(1+1e-9))
		require.Zero(t, m.New(0))
	})
}

func TestExpectedPurchasesOfANewCustomer(t *testing.T) {
	published := bgnbd.Model{Kind: bgnbd.BG, R: 0.24259, Alpha: 4.41360, A: 0.79292, B: 2.42591}
	require.InEpsilon(t, 1.19501, published.New(39), 1e-3)
	require.InEpsilon(t, 1.85796, published.New(78), 1e-3)
	master := bgnbd.Model{Kind: bgnbd.BG, R: 0.25162, Alpha: 4.78894, A: 0.72343, B: 2.16109}
	require.InEpsilon(t, 1.17426, master.New(39), 1e-3)
	require.InEpsilon(t, 1.84698, master.New(78), 1e-3)
	one := master
	one.A = 1
	near := master
	near.A = 1 + 1e-9
	require.InEpsilon(t, near.New(39), one.New(39), 1e-8, "a = 1 is a number as any other")
}

// simulate buys for some customers by a model, for so many days, all beginning within the first quarter.
func simulate(m bgnbd.Model, customers, days int, seed uint64) []repeat.Group {
	r := rand.New(rand.NewPCG(seed, 1))
	groups := repeat.NewGroups()
	for range customers {
		age := float64(days - r.IntN(days/4))
		rate, leave := gammaOf(r, m.R)/m.Alpha/7, betaOf(r, m.A, m.B)
		alive, at, c := true, 0.0, repeat.Count{Age: int(age)}
		if m.Kind == bgnbd.MBG {
			alive = r.Float64() >= leave
		}
		for alive {
			if at += r.ExpFloat64() / rate; at > age {
				break
			}
			if day := int(at); day > c.Recency { // of several on a day one counts
				c.Repeats, c.Recency = c.Repeats+1, day
			}
			alive = r.Float64() >= leave
		}
		groups.Add(c)
	}
	return groups.Sorted()
}

// gammaOf draws from a gamma distribution of a shape (Marsaglia & Tsang 2000).
func gammaOf(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gammaOf(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func betaOf(r *rand.Rand, a, b float64) float64 {
	x, y := gammaOf(r, a), gammaOf(r, b)
	return x / (x + y)
}

// Where there are many groups the starts are searched over some of them: what is found is the maximum over all.
func TestOfManyCustomersAllCount(t *testing.T) {
	m := bgnbd.Model{Kind: bgnbd.BG, R: 0.8, Alpha: 8, A: 0.4, B: 2.5}
	groups := simulate(m, 60_000, 1820, 5)
	require.Less(t, len(repeat.Some(groups)), len(groups)/2+1, "some of %d", len(groups))
	_, e, err := bgnbd.Fit(m.Kind, groups, bgnbd.Options{})
	require.NoError(t, err)
	require.True(t, e.Converged, e.Why)
	require.Equal(t, 4, e.Agreeing)
	require.Greater(t, e.LogLikelihood, bgnbd.NewSample(m.Kind, groups).LogLikelihood(m), "of all, not of some")
}

func TestParametersOfSimulatedCustomersAreFoundAgain(t *testing.T) {
	for _, m := range []bgnbd.Model{
		{Kind: bgnbd.BG, R: 0.8, Alpha: 60, A: 0.8, B: 2.5}, {Kind: bgnbd.MBG, R: 0.8, Alpha: 60, A: 0.8, B: 2.5},
	} {
		sum := 0.0
		for seed := range uint64(3) {
			groups := simulate(m, 3000, 1820, seed)
			found, e, err := bgnbd.Fit(m.Kind, groups, bgnbd.Options{})
			require.NoError(t, err)
			require.True(t, e.Converged, e.Why)
			ratio := 2 * (e.LogLikelihood - bgnbd.NewSample(m.Kind, groups).LogLikelihood(m))
			require.GreaterOrEqual(t, ratio, 0.0)
			require.Less(t, ratio, 13.28, "what was planted lies in the region of 99 %% (chi-square of 4), seed %d of %v", seed, m)
			sum += ratio
			if m.Kind == bgnbd.BG { // its parameters are told apart well enough for intervals of their own
				planted := []float64{m.R, m.Alpha, m.A, m.B}
				for i, p := range []float64{found.R, found.Alpha, found.A, found.B} {
					require.InDelta(t, planted[i], p, 3*e.Errors[i], "%s, seed %d", e.Why, seed)
				}
			}
		}
		require.Less(t, sum/3, 8.0, "and not at its edge each time (the mean is 4)")
	}
}

func TestFewCustomersSayWhyThereIsNoModel(t *testing.T) {
	for _, c := range []struct {
		name   string
		groups []repeat.Group
	}{
		{"one, who came back", []repeat.Group{{Count: repeat.Count{Repeats: 3, Recency: 50, Age: 60}, Customers: 1}}},
		{"all alike", []repeat.Group{{Count: repeat.Count{Repeats: 2, Recency: 30, Age: 90}, Customers: 1000}}},
		{"nobody came back", []repeat.Group{{Count: repeat.Count{Age: 90}, Customers: 1000}}},
		{"all came today", []repeat.Group{{Customers: 1000}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, e, err := bgnbd.Fit(bgnbd.BG, c.groups, bgnbd.Options{})
			require.NoError(t, err)
			require.False(t, e.Converged)
			require.NotEmpty(t, e.Why)
			require.False(t, math.IsNaN(e.LogLikelihood) || math.IsInf(e.LogLikelihood, 0))
			_, e, err = bgnbd.Fit(bgnbd.BG, c.groups, bgnbd.Options{Prior: bgnbd.Weak()})
			require.NoError(t, err)
			require.True(t, e.Converged, "with a belief beside the data there is a maximum: %s", e.Why)
		})
	}
}
