package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// entry reads an entry, all but the event that it came by. It is there until the next one is read.
func (d *decoder) entry(raw []byte) (*entryDoc, error) {
	e := &d.room
	*e = entryDoc{
		Lines: e.Lines[:0], Movements: e.Movements[:0], Postings: e.Postings[:0], After: afterDoc{Balances: e.After.Balances[:0]},
	}
	err := document.Fields(raw, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "_id":
			return document.Text(v, &e.ID)
		case "format":
			return document.Whole(v, &e.Format)
		case "account":
			return document.Text(v, &e.Account)
		case "seq":
			return document.Whole(v, &e.Seq)
		case "kind":
			return d.word(v, &e.Kind)
		case "occurred_at":
			return document.Instant(v, &e.OccurredAt)
		case "effective_at":
			return document.Instant(v, &e.EffectiveAt)
		case "day":
			return document.Whole(v, &e.Day)
		case "revision":
			return document.Whole(v, &e.Revision)
		case "actor":
			return d.word(v, &e.Actor)
		case "event_id":
			return document.Text(v, &e.EventID)
		case "event_source":
			return d.word(v, &e.EventSource)
		case "epoch":
			return document.Whole(v, &e.Epoch)
		case "sequence":
			return document.Whole(v, &e.Sequence)
		case "after":
			return d.after(v, &e.After)
		case "hash":
			return document.Bytes(v, &e.Hash)
		case "recorded_at":
			return document.Instant(v, &e.RecordedAt)
		case "original":
			return nil // it stands outside the hash
		}
		return d.entryPart(name, v, e)
	})
	return e, err
}

// entryPart reads what only some entries have.
func (d *decoder) entryPart(name []byte, v bsoncore.Value, e *entryDoc) error {
	switch string(name) {
	case "order":
		o := &d.parts.order
		*o = orderDoc{Lines: o.Lines[:0], Returned: o.Returned[:0]}
		e.Order = o
		return d.order(v, o)
	case "lines":
		return document.Items(v, &e.Lines, d.line)
	case "movements":
		return document.Items(v, &e.Movements, d.movement)
	case "postings":
		return document.Items(v, &e.Postings, d.posting)
	case "ladder":
		l := &d.parts.ladder
		*l = ladderDoc{Counts: l.Counts[:0]}
		e.Ladder = l
		return d.ladder(v, l)
	case "action":
		return document.Part(v, &e.Action, d.action)
	case "enrolment":
		return document.Part(v, &e.Enrolment, d.enrolment)
	case "segment":
		return document.Part(v, &e.Segment, d.segment)
	case "command":
		return document.Part(v, &e.Command, d.command)
	case "hold":
		return document.Part(v, &e.Hold, d.hold)
	case "refund":
		return document.Part(v, &e.Refund, d.refund)
	case "frozen":
		return document.Part(v, &e.Frozen, frozen)
	case "transfer":
		return document.Part(v, &e.Transfer, d.transfer)
	case "extension":
		return document.Part(v, &e.Extension, extension)
	case "import":
		return document.Part(v, &e.Import, d.imported)
	case "rolls":
		return document.Part(v, &e.Rolls, rolls)
	}
	return document.ErrUnknown
}

func (d *decoder) order(v bsoncore.Value, o *orderDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "merchant":
			return d.word(v, &o.Merchant)
		case "order":
			return document.Text(v, &o.Order)
		case "number":
			return document.Whole(v, &o.Number)
		case "kind":
			return d.word(v, &o.Kind)
		case "occurrence":
			return document.Text(v, &o.Occurrence)
		case "order_revision":
			return document.Whole(v, &o.OrderRev)
		case "lapsed":
			return d.word(v, &o.Lapsed)
		case "occurred_at":
			return document.Instant(v, &o.OccurredAt)
		case "currency":
			return d.word(v, &o.Currency)
		case "lines":
			return document.Items(v, &o.Lines, d.goods)
		case "returned":
			return document.Items(v, &o.Returned, d.returned)
		case "amount":
			return document.Whole(v, &o.Amount)
		case "channel":
			return d.word(v, &o.Channel)
		case "member":
			return document.Text(v, &o.Member)
		case "content":
			return document.Bytes(v, &o.Content)
		case "revision":
			return document.Whole(v, &o.Revision)
		case "tier":
			return d.word(v, &o.Tier)
		case "segment":
			return d.word(v, &o.Segment)
		case "frozen":
			return document.Boolean(v, &o.Frozen)
		case "base":
			return document.Whole(v, &o.Base)
		case "target":
			return document.Whole(v, &o.Target)
		case "others":
			return document.Items(v, &o.Others, d.target)
		case "waiting":
			return document.Boolean(v, &o.Waiting)
		case "deadline":
			return document.Part(v, &o.Deadline, document.Instant)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) target(v bsoncore.Value, t *targetDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &t.Unit)
		case "points":
			return document.Whole(v, &t.Points)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) goods(v bsoncore.Value, g *goodsDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return d.word(v, &g.ID)
		case "sku":
			return d.word(v, &g.SKU)
		case "category":
			return d.word(v, &g.Category)
		case "brand":
			return d.word(v, &g.Brand)
		case "quantity":
			return document.Whole(v, &g.Quantity)
		case "amount":
			return document.Whole(v, &g.Amount)
		case "cost":
			return document.Number(v, &g.Cost)
		case "tax":
			return document.Whole(v, &g.Tax)
		case "gift_card":
			return document.Whole(v, &g.GiftCard)
		case "shipping":
			return document.Boolean(v, &g.Shipping)
		case "points":
			return document.Whole(v, &g.Points)
		case "points_tax":
			return document.Whole(v, &g.PointsTax)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) returned(v bsoncore.Value, r *returnDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "line":
			return d.word(v, &r.Line)
		case "sku":
			return d.word(v, &r.SKU)
		case "quantity":
			return document.Whole(v, &r.Quantity)
		case "amount":
			return document.Number(v, &r.Amount)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) line(v bsoncore.Value, l *lineDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return d.word(v, &l.ID)
		case "sku":
			return d.word(v, &l.SKU)
		case "category":
			return d.word(v, &l.Category)
		case "base":
			return document.Whole(v, &l.Base)
		case "rate":
			return d.word(v, &l.Rate)
		case "points":
			return document.Whole(v, &l.Points)
		case "rules":
			return d.wordList(v, &l.Rules)
		}
		return document.ErrUnknown
	})
}

// lot reads a field of a lot's key.
func (d *decoder) lot(name []byte, v bsoncore.Value, k *lotKeyDoc) error {
	switch string(name) {
	case "unit":
		return d.word(v, &k.Unit)
	case "issuer":
		return d.word(v, &k.Issuer)
	case "activation":
		return document.Number(v, &k.Activation)
	case "expiry":
		return document.Number(v, &k.Expiry)
	case "life":
		return document.Whole(v, &k.Life)
	}
	return document.ErrUnknown
}

func (d *decoder) movement(v bsoncore.Value, m *movementDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "move":
			return d.word(v, &m.Move)
		case "points":
			return document.Whole(v, &m.Points)
		case "redeemer":
			return d.word(v, &m.Redeemer)
		}
		return d.lot(name, v, &m.Lot)
	})
}

func (d *decoder) posting(v bsoncore.Value, p *postingDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &p.Unit)
		case "bucket":
			return d.word(v, &p.Bucket)
		case "points":
			return document.Whole(v, &p.Points)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) after(v bsoncore.Value, a *afterDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "balances":
			return document.Items(v, &a.Balances, d.balance)
		case "tier":
			return d.word(v, &a.Tier)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) balance(v bsoncore.Value, b *balanceDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &b.Unit)
		case "pending":
			return document.Whole(v, &b.Pending)
		case "active":
			return document.Whole(v, &b.Active)
		case "held":
			return document.Whole(v, &b.Held)
		case "debt":
			return document.Whole(v, &b.Debt)
		}
		return document.ErrUnknown
	})
}
