package api

import (
	"context"
	"errors"
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// champion is the fit in use that can be used; nil: there is none.
func (s *Server) champion(ctx context.Context, program string) (*analyticsv1.Fit, error) {
	fit, err := s.fitter.Fit(ctx, program, "")
	if errors.Is(err, reason.FitNotFound) {
		return nil, nil //nolint:nilnil // no fit is an answer
	}
	if err != nil {
		return nil, err
	}
	if fitting.Usable(fit) == nil {
		return fit, nil
	}
	return nil, nil //nolint:nilnil // as above
}

// aliveBy tells how likely a customer still buys on a day, by a fit.
func aliveBy(fit *analyticsv1.Fit, asOf calendar.Day) func(history.Customer) (float64, error) {
	buying, ok, wrong := fitting.BuyingOf(fit.GetPlan().GetBuying(), fit.GetFinal())
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
