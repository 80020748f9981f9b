package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

func (d *decoder) ladder(v bsoncore.Value, l *ladderDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "counts":
			return document.Items(v, &l.Counts, spend)
		case "window":
			return document.Whole(v, &l.Window)
		case "change":
			return document.Part(v, &l.Change, d.change)
		case "grants":
			return document.Part(v, &l.Grants, d.grants)
		}
		return document.ErrUnknown
	})
}

func spend(v bsoncore.Value, s *spendDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "day":
			return document.Whole(v, &s.Day)
		case "amount":
			return document.Whole(v, &s.Amount)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) change(v bsoncore.Value, c *changeDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "from":
			return d.word(v, &c.From)
		case "to":
			return d.word(v, &c.To)
		case "qualifying":
			return document.Whole(v, &c.Qualifying)
		case "cause":
			return d.word(v, &c.Cause)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) grants(v bsoncore.Value, g *grantsDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "given":
			return document.Part(v, &g.Given, d.grant)
		case "ended":
			return document.Text(v, &g.Ended)
		case "below":
			return d.word(v, &g.Below)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) grant(v bsoncore.Value, g *grantDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return document.Text(v, &g.ID)
		case "tier":
			return d.word(v, &g.Tier)
		case "from":
			return document.Whole(v, &g.From)
		case "until":
			return document.Whole(v, &g.Until)
		case "reason":
			return d.word(v, &g.Reason)
		case "actor":
			return d.word(v, &g.Actor)
		case "ended":
			return document.Boolean(v, &g.Ended)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) action(v bsoncore.Value, a *actionDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "source":
			return d.word(v, &a.Source)
		case "id":
			return document.Text(v, &a.ID)
		case "type":
			return d.word(v, &a.Type)
		case "content":
			return document.Bytes(v, &a.Content)
		case "day":
			return document.Whole(v, &a.Day)
		case "rule":
			return document.Whole(v, &a.Rule)
		case "points":
			return document.Whole(v, &a.Points)
		case "per_day":
			return document.Whole(v, &a.PerDay)
		case "rules":
			return d.wordList(v, &a.Rules)
		case "frozen":
			return document.Boolean(v, &a.Frozen)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) enrolment(v bsoncore.Value, e *enrolmentDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "member":
			return document.Text(v, &e.Member)
		case "kind":
			return d.word(v, &e.Kind)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) segment(v bsoncore.Value, s *segmentDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "name":
			return d.word(v, &s.Name)
		case "entered":
			return document.Boolean(v, &s.Entered)
		case "number":
			return document.Whole(v, &s.Number)
		case "revision":
			return document.Whole(v, &s.Revision)
		case "as_of":
			return document.Whole(v, &s.AsOf)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) command(v bsoncore.Value, c *commandDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "caller":
			return d.word(v, &c.Caller)
		case "content":
			return document.Bytes(v, &c.Content)
		case "points":
			return document.Whole(v, &c.Points)
		case "reason":
			return d.word(v, &c.Reason)
		case "approver":
			return d.word(v, &c.Approver)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) hold(v bsoncore.Value, h *holdDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error { return d.holdField(name, v, h) })
}

func (d *decoder) holdField(name []byte, v bsoncore.Value, h *holdDoc) error {
	switch string(name) {
	case "id":
		return document.Text(v, &h.ID)
	case "caller":
		return d.word(v, &h.Caller)
	case "redeemer":
		return d.word(v, &h.Redeemer)
	case "points":
		return document.Whole(v, &h.Points)
	case "deadline":
		return document.Instant(v, &h.Deadline)
	}
	return document.ErrUnknown
}

func (d *decoder) refund(v bsoncore.Value, r *refundDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "capture":
			return document.Text(v, &r.Capture)
		case "seq":
			return document.Whole(v, &r.Seq)
		case "day":
			return document.Whole(v, &r.Day)
		case "left":
			return document.Whole(v, &r.Left)
		}
		return document.ErrUnknown
	})
}

func frozen(v bsoncore.Value, f *frozenDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "earning":
			return document.Boolean(v, &f.Earning)
		case "spending":
			return document.Boolean(v, &f.Spending)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) transfer(v bsoncore.Value, t *transferDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "id":
			return document.Text(v, &t.ID)
		case "from":
			return document.Text(v, &t.From)
		case "to":
			return document.Text(v, &t.To)
		case "points":
			return document.Whole(v, &t.Points)
		case "fee":
			return document.Whole(v, &t.Fee)
		case "refused":
			return d.word(v, &t.Refused)
		case "rolled":
			return document.Number(v, &t.Rolled)
		}
		return document.ErrUnknown
	})
}

func extension(v bsoncore.Value, x *extensionDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "before":
			return document.Whole(v, &x.Before)
		case "to":
			return document.Whole(v, &x.To)
		}
		return document.ErrUnknown
	})
}

func (d *decoder) imported(v bsoncore.Value, i *importDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "source":
			return d.word(v, &i.Source)
		case "issued":
			return document.Number(v, &i.Issued)
		}
		return document.ErrUnknown
	})
}

func rolls(v bsoncore.Value, r *rollDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		if string(name) != "until" {
			return document.ErrUnknown
		}
		return document.Whole(v, &r.Until)
	})
}

func rolling(v bsoncore.Value, r *rollingDoc) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "until":
			return document.Whole(v, &r.Until)
		case "lapses":
			return document.Whole(v, &r.Lapses)
		}
		return document.ErrUnknown
	})
}
