package cdnow_test

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// cut is the first day after the calibration of the reference models: 39 weeks lie before it, 39 behind.
var cut = calendar.Date(1997, time.October, 1)

// sample returns the customers of the tenth that the papers use, by their ids in it.
func sample(t *testing.T) []history.Customer {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	file, err := os.Open(filepath.Join(os.Getenv("LAUREL_CDNOW"), "CDNOW_sample.txt"))
	require.NoError(t, err, "run `make test`, which fetches the CDNOW purchases")
	defer func() { require.NoError(t, file.Close()) }()
	all := map[string][]history.Order{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		require.Len(t, f, 5)
		at, err := time.Parse("20060102", f[2])
		require.NoError(t, err)
		amount, err := money.ParseAmount(f[4], "USD")
		require.NoError(t, err)
		all[f[1]] = append(all[f[1]], history.Order{Day: calendar.DayOf(at, time.UTC), Base: amount})
	}
	require.NoError(t, lines.Err())
	require.Len(t, all, 2357)
	var list []history.Customer
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, history.Customer{ID: id, Orders: all[id]})
	}
	return list
}

func TestF7FitsOfThePapers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		customers []history.Customer
		sum       repeat.Sum
		published float64 // log-likelihood at the published parameters
		buying    bgnbd.Model
		errors    []float64
		ll        float64
		paretoLL  float64 // Pareto/NBD: this code's own, the sample's beside what is published
		amounts   gammagamma.Model
		payers    int64
		gg, mean  float64
	}{
		{
			name: "sample", customers: sample(t),
			sum:       repeat.Sum{Customers: 2357, Repeaters: 946, Repeats: 2457, MostRepeats: 29, RecencyDays: 112_949, AgeDays: 539_779},
			published: -9582.430478, buying: bgnbd.Model{Kind: bgnbd.BG, R: 0.24259, Alpha: 4.41360, A: 0.79292, B: 2.42591},
			errors: []float64{0.0126, 0.378, 0.186, 0.705}, ll: -9582.4292, paretoLL: -9594.9762,
			amounts: gammagamma.Model{P: 6.2496, Q: 3.7442, V: 15.4435}, payers: 946, gg: -4055.9177, mean: 35.1704,
		}, {
			name: "master", customers: shop(t),
			sum:       repeat.Sum{Customers: 23_570, Repeaters: 9_451, Repeats: 24_337, MostRepeats: 80, RecencyDays: 1_129_644, AgeDays: 5_399_736},
			published: -95374.005015, buying: bgnbd.Model{Kind: bgnbd.BG, R: 0.25162, Alpha: 4.78894, A: 0.72343, B: 2.16109},
			errors: []float64{0.0042, 0.131, 0.0539, 0.199}, ll: -95368.4439, paretoLL: -95415.1186,
			amounts: gammagamma.Model{P: 6.2754, Q: 3.6245, V: 14.9837}, payers: 9_450, gg: -40763.4763, mean: 35.8277,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			groups, spends := repeat.NewGroups(), gammagamma.NewSpends()
			for _, customer := range c.customers {
				known, ok, err := repeat.Of(customer, cut)
				require.NoError(t, err)
				if ok {
					groups.Add(known.Count)
					spends.Add(gammagamma.Spend{Days: int64(known.Count.Repeats), Sum: known.Repeated})
				}
			}
			sorted := groups.Sorted()
			require.Equal(t, c.sum, repeat.SumOf(sorted))
			published := bgnbd.Model{Kind: bgnbd.BG, R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
			require.InDelta(t, c.published, bgnbd.NewSample(bgnbd.BG, sorted).LogLikelihood(published), 1e-6)

			m, e, err := bgnbd.Fit(bgnbd.BG, sorted, bgnbd.Options{})
			require.NoError(t, err)
			require.True(t, e.Converged, e.Why)
			require.InDelta(t, c.ll, e.LogLikelihood, 1e-3)
			require.Equal(t, e.Starts, e.Agreeing, "every start leads here")
			want := []float64{c.buying.R, c.buying.Alpha, c.buying.A, c.buying.B}
			for i, got := range []float64{m.R, m.Alpha, m.A, m.B} {
				require.InEpsilon(t, want[i], got, 1e-3)
				require.InEpsilon(t, c.errors[i], e.Errors[i], 0.01)
			}
			require.InDelta(t, 8-2*c.ll, e.AIC(), 2e-3)
			t.Log(m, e)

			pareto, e, err := paretonbd.Fit(sorted, paretonbd.Options{})
			require.NoError(t, err)
			require.True(t, e.Converged, e.Why)
			require.Equal(t, e.Starts, e.Agreeing, "every start leads here")
			require.InDelta(t, c.paretoLL, e.LogLikelihood, 1e-3)
			t.Log(pareto, e)
			if c.name == "sample" { // Fader, Hardie & Lee 2005, table 2
				require.InDelta(t, 0.5534, pareto.R, 2e-3)
				require.InDelta(t, 10.578, pareto.Alpha, 2e-2)
				require.InDelta(t, 0.606, pareto.S, 2e-3)
				require.InDelta(t, 11.669, pareto.Beta, 4e-2)
				require.InDelta(t, -9595.0, e.LogLikelihood, 0.05)
			}

			amounts := gammagamma.NewSample(spends, 100)
			require.Equal(t, c.payers, amounts.Customers)
			g, e, err := gammagamma.Fit(amounts, nil, nil)
			require.NoError(t, err)
			require.True(t, e.Converged, e.Why)
			require.InDelta(t, c.gg, e.LogLikelihood, 1e-3)
			want = []float64{c.amounts.P, c.amounts.Q, c.amounts.V}
			for i, got := range []float64{g.P, g.Q, g.V} {
				require.InEpsilon(t, want[i], got, 1e-3)
			}
			require.InEpsilon(t, c.mean, g.Mean(), 2e-4)
			t.Log(g, e)
		})
	}
}
