package ledger

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// in speaks of points of another unit.
func (x explainer) in(unit string, n money.Points) string {
	other := *x.p
	other.Unit = unit
	x.p = &other
	return x.points(n)
}

// moved says what became of points of any unit.
func (x explainer) moved(m Movement) string {
	if m.Lot.Unit == x.p.Unit {
		return x.movement(m)
	}
	return x.counted(m)
}

// others says what the order earns from now on of units that are only counted, where the entry changed that.
func (x explainer) others(o *OrderPart) []string {
	var sentences []string
	for _, t := range o.Others {
		earns := x.in(t.Unit, t.Points)
		switch change := x.changeOf(t.Unit); {
		case change > 0 && change == t.Points:
			sentences = append(sentences, fmt.Sprintf("It earned %s too.", earns))
		case change > 0:
			sentences = append(sentences, fmt.Sprintf("It earns %s now, %s more than before.", earns, count(change)))
		case change < 0 && t.Points == 0:
			sentences = append(sentences, fmt.Sprintf("It earns no %s now, so %s went back.", t.Unit, x.in(t.Unit, -change)))
		case change < 0:
			sentences = append(sentences, fmt.Sprintf("It earns %s now, so %s went back.", earns, x.in(t.Unit, -change)))
		}
	}
	return sentences
}

// counted says what became of points that are only counted.
func (x explainer) counted(m Movement) string {
	points, w := x.in(m.Lot.Unit, m.Points), several
	if m.Points == 1 {
		w = single
	}
	until := w.they + " will not expire"
	if m.Lot.Expiry != calendar.None {
		until = fmt.Sprintf("%s %s until %s", w.they, w.count, long(m.Lot.Expiry-1))
	}
	switch m.Move { //nolint:exhaustive // nothing else touches them
	case MoveEarn:
		if m.Lot.Pending() {
			return fmt.Sprintf("%s %s pending; %s on %s, and %s.", points, w.are, w.become, long(m.Lot.Activation), until)
		}
		return fmt.Sprintf("%s %s added; %s.", points, w.were, until)
	case MoveReverse:
		return fmt.Sprintf("%s %s taken back.", points, w.were)
	case MoveActivate:
		return fmt.Sprintf("%s became active on %s; %s.", points, long(m.Lot.Activation), until)
	case MoveExpire:
		return fmt.Sprintf("%s expired: the last day was %s.", points, long(m.Lot.Expiry-1))
	case MoveUncount:
		return fmt.Sprintf("%s had expired already and %s as taken back.", points, w.count)
	case MoveForgive:
		return fmt.Sprintf("%s %s not there any more: %s %s let go.", points, w.were, w.they, w.were)
	}
	return points + " moved."
}

// hasToo says what an account has of a unit that is only counted.
func (x explainer) hasToo(b Balance) string {
	text := "It has " + x.in(b.Unit, b.Active) + " too"
	if b.Pending > 0 {
		text += ", " + count(b.Pending) + " pending"
	}
	return text + "."
}
