package storage

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/actions"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// AccountRead is up to where an account has been copied, and where it stood by then.
type AccountRead struct {
	Seq   int64
	Tiers []history.TierFrom
	// Points are those of its last day on which points moved; none: they never did.
	Points []history.PointsAt
}

// Accounts returns up to where accounts have been copied; those of which nothing was are missing from the answer.
func (s *Storage) Accounts(ctx context.Context, accounts []Account) (map[Account]AccountRead, error) {
	known := make(map[Account]AccountRead, len(accounts))
	if len(accounts) == 0 {
		return known, nil
	}
	ids, byID := make([]string, len(accounts)), make(map[string]Account, len(accounts))
	for i, a := range accounts {
		ids[i] = accountID(a.Program, a.ID)
		byID[ids[i]] = a
	}
	cursor, err := s.store.Collection(accountsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}},
		options.Find().SetProjection(bson.D{{Key: "points", Value: bson.D{{Key: "$slice", Value: -1}}}}))
	if err != nil {
		return nil, fmt.Errorf("read %d accounts: %w", len(ids), err)
	}
	var docs []accountDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read %d accounts: %w", len(ids), err)
	}
	for _, d := range docs {
		known[byID[d.ID]] = AccountRead{d.Seq, tiersFromDoc(d.Tiers), pointsFromDoc(d.Points)}
	}
	return known, nil
}

// Reading is up to where a programme has been read.
type Reading struct {
	Marks       []Mark       // of all partitions, rising
	EffectiveAt time.Time    // of the latest entry
	Through     calendar.Day // last day of which anything was read
	Entries     int64
	Currency    money.Currency
}

// Mark is how far a partition of FACTS has been applied.
type Mark struct {
	Partition, Epoch int
	Sequence         uint64
}

// Reading returns up to where a programme has been read. reason.UnknownProgram: nothing of it was.
func (s *Storage) Reading(ctx context.Context, program string, partitions []int) (Reading, error) {
	cursor, err := s.store.Collection(positionsName).Find(ctx, bson.M{"programme": program})
	if err != nil {
		return Reading{}, fmt.Errorf("read how far %s is read: %w", program, err)
	}
	var docs []positionDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return Reading{}, fmt.Errorf("read how far %s is read: %w", program, err)
	}
	if len(docs) == 0 {
		return Reading{}, reason.New(reason.UnknownProgram, "program", "nothing of programme %q has been read yet", program)
	}
	r := Reading{Through: calendar.None}
	for _, d := range docs {
		if d.EffectiveAt.After(r.EffectiveAt) {
			r.EffectiveAt = d.EffectiveAt.UTC()
		}
		r.Through = max(r.Through, calendar.Day(d.Through))
		r.Entries += d.Entries
		r.Currency = cmp.Or(r.Currency, money.Currency(d.Currency))
	}
	parts, err := s.store.ReadPartitions(ctx, partitions)
	if err != nil {
		return Reading{}, err
	}
	for id, p := range parts {
		r.Marks = append(r.Marks, Mark{Partition: id, Epoch: p.Epoch, Sequence: p.Mark.Sequence})
	}
	slices.SortFunc(r.Marks, func(a, b Mark) int { return a.Partition - b.Partition })
	return r, nil
}

// Customers returns the customers of a programme by rising id, those behind an id alone, each with the orders that count.
// It holds one of them at a time.
func (s *Storage) Customers(ctx context.Context, program, after string) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		err := s.customers(ctx, program, after, func(c history.Customer) bool { return yield(c, nil) })
		if err != nil {
			yield(history.Customer{}, fmt.Errorf("read the orders of %s: %w", program, err))
		}
	}
}

// customers reads the index alone, and hands each customer on until there is no more or the reader has had enough.
func (s *Storage) customers(ctx context.Context, program, after string, give func(history.Customer) bool) error {
	filter := bson.D{{Key: "programme", Value: program}}
	if after != "" {
		filter = append(filter, bson.E{Key: "account", Value: bson.D{{Key: "$gt", Value: after}}})
	}
	cursor, err := s.store.Collection(ordersName).Find(ctx, filter, options.Find().SetHint(ordersIndex).SetSort(ordersKeys()).
		SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "account", Value: 1}, {Key: "day", Value: 1}, {Key: "base", Value: 1}}))
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
	var customer history.Customer
	rows := newDecoder()
	for cursor.Next(ctx) {
		row, err := rows.plain(cursor.Current)
		if err != nil {
			return err
		}
		if row.account != customer.ID {
			if customer.ID != "" && !give(customer) {
				return nil
			}
			customer = history.Customer{ID: row.account}
		}
		customer.Orders = append(customer.Orders, row.order)
	}
	if err := cursor.Err(); err != nil {
		return err
	}
	if customer.ID != "" {
		give(customer)
	}
	return nil
}

// Actions returns the actions of a programme on all days before a day, by partition, type and day.
func (s *Storage) Actions(ctx context.Context, program string, before calendar.Day) ([]actions.Count, error) {
	filter := bson.D{{Key: "programme", Value: program}, {Key: "day", Value: bson.D{{Key: "$lt", Value: int32(before)}}}}
	cursor, err := s.store.Collection(actionsName).Find(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("read the actions of %s: %w", program, err)
	}
	var docs []actionDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read the actions of %s: %w", program, err)
	}
	list := make([]actions.Count, len(docs))
	for i, d := range docs {
		list[i] = actions.Count{Type: d.Type, Day: calendar.Day(d.Day), Number: d.Number, Points: money.Points(d.Points)}
	}
	return list, nil
}

// Store is the database underneath, for the rooms that all services share.
func (s *Storage) Store() *store.Store { return s.store }
