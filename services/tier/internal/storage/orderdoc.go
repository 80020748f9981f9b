package storage

import (
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/token"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// OrderRef names an order across programmes.
type OrderRef struct {
	Program string
	Ref     orders.Ref
}

// prefix begins the keys of an order's events.
func (r OrderRef) prefix() string {
	return r.Program + "/" + token.Of(r.Ref.Merchant) + "/" + token.Of(r.Ref.Order) + "/"
}

func (r OrderRef) key(n int) string { return fmt.Sprintf("%s%d", r.prefix(), n) }

// rowDoc is one event of an order as it was taken.
type rowDoc struct {
	ID         string      `bson:"_id"` // <programme>/<merchant>/<order>/<number>
	Format     int         `bson:"format"`
	Account    string      `bson:"account"` // without the programme
	Number     int         `bson:"number"`
	Merchant   string      `bson:"merchant"`
	Order      string      `bson:"order"`
	Kind       string      `bson:"kind"`
	Occurrence string      `bson:"occurrence,omitempty"`
	OrderRev   int32       `bson:"order_revision,omitempty"`
	Lapsed     string      `bson:"lapsed,omitempty"`
	OccurredAt time.Time   `bson:"occurred_at"`
	Currency   string      `bson:"currency,omitempty"`
	Lines      []goodsDoc  `bson:"lines,omitempty"`
	Returned   []returnDoc `bson:"returned,omitempty"`
	Amount     int64       `bson:"amount,omitempty"`
	Channel    string      `bson:"channel,omitempty"`
	Member     string      `bson:"member,omitempty"`
	Content    bson.Binary `bson:"content"`
	EventID    string      `bson:"event_id,omitempty"`
	Source     string      `bson:"event_source,omitempty"`
	Revision   int         `bson:"revision,omitempty"` // of the programme that rates the order
	Base       int64       `bson:"base"`
}

type goodsDoc struct {
	ID       string `bson:"id,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Category string `bson:"category,omitempty"`
	Brand    string `bson:"brand,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   int64  `bson:"amount"`
}

type returnDoc struct {
	Line     string `bson:"line,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   *int64 `bson:"amount,omitempty"`
}

func rowToDoc(program string, r standing.Row) rowDoc {
	ref, e := r.Arrival.Ref, r.Arrival.Event
	d := rowDoc{
		ID: OrderRef{program, ref}.key(r.Number), Format: format, Account: r.Account, Number: r.Number, Merchant: ref.Merchant,
		Order: ref.Order, Kind: e.Kind.String(), Occurrence: e.Occurrence, OrderRev: e.Revision, OccurredAt: e.OccurredAt,
		Currency: string(e.Currency), Amount: int64(e.Amount), Channel: e.Channel, Member: e.Member,
		Content: bson.Binary{Data: r.Content[:]}, EventID: r.Arrival.ID, Source: r.Arrival.Source, Revision: r.Revision, Base: int64(r.Base),
	}
	if e.LapsedKind != orders.KindUnset {
		d.Lapsed = e.LapsedKind.String()
	}
	d.Lines = list(e.Lines, func(l orders.Line) goodsDoc {
		return goodsDoc{l.ID, l.SKU, l.Category, l.Brand, l.Quantity, int64(l.Amount)}
	})
	d.Returned = list(e.Returned, func(l orders.ReturnedLine) returnDoc {
		doc := returnDoc{Line: l.Line, SKU: l.SKU, Quantity: l.Quantity}
		if l.HasAmount {
			amount := int64(l.Amount)
			doc.Amount = &amount
		}
		return doc
	})
	return d
}

func rowFromDoc(d rowDoc) (standing.Row, error) {
	r := standing.Row{Account: d.Account, Number: d.Number, Revision: d.Revision, Base: money.Minor(d.Base), OccurredAt: d.OccurredAt.UTC()}
	kind, err := orders.ParseKind(d.Kind)
	if err != nil {
		return r, fmt.Errorf("read event %s: %w", d.ID, err)
	}
	e := orders.Event{
		Kind: kind, Occurrence: d.Occurrence, Revision: d.OrderRev, OccurredAt: d.OccurredAt.UTC(),
		Currency: money.Currency(d.Currency), Amount: money.Minor(d.Amount), Channel: d.Channel, Member: d.Member,
	}
	if d.Lapsed != "" {
		if e.LapsedKind, err = orders.ParseKind(d.Lapsed); err != nil {
			return r, fmt.Errorf("read event %s: %w", d.ID, err)
		}
	}
	if len(d.Content.Data) != len(r.Content) {
		return r, fmt.Errorf("read event %s: a content hash of %d bytes", d.ID, len(d.Content.Data))
	}
	copy(r.Content[:], d.Content.Data)
	e.Lines = list(d.Lines, func(l goodsDoc) orders.Line {
		return orders.Line{ID: l.ID, SKU: l.SKU, Category: l.Category, Brand: l.Brand, Quantity: l.Quantity, Amount: money.Minor(l.Amount)}
	})
	e.Returned = list(d.Returned, func(l returnDoc) orders.ReturnedLine {
		line := orders.ReturnedLine{Line: l.Line, SKU: l.SKU, Quantity: l.Quantity}
		if l.Amount != nil {
			line.Amount, line.HasAmount = money.Minor(*l.Amount), true
		}
		return line
	})
	r.Arrival = orderbook.Arrival{Ref: orders.Ref{Merchant: d.Merchant, Order: d.Order}, Event: e, ID: d.EventID, Source: d.Source}
	return r, nil
}
