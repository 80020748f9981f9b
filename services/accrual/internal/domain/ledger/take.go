package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Operator is who owes for the points of every merchant until partners have agreements.
const Operator = "operator"

// orderEntriesMax bounds what may happen to one order.
const orderEntriesMax = 1000

// AheadMax is how far ahead of the stream's clock an event may lie.
const AheadMax = 5 * time.Minute

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
// RETURN_EXCEEDS_ORDER, UNKNOWN_LINE, CURRENCY_MISMATCH, ORDER_TOO_LONG, EVENT_TOO_LATE, AMOUNT_OUT_OF_RANGE, OVERLOADED.
func Take(a Account, book Book, c Command, schedule program.Schedule, t time.Time) (Verdict, error) {
	if book.Entries > 0 && book.Account != a.ID {
		return Verdict{}, reason.New(reason.OrderOfOtherAccount, "account",
			"order %s of merchant %s belongs to another account; publish it there", c.Ref.Order, c.Ref.Merchant)
	}
	if key, known := book.sameEvent(c); known {
		return Verdict{Repeats: key}, nil
	}
	outcome, place, err := book.State.Judge(c.Event)
	if err != nil {
		return Verdict{}, err
	}
	if outcome == orders.Repeats {
		return Verdict{Repeats: book.key(place)}, nil
	}
	rules := book.rules(c.Event, schedule)
	if err := accepts(rules.Program, book, c, t); err != nil {
		return Verdict{}, err
	}
	if outcome == orders.Waits && len(a.Waiting) >= waitingMax {
		return Verdict{}, reason.New(reason.Overloaded, "", "%d events of the account already wait for their orders", len(a.Waiting))
	}
	d := a.begin(rules, t)
	d.Key = OrderKey(c.Ref, book.Entries+1)
	d.Actor = "merchant/" + c.Ref.Merchant
	d.OccurredAt = c.Event.OccurredAt
	d.EventID, d.EventSource, d.Position = c.EventID, c.EventSource, c.Position
	d.Order = book.part(c.Ref, c.Event)
	if outcome == orders.Waits {
		d.Kind = KindPark
		d.Order.Waiting = true
		d.Order.Deadline = d.Day.AddDays(rules.Program.Returns.WaitDays).Start(rules.Program.Zone)
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
		Revision: b.Revision, Tier: b.Tier, Base: b.Base, Target: b.Posted,
	}
}

// rules is the revision that rates the order: that of its payment, once there is one.
func (b Book) rules(event orders.Event, schedule program.Schedule) program.Known {
	if b.Revision > 0 {
		return schedule.Revision(b.Revision)
	}
	return schedule.In(event.OccurredAt)
}

// accepts refuses what the programme does not take, whatever the order says.
func accepts(p *program.Program, book Book, c Command, t time.Time) error {
	if book.Entries >= orderEntriesMax {
		return reason.New(reason.OrderTooLong, "order_id", "order %s has %d events already", c.Ref.Order, book.Entries)
	}
	if c.Event.Currency != "" && c.Event.Currency != p.Currency {
		return reason.New(reason.CurrencyMismatch, "currency", "the event is in %s, the programme in %s", c.Event.Currency, p.Currency)
	}
	today, day := calendar.DayOf(t, p.Zone), calendar.DayOf(c.Event.OccurredAt, p.Zone)
	if limit := p.Orders.AcceptLateDays; limit > 0 && today > day.AddDays(limit) {
		return reason.New(reason.EventTooLate, "occurred_at",
			"it happened on %s; on %s the programme takes nothing older than %d days", day, today, limit)
	}
	if limit := p.Returns.AcceptDays; limit > 0 && c.Event.Kind == orders.Returned && book.State.Paid() &&
		day > calendar.DayOf(book.State.PaidAt(), p.Zone).AddDays(limit) {
		return reason.New(reason.EventTooLate, "occurred_at", "returns are taken for %d days after the order", limit)
	}
	return nil
}

// settle computes what the order should have earned by now, posts target minus posted, and counts it on the ladder.
func (d *draft) settle(a Account, book Book, rules program.Known, steps *ladder.Ladder) error {
	o := d.Order
	state := book.State.Apply(o.Event)
	d.Kind = kindOf(o.Event.Kind)
	if state.Paid() {
		if o.Revision == 0 {
			o.Revision, o.Tier = rules.Revision, a.tierHeld(rules.Program)
		}
		rating, err := earning.Rate(rules.Program, o.Tier, state.Kept())
		if err != nil {
			return reason.New(reason.AmountOutOfRange, "lines", "%s", err)
		}
		d.Lines, o.Target, o.Base = rating.Lines, rating.Points, state.Base()
		if state.Canceled() {
			o.Target = 0
		}
		if err := d.difference(rules.Program, state, o.Target-book.Posted); err != nil {
			return err
		}
	}
	d.climb(a, steps, rules.Program, state, o.Base-book.Base)
	return nil
}

// tierHeld is the tier that multipliers follow: the account's, or the lowest for one that has not entered the ladder yet.
func (a Account) tierHeld(p *program.Program) string {
	if a.Ladder.Tier == "" && p.Ladder != nil {
		return p.Ladder.Tiers[0].Name
	}
	return a.Ladder.Tier
}

// difference posts target minus posted.
func (d *draft) difference(p *program.Program, state orders.State, points money.Points) error {
	key := lotOf(p, state.PaidAt())
	if points < 0 {
		d.Kind = KindReverse
		return d.takeBack(key, -points)
	}
	return d.earn(key, points)
}

// lotOf is the lot of points that were earned at a time.
func lotOf(p *program.Program, earned time.Time) LotKey {
	day := calendar.DayOf(earned, p.Zone)
	key := LotKey{Unit: p.Unit, Issuer: Operator, Activation: calendar.None, Expiry: p.ExpiryDay(day)}
	if p.Earning.ActivationDays > 0 {
		key.Activation = day.AddDays(p.Earning.ActivationDays)
	}
	return key
}

// climb counts what changed of the order's base at the day of the order, and moves the account up if it has reached a
// tier. It looks at the latest day folded, which is the order's own when that lies a few minutes ahead of the clock.
func (d *draft) climb(a Account, steps *ladder.Ladder, p *program.Program, state orders.State, base money.Minor) {
	if steps == nil {
		return
	}
	part := &LadderPart{Window: steps.WindowMonths}
	standing, now := a.Ladder, d.Day
	day := calendar.DayOf(state.PaidAt(), p.Zone)
	if base < 0 {
		base = -min(-base, counted(a.Ladder, day))
	}
	if base != 0 {
		now = max(now, day)
		part.Counts = []ladder.Spend{{Day: day, Amount: base}}
		standing = steps.Count(standing, day, d.Day, base)
	}
	if _, change, moved := steps.Reach(standing, now); moved {
		part.Change = &change
	}
	if part.Counts != nil || part.Change != nil {
		d.Ladder = part
	}
}

// counted is what the ladder holds of a day. A return takes no more off it: its order may have come before the programme
// had a ladder, or have left a window that was shorter then.
func counted(standing ladder.State, day calendar.Day) money.Minor {
	for _, s := range standing.Days {
		if s.Day == day {
			return s.Amount
		}
	}
	return 0
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
