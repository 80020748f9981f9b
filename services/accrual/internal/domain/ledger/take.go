package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Operator is who owes for points that no partner has given: those of merchants without an agreement, of actions and of
// adjustments.
const Operator = program.Operator

// Command is one order event for an account, decoded.
type Command struct {
	Ref         orders.Ref
	Event       orders.Event
	EventID     string
	EventSource string
	Position    Position
}

// Verdict is what Take decided: an entry, and the account after it; or the key of the entry that the event repeats.
type Verdict struct {
	Entry   Entry
	Account Account
	Repeats string
}

// Take decides what an order event does to an account at effective time t. The account has been brought up to t; book
// is what stands under the order. Refusals are *reason.Error: ORDER_OF_OTHER_ACCOUNT, CONFLICTING_DUPLICATE,
// ACCOUNT_NOT_ENROLLED, RETURN_EXCEEDS_ORDER, UNKNOWN_LINE, CURRENCY_MISMATCH, ORDER_TOO_LONG, EVENT_TOO_LATE, AMOUNT_OUT_OF_RANGE, OVERLOADED.
func Take(a Account, book Book, c Command, schedule program.Schedule, t time.Time) (Verdict, error) {
	arrival := orderbook.Arrival{Ref: c.Ref, Event: c.Event, ID: c.EventID, Source: c.EventSource}
	judged, err := book.Judge(arrival, orderbook.Setting{
		Account: string(a.ID), Opened: a.opened(), Waiting: len(a.Waiting), Schedule: schedule, Time: t,
	})
	if err != nil {
		return Verdict{}, err
	}
	if judged.Repeats > 0 {
		return Verdict{Repeats: book.key(judged.Repeats)}, nil
	}
	rules := judged.Rules
	d := a.begin(rules, t)
	d.Key = OrderKey(c.Ref, book.Entries+1)
	d.Actor = "merchant/" + c.Ref.Merchant
	d.OccurredAt = c.Event.OccurredAt
	d.EventID, d.EventSource, d.Position = c.EventID, c.EventSource, c.Position
	d.Order = book.part(c.Ref, c.Event)
	if judged.Waits {
		d.Kind = KindPark
		d.Order.Waiting, d.Order.Deadline = true, judged.Deadline
	} else if err := d.settle(a, book, rules, schedule.In(t).Program.Ladder); err != nil {
		return Verdict{}, err
	}
	e, next, err := d.post(a)
	return Verdict{Entry: e, Account: next}, err
}

// part begins the order's part of an entry: what it leaves unchanged, it carries on.
func (b Book) part(ref orders.Ref, event orders.Event) *OrderPart {
	return &OrderPart{
		Ref: ref, Number: b.Entries + 1, Event: event, Content: event.Content(),
		Revision: b.Revision, Tier: b.Tier, Segment: b.Segment, Frozen: b.Frozen, Base: b.Base, Target: b.Posted, Others: b.Others,
	}
}

// settle computes what the order should have earned by now, posts target minus posted, and counts it on the ladder.
func (d *draft) settle(a Account, book Book, rules program.Known, steps *ladder.Ladder) error {
	o := d.Order
	state := book.State.Apply(o.Event)
	d.Kind = kindOf(o.Event.Kind)
	if state.Paid() {
		if o.Revision == 0 {
			d.fix(a, rules, state)
		}
		counted, base := rules.Program.Counted(state)
		rating, err := earning.Rate(rules.Program, o.Tier, o.Segment, counted)
		if err != nil {
			return reason.New(reason.AmountOutOfRange, "lines", "%s", err)
		}
		d.Lines, o.Target, o.Base = rating.Lines, rating.Points, base
		if state.Canceled() {
			o.Target = 0
		}
		if o.Frozen {
			d.Lines, o.Target = nil, 0
		}
		if err := d.difference(rules.Program, state, book.Life, o.Target-book.Posted); err != nil {
			return err
		}
		if err := d.others(rules.Program, state, book.Others, counted); err != nil {
			return err
		}
	}
	d.climb(a, steps, rules.Program, state, o.Base-book.Base)
	return nil
}

// fix decides, when an order is first paid, by what it earns from then on.
func (d *draft) fix(a Account, rules program.Known, state orders.State) {
	o := d.Order
	o.Revision, o.Tier, o.Frozen = rules.Revision, a.tierHeld(rules.Program), a.Frozen.Earning
	if o.Frozen {
		return
	}
	o.Segment = rules.Program.BoostOf(program.PaidOrder{
		Segments: a.Segments, Tier: o.Tier, Merchant: o.Ref.Merchant, Channel: state.Channel(),
		Day: calendar.DayOf(state.PaidAt(), rules.Program.Zone), Amount: rules.Program.Base(state),
	})
}

// tierHeld is the tier that multipliers follow: the account's, or the lowest for one that has not entered the ladder yet.
func (a Account) tierHeld(p *program.Program) string {
	if a.Ladder.Tier == "" && p.Ladder != nil {
		return p.Ladder.Tiers[0].Name
	}
	return a.Ladder.Tier
}

// difference posts target minus posted. Life is that of the rolling points which the order has earned already, 0: none.
func (d *draft) difference(p *program.Program, state orders.State, life int, points money.Points) error {
	key := d.work.orderLot(p, d.Order.Ref, state.PaidAt())
	if key.Life > 0 && life > 0 {
		key.Life = life
	}
	if points < 0 {
		d.Kind = KindReverse
		return d.takeBack(key, -points, p.Returns.OwedMost)
	}
	if points > 0 {
		d.roll(p, calendar.DayOf(state.PaidAt(), p.Zone), p.Expiry.Rolling.ByEarning)
	}
	return d.earn(key, points)
}

// orderLot is the lot of an order's points: its merchant's partner owes for them.
func (a Account) orderLot(p *program.Program, ref orders.Ref, paid time.Time) LotKey {
	key := a.lotOf(p, paid)
	key.Issuer = p.Issuer(ref.Merchant, calendar.DayOf(paid, p.Zone))
	return key
}

// lotOf is the lot of points that were earned at a time.
func (a Account) lotOf(p *program.Program, earned time.Time) LotKey {
	day := calendar.DayOf(earned, p.Zone)
	key := LotKey{Unit: p.Unit, Issuer: Operator, Activation: calendar.None, Expiry: p.ExpiryDay(day)}
	if p.Expiry.Rolling.On() {
		key.Expiry, key.Life = calendar.None, a.Rolling.life()
	}
	if p.Earning.ActivationDays > 0 {
		key.Activation = day.AddDays(p.Earning.ActivationDays)
	}
	return key
}

// climb counts what changed of the order's base at the day of the order, and moves the account up if it has reached a
// tier.
func (d *draft) climb(a Account, steps *ladder.Ladder, p *program.Program, state orders.State, base money.Minor) {
	if steps == nil {
		return
	}
	order := ladder.Spend{Day: calendar.DayOf(state.PaidAt(), p.Zone), Amount: base}
	next, climb := steps.Climb(a.Ladder, order, d.Day)
	if climb.Counts == nil && !climb.Moved {
		return
	}
	d.Ladder = &LadderPart{Counts: climb.Counts, Window: steps.WindowMonths}
	if climb.Moved {
		d.Ladder.moved(next, climb.Change)
	}
}

func kindOf(k orders.Kind) Kind {
	switch k {
	case orders.Paid:
		return KindEarn
	case orders.Returned, orders.Canceled:
		return KindReverse
	default:
		return KindState
	}
}
