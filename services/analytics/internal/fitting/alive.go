package fitting

import (
	"context"
	"errors"
	"fmt"
	"math"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Scores tells what the fit in use expects of customers of a programme from a day on, by lifetime.Defaults. Errors are
// reason.FitNotFound, also where they are to be valued and the fit knows no amounts, those of Usable, and trouble.
func (f *Fitter) Scores(
	ctx context.Context, program string, asOf calendar.Day, c money.Currency, needs segment.Needs,
) (func(history.Customer) (segment.Score, error), error) {
	fit, err := f.Fit(ctx, program, "")
	if err == nil {
		err = Usable(fit)
	}
	if err != nil {
		return nil, err
	}
	if needs.Valued {
		return valuedBy(fit, asOf, c)
	}
	alive := AliveBy(fit, asOf)
	return func(c history.Customer) (segment.Score, error) {
		p, err := alive(c)
		return segment.Score{Alive: p}, err
	}, nil
}

func valuedBy(fit *analyticsv1.Fit, asOf calendar.Day, c money.Currency) (func(history.Customer) (segment.Score, error), error) {
	valuer, err := ValuerOf(fit, lifetime.Defaults(), c)
	if err != nil {
		return nil, err
	}
	if !valuer.HasAmounts() {
		return nil, reason.New(reason.FitNotFound, "condition", "the fit in use, %s, knows no amounts: a fit to customers who have bought again does", fit.GetId())
	}
	return func(c history.Customer) (segment.Score, error) {
		known, some, err := repeat.Of(c, asOf)
		if err != nil || !some {
			return segment.Score{}, err
		}
		value := valuer.Value(known)
		worth := value.Residual * valuer.Major()
		if worth >= math.MaxInt64 {
			return segment.Score{}, reason.New(reason.AmountOutOfRange, "", "what account %s will still buy does not fit", c.ID)
		}
		return segment.Score{Alive: value.Alive, Worth: int64(worth)}, nil
	}, nil
}

// ValuerOf makes values by a fit, with amounts of a currency.
func ValuerOf(fit *analyticsv1.Fit, t lifetime.Terms, c money.Currency) (*lifetime.Valuer, error) {
	buying, ok, err := BuyingOf(fit.GetPlan().GetBuying(), fit.GetFinal())
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("fit %s has no model", fit.GetId()))
	}
	amounts, err := AmountsOf(fit.GetFinal())
	if err != nil {
		return nil, err
	}
	return lifetime.NewValuer(buying, amounts, t, Major(c)), nil
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
