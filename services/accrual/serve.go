package accrual

import "context"

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
