package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// account reads an account.
func (d *decoder) account(raw []byte) (accountDoc, error) {
	var a accountDoc
	err := document.Fields(raw, func(name []byte, v bsoncore.Value) error { return d.accountField(name, v, &a) })
	return a, err
}

func (d *decoder) accountField(name []byte, v bsoncore.Value, a *accountDoc) error {
	switch string(name) {
	case "_id":
		return document.Text(v, &a.ID)
	case "format":
		return document.Whole(v, &a.Format)
	case "programme":
		return d.word(v, &a.Program)
	case "account":
		return document.Text(v, &a.Account)
	case "partition":
		return document.Whole(v, &a.Partition)
	case "version":
		return document.Whole(v, &a.Version)
	case "clock":
		return document.Instant(v, &a.Clock)
	case "hash":
		return document.Bytes(v, &a.Hash)
	case "balances":
		return document.Items(v, &a.Balances, d.balance)
	case "lots":
		return document.Items(v, &a.Lots, d.storedLot)
	case "debts":
		return document.Items(v, &a.Debts, d.debt)
	case "tier":
		return d.word(v, &a.Tier)
	case "below":
		return d.word(v, &a.Below)
	case "grants":
		return document.Items(v, &a.Grants, d.grant)
	case "days":
		return document.Items(v, &a.Days, spend)
	case "reviewed":
		return document.Whole(v, &a.Reviewed)
	case "waiting":
		return document.Items(v, &a.Waiting, d.waiting)
	case "counters":
		return document.Items(v, &a.Counters, d.counter)
	case "segments":
		return d.wordList(v, &a.Segments)
	case "actions_only":
		return document.Boolean(v, &a.Actions)
	case "holds":
		return document.Items(v, &a.Holds, d.openHold)
	case "refunds":
		return document.Items(v, &a.Refunds, refunded)
	case "frozen":
		return document.Part(v, &a.Frozen, frozen)
	case "rolling":
		return document.Part(v, &a.Rolling, rolling)
	case "due_at":
		return document.Part(v, &a.DueAt, document.Instant)
	}
	return document.ErrUnknown
}

func (d *decoder) storedLot(v bsoncore.Value, l *lotDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "left":
			return document.Whole(v, &l.Left)
		case "uncounted":
			return document.Whole(v, &l.Uncounted)
		}
		return d.lot(name, v, &l.Key)
	})
}

func (d *decoder) debt(v bsoncore.Value, o *debtDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "unit":
			return d.word(v, &o.Unit)
		case "issuer":
			return d.word(v, &o.Issuer)
		case "points":
			return document.Whole(v, &o.Points)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) waiting(v bsoncore.Value, w *waitingDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "merchant":
			return d.word(v, &w.Merchant)
		case "order":
			return document.Text(v, &w.Order)
		case "kind":
			return d.word(v, &w.Kind)
		case "occurrence":
			return document.Text(v, &w.Occurrence)
		case "deadline":
			return document.Instant(v, &w.Deadline)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) counter(v bsoncore.Value, c *counterDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "day":
			return document.Whole(v, &c.Day)
		case "type":
			return d.word(v, &c.Type)
		case "points":
			return document.Whole(v, &c.Points)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) openHold(v bsoncore.Value, h *openHoldDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) == "parts" {
			return document.Items(v, &h.Parts, d.heldPart)
		}
		return d.holdField(name, v, &h.Hold)
	})
}

func (d *decoder) heldPart(v bsoncore.Value, p *partDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) == "points" {
			return document.Whole(v, &p.Points)
		}
		return d.lot(name, v, &p.Lot)
	})
}

func refunded(v bsoncore.Value, r *refundedDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "capture":
			return document.Whole(v, &r.Capture)
		case "day":
			return document.Whole(v, &r.Day)
		case "left":
			return document.Whole(v, &r.Left)
		}
		return document.ErrUnknown
	})
}
