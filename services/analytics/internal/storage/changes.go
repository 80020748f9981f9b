package storage

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Change says which fact left a document as it is. It only rises within a partition, also when the bus begins anew, and it
// follows from FACTS: a copy that is made again has the same.
type Change int64

// sequenceBits is how many bits of a change the place in the stream takes, which 2^48 facts fill; the epoch takes the others.
const sequenceBits = 48

// ChangeAt is the change that the fact of a sequence makes in an epoch.
func ChangeAt(epoch int, sequence uint64) Change {
	return Change(int64(epoch)<<sequenceBits | int64(sequence&(1<<sequenceBits-1))) //nolint:gosec // masked
}

// changesName is the index by which what is new is found.
const changesName = "programme_partition_change"

func changesKeys() bson.D {
	return bson.D{{Key: "programme", Value: 1}, {Key: "partition", Value: 1}, {Key: "change", Value: 1}}
}

func changesIndex() mongo.IndexModel {
	return mongo.IndexModel{Keys: changesKeys(), Options: options.Index().SetName(changesName)}
}

// ChangedOrder is an order as the latest fact about it leaves it.
type ChangedOrder struct {
	Merchant, ID, Account string
	Day                   calendar.Day
	Base                  money.Minor
	Counts                bool // it is not cancelled
	Lines                 []history.Line
	Change                Change
}

// ChangedActions is how many actions of a type happened on a day, of the accounts of a partition, and what they were given.
type ChangedActions struct {
	Type   string
	Day    calendar.Day
	Number int64
	Points money.Points
	Change Change
}

// OrderChanges returns at most so many orders of a partition that changed after a change, by rising change, no two of which
// are equal.
func (s *Storage) OrderChanges(ctx context.Context, at Position, after Change, limit int) ([]ChangedOrder, error) {
	var list []ChangedOrder
	for _, name := range []string{ordersName, droppedName} {
		docs, err := changed[orderDoc](ctx, s.store.Collection(name), at, after, limit)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			o := ChangedOrder{Account: d.Account, Day: calendar.Day(d.Day), Base: money.Minor(d.Base), Counts: name == ordersName, Change: Change(d.Change)}
			o.Lines = linesFromDoc(d.Lines)
			if o.Merchant, o.ID, err = orderFromID(d.ID); err != nil {
				return nil, err
			}
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b ChangedOrder) int { return cmp.Compare(a.Change, b.Change) })
	return list[:min(limit, len(list))], nil
}

// ChangedTiers are the tiers of an account, and from which days on.
type ChangedTiers struct {
	Account string
	Tiers   []history.TierFrom
	Change  Change
}

// TierChanges returns at most so many accounts of a partition whose tiers changed after a change, by rising change, no two of which
// are equal.
func (s *Storage) TierChanges(ctx context.Context, at Position, after Change, limit int) ([]ChangedTiers, error) {
	docs, err := changed[accountDoc](ctx, s.store.Collection(accountsName), at, after, limit)
	if err != nil {
		return nil, err
	}
	list := make([]ChangedTiers, len(docs))
	for i, d := range docs {
		list[i] = ChangedTiers{Account: strings.TrimPrefix(d.ID, at.Program+"/"), Tiers: tiersFromDoc(d.Tiers), Change: Change(d.Change)}
	}
	return list, nil
}

// ActionChanges returns at most so many counts of actions of a partition that changed after a change, by rising change, no
// two of which are equal.
func (s *Storage) ActionChanges(ctx context.Context, at Position, after Change, limit int) ([]ChangedActions, error) {
	docs, err := changed[actionDoc](ctx, s.store.Collection(actionsName), at, after, limit)
	if err != nil {
		return nil, err
	}
	list := make([]ChangedActions, len(docs))
	for i, d := range docs {
		list[i] = ChangedActions{Type: d.Type, Day: calendar.Day(d.Day), Number: d.Number, Points: money.Points(d.Points), Change: Change(d.Change)}
	}
	return list, nil
}

func changed[D any](ctx context.Context, from *mongo.Collection, at Position, after Change, limit int) ([]D, error) {
	limit = min(limit, math.MaxInt32)
	filter := bson.D{
		{Key: "programme", Value: at.Program}, {Key: "partition", Value: at.Partition},
		{Key: "change", Value: bson.D{{Key: "$gt", Value: int64(after)}}},
	}
	cursor, err := from.Find(ctx, filter, options.Find().SetHint(changesName).SetSort(changesKeys()).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("read what changed in %s of %s: %w", from.Name(), at.Program, err)
	}
	var docs []D
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read what changed in %s of %s: %w", from.Name(), at.Program, err)
	}
	return docs, nil
}

// orderFromID takes the id of an order's document apart.
func orderFromID(id string) (merchant, order string, err error) { //nolint:nonamedreturns // which is which
	parts := strings.Split(id, "/")
	if len(parts) != 3 { //nolint:mnd // see orderID
		return "", "", fmt.Errorf("order %q has another form of id", id)
	}
	if merchant, err = token.ID(parts[1]); err != nil {
		return "", "", fmt.Errorf("order %q: %w", id, err)
	}
	if order, err = token.ID(parts[2]); err != nil {
		return "", "", fmt.Errorf("order %q: %w", id, err)
	}
	return merchant, order, nil
}
