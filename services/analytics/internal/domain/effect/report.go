package effect

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Verdict is what a report comes to.
type Verdict string

// Verdicts.
const (
	Works    Verdict = "WORKS"     // the interval lies above nothing
	Harms    Verdict = "HARMS"     // below
	NotFound Verdict = "NOT_FOUND" // it holds nothing, and the last look is over
	GoOn     Verdict = "GO_ON"     // it holds nothing, and there are looks to come
	Refused  Verdict = "REFUSED"   // the campaign was set up wrongly: no effect is told
	TooFew   Verdict = "TOO_FEW"   // fewer than two customers on a side
)

// Warning is what is wrong with the set-up. Severe ones refuse it.
type Warning string

// Warnings.
const (
	UnequalShares Warning = "UNEQUAL_SHARES" // severe: the sides have not the sizes that were planned
	LeakSevere    Warning = "LEAK"           // severe: too many of those held out were treated
	LeakSome      Warning = "SOME_LEAKED"
	UnlikeBefore  Warning = "UNLIKE_BEFORE" // severe: the sides bought differently before it began, so nobody drew lots
	NoHeldOut     Warning = "NO_HELD_OUT"   // before and after alone: seasons, news and regression to the mean look like effects
	NotReached    Warning = "NOT_REACHED"   // the campaign did not reach all whom it was for
)

const (
	// severeP is below which probability sides are taken for wrongly made: so rare that it does not happen by itself.
	severeP = 0.001
	// leakSevere is the share of the held-out who were treated from which on they tell nothing.
	leakSevere = 0.05
)

// Side is one side of a campaign.
type Side struct {
	Customers      int64
	Margin, Before money.Minor // all of it
	Mean           float64     // per customer, minor units
	MeanBefore     float64
}

// Report says what a campaign has done.
type Report struct {
	Verdict  Verdict
	Warnings []Warning
	Sides    [sides]Side
	// BeforeAfter says that nobody was held out: the effect is each customer's change.
	BeforeAfter bool
	// Plain compares what was bought, Adjusted what is left of it without what the days before foretell: the verdict's.
	Plain, Adjusted Estimate
	// BootLow and BootHigh are the interval of Adjusted by Resamples draws.
	BootLow, BootHigh float64
	Resamples         int
	Theta             float64
	// Explained is the share of the variance that the days before foretell.
	Explained float64
	// SharesP is how probable sides so unlike the planned ones are; 1 where nobody was held out.
	SharesP float64
	// BeforeP is how probable so great a difference before the campaign would be.
	BeforeP        float64
	Leaked, Missed int64
	Bounds         []float64 // of each look, in standard errors
	Plan           Plan
	// Total is the effect on all who were treated, Low and High its interval; Net is without the cost.
	Total, Low, High, Net money.Minor
}

// Report is what came out. It never holds what is no number.
func (b *Builder) Report() Report {
	b.complete()
	p := b.params
	r := Report{
		BeforeAfter: len(b.groups[HeldOut]) == 0 && p.Share.Num() == 0 && len(p.HeldOut) == 0,
		Leaked:      b.leaked, Missed: b.missed, SharesP: 1, BeforeP: 1, Plan: plan(p, b.groups), Bounds: Bounds(p.outside(), p.Looks),
	}
	for side, group := range b.groups {
		x, y := momentsOf(column(group, before)), momentsOf(column(group, during))
		r.Sides[side] = Side{
			Customers: int64(len(group)), Margin: minor(y.mean * y.n), Before: minor(x.mean * x.n), Mean: y.mean, MeanBefore: x.mean,
		}
	}
	r.warn(b)
	if r.Verdict == Refused {
		return r
	}
	if r.BeforeAfter {
		r.change(b)
	} else {
		r.compare(b)
	}
	r.conclude(p)
	return r
}

// warn looks at the set-up.
func (r *Report) warn(b *Builder) {
	warn := func(severe bool, w Warning) {
		r.Warnings = append(r.Warnings, w)
		if severe {
			r.Verdict = Refused
		}
	}
	if r.BeforeAfter {
		warn(false, NoHeldOut)
	} else if r.SharesP = sharesP(r.Sides, float(b.params.Share)); r.SharesP < severeP {
		warn(true, UnequalShares)
	}
	switch held := float64(r.Sides[HeldOut].Customers); {
	case b.leaked == 0:
	case float64(b.leaked) > leakSevere*held:
		warn(true, LeakSevere)
	default:
		warn(false, LeakSome)
	}
	if b.missed > 0 && !r.BeforeAfter {
		warn(false, NotReached)
	}
	if r.BeforeAfter {
		return
	}
	e := welch(momentsOf(column(b.groups[Treated], before)), momentsOf(column(b.groups[HeldOut], before)), b.params.z())
	if e.Known {
		r.BeforeP = e.P
	}
	if r.BeforeP < severeP {
		warn(true, UnlikeBefore)
	}
}

// sharesP compares the sizes of the sides with what was planned, by chi-square with one degree of freedom (Pearson 1900).
func sharesP(s [sides]Side, share float64) float64 {
	n := float64(s[Treated].Customers + s[HeldOut].Customers)
	held, expected := float64(s[HeldOut].Customers), n*share
	if expected == 0 || expected == n {
		return 1
	}
	chi := (held-expected)*(held-expected)/expected + (held-expected)*(held-expected)/(n-expected)
	return distuv.ChiSquared{K: 1}.Survival(chi)
}

// compare estimates the effect against those who were held out.
func (r *Report) compare(b *Builder) {
	bound := r.Bounds[b.params.Look-1]
	treated, held := momentsOf(column(b.groups[Treated], during)), momentsOf(column(b.groups[HeldOut], during))
	r.Plain = welch(treated, held, bound)
	var adjusted [sides][]float64
	adjusted, r.Theta = cuped(b.groups)
	a, h := momentsOf(adjusted[Treated]), momentsOf(adjusted[HeldOut])
	r.Adjusted = welch(a, h, bound)
	r.Explained = max(0, finite(1-(a.variance+h.variance)/(treated.variance+held.variance)))
	outside := 2 * distuv.UnitNormal.Survival(bound)
	r.BootLow, r.BootHigh, r.Resamples = bootstrap(adjusted[Treated], adjusted[HeldOut], outside, b.params.Seed)
}

// change estimates each customer's change from the days before to the campaign's, brought to as many days.
func (r *Report) change(b *Builder) {
	days := float64(b.until - b.params.Start)
	stretch := finite(days / float64(b.params.PreDays))
	changes := momentsOf(column(b.groups[Treated], func(c customer) float64 { return c.during - c.before*stretch }))
	if b.params.PreDays > 0 && days > 0 {
		r.Plain = paired(changes, r.Bounds[b.params.Look-1])
	}
	r.Adjusted = r.Plain
}

// conclude says what it comes to.
func (r *Report) conclude(p Params) {
	e := r.Adjusted
	n := float64(r.Sides[Treated].Customers)
	r.Total, r.Low, r.High = minor(e.Effect*n), minor(e.Low*n), minor(e.High*n)
	r.Net = minor(math.Round(e.Effect*n) - float64(p.Cost))
	switch {
	case !e.Known:
		r.Verdict, r.Net = TooFew, 0
	case e.Low > 0:
		r.Verdict = Works
	case e.High < 0:
		r.Verdict = Harms
	case p.Look < p.Looks:
		r.Verdict = GoOn
	default:
		r.Verdict = NotFound
	}
}
