package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Snapshot runs reads that all see the state of the database at one moment, that of the first of them, however much is
// written meanwhile. mongod keeps that state for five minutes; a read after that fails.
func (s *Store) Snapshot(ctx context.Context, read func(ctx context.Context) error) error {
	session, err := s.client.StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return fmt.Errorf("start a session to read in: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	return read(mongo.NewSessionContext(ctx, session))
}
