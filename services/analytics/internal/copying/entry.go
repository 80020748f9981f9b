package copying

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

const (
	accrual    = "accrual" // whose facts are copied
	actorClock = "clock"   // who acts when something falls due by time
)

// unreadable stops the copy at a fact of the ledger that cannot be read: figures that leave it out would be wrong, and
// nobody would know.
func (b *batch) unreadable(ctx context.Context, m follow.Message) error {
	if m.Merchant == accrual {
		return stop(m, "it cannot be read: %s", m.Refusal)
	}
	b.copier.Log.WarnContext(ctx, "a fact of another service cannot be read", "service", m.Merchant, "sequence", m.Sequence, "error", m.Refusal)
	return nil
}

func stop(m follow.Message, format string, args ...any) error {
	return &lane.Stop{Err: fmt.Errorf("fact %d of FACTS (%s), account %s/%s: %s",
		m.Sequence, m.EventID, m.Program, m.Account, fmt.Sprintf(format, args...))}
}

// entry copies one entry. Its seq tells a fact that was told before and a gap.
func (b *batch) entry(m follow.Message, posted *accrualv1.EntryPosted) error {
	e := posted.GetEntry()
	if e.GetProgram() != m.Program || e.GetAccount() != m.Account {
		return stop(m, "it tells of account %s/%s", e.GetProgram(), e.GetAccount())
	}
	known := b.accounts[storage.Account{Program: m.Program, ID: m.Account}]
	switch {
	case e.GetSeq() <= known.seq:
		b.outcome.Repeats++
		return nil
	case e.GetSeq() != known.seq+1:
		return stop(m, "entry %d does not follow %d: what lies between was never told", e.GetSeq(), known.seq)
	}
	if err := b.order(m, posted); err != nil {
		return err
	}
	if err := b.action(m, posted); err != nil {
		return err
	}
	if err := known.stands(m, posted, b.change(m)); err != nil {
		return err
	}
	if err := known.has(m, posted); err != nil {
		return err
	}
	if err := b.posted(m, posted); err != nil {
		return err
	}
	known.seq++
	b.outcome.Entries++
	return b.read(m, posted)
}

// order puts the order of an entry, once it is paid, as the entry leaves it.
func (b *batch) order(m follow.Message, posted *accrualv1.EntryPosted) error {
	standing, part := posted.GetOrder(), posted.GetEntry().GetOrder()
	if standing == nil {
		return nil
	}
	day, err := calendar.Parse(standing.GetPaidDay())
	if err != nil || part.GetBaseMinor() < 0 {
		return stop(m, "its order, paid on %q, has %d minor units", standing.GetPaidDay(), part.GetBaseMinor())
	}
	id := storage.Order{Program: m.Program, Ref: orders.Ref{Merchant: part.GetMerchant(), Order: part.GetOrderId()}}
	fresh := part.GetNumber() == 1 || b.orders[id].New
	if standing.GetCancelled() && part.GetNumber() == 1 {
		return nil // it never counted
	}
	// One that counted and is cancelled leaves a line behind even if one batch holds both: what is kept must not depend on
	// where a batch ends.
	b.orders[id] = storage.OrderWrite{
		Order: id, Account: m.Account, Day: day, Base: money.Minor(part.GetBaseMinor()), Off: standing.GetCancelled(), New: fresh,
		Partition: m.Partition, Change: b.change(m),
		Detail: detail(standing, part),
	}
	return nil
}

// detail is what a fact tells of an order beside day and amount.
func detail(standing *accrualv1.OrderStanding, part *accrualv1.OrderPart) history.Detail {
	d := history.Detail{Merchant: part.GetMerchant(), Channel: standing.GetChannel(), Points: money.Points(part.GetTargetPoints())}
	for _, l := range standing.GetLines() {
		d.Lines = append(d.Lines, history.Line{
			SKU: l.GetSku(), Category: l.GetCategory(), Base: money.Minor(l.GetBaseMinor()),
			Cost: money.Minor(l.GetCostMinor()), HasCost: l.CostMinor != nil,
		})
	}
	return d
}

// stands notes at which tier the account stands from the day of the entry on.
func (a *account) stands(m follow.Message, posted *accrualv1.EntryPosted, by storage.Change) error {
	change := posted.GetEntry().GetTierChange()
	if change == nil {
		return nil
	}
	day, err := calendar.Parse(posted.GetEffectiveDay())
	if err != nil {
		return stop(m, "the tier changed on %q, which is no day", posted.GetEffectiveDay())
	}
	kept := slices.Clone(a.tiers)
	for len(kept) > 0 && kept[len(kept)-1].Day >= day { // what was held for less than a day, or by another order of days
		kept = kept[:len(kept)-1]
	}
	kept = append(kept, history.TierFrom{Day: day, Tier: change.GetTo()})
	a.tiers, a.moved, a.movedBy, a.partition = kept, true, by, m.Partition
	return nil
}

// action counts an own event of the programme, and keeps what it said.
func (b *batch) action(m follow.Message, posted *accrualv1.EntryPosted) error {
	part := posted.GetEntry().GetAction()
	if part == nil {
		return nil
	}
	day, err := calendar.Parse(part.GetDay())
	if err != nil {
		return stop(m, "its action happened on %q, which is no day", part.GetDay())
	}
	id := storage.Action{Program: m.Program, Partition: m.Partition, Type: part.GetType(), Day: day}
	counted := b.actions[id]
	b.actions[id] = storage.ActionWrite{Action: id, Number: counted.Number + 1, Points: counted.Points + money.Points(part.GetPoints()), Change: b.change(m)}
	b.deeds = append(b.deeds, storage.DeedWrite{
		Account: storage.Account{Program: m.Program, ID: m.Account}, Seq: posted.GetEntry().GetSeq(),
		Said: history.Deed{Day: day, Type: part.GetType(), Points: money.Points(part.GetPoints()), Data: string(posted.GetActionData())},
	})
	return nil
}

// change is where in FACTS a fact stands.
func (b *batch) change(m follow.Message) storage.Change {
	return storage.ChangeAt(b.parts.Get(m.Partition).Epoch, m.Sequence)
}

// read notes up to where the programme has been read. What falls due at 00:00 closes the day before.
func (b *batch) read(m follow.Message, posted *accrualv1.EntryPosted) error {
	e := posted.GetEntry()
	day, err := calendar.Parse(posted.GetEffectiveDay())
	if err != nil {
		return stop(m, "it took effect on %q, which is no day", posted.GetEffectiveDay())
	}
	if e.GetActor() == actorClock {
		day--
	}
	if paid, err := calendar.Parse(posted.GetOrder().GetPaidDay()); err == nil {
		day = max(day, paid) // a few minutes ahead of the clock it may lie on the next day
	}
	id := storage.Position{Program: m.Program, Partition: m.Partition}
	p, ok := b.positions[id]
	if !ok {
		p = storage.PositionWrite{Position: id, Through: day}
	}
	if at := e.GetEffectiveAt().AsTime(); at.After(p.EffectiveAt) {
		p.EffectiveAt = at
	}
	p.Through, p.Entries = max(p.Through, day), p.Entries+1
	if standing := posted.GetOrder(); standing != nil {
		p.Currency = cmp.Or(p.Currency, money.Currency(cmp.Or(standing.GetCurrency(), e.GetOrder().GetCurrency())))
	}
	b.positions[id] = p
	return nil
}

// writes lists what changed. Nothing is written of an account whose facts were all known.
func (b *batch) writes() storage.Writes {
	w := storage.Writes{Told: b.memberships.writes()}
	for id, a := range b.accounts {
		if a.seq > a.from {
			write := storage.AccountWrite{Account: id, From: a.from, To: a.seq, Points: a.points, Again: a.again}
			if !a.again {
				write.Points = a.points[a.known:]
			}
			if a.moved {
				write.Tiers, write.Partition, write.Change = a.tiers, a.partition, a.movedBy
			}
			w.Accounts = append(w.Accounts, write)
		}
	}
	for _, o := range b.orders {
		w.Orders = append(w.Orders, o)
	}
	for _, a := range b.actions {
		w.Actions = append(w.Actions, a)
	}
	w.Deeds, w.Entries = b.deeds, b.entries
	for _, p := range b.positions {
		w.Positions = append(w.Positions, p)
	}
	return w
}
