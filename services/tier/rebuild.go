package tier

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// Forget drops all standings, their history and what they were made of, marks included: run then, the service folds EVENTS
// from the beginning and comes to the same bytes. Its facts are told again under the ids that they had. What callers have
// asked for under a key stays known. Neither this replica nor another may be running. It may be repeated.
func (s *Service) Forget(ctx context.Context) error {
	if err := s.storage.Forget(ctx); err != nil {
		return errors.Join(errors.New("drop what was folded"), err)
	}
	return s.store.Ensure(ctx, follow.Collections()...)
}
