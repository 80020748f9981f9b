package fitting

import (
	"context"
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Alive tells how likely customers of a programme still buy on a day, by the fit in use. Errors are reason.FitNotFound, those of
// Usable, and trouble.
func (f *Fitter) Alive(ctx context.Context, program string, asOf calendar.Day) (func(history.Customer) (float64, error), error) {
	fit, err := f.Fit(ctx, program, "")
	if err == nil {
		err = Usable(fit)
	}
	if err != nil {
		return nil, err
	}
	return AliveBy(fit, asOf), nil
}

// AliveBy tells how likely a customer still buys on a day, by a fit.
func AliveBy(fit *analyticsv1.Fit, asOf calendar.Day) func(history.Customer) (float64, error) {
	buying, ok, wrong := BuyingOf(fit.GetPlan().GetBuying(), fit.GetFinal())
	if wrong == nil && !ok {
		wrong = fmt.Errorf("fit %s has no model", fit.GetId())
	}
	return func(c history.Customer) (float64, error) {
		if wrong != nil {
			return 0, wrong
		}
		known, some, err := repeat.Of(c, asOf)
		if err != nil || !some {
			return 0, err
		}
		return buying.Alive(known.Count), nil
	}
}
