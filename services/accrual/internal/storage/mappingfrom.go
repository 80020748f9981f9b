package storage

import (
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

func entryFromDoc(d entryDoc) (ledger.Entry, error) {
	e, err := entryFields(d)
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("read entry %s: %w", d.ID, err)
	}
	return e, nil
}

func entryFields(d entryDoc) (ledger.Entry, error) {
	e := ledger.Entry{
		Format: uint8(d.Format), Seq: ledger.Seq(d.Seq), OccurredAt: d.OccurredAt.UTC(), //nolint:gosec // formats are small
		EffectiveAt: d.EffectiveAt.UTC(), Day: calendar.Day(d.Day), Revision: d.Revision, Actor: d.Actor,
		EventID: d.EventID, EventSource: d.EventSource,
		Position: ledger.Position{Epoch: d.Epoch, Sequence: uint64(d.Sequence)}, //nolint:gosec // written from a uint64
		Ladder:   ladderFromDoc(d.Ladder), RecordedAt: d.RecordedAt.UTC(),
		After: ledger.After{Balances: list(d.After.Balances, balanceFromDoc), Tier: d.After.Tier},
	}
	var account string
	var err error
	if e.Program, e.Key, err = cutKey(d.ID); err != nil {
		return e, err
	}
	if _, account, err = cutKey(d.Account); err != nil {
		return e, err
	}
	e.Account = ledger.AccountID(account)
	if e.Kind, err = ledger.ParseKind(d.Kind); err != nil {
		return e, err
	}
	if e.Hash, err = hash(d.Hash); err != nil {
		return e, err
	}
	if e.Order, err = orderFromDoc(d.Order); err != nil {
		return e, err
	}
	if e.Action, err = actionFromDoc(d.Action); err != nil {
		return e, err
	}
	if p := d.Enrolment; p != nil {
		e.Enrolment = &ledger.EnrolmentPart{Member: p.Member, Kind: p.Kind}
	}
	if p := d.Segment; p != nil {
		e.Segment = &ledger.SegmentPart{Name: p.Name, Entered: p.Entered, Number: p.Number, Revision: p.Revision, AsOf: calendar.Day(p.AsOf)}
	}
	if f := d.Frozen; f != nil {
		e.Frozen = &ledger.Frozen{Earning: f.Earning, Spending: f.Spending}
	}
	if r := d.Rolls; r != nil {
		e.Rolls = &ledger.RollPart{Until: calendar.Day(r.Until)}
	}
	if err := commandFromDoc(&e, d); err != nil {
		return e, err
	}
	e.Postings = list(d.Postings, func(p postingDoc) ledger.Posting {
		return ledger.Posting{Unit: p.Unit, Bucket: p.Bucket, Points: money.Points(p.Points)}
	})
	return e, fillParts(&e, d)
}

// fillParts maps the lists whose items may fail.
func fillParts(e *ledger.Entry, d entryDoc) error {
	if len(d.Lines) > 0 {
		e.Lines = make([]earning.Line, 0, len(d.Lines))
	}
	for _, l := range d.Lines {
		rate, err := money.ParseRatio(l.Rate)
		if err != nil {
			return fmt.Errorf("line %s: %w", l.ID, err)
		}
		e.Lines = append(e.Lines, earning.Line{
			ID: l.ID, SKU: l.SKU, Category: l.Category, Base: money.Minor(l.Base), Rate: rate,
			Points: money.Points(l.Points), Rules: l.Rules,
		})
	}
	if len(d.Movements) > 0 {
		e.Movements = make([]ledger.Movement, 0, len(d.Movements))
	}
	for _, m := range d.Movements {
		move, err := ledger.ParseMove(m.Move)
		if err != nil {
			return err
		}
		e.Movements = append(e.Movements, ledger.Movement{
			Move: move, Lot: lotKeyFromDoc(m.Lot), Points: money.Points(m.Points), Redeemer: m.Redeemer,
		})
	}
	return nil
}

func actionFromDoc(d *actionDoc) (*ledger.ActionPart, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // an entry without an action has no action part
	}
	content, err := hash(d.Content)
	return &ledger.ActionPart{
		Ref: actions.Ref{Source: d.Source, ID: d.ID}, Type: d.Type, Content: content, Day: calendar.Day(d.Day),
		Rule: money.Points(d.Rule), Points: money.Points(d.Points), PerDay: money.Points(d.PerDay), Rules: d.Rules, Frozen: d.Frozen,
	}, err
}

func orderFromDoc(d *orderDoc) (*ledger.OrderPart, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // an entry without an order has no order part
	}
	kind, err := orders.ParseKind(d.Kind)
	if err != nil {
		return nil, err
	}
	o := &ledger.OrderPart{
		Ref: orders.Ref{Merchant: d.Merchant, Order: d.Order}, Number: d.Number, Revision: d.Revision, Tier: d.Tier, Segment: d.Segment, Frozen: d.Frozen,
		Base: money.Minor(d.Base), Target: money.Points(d.Target), Waiting: d.Waiting,
		Event: orders.Event{
			Kind: kind, Occurrence: d.Occurrence, Revision: d.OrderRev, OccurredAt: d.OccurredAt.UTC(),
			Currency: money.Currency(d.Currency), Amount: money.Minor(d.Amount), Channel: d.Channel, Member: d.Member,
		},
	}
	if d.Lapsed != "" {
		if o.Event.LapsedKind, err = orders.ParseKind(d.Lapsed); err != nil {
			return nil, err
		}
	}
	if d.Deadline != nil {
		o.Deadline = d.Deadline.UTC()
	}
	if o.Content, err = hash(d.Content); err != nil {
		return nil, err
	}
	o.Others = list(d.Others, func(t targetDoc) ledger.UnitPoints {
		return ledger.UnitPoints{Unit: t.Unit, Points: money.Points(t.Points)}
	})
	o.Event.Lines = list(d.Lines, goodsFromDoc)
	o.Event.Returned = list(d.Returned, func(r returnDoc) orders.ReturnedLine {
		line := orders.ReturnedLine{Line: r.Line, SKU: r.SKU, Quantity: r.Quantity}
		if r.Amount != nil {
			line.Amount, line.HasAmount = money.Minor(*r.Amount), true
		}
		return line
	})
	return o, nil
}

func accountToDoc(a ledger.Account, partition int, due time.Time) accountDoc {
	d := accountDoc{
		ID: accountKey(a.Program, a.ID), Format: format, Program: a.Program, Account: string(a.ID), Partition: partition,
		Version: int64(a.Version), Clock: a.Clock, Hash: binary(a.Hash), Balances: list(a.Balances, balanceToDoc),
		Tier: a.Ladder.Tier, Below: a.Ladder.Below, Days: list(a.Ladder.Days, spendToDoc), Grants: list(a.Ladder.Grants, grantToDoc), Reviewed: int32(a.Reviewed), DueAt: timeToDoc(due),
	}
	if d.Balances == nil {
		d.Balances = []balanceDoc{}
	}
	d.Lots = make([]lotDoc, len(a.Lots))
	for i, l := range a.Lots {
		d.Lots[i] = lotDoc{lotKeyToDoc(l.LotKey), int64(l.Left), int64(l.Uncounted)}
	}
	d.Debts = list(a.Debts, func(debt ledger.Debt) debtDoc { return debtDoc{debt.Unit, debt.Issuer, int64(debt.Points)} })
	d.Actions, d.Segments = a.ActionsOnly, a.Segments
	if a.Frozen != (ledger.Frozen{}) {
		d.Frozen = &frozenDoc{a.Frozen.Earning, a.Frozen.Spending}
	}
	if r := a.Rolling; r.Until != calendar.None {
		d.Rolling = &rollingDoc{int32(r.Until), r.Lapses}
	}
	d.Holds, d.Refunds = list(a.Holds, openHoldToDoc), list(a.Refunds, refundedToDoc)
	d.Counters = list(a.Counters, func(c ledger.Counter) counterDoc { return counterDoc{int32(c.Day), c.Type, int64(c.Points)} })
	d.Waiting = list(a.Waiting, func(w ledger.Waiting) waitingDoc {
		return waitingDoc{w.Ref.Merchant, w.Ref.Order, w.Kind.String(), w.Occurrence, w.Deadline}
	})
	return d
}

func accountFromDoc(d accountDoc) (ledger.Account, error) {
	a := ledger.Account{
		Program: d.Program, ID: ledger.AccountID(d.Account), Version: ledger.Seq(d.Version), Clock: d.Clock.UTC(),
		Balances: list(d.Balances, balanceFromDoc), Reviewed: calendar.Day(d.Reviewed),
		Ladder: ladder.State{
			Tier: d.Tier, Below: d.Below, Days: list(d.Days, spendFromDoc), Grants: list(d.Grants, grantFromDoc),
		},
	}
	var err error
	if a.Hash, err = hash(d.Hash); err != nil {
		return a, fmt.Errorf("read account %s: %w", d.ID, err)
	}
	a.Lots = list(d.Lots, func(l lotDoc) ledger.Lot {
		return ledger.Lot{LotKey: lotKeyFromDoc(l.Key), Left: money.Points(l.Left), Uncounted: money.Points(l.Uncounted)}
	})
	a.Debts = list(d.Debts, func(debt debtDoc) ledger.Debt {
		return ledger.Debt{Unit: debt.Unit, Issuer: debt.Issuer, Points: money.Points(debt.Points)}
	})
	a.ActionsOnly, a.Segments = d.Actions, d.Segments
	if f := d.Frozen; f != nil {
		a.Frozen = ledger.Frozen{Earning: f.Earning, Spending: f.Spending}
	}
	a.Rolling.Until = calendar.None
	if r := d.Rolling; r != nil {
		a.Rolling = ledger.Rolling{Until: calendar.Day(r.Until), Lapses: r.Lapses}
	}
	a.Holds, a.Refunds = list(d.Holds, openHoldFromDoc), list(d.Refunds, refundedFromDoc)
	a.Counters = list(d.Counters, func(c counterDoc) ledger.Counter {
		return ledger.Counter{Day: calendar.Day(c.Day), Type: c.Type, Points: money.Points(c.Points)}
	})
	for _, w := range d.Waiting {
		kind, err := orders.ParseKind(w.Kind)
		if err != nil {
			return a, fmt.Errorf("read account %s: %w", d.ID, err)
		}
		a.Waiting = append(a.Waiting, ledger.Waiting{
			Ref: orders.Ref{Merchant: w.Merchant, Order: w.Order}, Kind: kind, Occurrence: w.Occurrence, Deadline: w.Deadline.UTC(),
		})
	}
	return a, nil
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
