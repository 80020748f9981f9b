package storage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
)

// A report may read every order with its lines, and every account with its points: they are taken apart without reflection
// and without lists of their fields, which would cost more than all else. A field that is not known is passed over, as the
// driver does.

var errForm = errors.New("a value of another type")

// orderRow is an order and whose it is.
type orderRow struct {
	account string
	order   history.Order
}

// orderFields are those that a decoder's order reads.
func orderFields() bson.D {
	list := bson.D{{Key: "_id", Value: 0}}
	for _, name := range []string{"account", "day", "base", "merchant", "channel", "points", "lines"} {
		list = append(list, bson.E{Key: name, Value: 1})
	}
	return list
}

// namesMax is how many names a decoder remembers; what comes later is made anew each time.
const namesMax = 1 << 16

// decoder reads the orders of one cursor. They name the same accounts, categories and articles again and again, each of which it
// makes once. Not safe for many goroutines.
type decoder struct {
	account string // of the order before: they come account by account
	names   map[string]string
}

func newDecoder() *decoder { return &decoder{names: map[string]string{}} }

// plain reads whose an order is, its day and its amount.
func (d *decoder) plain(raw bson.Raw) (orderRow, error) {
	var row orderRow
	known := 0
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		known++
		switch string(name) {
		case "account":
			return d.whose(v, &row.account)
		case "day":
			return whole(v, &row.order.Day)
		case "base":
			return whole(v, &row.order.Base)
		}
		known--
		return nil
	})
	if err == nil && known < 3 {
		err = fmt.Errorf("a row of another form: %s", raw)
	}
	return row, err
}

// order reads an order with all that is known of it.
func (d *decoder) order(raw bson.Raw) (orderRow, error) {
	row, detail := orderRow{}, &history.Detail{}
	row.order.Detail = detail
	return row, fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "account":
			return d.whose(v, &row.account)
		case "day":
			return whole(v, &row.order.Day)
		case "base":
			return whole(v, &row.order.Base)
		case "merchant":
			return d.name(v, &detail.Merchant)
		case "channel":
			return d.name(v, &detail.Channel)
		case "points":
			return whole(v, &detail.Points)
		case "lines":
			var err error
			detail.Lines, err = d.lines(v)
			return err
		}
		return nil
	})
}

func (d *decoder) lines(v bson.RawValue) ([]history.Line, error) {
	n := 0
	if err := items(v, func(bson.Raw) error { n++; return nil }); err != nil || n == 0 {
		return nil, err
	}
	list := make([]history.Line, 0, n)
	err := items(v, func(item bson.Raw) error {
		line, err := d.line(item)
		list = append(list, line)
		return err
	})
	return list, err
}

func (d *decoder) line(raw bson.Raw) (history.Line, error) {
	var l history.Line
	err := fields(raw, func(name []byte, v bson.RawValue) error {
		switch string(name) {
		case "sku":
			return d.name(v, &l.SKU)
		case "category":
			return d.name(v, &l.Category)
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

// whose reads the account of an order.
func (d *decoder) whose(v bson.RawValue, into *string) error {
	b, err := letters(v)
	if err == nil && string(b) != d.account {
		d.account = string(b)
	}
	*into = d.account
	return err
}

// name reads what many orders are likely to name.
func (d *decoder) name(v bson.RawValue, into *string) error {
	b, err := letters(v)
	if err != nil {
		return err
	}
	known, ok := d.names[string(b)] // looking up makes no string
	if !ok {
		known = string(b)
		if len(d.names) < namesMax {
			d.names[known] = known
		}
	}
	*into = known
	return nil
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
	return elements(raw, func(e bsoncore.Element) error {
		name := e[1 : 1+bytes.IndexByte(e[1:], 0)] // behind the type; as a string it would be one allocation each
		if err := see(name, bson.RawElement(e).Value()); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		return nil
	})
}

// items shows the documents of a list.
func items(v bson.RawValue, see func(bson.Raw) error) error {
	if v.Type != bson.TypeArray {
		return errForm
	}
	return elements(v.Value, func(e bsoncore.Element) error {
		document, ok := bson.RawElement(e).Value().DocumentOK()
		if !ok {
			return errForm
		}
		return see(document)
	})
}

// elements shows the elements of a document or a list, as they lie one behind the other.
func elements(of []byte, see func(bsoncore.Element) error) error {
	length, rest, ok := bsoncore.ReadLength(of)
	if !ok || int(length) != len(of) {
		return errForm
	}
	for len(rest) > 1 { // the last byte ends the document
		var e bsoncore.Element
		if e, rest, ok = bsoncore.ReadElement(rest); !ok {
			return errForm
		}
		if err := see(e); err != nil {
			return err
		}
	}
	return nil
}

func text(v bson.RawValue, into *string) error {
	b, err := letters(v)
	*into = string(b)
	return err
}

// letters are those of a text, as long as the row is there.
func letters(v bson.RawValue) ([]byte, error) {
	const before, behind = 4, 1 // its length, and a zero
	if v.Type != bson.TypeString || len(v.Value) < before+behind {
		return nil, errForm
	}
	return v.Value[before : len(v.Value)-behind], nil
}

func whole[N ~int32 | ~int64](v bson.RawValue, into *N) error {
	n, ok := v.AsInt64OK()
	*into = N(n)
	if !ok || int64(*into) != n {
		return errForm
	}
	return nil
}
