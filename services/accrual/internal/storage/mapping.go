package storage

import (
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// accountKey is the _id of an account: the programme's id holds no slash.
func accountKey(program string, id ledger.AccountID) string { return program + "/" + string(id) }

// entryKey is the _id of an entry.
func entryKey(program, key string) string { return program + "/" + key }

func cutKey(id string) (program, key string, err error) {
	before, after, ok := strings.Cut(id, "/")
	if !ok {
		return "", "", fmt.Errorf("id %q has no programme", id)
	}
	return before, after, nil
}

func list[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func binary(h ledger.Hash) bson.Binary { return bson.Binary{Data: h[:]} }

func hash(b bson.Binary) (ledger.Hash, error) {
	var h ledger.Hash
	if len(b.Data) != len(h) {
		return h, fmt.Errorf("a hash of %d bytes", len(b.Data))
	}
	copy(h[:], b.Data)
	return h, nil
}

func dayToDoc(d calendar.Day) *int32 {
	if d == calendar.None {
		return nil
	}
	v := int32(d)
	return &v
}

func dayFromDoc(v *int32) calendar.Day {
	if v == nil {
		return calendar.None
	}
	return calendar.Day(*v)
}

func timeToDoc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func lotKeyToDoc(k ledger.LotKey) lotKeyDoc {
	return lotKeyDoc{k.Unit, k.Issuer, dayToDoc(k.Activation), dayToDoc(k.Expiry), k.Life}
}

func lotKeyFromDoc(d lotKeyDoc) ledger.LotKey {
	return ledger.LotKey{Unit: d.Unit, Issuer: d.Issuer, Activation: dayFromDoc(d.Activation), Expiry: dayFromDoc(d.Expiry), Life: d.Life}
}

func balanceToDoc(b ledger.Balance) balanceDoc {
	return balanceDoc{b.Unit, int64(b.Pending), int64(b.Active), int64(b.Held), int64(b.Debt)}
}

func balanceFromDoc(d balanceDoc) ledger.Balance {
	return ledger.Balance{
		Unit: d.Unit, Pending: money.Points(d.Pending), Active: money.Points(d.Active),
		Held: money.Points(d.Held), Debt: money.Points(d.Debt),
	}
}

func spendToDoc(s ladder.Spend) spendDoc { return spendDoc{int32(s.Day), int64(s.Amount)} }

func spendFromDoc(d spendDoc) ladder.Spend {
	return ladder.Spend{Day: calendar.Day(d.Day), Amount: money.Minor(d.Amount)}
}

func entryToDoc(e ledger.Entry) entryDoc {
	d := entryDoc{
		ID: entryKey(e.Program, e.Key), Format: int(e.Format), Account: accountKey(e.Program, e.Account), Seq: int64(e.Seq),
		Kind: e.Kind.String(), OccurredAt: e.OccurredAt, EffectiveAt: e.EffectiveAt, Day: int32(e.Day), Revision: e.Revision,
		Actor: e.Actor, EventID: e.EventID, EventSource: e.EventSource,
		Epoch: e.Position.Epoch, Sequence: int64(e.Position.Sequence), //nolint:gosec // sequences stay far below 2^63
		Order: orderToDoc(e.Order), Ladder: ladderToDoc(e.Ladder), Action: actionToDoc(e.Action),
		After: afterDoc{Balances: list(e.After.Balances, balanceToDoc), Tier: e.After.Tier},
		Hash:  binary(e.Hash), RecordedAt: e.RecordedAt,
	}
	if d.After.Balances == nil {
		d.After.Balances = []balanceDoc{}
	}
	if p := e.Enrolment; p != nil {
		d.Enrolment = &enrolmentDoc{p.Member, p.Kind}
	}
	if p := e.Segment; p != nil {
		d.Segment = &segmentDoc{p.Name, p.Entered, p.Number, p.Revision, int32(p.AsOf)}
	}
	if f := e.Frozen; f != nil {
		d.Frozen = &frozenDoc{f.Earning, f.Spending}
	}
	if r := e.Rolls; r != nil {
		d.Rolls = &rollDoc{int32(r.Until)}
	}
	commandToDoc(&d, e)
	d.Lines = list(e.Lines, func(l earning.Line) lineDoc {
		return lineDoc{l.ID, l.SKU, l.Category, int64(l.Base), l.Rate.String(), int64(l.Points), l.Rules}
	})
	d.Movements = list(e.Movements, func(m ledger.Movement) movementDoc {
		return movementDoc{m.Move.String(), lotKeyToDoc(m.Lot), int64(m.Points), m.Redeemer}
	})
	d.Postings = list(e.Postings, func(p ledger.Posting) postingDoc {
		return postingDoc{p.Unit, p.Bucket, int64(p.Points)}
	})
	return d
}

func actionToDoc(a *ledger.ActionPart) *actionDoc {
	if a == nil {
		return nil
	}
	return &actionDoc{
		Source: a.Ref.Source, ID: a.Ref.ID, Type: a.Type, Content: binary(a.Content), Day: int32(a.Day), Rule: int64(a.Rule),
		Points: int64(a.Points), PerDay: int64(a.PerDay), Rules: a.Rules, Frozen: a.Frozen,
	}
}

func ladderToDoc(l *ledger.LadderPart) *ladderDoc {
	if l == nil {
		return nil
	}
	d := &ladderDoc{Counts: list(l.Counts, spendToDoc), Window: l.Window}
	if c := l.Change; c != nil {
		d.Change = &changeDoc{c.From, c.To, int64(c.Qualifying), c.Cause}
	}
	if g := l.Grants; g != nil {
		d.Grants = &grantsDoc{Ended: g.Ended, Below: g.Below}
		if g.Given != nil {
			given := grantToDoc(*g.Given)
			d.Grants.Given = &given
		}
	}
	return d
}

func grantToDoc(g ladder.Grant) grantDoc {
	return grantDoc{g.ID, g.Tier, int32(g.From), int32(g.Until), g.Reason, g.Actor, g.Ended}
}

func grantFromDoc(d grantDoc) ladder.Grant {
	return ladder.Grant{
		ID: d.ID, Tier: d.Tier, From: calendar.Day(d.From), Until: calendar.Day(d.Until), Reason: d.Reason, Actor: d.Actor, Ended: d.Ended,
	}
}

func ladderFromDoc(d *ladderDoc) *ledger.LadderPart {
	if d == nil {
		return nil
	}
	l := &ledger.LadderPart{Counts: list(d.Counts, spendFromDoc), Window: d.Window}
	if c := d.Change; c != nil {
		l.Change = &ladder.Change{From: c.From, To: c.To, Qualifying: money.Minor(c.Qualifying), Cause: c.Cause}
	}
	if g := d.Grants; g != nil {
		l.Grants = &ledger.GrantsPart{Ended: g.Ended, Below: g.Below}
		if g.Given != nil {
			given := grantFromDoc(*g.Given)
			l.Grants.Given = &given
		}
	}
	return l
}

func orderToDoc(o *ledger.OrderPart) *orderDoc {
	if o == nil {
		return nil
	}
	ev := o.Event
	d := &orderDoc{
		Merchant: o.Ref.Merchant, Order: o.Ref.Order, Number: o.Number, Kind: ev.Kind.String(), Occurrence: ev.Occurrence,
		OrderRev: ev.Revision, OccurredAt: ev.OccurredAt, Currency: string(ev.Currency), Amount: int64(ev.Amount),
		Channel: ev.Channel, Member: ev.Member, Content: binary(o.Content), Revision: o.Revision, Tier: o.Tier, Segment: o.Segment, Frozen: o.Frozen,
		Base: int64(o.Base), Target: int64(o.Target), Waiting: o.Waiting, Deadline: timeToDoc(o.Deadline),
	}
	if ev.LapsedKind != orders.KindUnset {
		d.Lapsed = ev.LapsedKind.String()
	}
	d.Lines = list(ev.Lines, func(l orders.Line) goodsDoc {
		return goodsDoc{
			l.ID, l.SKU, l.Category, l.Brand, l.Quantity, int64(l.Amount), costToDoc(l), int64(l.Tax), int64(l.GiftCard), l.Shipping,
			int64(l.Points), int64(l.PointsTax),
		}
	})
	d.Others = list(o.Others, func(t ledger.UnitPoints) targetDoc { return targetDoc{t.Unit, int64(t.Points)} })
	d.Returned = list(ev.Returned, func(r orders.ReturnedLine) returnDoc {
		doc := returnDoc{Line: r.Line, SKU: r.SKU, Quantity: r.Quantity}
		if r.HasAmount {
			amount := int64(r.Amount)
			doc.Amount = &amount
		}
		return doc
	})
	return d
}
