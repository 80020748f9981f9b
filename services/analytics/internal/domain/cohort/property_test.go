package cohort_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// TestTheTriangleAgreesWithItsTwin asks for each cell who of the cohort had an order in that month.
func TestTheTriangleAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := day(t, "2023-11-15")
		var list []history.Customer
		for i := range rapid.IntRange(0, 20).Draw(t, "customers") {
			c := history.Customer{ID: fmt.Sprint(i)}
			d := begin
			for range rapid.IntRange(1, 5).Draw(t, "orders") {
				d = d.AddDays(rapid.IntRange(0, 90).Draw(t, "gap"))
				c.Orders = append(c.Orders, history.Order{Day: d})
			}
			list = append(list, c)
		}
		asOf := begin.AddDays(rapid.IntRange(0, 500).Draw(t, "as of"))
		r := report(t, list, asOf, cohort.Defaults())
		customers := int64(0)
		for _, co := range r.Cohorts {
			for k, got := range co.Active {
				require.Equal(t, cell(list, asOf, co.Month.String()[:7], co.Month.AddMonths(k).String()[:7]), got, "%s %d", co.Month, k)
			}
			require.Equal(t, (asOf - 1).FirstOfMonth(), co.Month.AddMonths(len(co.Active)-1), "it ends with the last month observed")
			require.Equal(t, co.Active[0], co.Customers)
			customers += co.Customers
		}
		require.Equal(t, r.All.Customers, customers)
		for i, w := range r.All.Windows {
			inCohorts := cohort.Window{Days: w.Days}
			for _, co := range r.Cohorts {
				inCohorts.Customers += co.Windows[i].Customers
				inCohorts.Second += co.Windows[i].Second
				inCohorts.Third += co.Windows[i].Third
			}
			require.Equal(t, w, inCohorts)
			require.LessOrEqual(t, w.Third, w.Second)
			require.LessOrEqual(t, w.Second, w.Customers)
		}
	})
}

// cell counts customers whose first order fell into one month and any order into another, both as YYYY-MM.
func cell(list []history.Customer, asOf calendar.Day, born, month string) int64 {
	n := int64(0)
	for _, c := range list {
		first, in := "", false
		for _, o := range c.Orders {
			if o.Day >= asOf {
				continue
			}
			if first == "" {
				first = o.Day.String()[:7]
			}
			in = in || o.Day.String()[:7] == month
		}
		if first == born && in {
			n++
		}
	}
	return n
}
