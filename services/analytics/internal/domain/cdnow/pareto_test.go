package cdnow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func TestF3F4ParetoGiniAndABC(t *testing.T) {
	list := shop(t)
	for _, c := range []struct {
		name             string
		asOf             calendar.Day
		total, top       money.Minor
		topShare, gini   string
		most             int64
		mostShare        string
		half             int64
		a, b, c          int64
		sumA, sumB, sumC money.Minor
		digest           string
	}{
		{
			name: "to 1998-06-30", asOf: end, total: 250031563, top: 169464850, topShare: "0.677773830", gini: "0.634571185",
			most: 7695, mostShare: "0.326474", half: 2262, a: 7695, b: 8044, c: 7831,
			sumA: 200026506, sumB: 37503710, sumC: 12501347,
			digest: "92bcec43763d824f68469897a87167937e4246556131a3c72882973f2846bcbb",
		},
		{
			name: "to 1997-12-31", asOf: calendar.Date(1998, time.January, 1), total: 202416126, top: 131590974,
			topShare: "0.650101237", gini: "0.604354001", most: 8451, mostShare: "0.358549", half: 2551, a: 8451, b: 8006, c: 7113,
			digest: "44f8f010284e00394809997eda74cb17f722f7cf154ae14aa7b88c83a67beb2d",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := pareto.New(c.asOf, pareto.Defaults())
			feed(t, list, b.Add)
			r := b.Report()
			require.EqualValues(t, customers, r.Customers)
			require.Equal(t, c.total, r.Total)
			require.EqualValues(t, 4714, r.Top.Customers)
			require.Equal(t, c.top, r.Top.Sum)
			require.Equal(t, c.topShare, r.Top.Share.String())
			require.Equal(t, c.gini, r.Gini.String())
			require.Equal(t, c.most, r.Most.Customers)
			require.Equal(t, c.mostShare, r.Most.CustomersShare.String()[:8])
			require.Equal(t, []int64{c.a, c.b, c.c}, []int64{r.Classes[0].Customers, r.Classes[1].Customers, r.Classes[2].Customers})
			require.Equal(t, c.half, r.Half.Customers)
			if c.asOf == end {
				require.Equal(t, []money.Minor{c.sumA, c.sumB, c.sumC}, []money.Minor{r.Classes[0].Sum, r.Classes[1].Sum, r.Classes[2].Sum})
				require.EqualValues(t, 68, r.Zero)
			}
			var lines []string
			for _, x := range list {
				spend, err := x.Before(c.asOf).Spend()
				require.NoError(t, err)
				lines = append(lines, x.ID+","+r.Cuts.Class(x.ID, spend))
			}
			require.Equal(t, c.digest, digest(lines))
		})
	}
}
