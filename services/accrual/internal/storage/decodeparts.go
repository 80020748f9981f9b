package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

func (d *decoder) ladder(v bsoncore.Value, l *ladderDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "counts":
			return items(v, &l.Counts, spend)
		case "window":
			return whole(v, &l.Window)
		case "change":
			return part(v, &l.Change, d.change)
		case "grants":
			return part(v, &l.Grants, d.grants)
		}
		return errUnknown
	})
}

func spend(v bsoncore.Value, s *spendDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "day":
			return whole(v, &s.Day)
		case "amount":
			return whole(v, &s.Amount)
		}
		return errUnknown
	})
}

func (d *decoder) change(v bsoncore.Value, c *changeDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "from":
			return d.word(v, &c.From)
		case "to":
			return d.word(v, &c.To)
		case "qualifying":
			return whole(v, &c.Qualifying)
		case "cause":
			return d.word(v, &c.Cause)
		}
		return errUnknown
	})
}

func (d *decoder) grants(v bsoncore.Value, g *grantsDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "given":
			return part(v, &g.Given, d.grant)
		case "ended":
			return text(v, &g.Ended)
		case "below":
			return d.word(v, &g.Below)
		}
		return errUnknown
	})
}

func (d *decoder) grant(v bsoncore.Value, g *grantDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return text(v, &g.ID)
		case "tier":
			return d.word(v, &g.Tier)
		case "from":
			return whole(v, &g.From)
		case "until":
			return whole(v, &g.Until)
		case "reason":
			return d.word(v, &g.Reason)
		case "actor":
			return d.word(v, &g.Actor)
		case "ended":
			return boolean(v, &g.Ended)
		}
		return errUnknown
	})
}

func (d *decoder) action(v bsoncore.Value, a *actionDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "source":
			return d.word(v, &a.Source)
		case "id":
			return text(v, &a.ID)
		case "type":
			return d.word(v, &a.Type)
		case "content":
			return bytesOf(v, &a.Content)
		case "day":
			return whole(v, &a.Day)
		case "rule":
			return whole(v, &a.Rule)
		case "points":
			return whole(v, &a.Points)
		case "per_day":
			return whole(v, &a.PerDay)
		case "rules":
			return d.wordList(v, &a.Rules)
		case "frozen":
			return boolean(v, &a.Frozen)
		}
		return errUnknown
	})
}

func (d *decoder) enrolment(v bsoncore.Value, e *enrolmentDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "member":
			return text(v, &e.Member)
		case "kind":
			return d.word(v, &e.Kind)
		}
		return errUnknown
	})
}

func (d *decoder) segment(v bsoncore.Value, s *segmentDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "name":
			return d.word(v, &s.Name)
		case "entered":
			return boolean(v, &s.Entered)
		case "number":
			return whole(v, &s.Number)
		case "revision":
			return whole(v, &s.Revision)
		case "as_of":
			return whole(v, &s.AsOf)
		}
		return errUnknown
	})
}

func (d *decoder) command(v bsoncore.Value, c *commandDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "caller":
			return d.word(v, &c.Caller)
		case "content":
			return bytesOf(v, &c.Content)
		case "points":
			return whole(v, &c.Points)
		case "reason":
			return d.word(v, &c.Reason)
		case "approver":
			return d.word(v, &c.Approver)
		}
		return errUnknown
	})
}

func (d *decoder) hold(v bsoncore.Value, h *holdDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error { return d.holdField(name, v, h) })
}

func (d *decoder) holdField(name []byte, v bsoncore.Value, h *holdDoc) error {
	switch string(name) {
	case "id":
		return text(v, &h.ID)
	case "caller":
		return d.word(v, &h.Caller)
	case "redeemer":
		return d.word(v, &h.Redeemer)
	case "points":
		return whole(v, &h.Points)
	case "deadline":
		return instant(v, &h.Deadline)
	}
	return errUnknown
}

func (d *decoder) refund(v bsoncore.Value, r *refundDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "capture":
			return text(v, &r.Capture)
		case "seq":
			return whole(v, &r.Seq)
		case "day":
			return whole(v, &r.Day)
		case "left":
			return whole(v, &r.Left)
		}
		return errUnknown
	})
}

func frozen(v bsoncore.Value, f *frozenDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "earning":
			return boolean(v, &f.Earning)
		case "spending":
			return boolean(v, &f.Spending)
		}
		return errUnknown
	})
}

func (d *decoder) transfer(v bsoncore.Value, t *transferDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return text(v, &t.ID)
		case "from":
			return text(v, &t.From)
		case "to":
			return text(v, &t.To)
		case "points":
			return whole(v, &t.Points)
		case "fee":
			return whole(v, &t.Fee)
		case "refused":
			return d.word(v, &t.Refused)
		case "rolled":
			return number(v, &t.Rolled)
		}
		return errUnknown
	})
}

func extension(v bsoncore.Value, x *extensionDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "before":
			return whole(v, &x.Before)
		case "to":
			return whole(v, &x.To)
		}
		return errUnknown
	})
}

func (d *decoder) imported(v bsoncore.Value, i *importDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "source":
			return d.word(v, &i.Source)
		case "issued":
			return number(v, &i.Issued)
		}
		return errUnknown
	})
}

func rolls(v bsoncore.Value, r *rollDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) != "until" {
			return errUnknown
		}
		return whole(v, &r.Until)
	})
}

func rolling(v bsoncore.Value, r *rollingDoc) error {
	return object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "until":
			return whole(v, &r.Until)
		case "lapses":
			return whole(v, &r.Lapses)
		}
		return errUnknown
	})
}
