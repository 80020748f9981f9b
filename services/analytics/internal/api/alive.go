package api

import (
	"context"
	"errors"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
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
