// Package orderbook decides whether an order event is taken, and as what: it holds an event against
// what stands under its order, against the programme and against the account. Whoever folds orders
// asks here, because all of them must come to the same verdict from the same events; what a taken
// event does to points or tiers is theirs.
//
// What an order is after its events is left to the room orders.
package orderbook

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of what is taken.
const (
	// EventsMax is how much may happen to one order.
	EventsMax = 1000
	// WaitingMax is how many events of one account may wait for their orders.
	WaitingMax = 64
	// AheadMax is how far ahead of the stream's clock an event may lie.
	AheadMax = 5 * time.Minute
)

// Arrival is an order event as it comes in.
type Arrival struct {
	Ref        orders.Ref
	Event      orders.Event
	ID, Source string // of its envelope; both empty for what no envelope brought
}

// Book is what stands under one order. The zero Book is an order of which nothing is known. It is
// an immutable value.
type Book struct {
	Account  string // of the first event: the order belongs to it
	State    orders.State
	Revision int // of the programme that rates the order; 0 until it is paid
	known    []envelope
}

// envelope is what an event came in.
type envelope struct {
	id, source string
	content    [32]byte
}

// Add returns the book after one more event of the order, which is rated by the revision from now
// on (0: by none yet).
func (b Book) Add(account string, a Arrival, content [32]byte, revision int) Book {
	if b.State.Events() == 0 {
		b.Account = account
	}
	b.State, b.Revision = b.State.Apply(a.Event), revision
	b.known = append(slices.Clip(b.known), envelope{a.ID, a.Source, content})
	return b
}

// Setting is what an arrival is held against besides its order.
type Setting struct {
	Account  string
	Opened   bool // an order, a grant or an enrolment of the account was taken before
	Waiting  int  // events of the account that wait for their orders
	Schedule program.Schedule
	Time     time.Time // effective: the account has been brought up to it
}

// Verdict says what an event that was not refused is.
type Verdict struct {
	// Repeats is the place of the event of the order that it repeats; 0: it is new.
	Repeats int
	// Rules is the revision that rates the order: that of its payment, once there is one.
	Rules program.Known
	// Waits says that it came before its order was paid; it is kept until the deadline, and lapses then.
	Waits    bool
	Deadline time.Time
}

// Judge decides on an event. Refusals are *reason.Error: ORDER_OF_OTHER_ACCOUNT, those of
// orders.State.Judge, ACCOUNT_NOT_ENROLLED, ORDER_TOO_LONG, CURRENCY_MISMATCH, EVENT_TOO_LATE, OVERLOADED.
func (b Book) Judge(a Arrival, s Setting) (Verdict, error) {
	if b.State.Events() > 0 && b.Account != s.Account {
		return Verdict{}, reason.New(reason.OrderOfOtherAccount, "account",
			"order %s of merchant %s belongs to another account; publish it there", a.Ref.Order, a.Ref.Merchant)
	}
	if place := b.sameEvent(a); place > 0 {
		return Verdict{Repeats: place}, nil
	}
	outcome, place, err := b.State.Judge(a.Event)
	if err != nil {
		return Verdict{}, err
	}
	if outcome == orders.Repeats {
		return Verdict{Repeats: place}, nil
	}
	if err := Enrolled(s.Opened, s.Schedule, s.Time); err != nil {
		return Verdict{}, err
	}
	v := Verdict{Rules: b.rules(a.Event, s.Schedule), Waits: outcome == orders.Waits}
	if err := b.accepts(v.Rules.Program, a, s.Time); err != nil {
		return Verdict{}, err
	}
	if !v.Waits {
		return v, nil
	}
	if s.Waiting >= WaitingMax {
		return Verdict{}, reason.New(reason.Overloaded, "", "%d events of the account already wait for their orders", s.Waiting)
	}
	zone := v.Rules.Program.Zone
	v.Deadline = calendar.DayOf(s.Time, zone).AddDays(v.Rules.Program.Returns.WaitDays).Start(zone)
	return v, nil
}

// sameEvent returns the place of this very event, 0 if it is not there: an event that the bus
// delivers again is known even where the occurrence that it told of has lapsed since.
func (b Book) sameEvent(a Arrival) int {
	if a.ID == "" || len(b.known) == 0 {
		return 0
	}
	contents := a.Event.Contents()
	for i, known := range b.known {
		if known.id == a.ID && known.source == a.Source && slices.Contains(contents, known.content) {
			return i + 1
		}
	}
	return 0
}

func (b Book) rules(event orders.Event, schedule program.Schedule) program.Known {
	if b.Revision > 0 {
		return schedule.Revision(b.Revision)
	}
	return schedule.In(event.OccurredAt)
}

// accepts refuses what the programme does not take, whatever the order says.
func (b Book) accepts(p *program.Program, a Arrival, t time.Time) error {
	if n := b.State.Events(); n >= EventsMax {
		return reason.New(reason.OrderTooLong, "order_id", "order %s has %d events already", a.Ref.Order, n)
	}
	today, day := calendar.DayOf(t, p.Zone), calendar.DayOf(a.Event.OccurredAt, p.Zone)
	if err := b.worth(p, a.Event, day); err != nil {
		return err
	}
	if limit := p.Orders.AcceptLateDays; limit > 0 && today > day.AddDays(limit) {
		return reason.New(reason.EventTooLate, "occurred_at",
			"it happened on %s; on %s the programme takes nothing older than %d days", day, today, limit)
	}
	if limit := p.Returns.AcceptDays; limit > 0 && a.Event.Kind == orders.Returned && b.State.Paid() &&
		day > calendar.DayOf(b.State.PaidAt(), p.Zone).AddDays(limit) {
		return reason.New(reason.EventTooLate, "occurred_at", "returns are taken for %d days after the order", limit)
	}
	return nil
}

// worth refuses an event in a currency for which the programme has no rate on its day, and an order that is worth more than fits.
// What happens to an order that is paid is worth what it was worth on that day.
func (b Book) worth(p *program.Program, e orders.Event, day calendar.Day) error {
	if e.Currency == "" || e.Currency == p.Currency {
		return nil
	}
	if b.State.Paid() {
		day = calendar.DayOf(b.State.PaidAt(), p.Zone)
	}
	rate, ok := p.Exchange(e.Currency, day)
	if !ok {
		return reason.New(reason.CurrencyMismatch, "currency", "the event is in %s, the programme in %s, and it has no rate for %[1]s on %[3]s",
			e.Currency, p.Currency, day)
	}
	var sum int64
	for _, l := range e.Lines {
		sum += int64(l.Amount + l.Points) // Event.Check has seen that it fits
	}
	if _, err := rate.Floor(sum); err != nil {
		return reason.New(reason.AmountOutOfRange, "lines", "the order is worth more %s than can be counted", p.Currency)
	}
	return nil
}

// Admit refuses what no programme decides on: an event of a programme that is not known at its
// place of the log (UNKNOWN_PROGRAMME), or one that lies ahead of the stream's clock
// (EVENT_IN_FUTURE). A replay of history has no such clock: streamTime is zero there.
func Admit(programID string, schedule program.Schedule, occurredAt, streamTime time.Time) error {
	if len(schedule) == 0 {
		return reason.New(reason.UnknownProgram, "programme", "no revision of programme %s stands before this event", programID)
	}
	if !streamTime.IsZero() && occurredAt.After(streamTime.Add(AheadMax)) {
		return reason.New(reason.EventInFuture, "occurred_at", "it lies at %s, the stream's clock said %s",
			occurredAt.Format(time.RFC3339), streamTime.Format(time.RFC3339))
	}
	return nil
}

// Enrolled refuses an account that nothing has opened where the programme in force enrols by name
// (ACCOUNT_NOT_ENROLLED).
func Enrolled(opened bool, schedule program.Schedule, t time.Time) error { //nolint:revive // what is known of the account, not a switch
	known := schedule.In(t).Program
	if opened || known.Enrolment != program.EnrolmentExplicit {
		return nil
	}
	return reason.New(reason.AccountNotEnrolled, "account",
		"programme %s enrols by name, and nobody is enrolled in this account; enrol the member, then redrive", known.ID)
}
