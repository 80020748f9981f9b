package sbg_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/sbg"
)

// survivors makes a sample of a thousand members of whom so many are left after each year.
func survivors(counts ...int) *sbg.Sample {
	s := &sbg.Sample{}
	before := 1000
	for renewal, n := range counts {
		for range before - n {
			s.Left(renewal)
		}
		before = n
	}
	for range before {
		s.Kept(len(counts))
	}
	return s
}

// TestThePapersTwoSegments: the parameters and log-likelihoods of Fader & Hardie 2007 from seven years of its survivors.
func TestThePapersTwoSegments(t *testing.T) {
	for _, c := range []struct {
		name        string
		counts      []int
		alpha, beta float64
		likelihood  float64
	}{
		{"high end", []int{869, 743, 653, 593, 551, 517, 491}, 0.668, 3.806, -1611.16},
		{"regular", []int{631, 468, 382, 326, 289, 262, 241}, 0.704, 1.182, -1680.27},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, e, err := sbg.Fit(survivors(c.counts...), nil)
			require.NoError(t, err)
			require.True(t, e.Converged, e.Why)
			require.Equal(t, e.Starts, e.Agreeing)
			require.InDelta(t, c.alpha, m.Alpha, 0.0006)
			require.InDelta(t, c.beta, m.Beta, 0.0006)
			require.InDelta(t, c.likelihood, e.LogLikelihood, 0.006)
			require.Len(t, e.Errors, 2)
		})
	}
}

func TestRetentionRisesAndSurvivalIsItsProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := sbg.Model{Alpha: rapid.Float64Range(0.01, 50).Draw(t, "alpha"), Beta: rapid.Float64Range(0.01, 50).Draw(t, "beta")}
		product := 1.0
		for n := range 30 {
			require.Greater(t, m.Retention(n+1), m.Retention(n))
			product *= m.Retention(n)
			require.InEpsilon(t, product, m.Survival(n+1), 1e-9)
		}
		require.InDelta(t, 1-m.Mean(), m.Survival(1), 1e-12)
	})
}

// TestWhatIsStillToCome: by a chance that hardly varies it is that of one chance for all, r ÷ (1 + d − r) · (1 + d); and it grows with age.
func TestWhatIsStillToCome(t *testing.T) {
	m := sbg.Model{Alpha: 2e5, Beta: 8e5}
	require.InDelta(t, 0.8*1.1/(1.1-0.8), m.Remaining(0, 0.1), 1e-4)
	young := sbg.Model{Alpha: 0.668, Beta: 3.806}
	require.Greater(t, young.Remaining(5, 0.1), young.Remaining(0, 0.1))
	sum, share := 0.0, 1.0
	for n := range 2000 {
		share *= young.Retention(n)
		sum += share / math.Pow(1.1, float64(n))
	}
	require.InEpsilon(t, sum, young.Remaining(0, 0.1), 1e-9)
	require.Less(t, sbg.Model{Alpha: 0.01, Beta: 50}.Remaining(0, 0.01), 101.0, "never more than a perpetuity")
}

func TestTheGradientIsTheSlope(t *testing.T) {
	s := survivors(869, 743, 653)
	for _, at := range [][]float64{{0, 0}, {-1, 2}, {3, -2}, {8, 9}} {
		gradient := make([]float64, 2)
		s.At(at, gradient)
		for i := range at {
			const step = 1e-5
			up, down := append([]float64{}, at...), append([]float64{}, at...)
			up[i], down[i] = at[i]+step, at[i]-step
			slope := (s.At(up, make([]float64, 2)) - s.At(down, make([]float64, 2))) / (2 * step)
			require.InDelta(t, slope, gradient[i], 1e-3*(1+math.Abs(slope)), "parameter %d at %v", i, at)
		}
	}
}

// madeUp are members whose chances of leaving are beta distributed, each seen for as many terms as seen says.
func madeUp(members int, alpha, beta float64, source rand.Source, seen func(*rand.Rand) int) *sbg.Sample {
	random, chance, s := rand.New(source), distuv.Beta{Alpha: alpha, Beta: beta, Src: source}, &sbg.Sample{}
	for range members {
		leaves, most, renewals := chance.Rand(), seen(random), 0
		for renewals < most && random.Float64() >= leaves {
			renewals++
		}
		if renewals < most {
			s.Left(renewals)
		} else {
			s.Kept(renewals)
		}
	}
	return s
}

// TestParametersAreFoundAgain: of made-up members, some of whom have not come to their next renewal.
func TestParametersAreFoundAgain(t *testing.T) {
	s := madeUp(20_000, 0.8, 2.5, rand.NewPCG(7, 7), func(r *rand.Rand) int { return 1 + r.IntN(8) })
	m, e, err := sbg.Fit(s, nil)
	require.NoError(t, err)
	require.True(t, e.Converged, e.Why)
	require.InDelta(t, 0.8, m.Alpha, 3*e.Errors[0])
	require.InDelta(t, 2.5, m.Beta, 3*e.Errors[1])
}

// TestWhatCannotBeLearnt says why, and nothing is told that is no number.
func TestWhatCannotBeLearnt(t *testing.T) {
	for name, s := range map[string]*sbg.Sample{
		"nobody at all": {}, "nobody left": survivors(1000, 1000), "nobody renewed": survivors(0),
		"all chances are alike": survivors(500, 250, 125, 62, 31),
	} {
		m, e, err := sbg.Fit(s, nil)
		require.NoError(t, err, name)
		require.False(t, e.Converged, "%s: %v", name, m)
		require.NotEmpty(t, e.Why, name)
	}
}

func TestTermsCountWhoCameToEachRenewal(t *testing.T) {
	s := &sbg.Sample{}
	for _, renewals := range []int{0, 1, 0} {
		s.Left(renewals)
	}
	for _, renewals := range []int{0, 3} {
		s.Kept(renewals)
	}
	require.Equal(t, []sbg.Term{
		{Renewal: 1, AtRisk: 4, Left: 2}, {Renewal: 2, AtRisk: 2, Left: 1}, {Renewal: 3, AtRisk: 1},
	}, s.Terms())
}

// TestIntervalsHoldThePlantedParameters: of a hundred clubs of a thousand members, seen for 18 to 24 months, 95 intervals of 95 % should
// hold each parameter; four standard errors of such a count are 9.
func TestIntervalsHoldThePlantedParameters(t *testing.T) {
	const alpha, beta, clubs = 0.8, 4, 100
	inside := [2]int{}
	for seed := range uint64(clubs) {
		s := madeUp(1000, alpha, beta, rand.NewPCG(seed, 1), func(r *rand.Rand) int { return 18 + r.IntN(7) })
		m, e, err := sbg.Fit(s, nil)
		require.NoError(t, err)
		require.True(t, e.Converged, e.Why)
		for i, off := range []float64{m.Alpha - alpha, m.Beta - beta} {
			if math.Abs(off) <= 1.96*e.Errors[i] {
				inside[i]++
			}
		}
	}
	t.Logf("alpha inside in %d of %d clubs, beta in %d", inside[0], clubs, inside[1])
	require.GreaterOrEqual(t, inside[0], 86)
	require.GreaterOrEqual(t, inside[1], 86)
}
