package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// linesExplained is how many lines of an order get a sentence of their own; one more speaks of the rest.
const linesExplained = 20

// Explain says in plain sentences what an entry did and why, so that they can be read out to a member: what happened,
// which lines earned how much by which rules, what became of the points, why the tier moved, what the account has now.
// P is the programme by a revision that the entry was made under. Days are those on which people can still act: the last
// one on which points can be spent, not the first one on which they are gone.
func Explain(e Entry, p *program.Program) []string {
	x := explainer{e, p}
	sentences := x.cause()
	sentences = append(sentences, x.lines()...)
	for _, m := range e.Movements {
		sentences = append(sentences, x.moved(m))
	}
	sentences = append(sentences, x.rolled()...)
	sentences = append(sentences, x.tier()...)
	return append(sentences, x.after()...)
}

// explainer finds the words for one entry.
type explainer struct {
	e Entry
	p *program.Program
}

// cause says what happened, and what it means for the order.
func (x explainer) cause() []string {
	o := x.e.Order
	switch {
	case x.e.Action != nil:
		return x.action(x.e.Action)
	case x.e.Enrolment != nil:
		return x.enrolled(x.e.Enrolment)
	case x.e.Segment != nil:
		return x.segment(x.e.Segment)
	case x.e.Kind == KindTransferIn:
		return []string{x.transferred(x.e.Transfer)}
	case x.e.Command != nil || x.e.Hold != nil:
		return []string{x.commanded()}
	case o == nil && x.e.Kind != KindState:
		return nil // the movements say it all
	case o == nil && !x.e.dueByTime():
		return x.granted()
	case o == nil:
		return []string{fmt.Sprintf("On %s the tier was reviewed.", x.day(x.e.OccurredAt))}
	case o.Event.Kind == orders.Lapsed:
		return []string{fmt.Sprintf("%s waited until the end of %s for its order, which did not come in: it was refused (%s).",
			upperFirst(waited(o)), x.dayBefore(x.e.OccurredAt), reason.ReturnWithoutOrder)}
	}
	sentences := []string{fmt.Sprintf("On %s %s.", x.day(x.e.OccurredAt), x.event(o))}
	if effective := x.day(x.e.EffectiveAt); effective != x.day(x.e.OccurredAt) {
		sentences = append(sentences, fmt.Sprintf("It came in later and took effect on %s.", effective))
	}
	if o.Waiting {
		return append(sentences, fmt.Sprintf("The order itself has not come in yet: this waits for it until the end of %s and is refused after that.",
			x.dayBefore(o.Deadline)))
	}
	return append(append(sentences, x.outcome(o)...), x.others(o)...)
}

// event says what the shop told, without the date.
func (x explainer) event(o *OrderPart) string {
	of := fmt.Sprintf("order %s at %s", o.Ref.Order, o.Ref.Merchant)
	switch e := o.Event; e.Kind {
	case orders.Placed:
		return fmt.Sprintf("%s was placed: %s", of, x.told(total(e.Lines)))
	case orders.Paid:
		if e.Revision > 0 {
			return fmt.Sprintf("%s was amended (revision %d): %s", of, e.Revision, x.told(total(e.Lines)))
		}
		return fmt.Sprintf("%s was paid: %s", of, x.told(total(e.Lines)))
	case orders.Shipped:
		return fmt.Sprintf("goods of %s were sent (shipment %s)", of, e.Occurrence)
	case orders.Returned:
		return fmt.Sprintf("goods of %s came back (return %s): %s", of, e.Occurrence, x.returned(e.Returned))
	case orders.Canceled:
		return of + " was cancelled"
	case orders.Payment:
		return fmt.Sprintf("%s were received for %s (payment %s)", x.told(e.Amount), of, e.Occurrence)
	default:
		return of + " changed"
	}
}

// outcome says what the order earns from now on, and how much that is more or less than before.
func (x explainer) outcome(o *OrderPart) []string {
	if o.Revision == 0 {
		return []string{"An order earns when it is paid."}
	}
	if o.Frozen {
		return []string{"It earns nothing: when it was paid the account might not earn."}
	}
	sentences := x.counts(o)
	change := x.change()
	switch earns := x.points(o.Target); {
	case change > 0 && change == o.Target:
		return append(sentences, fmt.Sprintf("It earned %s.", earns))
	case change > 0:
		return append(sentences, fmt.Sprintf("It earns %s now, %s more than before.", earns, count(change)))
	case change < 0:
		if o.Target == 0 {
			earns = "nothing"
		}
		return append(sentences, fmt.Sprintf("It earns %s now, so %s went back.", earns, x.points(-change)))
	case o.Target == 0:
		return append(sentences, "It earns nothing.")
	}
	return append(sentences, fmt.Sprintf("It earns %s, as before.", x.points(o.Target)))
}

// counts says how much of an order counts, where that is not simply what was paid, and why.
func (x explainer) counts(o *OrderPart) []string {
	c := o.Event.Currency
	foreign := c != "" && c != x.p.Currency
	if o.Event.Kind != orders.Returned && (o.Event.Kind != orders.Paid || o.Base == total(o.Event.Lines) && !foreign) {
		return nil
	}
	sentences := []string{fmt.Sprintf("Of the order, %s count now.", x.amount(o.Base))}
	if out := x.leftOut(o.Event.Lines); out != "" {
		sentences = append(sentences, upperFirst(out)+" not count.")
	}
	if o.Event.Kind == orders.Paid && foreign {
		sentences = append(sentences, fmt.Sprintf("The amounts are in %s by the rate of the day on which the order was first paid.", x.p.Currency))
	}
	return sentences
}

// leftOut names the parts of the lines that the programme leaves out: "tax and shipping do"; empty: none.
func (x explainer) leftOut(lines []orders.Line) string {
	var parts []string
	out := x.p.Orders.LeaveOut
	for _, part := range []struct {
		name string
		in   func(orders.Line) bool
		out  bool
	}{
		{"tax", func(l orders.Line) bool { return l.Tax > 0 }, out.Tax},
		{"shipping", func(l orders.Line) bool { return l.Shipping }, out.Shipping},
		{"what was paid with points", func(l orders.Line) bool { return l.Points > 0 }, !x.p.Orders.CountPoints},
		{"what was paid with gift cards", func(l orders.Line) bool { return l.GiftCard > 0 }, out.GiftCards},
	} {
		if part.out && slices.ContainsFunc(lines, part.in) {
			parts = append(parts, part.name)
		}
	}
	switch n := len(parts); n {
	case 0:
		return ""
	case 1:
		return parts[0] + " does"
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1] + " do"
	}
}

// change is what the entry added to the points that its order has earned.
func (x explainer) change() money.Points { return x.changeOf(x.p.Unit) }

func (x explainer) changeOf(unit string) money.Points {
	sum := money.Points(0)
	for _, m := range x.e.Movements {
		if m.Lot.Unit != unit {
			continue
		}
		switch m.Move {
		case MoveEarn:
			sum += m.Points
		case MoveReverse, MoveUncount, MoveOwe, MoveForgive:
			sum -= m.Points
		case MoveUnset, MoveActivate, MoveExpire, MovePayoff, MoveHold, MoveRelease, MoveCapture, MoveRefund, MoveCredit, MoveDebit:
		}
	}
	return sum
}

// lines says what each line earned by which rules, where the entry changed what its order earns.
func (x explainer) lines() []string {
	if x.change() == 0 && x.e.Kind != KindEarn {
		return nil
	}
	var sentences []string
	shown := x.e.Lines[:min(len(x.e.Lines), linesExplained)]
	for _, l := range shown {
		if l.Base > 0 {
			sentences = append(sentences, x.line(l))
		}
	}
	if rest := x.e.Lines[len(shown):]; len(rest) > 0 {
		sum := money.Points(0)
		for _, l := range rest {
			sum += l.Points
		}
		sentences = append(sentences, fmt.Sprintf("%d more lines: %s together.", len(rest), x.points(sum)))
	}
	if len(sentences) > 1 {
		sentences = append(sentences, "Fractions are rounded down once, over the whole order.")
	}
	return sentences
}

func (x explainer) line(l earning.Line) string {
	var names []string
	if l.SKU != "" {
		names = append(names, "sku "+l.SKU)
	}
	if l.Category != "" {
		names = append(names, "category "+l.Category)
	}
	name := "Line " + l.ID
	if len(names) > 0 {
		name += " (" + strings.Join(names, ", ") + ")"
	}
	rules, excluded := rulesInWords(l.Rules)
	if excluded {
		return fmt.Sprintf("%s: nothing for %s, because %s.", name, x.amount(l.Base), rules)
	}
	return fmt.Sprintf("%s: %s for %s, at %s (%s).", name, x.points(l.Points), x.amount(l.Base), x.rate(l.Rate), rules)
}

// movement says what became of points.
func (x explainer) movement(m Movement) string {
	points, w := x.points(m.Points), several
	if m.Points == 1 {
		w = single
	}
	switch m.Move {
	case MoveEarn, MoveCredit:
		if m.Lot.Pending() {
			return fmt.Sprintf("%s %s pending; %s on %s, and %s.", points, w.are, w.become, long(m.Lot.Activation), w.spendable(m.Lot))
		}
		return fmt.Sprintf("%s %s added; %s.", points, w.were, w.spendable(m.Lot))
	case MoveReverse:
		if m.Lot.Pending() {
			return fmt.Sprintf("%s %s taken back while still pending.", points, w.were)
		}
		return fmt.Sprintf("%s %s taken back; %s.", points, w.were, w.spent(m.Lot))
	case MoveActivate:
		return fmt.Sprintf("%s became active on %s; %s.", points, long(m.Lot.Activation), w.spendable(m.Lot))
	case MoveExpire:
		if m.Lot.Life > 0 {
			return x.lapsedRolling(points)
		}
		return fmt.Sprintf("%s expired unspent: the last day was %s.", points, long(m.Lot.Expiry-1))
	case MoveUncount:
		return fmt.Sprintf("%s had expired unspent already and %s as taken back.", points, w.count)
	case MovePayoff:
		return fmt.Sprintf("%s paid back what the account owed.", points)
	case MoveOwe:
		return fmt.Sprintf("%s %s not there any more: the account owes %s, and what becomes active next pays back first.", points, w.were, w.them)
	case MoveForgive:
		return fmt.Sprintf("%s %s not there any more: %s %s let go.", points, w.were, w.they, w.were)
	case MoveHold:
		return fmt.Sprintf("%s %s set aside; %s.", points, w.were, w.spendable(m.Lot))
	case MoveRelease:
		return fmt.Sprintf("%s %s free again; %s.", points, w.are, w.spendable(m.Lot))
	case MoveCapture:
		return fmt.Sprintf("%s of %s %s spent at %s.", points, m.Lot.Issuer, w.were, m.Redeemer)
	case MoveRefund:
		return fmt.Sprintf("%s of %s came back from %s; %s.", points, m.Lot.Issuer, m.Redeemer, w.spendable(m.Lot))
	case MoveDebit:
		return fmt.Sprintf("%s %s taken away; %s.", points, w.were, w.spent(m.Lot))
	case MoveSend:
		return fmt.Sprintf("%s of %s %s on the way; %s.", points, m.Lot.Issuer, w.are, w.spent(m.Lot))
	case MoveReceive:
		return fmt.Sprintf("%s of %s came in; %s.", points, m.Lot.Issuer, w.spendable(m.Lot))
	case MoveFee:
		return fmt.Sprintf("%s that the sender had paid on top %s the fee.", points, w.are)
	case MovePutOff:
		if m.Lot.Life > 0 {
			return fmt.Sprintf("%s of %s would have been gone: %s.", points, m.Lot.Issuer, w.spent(m.Lot))
		}
		return fmt.Sprintf("%s of %s would have been gone: the last day was %s.", points, m.Lot.Issuer, long(m.Lot.Expiry-1))
	case MoveExtend:
		return fmt.Sprintf("%s of %s live on; %s.", points, m.Lot.Issuer, w.spendable(m.Lot))
	case MoveDonate:
		return fmt.Sprintf("%s of %s %s given; %s.", points, m.Lot.Issuer, w.were, w.spent(m.Lot))
	case MoveImport:
		return fmt.Sprintf("%s of %s %s brought over; %s.", points, m.Lot.Issuer, w.were, w.spendable(m.Lot))
	case MoveUnset:
	}
	return points + " moved."
}

// tier says how and why the tier moved.
func (x explainer) tier() []string {
	if x.e.Ladder == nil || x.e.Ladder.Change == nil {
		return nil
	}
	c := x.e.Ladder.Change
	switch c.Cause {
	case ladder.CauseGranted:
		return []string{fmt.Sprintf("The tier rose to %s, because it was granted.", c.To)}
	case ladder.CauseGrantEnded:
		return []string{fmt.Sprintf("The tier is %s again: the grant of %s is over.", c.To, c.From)}
	}
	held := fmt.Sprintf("%s in the %d months", x.amount(c.Qualifying), x.e.Ladder.Window)
	switch {
	case c.Cause == ladder.CauseReview:
		return []string{fmt.Sprintf("The tier fell from %s to %s: purchases were %s before%s.", c.From, c.To, held, x.begins(c.From))}
	case c.From == "":
		return []string{fmt.Sprintf("The account entered tier %s.", c.To)}
	}
	return []string{fmt.Sprintf("The tier rose from %s to %s: purchases were %s up to that day%s.", c.From, c.To, held, x.begins(c.To))}
}

// begins says from which amount on a tier is held, if the programme still has it.
func (x explainer) begins(tier string) string {
	if x.p.Ladder != nil {
		for _, t := range x.p.Ladder.Tiers {
			if t.Name == tier {
				return fmt.Sprintf(", and %s begins at %s", tier, x.amount(t.Reach))
			}
		}
	}
	return ""
}
