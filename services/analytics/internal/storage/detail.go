package storage

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func tiersToDoc(tiers []history.TierFrom) []tierDoc {
	var docs []tierDoc
	for _, t := range tiers {
		docs = append(docs, tierDoc{int32(t.Day), t.Tier})
	}
	return docs
}

func tiersFromDoc(docs []tierDoc) []history.TierFrom {
	var tiers []history.TierFrom
	for _, d := range docs {
		tiers = append(tiers, history.TierFrom{Day: calendar.Day(d.Day), Tier: d.Tier})
	}
	return tiers
}

func pointsToDoc(points []history.PointsAt) []pointsDoc {
	var docs []pointsDoc
	for _, p := range points {
		docs = append(docs, pointsDoc{int32(p.Day), int64(p.Active), int64(p.Bound), int64(p.Issued), int64(p.Spent), int64(p.Lapsed)})
	}
	return docs
}

func pointsFromDoc(docs []pointsDoc) []history.PointsAt {
	var points []history.PointsAt
	for _, d := range docs {
		points = append(points, history.PointsAt{
			Day: calendar.Day(d.Day), Active: money.Points(d.Active), Bound: money.Points(d.Bound),
			Issued: money.Points(d.Issued), Spent: money.Points(d.Spent), Lapsed: money.Points(d.Lapsed),
		})
	}
	return points
}

func linesToDoc(lines []history.Line) []lineDoc {
	var docs []lineDoc
	for _, l := range lines {
		d := lineDoc{SKU: l.SKU, Category: l.Category, Base: int64(l.Base)}
		if l.HasCost {
			d.Cost = new(int64(l.Cost))
		}
		docs = append(docs, d)
	}
	return docs
}

func linesFromDoc(docs []lineDoc) []history.Line {
	var lines []history.Line
	for _, d := range docs {
		line := history.Line{SKU: d.SKU, Category: d.Category, Base: money.Minor(d.Base)}
		if d.Cost != nil {
			line.Cost, line.HasCost = money.Minor(*d.Cost), true
		}
		lines = append(lines, line)
	}
	return lines
}

// Details returns the accounts of a programme by rising id, those behind an id alone, each with all that is known of it: who
// has only done something beside buying too. It holds one of them at a time.
func (s *Storage) Details(ctx context.Context, program, after string) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		// "0" follows "/": the ids of the programme's accounts lie between the two.
		some := span{ids: bson.D{{Key: "$gt", Value: accountID(program, after)}, {Key: "$lt", Value: program + "0"}}}
		if after != "" {
			some.accounts = bson.D{{Key: "$gt", Value: after}}
		}
		err := s.details(ctx, program, some, func(c history.Customer) bool { return yield(c, nil) })
		if err != nil {
			yield(history.Customer{}, fmt.Errorf("read the accounts of %s: %w", program, err))
		}
	}
}

// someMax is how many accounts one question names.
const someMax = 500

// Some returns accounts of a programme, named by rising id, as Details does.
func (s *Storage) Some(ctx context.Context, program string, accounts []string) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		for named := range slices.Chunk(accounts, someMax) {
			ids := make([]string, len(named))
			for i, id := range named {
				ids[i] = accountID(program, id)
			}
			on := true
			err := s.details(ctx, program, span{ids: bson.D{{Key: "$in", Value: ids}}, accounts: bson.D{{Key: "$in", Value: named}}}, func(c history.Customer) bool {
				on = yield(c, nil)
				return on
			})
			if err != nil {
				yield(history.Customer{}, fmt.Errorf("read accounts of %s: %w", program, err))
			}
			if err != nil || !on {
				return
			}
		}
	}
}

// Account returns all that is known of one account; false: nothing was copied of it.
func (s *Storage) Account(ctx context.Context, program, id string) (history.Customer, bool, error) {
	var found history.Customer
	some := false
	one := span{ids: bson.D{{Key: "$eq", Value: accountID(program, id)}}, accounts: bson.D{{Key: "$eq", Value: id}}}
	err := s.details(ctx, program, one, func(c history.Customer) bool {
		found, some = c, true
		return true
	})
	if err != nil {
		return found, false, fmt.Errorf("read account %s of %s: %w", id, program, err)
	}
	return found, some, nil
}

// span is some accounts of a programme: bounds of their documents' ids, and of their own; nil: all.
type span struct{ ids, accounts bson.D }

// details reads accounts, orders and deeds side by side, all in the order of the accounts.
func (s *Storage) details(ctx context.Context, program string, of span, give func(history.Customer) bool) error {
	filter := bson.D{{Key: "programme", Value: program}}
	if of.accounts != nil {
		filter = append(filter, bson.E{Key: "account", Value: of.accounts})
	}
	orders, err := openRows(ctx, s.store.Collection(ordersName), filter,
		options.Find().SetHint(ordersIndex).SetSort(ordersKeys()).SetProjection(orderFields()), newDecoder().order)
	if err != nil {
		return err
	}
	defer orders.close(ctx)
	deeds, err := openRows(ctx, s.store.Collection(deedsName), filter, options.Find().SetSort(deedsKeys()), decoded[deedDoc])
	if err != nil {
		return err
	}
	defer deeds.close(ctx)
	accounts, err := openRows(ctx, s.store.Collection(accountsName), bson.D{{Key: "_id", Value: of.ids}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}), accountFromRaw(program))
	if err != nil {
		return err
	}
	defer accounts.close(ctx)
	for accounts.next(ctx) {
		c := accounts.row
		for orders.upTo(ctx, func(r orderRow) bool { return r.account <= c.ID }) {
			c.Orders = append(c.Orders, orders.row.order)
		}
		for deeds.upTo(ctx, func(d deedDoc) bool { return d.Account <= c.ID }) {
			c.Deeds = append(c.Deeds, deeds.row.deed())
		}
		if (len(c.Orders) > 0 || len(c.Deeds) > 0) && !give(c) {
			return nil
		}
	}
	for _, err := range []error{accounts.err(), orders.err(), deeds.err()} {
		if err != nil {
			return err
		}
	}
	return nil
}
