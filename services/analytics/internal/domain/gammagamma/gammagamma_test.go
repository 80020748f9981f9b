package gammagamma_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func TestGradientsAreThoseOfFiniteDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spends := gammagamma.NewSpends()
		for range rapid.IntRange(1, 6).Draw(t, "customers") {
			spends.Add(gammagamma.Spend{
				Days: rapid.Int64Range(1, 400).Draw(t, "days"),
				Sum:  money.Minor(rapid.OneOf(rapid.Int64Range(1, 1_000_000), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "sum")),
			})
		}
		s := gammagamma.NewSample(spends, 100)
		log := rapid.Float64Range(-9, 9)
		logs := []float64{log.Draw(t, "ln p"), log.Draw(t, "ln q"), log.Draw(t, "ln v")}
		slope, waste := make([]float64, 3), make([]float64, 3)
		value := s.At(logs, slope)
		require.False(t, math.IsNaN(value) || math.IsInf(value, 0))
		const h = 1e-5
		for i := range logs {
			up, down := append([]float64(nil), logs...), append([]float64(nil), logs...)
			up[i] += h
			down[i] -= h
			require.InDelta(t, (s.At(up, waste)-s.At(down, waste))/(2*h), slope[i], 1e-3*(1+math.Abs(slope[i]))+1e-8*math.Abs(value))
		}
	})
}

func TestAmountsThatTellNothing(t *testing.T) {
	fit := func(list ...gammagamma.Spend) (gammagamma.Model, string) {
		spends := gammagamma.NewSpends()
		for _, s := range list {
			spends.Add(s)
		}
		m, e, err := gammagamma.Fit(gammagamma.NewSample(spends, 100), nil, nil)
		require.NoError(t, err)
		require.False(t, e.Converged)
		return m, e.Why
	}
	_, why := fit(gammagamma.Spend{}, gammagamma.Spend{Days: 3}, gammagamma.Spend{Sum: 100})
	require.Contains(t, why, "nobody came back and paid")
	_, why = fit(gammagamma.Spend{Days: 2, Sum: 1000}, gammagamma.Spend{Days: 4, Sum: 2000})
	require.NotEmpty(t, why, "all spend the same")
	_, why = fit(gammagamma.Spend{Days: 1, Sum: math.MaxInt64})
	require.NotEmpty(t, why)
}

func TestExpectedAmountsLieBetweenOwnAndAll(t *testing.T) {
	m := gammagamma.Model{P: 6.25, Q: 3.74, V: 15.44}
	require.InDelta(t, 35.22, m.Mean(), 0.01)
	require.Greater(t, m.Expected(1, 10), 10.0)
	require.Less(t, m.Expected(1, 10), m.Mean())
	require.Less(t, m.Expected(20, 10), m.Expected(1, 10), "the more is known, the nearer to their own")
	require.True(t, math.IsInf(gammagamma.Model{P: 1, Q: 1, V: 1}.Mean(), 1))
}
