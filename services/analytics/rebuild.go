package analytics

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// Forget drops the whole copy, marks included: run then, the service reads FACTS from the beginning and answers as before.
// What people have defined stays. Neither this replica nor another may be running. It may be repeated.
func (s *Service) Forget(ctx context.Context) error {
	if err := s.storage.Forget(ctx); err != nil {
		return errors.Join(errors.New("drop the copy"), err)
	}
	return s.store.Ensure(ctx, follow.Collections()...)
}
