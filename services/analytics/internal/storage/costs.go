package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// ErrLines says that an order is not summed up: its lines have to be read.
var ErrLines = errors.New("an order is not summed up")

// sumUp notes what the lines come to; an order without lines is one that does not tell its cost.
func (d *orderDoc) sumUp(base money.Minor, lines []history.Line) {
	if len(lines) == 0 {
		lines = []history.Line{{Base: base}}
	}
	var told, untold, cost money.Minor
	var wrong error
	for _, l := range lines {
		var err error
		if l.HasCost {
			told += l.Base // together at most the order, as below
			cost, err = history.Sum(cost, l.Cost)
		} else {
			untold += l.Base
		}
		wrong = cmp.Or(wrong, err)
	}
	if wrong == nil {
		d.Told, d.Untold, d.Cost = new(int64(told)), new(int64(untold)), new(int64(cost))
	}
}

// Costs returns the accounts of a programme by rising id, each with its deeds, and its orders with two lines at most: one that tells
// its cost, and one that does not. Of what category they are is not told, nor tiers and points of the account. ErrLines: there is
// an order of which this is not known. It reads the index of orders alone, and holds one account at a time.
func (s *Storage) Costs(ctx context.Context, program string) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		err := s.costs(ctx, program, func(c history.Customer) bool { return yield(c, nil) })
		if err != nil {
			yield(history.Customer{}, fmt.Errorf("read what the orders of %s cost: %w", program, err))
		}
	}
}

func (s *Storage) costs(ctx context.Context, program string, give func(history.Customer) bool) error {
	filter := bson.D{{Key: "programme", Value: program}}
	read := bson.D{{Key: "_id", Value: 0}, {Key: "account", Value: 1}, {Key: "day", Value: 1}, {Key: "base", Value: 1}}
	for _, name := range costFields() {
		read = append(read, bson.E{Key: name, Value: 1})
	}
	orders, err := openRows(ctx, s.store.Collection(ordersName), filter,
		options.Find().SetHint(ordersIndex).SetSort(ordersKeys()).SetProjection(read), newDecoder().costs)
	if err != nil {
		return err
	}
	defer orders.close(ctx)
	deeds, err := openRows(ctx, s.store.Collection(deedsName), filter, options.Find().SetSort(deedsKeys()), decoded[deedDoc])
	if err != nil {
		return err
	}
	defer deeds.close(ctx)
	for {
		c := history.Customer{ID: orders.look(ctx).account}
		if deed := deeds.look(ctx).Account; deed != "" && (c.ID == "" || deed < c.ID) {
			c.ID = deed
		}
		if c.ID == "" {
			return errors.Join(orders.err(), deeds.err())
		}
		for orders.upTo(ctx, func(r orderRow) bool { return r.account == c.ID }) {
			c.Orders = append(c.Orders, orders.row.order)
		}
		for deeds.upTo(ctx, func(d deedDoc) bool { return d.Account == c.ID }) {
			c.Deeds = append(c.Deeds, deeds.row.deed())
		}
		if err := errors.Join(orders.err(), deeds.err()); err != nil {
			return err
		}
		if !give(c) {
			return nil
		}
	}
}

// costed is an order as it is summed up, in one piece: a report reads millions of them.
type costed struct {
	detail history.Detail
	lines  [2]history.Line
}

// costs reads an order as it is summed up.
func (d *decoder) costs(raw bson.Raw) (orderRow, error) {
	row, sums := orderRow{}, &costed{}
	told, untold := &sums.lines[0], &sums.lines[1]
	told.HasCost = true
	known := 0
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		if v.Type == bson.TypeNull {
			return nil // so an index tells of what is absent
		}
		switch string(name) {
		case "account":
			return d.whose(v, &row.account)
		case "day":
			return whole(v, &row.order.Day)
		case "base":
			return whole(v, &row.order.Base)
		case "points":
			return whole(v, &sums.detail.Points)
		case "told":
			known++
			return whole(v, &told.Base)
		case "untold":
			known++
			return whole(v, &untold.Base)
		case "cost":
			known++
			return whole(v, &told.Cost)
		}
		return nil
	})
	if err == nil && known < 3 {
		err = ErrLines
	}
	sums.detail.Lines = sums.lines[:]
	row.order.Detail = &sums.detail
	return row, err
}

func (d deedDoc) deed() history.Deed {
	return history.Deed{Day: calendar.Day(d.Day), Type: d.Type, Points: money.Points(d.Points), Data: d.Data}
}
