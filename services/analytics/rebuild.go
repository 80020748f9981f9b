package analytics

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Forget drops the whole copy, marks included: the service that runs next reads FACTS from the beginning and answers as
// before. Nothing may be running on the database. It may be repeated.
func Forget(ctx context.Context, mongoURI, database string) error {
	s, err := store.Open(ctx, mongoURI, database)
	if err != nil {
		return err
	}
	return errors.Join(s.Drop(ctx), s.Close(context.WithoutCancel(ctx)))
}
