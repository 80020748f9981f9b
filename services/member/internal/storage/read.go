package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// Row is a value with the version under which it is stored; the zero Row is not there yet.
type Row[T any] struct {
	Value   T
	version int64
}

// Found tells if the row is stored.
func (r Row[T]) Found() bool { return r.version > 0 }

// With is the row with what its value becomes.
func (r Row[T]) With(value T) Row[T] {
	r.Value = value
	return r
}

// Member reads a member; a row that is not there is no error. In a transaction it reads there.
func (s *Storage) Member(ctx context.Context, program string, id membership.ID) (Row[membership.Member], error) {
	var d memberDoc
	found, err := s.one(ctx, membersName, memberKey(program, id), &d)
	if err != nil || !found {
		return Row[membership.Member]{}, err
	}
	m, err := memberFromDoc(d)
	return Row[membership.Member]{m, d.Version}, err
}

// Alias reads an alias; a row that is not there is no error. In a transaction it reads there.
func (s *Storage) Alias(ctx context.Context, program string, ref alias.Ref) (Row[alias.Alias], error) {
	var d aliasDoc
	found, err := s.one(ctx, aliasesName, aliasKey(program, ref), &d)
	if err != nil || !found {
		return Row[alias.Alias]{}, err
	}
	a, err := aliasFromDoc(d)
	return Row[alias.Alias]{a, d.Version}, err
}

// Done reads what a command answered when it came before. IDEMPOTENCY_KEY_REUSED if another one did.
func (s *Storage) Done(ctx context.Context, c Command) (Answer, bool, error) {
	var d commandDoc
	found, err := s.one(ctx, commandsName, commandKey(c), &d)
	if err != nil || !found {
		return Answer{}, false, err
	}
	if !bytes.Equal(d.Hash.Data, c.Hash[:]) {
		return Answer{}, false, reason.New(reason.IdempotencyKeyReused, "idempotency_key", "another call was made under this key")
	}
	answer, err := answerFromDoc(d)
	return answer, true, err
}

func (s *Storage) one(ctx context.Context, collection, id string, into any) (bool, error) {
	err := s.store.Collection(collection).FindOne(ctx, bson.M{"_id": id}).Decode(into)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read one of %s: %w", collection, err) // not which: what people are known by is not for logs
	}
	return true, nil
}

// People lists members of an account behind an id, in the order of their ids, at most limit.
func (s *Storage) People(ctx context.Context, program string, account, after membership.ID, limit int) ([]membership.Member, error) {
	filter := bson.M{"account": memberKey(program, account), "_id": bson.M{"$gt": memberKey(program, after)}}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(membersName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list members of %s: %w", account, err)
	}
	var docs []memberDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list members of %s: %w", account, err)
	}
	return all(docs, memberFromDoc)
}

// Kinds counts the members of a programme by the kind that their accounts were opened for.
func (s *Storage) Kinds(ctx context.Context, program string) (map[string]int64, error) {
	cursor, err := s.store.Collection(membersName).Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.M{"_id": bson.M{"$gte": program + "/", "$lt": program + "0"}}}}, // '0' follows '/'
		{{Key: "$group", Value: bson.M{"_id": "$kind", "members": bson.M{"$sum": 1}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count members of %s: %w", program, err)
	}
	var groups []struct {
		Kind    string `bson:"_id"`
		Members int64  `bson:"members"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, fmt.Errorf("count members of %s: %w", program, err)
	}
	kinds := make(map[string]int64, len(groups))
	for _, g := range groups {
		kinds[g.Kind] = g.Members
	}
	return kinds, nil
}

// Aliases lists all that a member is and was known by, in the order of linking.
func (s *Storage) Aliases(ctx context.Context, program string, id membership.ID) ([]alias.Alias, error) {
	opts := options.Find().SetSort(bson.D{{Key: "linked_at", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(alias.MemberMax)
	cursor, err := s.store.Collection(aliasesName).Find(ctx, bson.M{"member": memberKey(program, id)}, opts)
	if err != nil {
		return nil, fmt.Errorf("list aliases of %s: %w", id, err)
	}
	var docs []aliasDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list aliases of %s: %w", id, err)
	}
	return all(docs, aliasFromDoc)
}

func all[D, V any](docs []D, from func(D) (V, error)) ([]V, error) {
	list := make([]V, len(docs))
	for i, d := range docs {
		var err error
		if list[i], err = from(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}
