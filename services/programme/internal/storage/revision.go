package storage

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// Insert keeps a revision. store.ErrConflict: its number is taken, or its key has made another one.
func (s *Storage) Insert(ctx context.Context, r registry.Revision) error {
	_, err := s.revisions().InsertOne(ctx, toDoc(r))
	switch {
	case mongo.IsDuplicateKeyError(err):
		return fmt.Errorf("%w: revision %d of programme %s", store.ErrConflict, r.Number, r.Program)
	case err != nil:
		return fmt.Errorf("keep revision %d of programme %s: %w", r.Number, r.Program, err)
	}
	return nil
}

// SetPublished notes whether a revision stands in the log.
func (s *Storage) SetPublished(ctx context.Context, r registry.Revision, published bool) error {
	_, err := s.revisions().UpdateByID(ctx, revisionID(r.Program, r.Number), bson.M{"$set": bson.M{"published": published}})
	if err != nil {
		return fmt.Errorf("note that revision %d of programme %s is published: %w", r.Number, r.Program, err)
	}
	return nil
}

// Newest returns the newest revision of a programme with its files; false: there is none.
func (s *Storage) Newest(ctx context.Context, program string) (registry.Revision, bool, error) {
	opts := options.FindOne().SetSort(bson.D{{Key: "number", Value: -1}})
	return s.one(ctx, bson.M{"programme": program}, opts)
}

// Get returns a revision with its files; false: there is no such revision.
func (s *Storage) Get(ctx context.Context, program string, number int) (registry.Revision, bool, error) {
	return s.one(ctx, bson.M{"_id": revisionID(program, number)}, options.FindOne())
}

// ByKey returns the revision that an idempotency key has made; false: none.
func (s *Storage) ByKey(ctx context.Context, a registry.Ask) (registry.Revision, bool, error) {
	return s.one(ctx, bson.M{"programme": a.Program, "actor": a.Actor, "key": a.Key}, options.FindOne())
}

// FirstUnpublished returns the revision that must be published next, the lowest number of its programme; false: none.
func (s *Storage) FirstUnpublished(ctx context.Context) (registry.Revision, bool, error) {
	opts := options.FindOne().SetSort(bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: 1}})
	return s.one(ctx, bson.M{"published": false}, opts)
}

func (s *Storage) one(ctx context.Context, filter bson.M, opts *options.FindOneOptionsBuilder) (registry.Revision, bool, error) {
	var d revisionDoc
	err := s.revisions().FindOne(ctx, filter, opts).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return registry.Revision{}, false, nil
	}
	if err != nil {
		return registry.Revision{}, false, fmt.Errorf("read a revision: %w", err)
	}
	r, err := fromDoc(d)
	return r, err == nil, err
}

// List returns up to limit revisions of a programme without their files, newest first, below a number (0: all).
func (s *Storage) List(ctx context.Context, program string, below, limit int) ([]registry.Revision, error) {
	filter := bson.M{"programme": program}
	if below > 0 {
		filter["number"] = bson.M{"$lt": below}
	}
	return s.many(ctx, filter, options.Find().SetSort(bson.D{{Key: "number", Value: -1}}).SetLimit(int64(limit)))
}

// All returns the revisions of all programmes without their files, rising by programme and number.
func (s *Storage) All(ctx context.Context) ([]registry.Revision, error) {
	return s.many(ctx, bson.M{}, options.Find().SetSort(bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: 1}}))
}

func (s *Storage) many(ctx context.Context, filter bson.M, opts *options.FindOptionsBuilder) ([]registry.Revision, error) {
	cursor, err := s.revisions().Find(ctx, filter, opts.SetProjection(bson.M{"files": 0}))
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	var docs []revisionDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	list := make([]registry.Revision, len(docs))
	for i, d := range docs {
		if list[i], err = fromDoc(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Storage) revisions() *mongo.Collection { return s.store.Collection(revisionsName) }
