package analytics

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

// HoldTurn takes the turn of a report, tells so, and keeps it until it may go.
func (s *Service) HoldTurn(ctx context.Context, taken chan<- struct{}, release <-chan struct{}) error {
	return s.fitter.Reporter.Together(ctx, func(context.Context, *reporting.Reporter) error {
		taken <- struct{}{}
		<-release
		return nil
	})
}
