package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Account names an account across programmes.
type Account struct{ Program, ID string }

// Order names an order across programmes.
type Order struct {
	Program string
	Ref     orders.Ref
}

// Position names a programme in a partition.
type Position struct {
	Program   string
	Partition int
}

// AccountWrite moves an account on from the seq that it was read with. From 0 inserts it.
type AccountWrite struct {
	Account  Account
	From, To int64
	// Tiers are all that it has stood at, by rising day; none: they have not changed.
	Tiers []history.TierFrom
	// Partition and Change say which fact has changed the tiers.
	Partition int
	Change    Change
	// Points are by rising day those that are new; with Again, the first of them stands for the last that is kept.
	Points []history.PointsAt
	Again  bool
}

// DeedWrite puts an own event, which is named by its entry.
type DeedWrite struct {
	Account Account
	Seq     int64
	Said    history.Deed
}

// OrderWrite puts an order as it is now; New says that nothing was ever put of it, so that it need not be looked for.
type OrderWrite struct {
	Order   Order
	Account string
	Day     calendar.Day
	Base    money.Minor
	Detail  history.Detail
	Off     bool // it does not count any more
	New     bool

	Partition int
	Change    Change
}

// Action names the actions of a type on a day, of the accounts of a partition: two lanes never count on one document.
type Action struct {
	Program   string
	Partition int
	Type      string
	Day       calendar.Day
}

// ActionWrite adds actions to those counted before.
type ActionWrite struct {
	Action Action
	Number int64
	Points money.Points
	Change Change
}

// PositionWrite says what was read.
type PositionWrite struct {
	Position    Position
	EffectiveAt time.Time // the latest
	Through     calendar.Day
	Entries     int64
	Currency    money.Currency // empty: not told
}

// Writes are everything that one batch changes.
type Writes struct {
	Accounts  []AccountWrite
	Orders    []OrderWrite
	Actions   []ActionWrite
	Deeds     []DeedWrite
	Entries   []EntryWrite
	Positions []PositionWrite
	Told      []ToldWrite
}

// Write writes inside the transaction of ctx. store.ErrConflict: somebody else was faster.
func (s *Storage) Write(ctx context.Context, w Writes) error {
	if err := s.writeAccounts(ctx, w.Accounts); err != nil {
		return err
	}
	if err := s.writeOrders(ctx, w.Orders); err != nil {
		return err
	}
	if err := s.writeActions(ctx, w.Actions); err != nil {
		return err
	}
	if err := s.writeDeeds(ctx, w.Deeds); err != nil {
		return err
	}
	if err := s.writeEntries(ctx, w.Entries); err != nil {
		return err
	}
	if err := s.writeTold(ctx, w.Told); err != nil {
		return err
	}
	return s.writePositions(ctx, w.Positions)
}

// writeDeeds inserts own events: each stands in one entry, and an entry is copied once.
func (s *Storage) writeDeeds(ctx context.Context, list []DeedWrite) error {
	if len(list) == 0 {
		return nil
	}
	docs := make([]deedDoc, len(list))
	for i, d := range list {
		docs[i] = deedDoc{
			ID: deedID(d.Account, d.Seq), Format: format, Program: d.Account.Program, Account: d.Account.ID, Day: int32(d.Said.Day),
			Type: d.Said.Type, Points: int64(d.Said.Points), Data: d.Said.Data,
		}
	}
	if _, err := s.store.Collection(deedsName).InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("insert %d own events: %w", len(docs), err)
	}
	return nil
}

func (s *Storage) writeActions(ctx context.Context, list []ActionWrite) error {
	if len(list) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(list))
	for i, a := range list {
		update := bson.M{
			"$inc": bson.M{"number": a.Number, "points": int64(a.Points)},
			"$set": bson.M{"change": int64(a.Change)},
			"$setOnInsert": bson.M{
				"format": format, "programme": a.Action.Program, "type": a.Action.Type, "day": int32(a.Action.Day), "partition": a.Action.Partition,
			},
		}
		models[i] = mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(bson.D{{Key: "_id", Value: actionID(a.Action)}}).SetUpdate(update)
	}
	if _, err := s.store.Collection(actionsName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("count %d kinds of actions: %w", len(list), err)
	}
	return nil
}

func (s *Storage) writeAccounts(ctx context.Context, accounts []AccountWrite) error {
	var fresh []accountDoc
	var models []mongo.WriteModel
	for _, a := range accounts {
		id := accountID(a.Account.Program, a.Account.ID)
		if a.From == 0 {
			doc := accountDoc{ID: id, Format: format, Seq: a.To, Tiers: tiersToDoc(a.Tiers), Points: pointsToDoc(a.Points)}
			if len(a.Tiers) > 0 {
				doc.Program, doc.Partition, doc.Change = a.Account.Program, new(int32(a.Partition)), int64(a.Change) //nolint:gosec // at most 256
			}
			fresh = append(fresh, doc)
			continue
		}
		filter := bson.D{{Key: "_id", Value: id}, {Key: "seq", Value: a.From}}
		if a.Again {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(bson.M{"$pop": bson.M{"points": 1}}))
		}
		set := bson.D{{Key: "seq", Value: a.To}}
		if len(a.Tiers) > 0 {
			set = append(set, bson.E{Key: "tiers", Value: tiersToDoc(a.Tiers)}, bson.E{Key: "programme", Value: a.Account.Program},
				bson.E{Key: "partition", Value: int32(a.Partition)}, bson.E{Key: "change", Value: int64(a.Change)}) //nolint:gosec // at most 256
		}
		update := bson.D{{Key: "$set", Value: set}}
		if len(a.Points) > 0 {
			update = append(update, bson.E{Key: "$push", Value: bson.D{{Key: "points", Value: bson.D{{Key: "$each", Value: pointsToDoc(a.Points)}}}}})
		}
		models = append(models, mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(update))
	}
	if len(fresh) > 0 {
		if _, err := s.store.Collection(accountsName).InsertMany(ctx, fresh); err != nil {
			return fmt.Errorf("insert %d accounts: %w", len(fresh), err)
		}
	}
	if len(models) == 0 {
		return nil
	}
	result, err := s.store.Collection(accountsName).BulkWrite(ctx, models) // in order: what is taken away first
	if err != nil {
		return fmt.Errorf("move %d accounts on: %w", len(models), err)
	}
	if result.MatchedCount != int64(len(models)) {
		return fmt.Errorf("%w: an account has another seq", store.ErrConflict)
	}
	return nil
}

func (s *Storage) writeOrders(ctx context.Context, list []OrderWrite) error {
	var fresh []orderDoc
	var models, dropped []mongo.WriteModel
	for _, o := range list {
		doc := orderToDoc(o)
		byID := bson.D{{Key: "_id", Value: doc.ID}}
		switch {
		case o.Off:
			models = append(models, mongo.NewDeleteOneModel().SetFilter(byID))
			dropped = append(dropped, mongo.NewReplaceOneModel().SetFilter(byID).SetReplacement(droppedDoc(doc)).SetUpsert(true))
		case o.New:
			fresh = append(fresh, doc)
		default:
			models = append(models, mongo.NewReplaceOneModel().SetFilter(byID).SetReplacement(doc).SetUpsert(true))
		}
	}
	if len(fresh) > 0 {
		if _, err := s.store.Collection(ordersName).InsertMany(ctx, fresh); err != nil {
			return fmt.Errorf("insert %d orders: %w", len(fresh), err)
		}
	}
	for name, models := range map[string][]mongo.WriteModel{ordersName: models, droppedName: dropped} {
		if len(models) == 0 {
			continue
		}
		if _, err := s.store.Collection(name).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
			return fmt.Errorf("write %d of %s: %w", len(models), name, err)
		}
	}
	return nil
}

func orderToDoc(o OrderWrite) orderDoc {
	doc := orderDoc{
		ID: orderID(o.Order.Program, o.Order.Ref), Format: format, Program: o.Order.Program, Account: o.Account,
		Day: int32(o.Day), Base: int64(o.Base), Partition: int32(o.Partition), Change: int64(o.Change), //nolint:gosec // partitions are few
		Merchant: o.Detail.Merchant, Channel: o.Detail.Channel, Points: int64(o.Detail.Points), Lines: linesToDoc(o.Detail.Lines),
	}
	doc.sumUp(o.Base, o.Detail.Lines)
	return doc
}

func (s *Storage) writePositions(ctx context.Context, list []PositionWrite) error {
	if len(list) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(list))
	for i, p := range list {
		set := bson.M{"format": format, "programme": p.Position.Program, "partition": p.Position.Partition}
		update := bson.M{
			"$max": bson.M{"effective_at": p.EffectiveAt, "through": int32(p.Through), "currency": string(p.Currency)},
			"$inc": bson.M{"entries": p.Entries}, "$setOnInsert": set,
		}
		models[i] = mongo.NewUpdateOneModel().SetUpsert(true).SetUpdate(update).
			SetFilter(bson.D{{Key: "_id", Value: positionID(p.Position.Program, p.Position.Partition)}})
	}
	if _, err := s.store.Collection(positionsName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("write how far %d programmes are read: %w", len(list), err)
	}
	return nil
}
