package lifetime

import (
	"fmt"
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Kind names a model of buying.
type Kind string

// Kinds of models of buying.
const (
	BGNBD     Kind = "bg_nbd"
	MBGNBD    Kind = "mbg_nbd"
	ParetoNBD Kind = "pareto_nbd"
)

// Kinds lists them, the default first.
func Kinds() []Kind { return []Kind{BGNBD, MBGNBD, ParetoNBD} }

// Plan says what is fitted.
type Plan struct {
	AsOf calendar.Day // orders of all days before it count
	// Holdout is how many days before AsOf are kept from a first fit, which is then held against them; 0: there is none.
	Holdout int
	Kind    Kind
	// Prior puts a weak belief beside the data, for few customers: the parameters are then the mode of the posterior.
	Prior bool
}

// Estimate is the parameters of one model and how they were found.
type Estimate struct {
	likelihood.Estimate
	Parameters []Parameter
	// Observations is how many customers it rests on.
	Observations int64
}

// Parameter is one of a model; Error is its standard error, NaN-free: 0 where there is none.
type Parameter struct {
	Name         string
	Value, Error float64
}

// Fit is both models, of all orders before a day.
type Fit struct {
	AsOf            calendar.Day
	Sum             repeat.Sum
	Buying, Amounts Estimate
	// Correlation of the number of repeats and their mean amount, which the model of amounts takes for 0.
	Correlation float64
}

// Outcome is what came of a plan.
type Outcome struct {
	Plan
	// Calibration is the fit without the holdout, and Check how it did in it; nil without a holdout, or where there is no
	// customer. Check is nil too where the calibration did not converge.
	Calibration *Fit
	Check       *Check
	Final       Fit
}

// Builder collects customers for a plan. Not safe for many goroutines.
type Builder struct {
	plan        Plan
	major       float64
	final       part
	calibration part
	holdout     *Holdout
	first       calendar.Day // of all purchase days
}

// part is the customers of one fit.
type part struct {
	asOf   calendar.Day
	groups repeat.Groups
	spends gammagamma.Spends
}

func newPart(asOf calendar.Day) part {
	return part{asOf, repeat.NewGroups(), gammagamma.NewSpends()}
}

func (p part) add(c repeat.Customer) {
	p.groups.Add(c.Count)
	p.spends.Add(gammagamma.Spend{Days: int64(c.Count.Repeats), Sum: c.Repeated})
}

// New makes a builder; major is how many minor units the currency's major one has.
func New(p Plan, major float64) *Builder {
	cut := p.AsOf.AddDays(-p.Holdout)
	return &Builder{
		plan: p, major: major, final: newPart(p.AsOf), calibration: newPart(cut), holdout: newHoldout(cut, p.AsOf),
		first: calendar.None,
	}
}

// Add takes a customer. A reason.AmountOutOfRange: their orders do not add up.
func (b *Builder) Add(c history.Customer) error {
	known, ok, err := repeat.Of(c, b.plan.AsOf)
	if err != nil || !ok {
		return err
	}
	if b.first == calendar.None || known.First < b.first {
		b.first = known.First
	}
	b.final.add(known)
	if b.plan.Holdout == 0 {
		return nil
	}
	before, ok, err := repeat.Of(c, b.calibration.asOf)
	if err != nil || !ok {
		return err
	}
	b.calibration.add(before)
	b.holdout.add(before, c.Before(b.plan.AsOf).Days())
	return nil
}

// Holdout is what came after the calibration, for another fit to be held against too.
func (b *Builder) Holdout() *Holdout { return b.holdout }

// Fit carries the plan out. What did not converge says so itself. Errors are watch's, and reason.InvalidArgument where the
// holdout begins before anybody had bought: what was asked for, a forecast that has been checked, cannot be had.
func (b *Builder) Fit(watch func() error) (Outcome, error) {
	o := Outcome{Plan: b.plan}
	err := b.checkable()
	if err != nil {
		return o, err
	}
	if b.holdout.customers > 0 {
		fit, err := b.fit(b.calibration, watch)
		if err != nil {
			return o, err
		}
		o.Calibration = &fit
		if buying, ok := fit.Model(b.plan.Kind); ok {
			check := b.holdout.Check(buying)
			o.Check = &check
		}
	}
	o.Final, err = b.fit(b.final, watch)
	return o, err
}

// checkable refuses a holdout that leaves nobody to learn from, though there are customers.
func (b *Builder) checkable() error {
	if b.plan.Holdout == 0 || b.first == calendar.None || b.holdout.customers > 0 {
		return nil
	}
	ask := "ask for a fit without a holdout"
	if most := int(b.plan.AsOf-b.first) - 1; most > 0 {
		ask = fmt.Sprintf("ask for at most %d days, better for half of that", most)
	}
	return reason.New(reason.InvalidArgument, "holdout_days", "a holdout of %d days begins on %s, and nobody had bought before that day: the first order is of %s; %s",
		b.plan.Holdout, b.calibration.asOf, b.first, ask)
}

func (b *Builder) fit(p part, watch func() error) (Fit, error) {
	groups := p.groups.Sorted()
	f := Fit{AsOf: p.asOf, Sum: repeat.SumOf(groups)}
	var err error
	if f.Buying, err = b.buying(groups, f.Sum, watch); err != nil {
		return f, err
	}
	var prior []likelihood.Normal
	if b.plan.Prior {
		prior = gammagamma.Weak()
	}
	sample := gammagamma.NewSample(p.spends, b.major)
	f.Correlation = sample.Correlation()
	m, e, err := gammagamma.Fit(sample, prior, watch)
	f.Amounts = named(e, sample.Customers, []string{"p", "q", "v"}, []float64{m.P, m.Q, m.V})
	return f, err
}

// buying fits the model of buying. Whoever has nobody that came back learns nothing.
func (b *Builder) buying(groups []repeat.Group, sum repeat.Sum, watch func() error) (Estimate, error) {
	switch {
	case sum.Customers == 0:
		return Estimate{Estimate: likelihood.Estimate{Why: "there is no customer"}}, nil
	case sum.Repeats == 0:
		return Estimate{Estimate: likelihood.Estimate{Why: "nobody came back: there is nothing to learn from"}, Observations: sum.Customers}, nil
	}
	if b.plan.Kind == ParetoNBD {
		o := paretonbd.Options{Watch: watch}
		if b.plan.Prior {
			o.Prior = paretonbd.Weak()
		}
		m, e, err := paretonbd.Fit(groups, o)
		return named(e, sum.Customers, paretonbd.Names(), []float64{m.R, m.Alpha, m.S, m.Beta}), err
	}
	o := bgnbd.Options{Watch: watch}
	if b.plan.Prior {
		o.Prior = bgnbd.Weak()
	}
	m, e, err := bgnbd.Fit(dying(b.plan.Kind), groups, o)
	return named(e, sum.Customers, []string{"r", "alpha", "a", "b"}, []float64{m.R, m.Alpha, m.A, m.B}), err
}

func dying(k Kind) bgnbd.Kind {
	if k == MBGNBD {
		return bgnbd.MBG
	}
	return bgnbd.BG
}

func named(e likelihood.Estimate, n int64, names []string, values []float64) Estimate {
	made := Estimate{Estimate: e, Observations: n}
	if e.Logs == nil {
		return made
	}
	for i, name := range names {
		p := Parameter{Name: name, Value: values[i]}
		if e.Errors != nil && !math.IsNaN(e.Errors[i]) && !math.IsInf(e.Errors[i], 0) {
			p.Error = e.Errors[i]
		}
		made.Parameters = append(made.Parameters, p)
	}
	return made
}

// Model is the fitted model of buying; not ok if it did not converge.
func (f Fit) Model(k Kind) (Buying, bool) {
	if !f.Buying.Converged || len(f.Buying.Parameters) < 4 {
		return nil, false
	}
	return buyingOf(k, f.Buying.values()), true
}

// values are the parameters alone.
func (e Estimate) values() []float64 {
	list := make([]float64, len(e.Parameters))
	for i, p := range e.Parameters {
		list[i] = p.Value
	}
	return list
}

func buyingOf(k Kind, p []float64) Buying {
	if k == ParetoNBD {
		return paretonbd.Model{R: p[0], Alpha: p[1], S: p[2], Beta: p[3]}
	}
	return bgnbd.Model{Kind: dying(k), R: p[0], Alpha: p[1], A: p[2], B: p[3]}
}

// AmountsModel is the fitted model of amounts; nil if it did not converge.
func (f Fit) AmountsModel() *gammagamma.Model {
	if !f.Amounts.Converged || len(f.Amounts.Parameters) < 3 {
		return nil
	}
	return amountsOf(f.Amounts.values())
}

func amountsOf(p []float64) *gammagamma.Model { return &gammagamma.Model{P: p[0], Q: p[1], V: p[2]} }
