package lifetime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
)

// BenchmarkAMillionCustomers adds a million customers of a year and a bit, and fits both models to them with a holdout of
// 90 days. Making them up is not counted.
func BenchmarkAMillionCustomers(b *testing.B) {
	const customers, batch = 1_000_000, 10_000
	for _, kind := range lifetime.Kinds() {
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				builder := lifetime.New(lifetime.Plan{AsOf: today, Holdout: 90, Kind: kind}, 100)
				for i := range uint64(customers / batch) {
					var list []history.Customer
					b.StopTimer()
					list = club(i, batch)
					b.StartTimer()
					for _, c := range list {
						require.NoError(b, builder.Add(c))
					}
				}
				o, err := builder.Fit(nil)
				require.NoError(b, err)
				require.True(b, o.Final.Buying.Converged, o.Final.Buying.Why)
				require.Equal(b, int64(customers), o.Final.Sum.Customers)
			}
		})
	}
}
