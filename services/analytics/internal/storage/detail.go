package storage

import (
	"context"
	"fmt"
	"iter"
	"strings"

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

func (d orderDoc) order() history.Order {
	o := history.Order{Day: calendar.Day(d.Day), Base: money.Minor(d.Base)}
	o.Detail = &history.Detail{Merchant: d.Merchant, Channel: d.Channel, Points: money.Points(d.Points)}
	for _, l := range d.Lines {
		line := history.Line{SKU: l.SKU, Category: l.Category, Base: money.Minor(l.Base)}
		if l.Cost != nil {
			line.Cost, line.HasCost = money.Minor(*l.Cost), true
		}
		o.Detail.Lines = append(o.Detail.Lines, line)
	}
	return o
}

// Details returns the accounts of a programme by rising id, those behind an id alone, each with all that is known of it: who
// has only done something beside buying too. It holds one of them at a time.
func (s *Storage) Details(ctx context.Context, program, after string) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		err := s.details(ctx, program, after, func(c history.Customer) bool { return yield(c, nil) })
		if err != nil {
			yield(history.Customer{}, fmt.Errorf("read the accounts of %s: %w", program, err))
		}
	}
}

// details reads accounts, orders and deeds side by side, all in the order of the accounts.
func (s *Storage) details(ctx context.Context, program, after string, give func(history.Customer) bool) error {
	filter := bson.D{{Key: "programme", Value: program}}
	if after != "" {
		filter = append(filter, bson.E{Key: "account", Value: bson.D{{Key: "$gt", Value: after}}})
	}
	orders, err := openRows[orderDoc](ctx, s, ordersName, filter, options.Find().SetHint(ordersIndex).SetSort(ordersKeys()))
	if err != nil {
		return err
	}
	defer orders.close(ctx)
	deeds, err := openRows[deedDoc](ctx, s, deedsName, filter, options.Find().SetSort(deedsKeys()))
	if err != nil {
		return err
	}
	defer deeds.close(ctx)
	// "0" follows "/": the ids of the programme's accounts lie between the two.
	ids := bson.D{{Key: "$gt", Value: accountID(program, after)}, {Key: "$lt", Value: program + "0"}}
	accounts, err := openRows[accountDoc](ctx, s, accountsName, bson.D{{Key: "_id", Value: ids}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return err
	}
	defer accounts.close(ctx)
	for accounts.next(ctx) {
		c := history.Customer{ID: strings.TrimPrefix(accounts.row.ID, program+"/"), Tiers: tiersFromDoc(accounts.row.Tiers), Points: pointsFromDoc(accounts.row.Points)}
		for orders.upTo(ctx, func(d orderDoc) bool { return d.Account <= c.ID }) {
			c.Orders = append(c.Orders, orders.row.order())
		}
		for deeds.upTo(ctx, func(d deedDoc) bool { return d.Account <= c.ID }) {
			d := deeds.row
			c.Deeds = append(c.Deeds, history.Deed{Day: calendar.Day(d.Day), Type: d.Type, Points: money.Points(d.Points), Data: d.Data})
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
