package analytics

import (
	"cmp"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/api"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Purchase is one order that counts.
type Purchase struct {
	Account string
	Day     calendar.Day
	Base    money.Minor
}

// Effect measures a campaign as the report does, up to the day before asOf, over purchases in any order, without a house. The
// error is a reason.InvalidArgument.
func Effect(in *analyticsv1.EffectParameters, asOf calendar.Day, purchases []Purchase) (*analyticsv1.EffectReport, error) {
	sorted := slices.Clone(purchases)
	slices.SortStableFunc(sorted, func(a, b Purchase) int { return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Day, b.Day)) })
	var customers []history.Customer
	for i, p := range sorted {
		if i == 0 || p.Account != sorted[i-1].Account {
			customers = append(customers, history.Customer{ID: p.Account})
		}
		last := &customers[len(customers)-1]
		last.Orders = append(last.Orders, history.Order{Day: p.Day, Base: p.Base})
	}
	return api.EffectOf(in, asOf, customers)
}
