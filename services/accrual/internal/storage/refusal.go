package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Refusal is an event that was refused and stays so. Its id is made of the event's id and content.
type Refusal struct {
	ID          string    `bson:"_id"`
	Format      int       `bson:"format"`
	Program     string    `bson:"programme"`
	Merchant    string    `bson:"merchant"`
	Account     string    `bson:"account"`
	Kind        string    `bson:"kind"`
	Order       string    `bson:"order,omitempty"` // OrderField or ActionField, where it could be read
	EventID     string    `bson:"event_id"`
	EventSource string    `bson:"event_source"`
	Reason      string    `bson:"reason"`
	Message     string    `bson:"message"`
	Field       string    `bson:"field,omitempty"`
	Partition   int       `bson:"partition"`
	Epoch       int       `bson:"epoch"`
	Sequence    int64     `bson:"sequence"` // in EVENTS
	Subject     string    `bson:"subject"`
	Headers     []string  `bson:"headers"` // "name: value"
	Body        []byte    `bson:"body"`
	RefusedAt   time.Time `bson:"refused_at"`
	Redriven    int       `bson:"redriven"`
}

// OrderField is what Refusal.Order holds for an order: <programme>/order/<merchant>/<order>/.
func OrderField(ref OrderRef) string { return entryKey(ref.Program, ledger.OrderPrefix(ref.Ref)) }

// ActionField is what Refusal.Order holds for an action: <programme>/action/<source>/<id>.
func ActionField(program string, ref actions.Ref) string {
	return entryKey(program, ledger.ActionKey(ref))
}

func (s *Storage) insertRefusals(ctx context.Context, refusals []Refusal) error {
	if len(refusals) == 0 {
		return nil
	}
	for i := range refusals {
		refusals[i].Format = format
	}
	if _, err := s.store.Collection(refusalsName).InsertMany(ctx, refusals); err != nil {
		return fmt.Errorf("insert %d refusals: %w", len(refusals), err)
	}
	return nil
}

// Refused tells which of the refusal ids are known.
func (s *Storage) Refused(ctx context.Context, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	opts := options.Find().SetProjection(bson.M{"_id": 1}).SetHint("_id_")
	cursor, err := s.store.Collection(refusalsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, opts)
	if err != nil {
		return nil, fmt.Errorf("look up refusals: %w", err)
	}
	err = each(ctx, cursor, func(d struct {
		ID string `bson:"_id"`
	},
	) error {
		known[d.ID] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up refusals: %w", err)
	}
	return known, nil
}

// Refusals lists a programme's refusals, the oldest first, behind the one with the id after (from the beginning when
// after is empty); all programmes' when program is empty.
func (s *Storage) Refusals(ctx context.Context, program, after string, limit int) ([]Refusal, error) {
	filter := bson.M{}
	if program != "" {
		filter["programme"] = program
	}
	if after != "" {
		last, err := s.Refusal(ctx, after)
		if err != nil {
			return nil, err
		}
		filter["$or"] = bson.A{
			bson.M{"refused_at": bson.M{"$gt": last.RefusedAt}},
			bson.M{"refused_at": last.RefusedAt, "_id": bson.M{"$gt": last.ID}},
		}
	}
	return s.refusals(ctx, filter, limit)
}

// RefusalsOf returns the refusals of what an OrderField or ActionField names.
func (s *Storage) RefusalsOf(ctx context.Context, field string, limit int) ([]Refusal, error) {
	return s.refusals(ctx, bson.M{"order": field}, limit)
}

func (s *Storage) refusals(ctx context.Context, filter bson.M, limit int) ([]Refusal, error) {
	opts := options.Find().SetSort(bson.D{{Key: "refused_at", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(refusalsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	var list []Refusal
	if err := cursor.All(ctx, &list); err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	return list, nil
}

// Refusal reads one. DEAD_LETTER_NOT_FOUND if there is none.
func (s *Storage) Refusal(ctx context.Context, id string) (Refusal, error) {
	var r Refusal
	err := s.store.Collection(refusalsName).FindOne(ctx, bson.M{"_id": id}).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return r, reason.New(reason.DeadLetterNotFound, "id", "there is no dead letter %s", id)
	}
	if err != nil {
		return r, fmt.Errorf("read refusal %s: %w", id, err)
	}
	return r, nil
}

// CountRedrive notes that a refusal was published again for the n-th time. It is safe to repeat.
func (s *Storage) CountRedrive(ctx context.Context, id string, n int) error {
	update := bson.M{"$max": bson.M{"redriven": n}}
	if _, err := s.store.Collection(refusalsName).UpdateByID(ctx, id, update); err != nil {
		return fmt.Errorf("count redrive of %s: %w", id, err)
	}
	return nil
}

// CountRefusals counts a programme's refusals.
func (s *Storage) CountRefusals(ctx context.Context, program string) (int64, error) {
	n, err := s.store.Collection(refusalsName).CountDocuments(ctx, bson.M{"programme": program})
	if err != nil {
		return 0, fmt.Errorf("count refusals: %w", err)
	}
	return n, nil
}

// RefusedSequences tells the sequence in EVENTS of every refusal.
func (s *Storage) RefusedSequences(ctx context.Context, tell func(uint64)) error {
	cursor, err := s.store.Collection(refusalsName).Find(ctx, bson.M{}, options.Find().SetProjection(bson.M{"sequence": 1}))
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	err = each(ctx, cursor, func(d struct {
		Sequence int64 `bson:"sequence"`
	},
	) error {
		tell(uint64(d.Sequence)) //nolint:gosec // written from a uint64
		return nil
	})
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	return nil
}
