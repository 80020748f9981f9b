package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Command is an accepted call that writes, by the caller's idempotency key.
type Command struct {
	ID      string `bson:"_id"` // <programme>/<caller>/<key>
	Format  int    `bson:"format"`
	Content []byte `bson:"content"` // SHA-256 of the request
	Event   []byte `bson:"event"`   // the control event that it publishes
	// Published says that the bus has the event on disk.
	Published bool `bson:"published"`
}

// Accept keeps a command, and returns the one that is kept under its id: this one, or an earlier one.
func (s *Storage) Accept(ctx context.Context, c Command) (Command, error) {
	c.Format = format
	_, err := s.store.Collection(commandsName).InsertOne(ctx, c)
	if err == nil {
		return c, nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return c, fmt.Errorf("keep command %s: %w", c.ID, err)
	}
	known, found, err := s.Command(ctx, c.ID)
	if err == nil && !found {
		err = fmt.Errorf("command %s is gone", c.ID)
	}
	return known, err
}

// Command reads a command. False: there is none.
func (s *Storage) Command(ctx context.Context, id string) (Command, bool, error) {
	cursor, err := s.store.Collection(commandsName).Find(ctx, bson.M{"_id": id})
	if err != nil {
		return Command{}, false, fmt.Errorf("read command %s: %w", id, err)
	}
	var list []Command
	if err := cursor.All(ctx, &list); err != nil || len(list) == 0 {
		return Command{}, false, err
	}
	return list[0], true, nil
}

// Published notes that a command's event is on the bus. It is safe to repeat.
func (s *Storage) Published(ctx context.Context, id string) error {
	if _, err := s.store.Collection(commandsName).UpdateByID(ctx, id, bson.M{"$set": bson.M{"published": true}}); err != nil {
		return fmt.Errorf("note command %s: %w", id, err)
	}
	return nil
}
