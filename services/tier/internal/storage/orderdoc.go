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

// OrderRef names an order of an account across programmes. Which account an order belongs to is for the ledger to say: here
// each account has an order of its own, until the ledger refuses it.
type OrderRef struct {
	Account Ref
	Ref     orders.Ref
}

// prefix begins the keys of an order's events.
func (r OrderRef) prefix() string {
	return r.Account.prefix() + token.Of(r.Ref.Merchant) + "/" + token.Of(r.Ref.Order) + "/"
}

func (r OrderRef) key(n int) string { return fmt.Sprintf("%s%d", r.prefix(), n) }

// prefix begins the keys of all that was heard of an account.
func (r Ref) prefix() string { return r.Program + "/" + token.Of(r.Account) + "/" }

// rowDoc is one event of an order as it was taken.
type rowDoc struct {
	ID       string      `bson:"_id"` // <programme>/<account>/<merchant>/<order>/<number>
	Format   int         `bson:"format"`
	Account  string      `bson:"account"` // without the programme
	Number   int         `bson:"number"`
	Event    eventDoc    `bson:",inline"`
	Content  bson.Binary `bson:"content"`
	Revision int         `bson:"revision,omitempty"` // of the programme that rates the order
	Base     int64       `bson:"base"`
	Place    placeDoc    `bson:",inline"`
}

// eventDoc is what was told of an order.
type eventDoc struct {
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
	EventID    string      `bson:"event_id,omitempty"`
	Source     string      `bson:"event_source,omitempty"`
}

// placeDoc is where a message stood in the log; empty for what lapsed.
type placeDoc struct {
	Sequence    int64      `bson:"sequence,omitempty"`
	Identity    string     `bson:"identity,omitempty"`
	EffectiveAt *time.Time `bson:"effective_at,omitempty"`
	Known       int        `bson:"known,omitempty"` // the latest revision of the programme before it
}

type goodsDoc struct {
	ID       string `bson:"id,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Category string `bson:"category,omitempty"`
	Brand    string `bson:"brand,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   int64  `bson:"amount"`
	Cost     *int64 `bson:"cost,omitempty"`
	Tax      int64  `bson:"tax,omitempty"`
	GiftCard int64  `bson:"gift_card,omitempty"`
	Shipping bool   `bson:"shipping,omitempty"`
	// What was paid with points beside Amount, and the tax in it.
	Points    int64 `bson:"points,omitempty"`
	PointsTax int64 `bson:"points_tax,omitempty"`
}

type returnDoc struct {
	Line     string `bson:"line,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   *int64 `bson:"amount,omitempty"`
}

func rowToDoc(program string, r standing.Row) rowDoc {
	ref := OrderRef{Ref{program, r.Account}, r.Arrival.Ref}
	return rowDoc{
		ID: ref.key(r.Number), Format: format, Account: r.Account, Number: r.Number, Event: eventToDoc(r.Arrival),
		Content: bson.Binary{Data: r.Content[:]}, Revision: r.Revision, Base: int64(r.Base), Place: placeToDoc(r.Place),
	}
}

func eventToDoc(a orderbook.Arrival) eventDoc {
	e := a.Event
	d := eventDoc{
		Merchant: a.Ref.Merchant, Order: a.Ref.Order, Kind: e.Kind.String(), Occurrence: e.Occurrence, OrderRev: e.Revision,
		OccurredAt: e.OccurredAt, Currency: string(e.Currency), Amount: int64(e.Amount), Channel: e.Channel, Member: e.Member,
		EventID: a.ID, Source: a.Source,
	}
	if e.LapsedKind != orders.KindUnset {
		d.Lapsed = e.LapsedKind.String()
	}
	d.Lines = list(e.Lines, func(l orders.Line) goodsDoc {
		return goodsDoc{
			l.ID, l.SKU, l.Category, l.Brand, l.Quantity, int64(l.Amount), costToDoc(l), int64(l.Tax), int64(l.GiftCard), l.Shipping,
			int64(l.Points), int64(l.PointsTax),
		}
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

func placeToDoc(p standing.Place) placeDoc {
	d := placeDoc{Sequence: int64(p.Sequence), Identity: p.Identity, Known: p.Known} //nolint:gosec // far below 2^63
	if !p.At.IsZero() {
		d.EffectiveAt = &p.At
	}
	return d
}

func rowFromDoc(d rowDoc) (standing.Row, error) {
	r := standing.Row{
		Account: d.Account, Number: d.Number, Revision: d.Revision, Base: money.Minor(d.Base), OccurredAt: d.Event.OccurredAt.UTC(),
		Place: placeFromDoc(d.Place),
	}
	if len(d.Content.Data) != len(r.Content) {
		return r, fmt.Errorf("read event %s: a content hash of %d bytes", d.ID, len(d.Content.Data))
	}
	copy(r.Content[:], d.Content.Data)
	var err error
	if r.Arrival, err = eventFromDoc(d.Event); err != nil {
		return r, fmt.Errorf("read event %s: %w", d.ID, err)
	}
	return r, nil
}

func eventFromDoc(d eventDoc) (orderbook.Arrival, error) {
	a := orderbook.Arrival{Ref: orders.Ref{Merchant: d.Merchant, Order: d.Order}, ID: d.EventID, Source: d.Source}
	kind, err := orders.ParseKind(d.Kind)
	if err != nil {
		return a, err
	}
	a.Event = orders.Event{
		Kind: kind, Occurrence: d.Occurrence, Revision: d.OrderRev, OccurredAt: d.OccurredAt.UTC(),
		Currency: money.Currency(d.Currency), Amount: money.Minor(d.Amount), Channel: d.Channel, Member: d.Member,
	}
	if d.Lapsed != "" {
		if a.Event.LapsedKind, err = orders.ParseKind(d.Lapsed); err != nil {
			return a, err
		}
	}
	a.Event.Lines = list(d.Lines, goodsFromDoc)
	a.Event.Returned = list(d.Returned, func(l returnDoc) orders.ReturnedLine {
		line := orders.ReturnedLine{Line: l.Line, SKU: l.SKU, Quantity: l.Quantity}
		if l.Amount != nil {
			line.Amount, line.HasAmount = money.Minor(*l.Amount), true
		}
		return line
	})
	return a, nil
}

func placeFromDoc(d placeDoc) standing.Place {
	p := standing.Place{Sequence: uint64(d.Sequence), Identity: d.Identity, Known: d.Known} //nolint:gosec // written from a uint64
	if d.EffectiveAt != nil {
		p.At = d.EffectiveAt.UTC()
	}
	return p
}

// costToDoc is nil where the line does not tell its cost.
func costToDoc(l orders.Line) *int64 {
	if !l.HasCost {
		return nil
	}
	return new(int64(l.Cost))
}

func goodsFromDoc(d goodsDoc) orders.Line {
	l := orders.Line{
		ID: d.ID, SKU: d.SKU, Category: d.Category, Brand: d.Brand, Quantity: d.Quantity, Amount: money.Minor(d.Amount),
		Tax: money.Minor(d.Tax), GiftCard: money.Minor(d.GiftCard), Shipping: d.Shipping,
		Points: money.Minor(d.Points), PointsTax: money.Minor(d.PointsTax),
	}
	if d.Cost != nil {
		l.Cost, l.HasCost = money.Minor(*d.Cost), true
	}
	return l
}
