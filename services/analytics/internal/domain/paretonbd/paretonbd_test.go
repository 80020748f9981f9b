package paretonbd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// published is the fit of the sample of CDNOW in Fader, Hardie & Lee 2005, Marketing Science 24(2), with the digits that
// its authors' later notes give.
var published = paretonbd.Model{R: 0.5534, Alpha: 10.5802, S: 0.6061, Beta: 11.6562}

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

// anyModel draws one whose logarithms are no larger than wide.
func anyModel(t *rapid.T, wide float64) paretonbd.Model {
	log := rapid.Float64Range(-wide, wide)
	return paretonbd.Model{
		R: math.Exp(log.Draw(t, "ln r")), Alpha: math.Exp(log.Draw(t, "ln alpha")),
		S: math.Exp(log.Draw(t, "ln s")), Beta: math.Exp(log.Draw(t, "ln beta")),
	}
}

// hypergeometric is 2F1(a, b; c; z) by its series, for 0 <= z < 1.
func hypergeometric(a, b, c, z float64) float64 {
	sum, term := 1.0, 1.0
	for n := 0.0; n < 1e6 && term > 1e-17*sum; n++ {
		term *= (a + n) * (b + n) / (c + n) / (n + 1) * z
		sum += term
	}
	return sum
}

// plain is the logarithm of a customer's likelihood as the note writes it, by a difference of 2F1.
func plain(m paretonbd.Model, c repeat.Count) float64 {
	recency, age := c.Weeks()
	x := float64(c.Repeats)
	all := m.R + m.S + x
	low, high, b := m.Alpha, m.Beta, m.R+x
	if m.Alpha >= m.Beta {
		low, high, b = m.Beta, m.Alpha, m.S+1
	}
	part := func(at float64) float64 {
		return hypergeometric(all, b, all+1, (high-low)/(high+at)) / math.Pow(high+at, all)
	}
	gamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	inner := math.Pow(m.Alpha+age, -m.R-x)*math.Pow(m.Beta+age, -m.S) + m.S/all*(part(recency)-part(age))
	return gamma(m.R+x) - gamma(m.R) + m.R*math.Log(m.Alpha) + m.S*math.Log(m.Beta) + math.Log(inner)
}

func TestTheLikelihoodIsThatOfThePaper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		age := rapid.IntRange(0, 600).Draw(t, "age")
		c := repeat.Count{Age: age, Repeats: rapid.IntRange(0, min(age, 20)).Draw(t, "repeats")}
		if c.Repeats > 0 {
			c.Recency = rapid.IntRange(c.Repeats, age).Draw(t, "recency")
		}
		m := anyModel(t, 2.5)
		want := plain(m, c)
		got := paretonbd.NewSample([]repeat.Group{{Count: c, Customers: 3}}).LogLikelihood(m)
		require.InDelta(t, 3*want, got, 1e-8*(1+math.Abs(3*want)))
	})
}

func TestGradientsAreThoseOfFiniteDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t, 9)
		var groups []repeat.Group
		for range rapid.IntRange(1, 5).Draw(t, "groups") {
			groups = append(groups, repeat.Group{Count: anyCount(t), Customers: rapid.Int64Range(1, 100).Draw(t, "customers")})
		}
		s := paretonbd.NewSample(groups)
		logs := []float64{math.Log(m.R), math.Log(m.Alpha), math.Log(m.S), math.Log(m.Beta)}
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
		m, c := anyModel(t, 12), anyCount(t)
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

func TestPublishedFiguresOfASingleCustomer(t *testing.T) {
	c := repeat.Count{Repeats: 26, Recency: 216, Age: 217} // the authors' 1516: x = 26, t = 30.86, T = 31
	require.InDelta(t, 0.9979, published.Alive(c), 1e-4)
	require.InDelta(t, 25.46, published.Alive(c)*published.WhileAlive(c.Repeats, c.Age, 52), 0.01)
	require.InDelta(t, 1.473, published.New(52), 1e-3)
	one, near := published, published
	one.S, near.S = 1, 1+1e-9
	require.InEpsilon(t, near.New(39), one.New(39), 1e-8, "s = 1 is a number as any other")
	long := repeat.Count{Repeats: 250, Recency: 250, Age: 4000}
	require.Greater(t, published.Alive(long), 0.0)
	require.Less(t, published.Alive(long), 1e-100, "long silent after many purchases: gone, but not surely")
}

// simulate buys for some customers by a model, for so many days, all beginning within the first quarter.
func simulate(m paretonbd.Model, customers, days int, seed uint64) []repeat.Group {
	source := rand.NewPCG(seed, 1)
	r := rand.New(source)
	rates := distuv.Gamma{Alpha: m.R, Beta: m.Alpha * repeat.DaysOfWeek, Src: source}
	leaving := distuv.Gamma{Alpha: m.S, Beta: m.Beta * repeat.DaysOfWeek, Src: source}
	groups := repeat.NewGroups()
	for range customers {
		c := repeat.Count{Age: days - r.IntN(days/4)}
		rate, end := rates.Rand(), min(r.ExpFloat64()/leaving.Rand(), float64(c.Age))
		for at := r.ExpFloat64() / rate; at <= end; at += r.ExpFloat64() / rate {
			if day := int(at); day > c.Recency { // of several on a day one counts
				c.Repeats, c.Recency = c.Repeats+1, day
			}
		}
		groups.Add(c)
	}
	return groups.Sorted()
}

func TestParametersOfSimulatedCustomersAreFoundAgain(t *testing.T) {
	m, sum := paretonbd.Model{R: 0.8, Alpha: 60, S: 0.9, Beta: 90}, 0.0
	for seed := range uint64(3) {
		groups := simulate(m, 3000, 1820, seed)
		found, e, err := paretonbd.Fit(groups, paretonbd.Options{})
		require.NoError(t, err)
		require.True(t, e.Converged, e.Why)
		ratio := 2 * (e.LogLikelihood - paretonbd.NewSample(groups).LogLikelihood(m))
		require.GreaterOrEqual(t, ratio, 0.0)
		require.Less(t, ratio, 13.28, "what was planted lies in the region of 99 %% (chi-square of 4), seed %d", seed)
		sum += ratio
		planted := []float64{m.R, m.Alpha, m.S, m.Beta}
		for i, p := range []float64{found.R, found.Alpha, found.S, found.Beta} {
			require.InDelta(t, planted[i], p, 3*e.Errors[i], "seed %d", seed)
		}
	}
	require.Less(t, sum/3, 8.0, "and not at its edge each time (the mean is 4)")
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
			_, e, err := paretonbd.Fit(c.groups, paretonbd.Options{})
			require.NoError(t, err)
			require.False(t, e.Converged)
			require.NotEmpty(t, e.Why)
			require.False(t, math.IsNaN(e.LogLikelihood) || math.IsInf(e.LogLikelihood, 0))
			_, e, err = paretonbd.Fit(c.groups, paretonbd.Options{Prior: paretonbd.Weak()})
			require.NoError(t, err)
			require.True(t, e.Converged, "with a belief beside the data there is a maximum: %s", e.Why)
		})
	}
}
