package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// account reads an account.
func (d *decoder) account(raw []byte) (accountDoc, error) {
	var a accountDoc
	err := fields(raw, func(name []byte, v bsoncore.Value) error { return d.accountField(name, v, &a) })
	return a, err
}

func (d *decoder) accountField(name []byte, v bsoncore.Value, a *accountDoc) error {
	switch string(name) {
	case "_id":
		return text(v, &a.ID)
	case "format":
		return whole(v, &a.Format)
	case "programme":
		return d.word(v, &a.Program)
	case "account":
		return text(v, &a.Account)
	case "partition":
		return whole(v, &a.Partition)
	case "version":
		return whole(v, &a.Version)
	case "clock":
		return instant(v, &a.Clock)
	case "hash":
		return bytesOf(v, &a.Hash)
	case "balances":
		return items(v, &a.Balances, d.balance)
	case "lots":
		return items(v, &a.Lots, d.storedLot)
	case "debts":
		return items(v, &a.Debts, d.debt)
	case "tier":
		return d.word(v, &a.Tier)
	case "below":
		return d.word(v, &a.Below)
	case "grants":
		return items(v, &a.Grants, d.grant)
	case "days":
		return items(v, &a.Days, spend)
	case "reviewed":
		return whole(v, &a.Reviewed)
	case "waiting":
		return items(v, &a.Waiting, d.waiting)
	case "counters":
		return items(v, &a.Counters, d.counter)
	case "segments":
		return d.wordList(v, &a.Segments)
	case "actions_only":
		return boolean(v, &a.Actions)
	case "holds":
		return items(v, &a.Holds, d.openHold)
	case "refunds":
		return items(v, &a.Refunds, refunded)
	case "frozen":
		return part(v, &a.Frozen, frozen)
	case "rolling":
		return part(v, &a.Rolling, rolling)
	case "due_at":
		return part(v, &a.DueAt, instant)
	}
	return errUnknown
}

func (d *decoder) storedLot(v bsoncore.Value, l *lotDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "left":
			return whole(v, &l.Left)
		case "uncounted":
			return whole(v, &l.Uncounted)
		}
		return d.lot(name, v, &l.Key)
	})
}

func (d *decoder) debt(v bsoncore.Value, o *debtDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &o.Unit)
		case "issuer":
			return d.word(v, &o.Issuer)
		case "points":
			return whole(v, &o.Points)
		}
		return errUnknown
	})
}

func (d *decoder) waiting(v bsoncore.Value, w *waitingDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "merchant":
			return d.word(v, &w.Merchant)
		case "order":
			return text(v, &w.Order)
		case "kind":
			return d.word(v, &w.Kind)
		case "occurrence":
			return text(v, &w.Occurrence)
		case "deadline":
			return instant(v, &w.Deadline)
		}
		return errUnknown
	})
}

func (d *decoder) counter(v bsoncore.Value, c *counterDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "day":
			return whole(v, &c.Day)
		case "type":
			return d.word(v, &c.Type)
		case "points":
			return whole(v, &c.Points)
		}
		return errUnknown
	})
}

func (d *decoder) openHold(v bsoncore.Value, h *openHoldDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) == "parts" {
			return items(v, &h.Parts, d.heldPart)
		}
		return d.holdField(name, v, &h.Hold)
	})
}

func (d *decoder) heldPart(v bsoncore.Value, p *partDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) == "points" {
			return whole(v, &p.Points)
		}
		return d.lot(name, v, &p.Lot)
	})
}

func refunded(v bsoncore.Value, r *refundedDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "capture":
			return whole(v, &r.Capture)
		case "day":
			return whole(v, &r.Day)
		case "left":
			return whole(v, &r.Left)
		}
		return errUnknown
	})
}
