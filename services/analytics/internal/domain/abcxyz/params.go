package abcxyz

import (
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Criterion is one by which customers are scored.
type Criterion int

// Criteria of the classes by several.
const (
	Volume    Criterion = iota // what was spent in the period
	Potential                  // what could be bought beyond it: the latest potential_minor that own events tell, less the volume
	Payment                    // mean days_to_pay of the own events payment; less is better
	Profit                     // profit in the period, where all costs of goods are known
	Loyalty                    // calendar months with a purchase, ever
	criteria
)

var names = [criteria]string{"volume", "potential", "payment_speed", "profitability", "loyalty"}

// String is the name of the criterion.
func (c Criterion) String() string { return names[c] }

// Measures of the classes by one.
const (
	ByRevenue = "revenue"
	ByProfit  = "profit"
	ByOrders  = "orders"
)

// Limits of the parameters.
const (
	monthsLeast, monthsMost = 3, 60
	weightMost              = 1000
	// parts is how fine weights and cut-offs may be: three digits after the point.
	parts = 1000
)

// Params say how customers are classed.
type Params struct {
	By               string      // measure of the classes by one
	A, B             money.Ratio // up to which share of the measure
	Months           int         // of the period
	Weights          [criteria]money.Ratio
	AScore, BScore   money.Ratio // from which mean score on
	X, Y             money.Ratio // up to which coefficient of variation
	Several          bool        // the nine fields are of the classes by several
	Members          string      // whose members are named: two letters as in A/X, * for any; empty: nobody's
	wantABC, wantXYZ string
}

// Defaults are revenue of 12 months, 80 % and 95 %, equal weights, scores of 4 and 2.5, 10 % and 25 %.
func Defaults() Params {
	p := Params{By: ByRevenue, A: money.MustRatio(4, 5), B: money.MustRatio(19, 20), Months: 12, AScore: money.MustRatio(4, 1), BScore: money.MustRatio(5, 2), X: money.MustRatio(1, 10), Y: money.MustRatio(1, 4)}
	for i := range p.Weights {
		p.Weights[i] = money.MustRatio(1, 1)
	}
	return p
}

// Check refuses what cannot be classed by, and makes the parameters ready. Errors are reason.InvalidArgument.
func (p *Params) Check() error {
	if !slices.Contains([]string{ByRevenue, ByProfit, ByOrders}, p.By) {
		return reason.New(reason.InvalidArgument, "criterion", "there is no criterion %.32q; there are %s, %s, %s", p.By, ByRevenue, ByProfit, ByOrders)
	}
	if p.Months < monthsLeast || p.Months > monthsMost {
		return reason.New(reason.InvalidArgument, "months", "%d months; give %d to %d", p.Months, monthsLeast, monthsMost)
	}
	one, five := money.MustRatio(1, 1), money.MustRatio(5, 1)
	for _, pair := range []struct {
		field      string
		less, more money.Ratio
		most       money.Ratio
	}{{"b_share", p.A, p.B, one}, {"a_score", p.BScore, p.AScore, five}, {"y_variation", p.X, p.Y, money.MustRatio(weightMost, 1)}} {
		if pair.less.Num() == 0 || pair.less.Cmp(pair.more) >= 0 || pair.more.Cmp(pair.most) > 0 || fine(pair.less, pair.more) {
			return reason.New(reason.InvalidArgument, pair.field, "%s and %s; give two rising numbers above 0 and up to %s, of three digits after the point at most", pair.less, pair.more, pair.most)
		}
	}
	sum := int64(0)
	for i, w := range p.Weights {
		if w.Num() > weightMost*w.Den() || fine(w) {
			return reason.New(reason.InvalidArgument, "weights."+names[i], "%s; give a number from 0 to %d, of three digits after the point at most", w, weightMost)
		}
		sum += w.Num()
	}
	if sum == 0 {
		return reason.New(reason.InvalidArgument, "weights", "all are 0; give one that is above")
	}
	return p.members()
}

// fine tells whether a number is finer than parts.
func fine(list ...money.Ratio) bool {
	return slices.ContainsFunc(list, func(r money.Ratio) bool { return parts%r.Den() != 0 })
}

func (p *Params) members() error {
	if p.Members == "" {
		return nil
	}
	abc, xyz, ok := strings.Cut(p.Members, "/")
	if !ok || !slices.Contains([]string{"A", "B", "C", "*"}, abc) || !slices.Contains([]string{"X", "Y", "Z", "*"}, xyz) {
		return reason.New(reason.InvalidArgument, "members_of", "there is no field %.32q; write two letters, for example A/X, and * for any", p.Members)
	}
	p.wantABC, p.wantXYZ = abc, xyz
	return nil
}

// weight is a weight in parts.
func (p *Params) weight(c Criterion) int64 { return p.Weights[c].Num() * (parts / p.Weights[c].Den()) }
