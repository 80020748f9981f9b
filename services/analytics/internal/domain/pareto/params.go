package pareto

import (
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Params are the thresholds of a report. A programme may change them.
type Params struct {
	Top  money.Ratio // share of the customers who are looked at as the best
	Most money.Ratio // share of the revenue of which it is asked who makes it
	A, B money.Ratio // up to which share of the revenue a customer is of class A, of class B
}

// Defaults are 20 %, 80 %, and A to 80 %, B to 95 %.
func Defaults() Params {
	return Params{Top: money.MustRatio(20, 100), Most: money.MustRatio(80, 100), A: money.MustRatio(80, 100), B: money.MustRatio(95, 100)}
}

// Check refuses shares outside 0 to 1 and a B that does not lie above A. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	for _, s := range []struct {
		name  string
		share money.Ratio
	}{{"top_share", p.Top}, {"most_share", p.Most}, {"a_share", p.A}, {"b_share", p.B}} {
		if s.share == (money.Ratio{}) || s.share.Cmp(money.MustRatio(100, 100)) > 0 {
			return reason.New(reason.InvalidArgument, s.name, "%s is no share; write a number above 0 and up to 1, for example 0.8", s.share)
		}
	}
	if p.A.Cmp(p.B) >= 0 {
		return reason.New(reason.InvalidArgument, "b_share", "class B ends at %s, class A at %s; B must end above A", p.B, p.A)
	}
	return nil
}

func half() money.Ratio { return money.MustRatio(50, 100) }
