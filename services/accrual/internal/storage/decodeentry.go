package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// entry reads an entry, all but the event that it came by. It is there until the next one is read.
func (d *decoder) entry(raw []byte) (*entryDoc, error) {
	e := &d.room
	*e = entryDoc{
		Lines: e.Lines[:0], Movements: e.Movements[:0], Postings: e.Postings[:0], After: afterDoc{Balances: e.After.Balances[:0]},
	}
	err := fields(raw, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "_id":
			return text(v, &e.ID)
		case "format":
			return whole(v, &e.Format)
		case "account":
			return text(v, &e.Account)
		case "seq":
			return whole(v, &e.Seq)
		case "kind":
			return d.word(v, &e.Kind)
		case "occurred_at":
			return instant(v, &e.OccurredAt)
		case "effective_at":
			return instant(v, &e.EffectiveAt)
		case "day":
			return whole(v, &e.Day)
		case "revision":
			return whole(v, &e.Revision)
		case "actor":
			return d.word(v, &e.Actor)
		case "event_id":
			return text(v, &e.EventID)
		case "event_source":
			return d.word(v, &e.EventSource)
		case "epoch":
			return whole(v, &e.Epoch)
		case "sequence":
			return whole(v, &e.Sequence)
		case "after":
			return d.after(v, &e.After)
		case "hash":
			return bytesOf(v, &e.Hash)
		case "recorded_at":
			return instant(v, &e.RecordedAt)
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
		return items(v, &e.Lines, d.line)
	case "movements":
		return items(v, &e.Movements, d.movement)
	case "postings":
		return items(v, &e.Postings, d.posting)
	case "ladder":
		l := &d.parts.ladder
		*l = ladderDoc{Counts: l.Counts[:0]}
		e.Ladder = l
		return d.ladder(v, l)
	case "action":
		return part(v, &e.Action, d.action)
	case "enrolment":
		return part(v, &e.Enrolment, d.enrolment)
	case "segment":
		return part(v, &e.Segment, d.segment)
	case "command":
		return part(v, &e.Command, d.command)
	case "hold":
		return part(v, &e.Hold, d.hold)
	case "refund":
		return part(v, &e.Refund, d.refund)
	case "frozen":
		return part(v, &e.Frozen, frozen)
	case "transfer":
		return part(v, &e.Transfer, d.transfer)
	case "extension":
		return part(v, &e.Extension, extension)
	case "import":
		return part(v, &e.Import, d.imported)
	case "rolls":
		return part(v, &e.Rolls, rolls)
	}
	return errUnknown
}

func (d *decoder) order(v bsoncore.Value, o *orderDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "merchant":
			return d.word(v, &o.Merchant)
		case "order":
			return text(v, &o.Order)
		case "number":
			return whole(v, &o.Number)
		case "kind":
			return d.word(v, &o.Kind)
		case "occurrence":
			return text(v, &o.Occurrence)
		case "order_revision":
			return whole(v, &o.OrderRev)
		case "lapsed":
			return d.word(v, &o.Lapsed)
		case "occurred_at":
			return instant(v, &o.OccurredAt)
		case "currency":
			return d.word(v, &o.Currency)
		case "lines":
			return items(v, &o.Lines, d.goods)
		case "returned":
			return items(v, &o.Returned, d.returned)
		case "amount":
			return whole(v, &o.Amount)
		case "channel":
			return d.word(v, &o.Channel)
		case "member":
			return text(v, &o.Member)
		case "content":
			return bytesOf(v, &o.Content)
		case "revision":
			return whole(v, &o.Revision)
		case "tier":
			return d.word(v, &o.Tier)
		case "segment":
			return d.word(v, &o.Segment)
		case "frozen":
			return boolean(v, &o.Frozen)
		case "base":
			return whole(v, &o.Base)
		case "target":
			return whole(v, &o.Target)
		case "waiting":
			return boolean(v, &o.Waiting)
		case "deadline":
			return part(v, &o.Deadline, instant)
		}
		return errUnknown
	})
}

func (d *decoder) goods(v bsoncore.Value, g *goodsDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
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
			return whole(v, &g.Quantity)
		case "amount":
			return whole(v, &g.Amount)
		case "cost":
			return number(v, &g.Cost)
		case "tax":
			return whole(v, &g.Tax)
		case "gift_card":
			return whole(v, &g.GiftCard)
		case "shipping":
			return boolean(v, &g.Shipping)
		}
		return errUnknown
	})
}

func (d *decoder) returned(v bsoncore.Value, r *returnDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "line":
			return d.word(v, &r.Line)
		case "sku":
			return d.word(v, &r.SKU)
		case "quantity":
			return whole(v, &r.Quantity)
		case "amount":
			return number(v, &r.Amount)
		}
		return errUnknown
	})
}

func (d *decoder) line(v bsoncore.Value, l *lineDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return d.word(v, &l.ID)
		case "sku":
			return d.word(v, &l.SKU)
		case "category":
			return d.word(v, &l.Category)
		case "base":
			return whole(v, &l.Base)
		case "rate":
			return d.word(v, &l.Rate)
		case "points":
			return whole(v, &l.Points)
		case "rules":
			return d.wordList(v, &l.Rules)
		}
		return errUnknown
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
		return number(v, &k.Activation)
	case "expiry":
		return number(v, &k.Expiry)
	case "life":
		return whole(v, &k.Life)
	}
	return errUnknown
}

func (d *decoder) movement(v bsoncore.Value, m *movementDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "move":
			return d.word(v, &m.Move)
		case "points":
			return whole(v, &m.Points)
		case "redeemer":
			return d.word(v, &m.Redeemer)
		}
		return d.lot(name, v, &m.Lot)
	})
}

func (d *decoder) posting(v bsoncore.Value, p *postingDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &p.Unit)
		case "bucket":
			return d.word(v, &p.Bucket)
		case "points":
			return whole(v, &p.Points)
		}
		return errUnknown
	})
}

func (d *decoder) after(v bsoncore.Value, a *afterDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "balances":
			return items(v, &a.Balances, d.balance)
		case "tier":
			return d.word(v, &a.Tier)
		}
		return errUnknown
	})
}

func (d *decoder) balance(v bsoncore.Value, b *balanceDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &b.Unit)
		case "pending":
			return whole(v, &b.Pending)
		case "active":
			return whole(v, &b.Active)
		case "held":
			return whole(v, &b.Held)
		case "debt":
			return whole(v, &b.Debt)
		}
		return errUnknown
	})
}
