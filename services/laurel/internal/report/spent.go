package report

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// spentView is what the run itself has spent on the replayed balances, and who owes whom for it.
type spentView struct {
	Finding, Detail, UnitHead string
	Rows                      []row
	Compared                  []row // before and after
	Settlement, Shows, Behind string
	Matrix                    summary.Matrix
	Clears                    string
}

// newSpent is nil where nothing was spent.
func newSpent(p Page) *spentView {
	s := p.Summary
	if len(s.Redemptions) == 0 {
		return nil
	}
	v := &spentView{UnitHead: upperFirst(p.Unit), Finding: spentFinding(s, p.Unit)}
	v.Detail = "After the replay the run has members redeem rewards and partners take and give " + p.Unit +
		", each call under a key that is the same in every run. Who does what follows from the balances before."
	for _, r := range s.Redemptions {
		v.Rows = append(v.Rows, row{Head: r.Place, Cells: []string{r.What(), summary.Count(r.Done), count(r.Points), r.Refusals()}})
	}
	b, a := s.Before.Points, s.After.Points
	for _, c := range []struct {
		word          string
		before, after money.Points
	}{
		{"earned and given", b.Earned, a.Earned}, {"redeemed", b.Redeemed, a.Redeemed}, {"expired", b.Expired, a.Expired},
		{"alive", b.Outstanding(), a.Outstanding()},
	} {
		v.Compared = append(v.Compared, row{Head: c.word, Cells: []string{count(c.before), count(c.after), signed(int64(c.after - c.before))}})
	}
	if n := len(s.Settlements); n > 0 {
		v.settle(s.Settlements[n-1], s.Closing)
	}
	return v
}

func (v *spentView) settle(s summary.Settlement, closing summary.Closing) {
	month := s.Period
	if first, err := calendar.Parse(s.Period + "-01"); err == nil {
		month = monthName(first)
	}
	v.Settlement = month + " clears to zero"
	v.Shows = fmt.Sprintf("Settlement %d, in %s: who owes whom for what was given and spent in %s", s.Number, s.Currency, month)
	v.Matrix = s.Matrix()
	v.Clears = "Above zero, a partner gets money; below, it pays. All nets together are zero."
	if !closing.Time.IsZero() {
		v.Behind = fmt.Sprintf("A month can be closed when nothing of it can come any more, so the clock of the house went on to %s. What fell due up to then, %s, is in the ledger and verified, and in no other figure of this page.",
			moment(closing.Time.UTC()), summary.Plural(closing.Entries, "entry", "entries"))
	}
}

func spentFinding(s summary.Summary, unit string) string {
	done := int64(0)
	for _, r := range s.Redemptions {
		done += r.Done
	}
	return fmt.Sprintf("%s moved %s %s", summary.Plural(done, "call", "calls"), count(movedBy(s.Redemptions)), unit)
}

// movedBy is what was spent and given; what was let go has not moved.
func movedBy(list []summary.Redemption) money.Points {
	sum := money.Points(0)
	for _, r := range list {
		if r.Kind != "void" {
			sum += r.Points
		}
	}
	return sum
}
