package storage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
)

// A report may read every order with its lines, and every account with its points: they are taken apart without reflection,
// which would cost more than all else. A field that is not known is passed over, as the driver does.

var errForm = errors.New("a value of another type")

// orderRow is an order and whose it is.
type orderRow struct {
	account string
	order   history.Order
}

// orderFields are those that orderFromRaw reads.
func orderFields() bson.D {
	list := bson.D{{Key: "_id", Value: 0}}
	for _, name := range []string{"account", "day", "base", "merchant", "channel", "points", "lines"} {
		list = append(list, bson.E{Key: name, Value: 1})
	}
	return list
}

func orderFromRaw(raw bson.Raw) (orderRow, error) {
	row, detail := orderRow{}, &history.Detail{}
	row.order.Detail = detail
	return row, fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "account":
			return text(v, &row.account)
		case "day":
			return whole(v, &row.order.Day)
		case "base":
			return whole(v, &row.order.Base)
		case "merchant":
			return text(v, &detail.Merchant)
		case "channel":
			return text(v, &detail.Channel)
		case "points":
			return whole(v, &detail.Points)
		case "lines":
			return items(v, func(item bson.Raw) error {
				line, err := lineFromRaw(item)
				detail.Lines = append(detail.Lines, line)
				return err
			})
		}
		return nil
	})
}

func lineFromRaw(raw bson.Raw) (history.Line, error) {
	var l history.Line
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "sku":
			return text(v, &l.SKU)
		case "category":
			return text(v, &l.Category)
		case "base":
			return whole(v, &l.Base)
		case "cost":
			l.HasCost = true
			return whole(v, &l.Cost)
		}
		return nil
	})
	return l, err
}

// accountFromRaw reads an account of a programme, without what it has bought and done.
func accountFromRaw(program string) func(bson.Raw) (history.Customer, error) {
	return func(raw bson.Raw) (history.Customer, error) {
		var c history.Customer
		err := fields(raw, func(name []byte, v bson.RawValue) error {
			switch string(name) {
			case "_id":
				err := text(v, &c.ID)
				c.ID = strings.TrimPrefix(c.ID, program+"/")
				return err
			case "tiers":
				return items(v, func(item bson.Raw) error {
					t, err := tierFromRaw(item)
					c.Tiers = append(c.Tiers, t)
					return err
				})
			case "points":
				return items(v, func(item bson.Raw) error {
					p, err := pointsFromRaw(item)
					c.Points = append(c.Points, p)
					return err
				})
			}
			return nil
		})
		return c, err
	}
}

func tierFromRaw(raw bson.Raw) (history.TierFrom, error) {
	var t history.TierFrom
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "day":
			return whole(v, &t.Day)
		case "tier":
			return text(v, &t.Tier)
		}
		return nil
	})
	return t, err
}

func pointsFromRaw(raw bson.Raw) (history.PointsAt, error) {
	var p history.PointsAt
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "day":
			return whole(v, &p.Day)
		case "active":
			return whole(v, &p.Active)
		case "bound":
			return whole(v, &p.Bound)
		case "issued":
			return whole(v, &p.Issued)
		case "spent":
			return whole(v, &p.Spent)
		case "lapsed":
			return whole(v, &p.Lapsed)
		}
		return nil
	})
	return p, err
}

// fields shows the fields of a document.
func fields(raw bson.Raw, see func(name []byte, v bson.RawValue) error) error {
	elements, err := raw.Elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		name := e[1 : 1+bytes.IndexByte(e[1:], 0)] // behind the type; as a string it would be one allocation each
		if err := see(name, e.Value()); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
	}
	return nil
}

// items shows the documents of a list.
func items(v bson.RawValue, see func(bson.Raw) error) error {
	list, ok := v.ArrayOK()
	if !ok {
		return errForm
	}
	values, err := list.Values()
	if err != nil {
		return err
	}
	for _, item := range values {
		document, ok := item.DocumentOK()
		if !ok {
			return errForm
		}
		if err := see(document); err != nil {
			return err
		}
	}
	return nil
}

func text(v bson.RawValue, into *string) error {
	s, ok := v.StringValueOK()
	*into = s
	if !ok {
		return errForm
	}
	return nil
}

func whole[N ~int32 | ~int64](v bson.RawValue, into *N) error {
	n, ok := v.AsInt64OK()
	*into = N(n)
	if !ok || int64(*into) != n {
		return errForm
	}
	return nil
}
