// Package priority tells where the next unit of money does most: keeping who is at risk, developing who buys, winning back who
// has lapsed, or acquiring. It puts together what winning one costs, at which stage customers stand, what a year of them brings
// and how likely they still buy.
package priority

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/acquire"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Options, in the order in which equal ones are told.
const (
	Keep = iota
	Develop
	WinBack
	Acquire
	options
)

var names = [options]string{"keep", "develop", "win back", "acquire"}

const (
	// parts is how fine P(alive) is taken: billionths, so that sums do not depend on their order.
	parts = 1_000_000_000
	// listed is how many customers of an option are named.
	listed     = 20
	yearMonths = 12
)

// Params are what is stated. A cost of 0 is not: keeping and developing then cost a part of winning one, winning back as much.
type Params struct {
	Cost    [options]money.Minor // of one customer approached; of acquiring: of one won
	Success [options]money.Ratio // part of those approached with whom it succeeds
	Acquire acquire.Params
}

// Defaults state no cost, and take a quarter of those at risk for kept, and a tenth for developed and for won back.
func Defaults() Params {
	p := Params{Acquire: acquire.Defaults()}
	for i, den := range [options]int64{4, 10, 10, 1} {
		p.Success[i] = money.MustRatio(1, den)
	}
	return p
}

// Check refuses a success beyond all. The error is a reason.InvalidArgument.
func (p Params) Check() error {
	for i, s := range p.Success {
		if s.Cmp(money.MustRatio(1, 1)) > 0 {
			return reason.New(reason.InvalidArgument, "success", "%s: %s is more than all; write a share from 0 to 1, for example 1/10", names[i], s)
		}
	}
	return p.Acquire.Check()
}

// Line is one customer of an option, and what succeeding with them would bring in a year.
type Line struct {
	ID    string
	Stage lifecycle.Stage
	Gain  money.Minor
}

// Option is one way to spend.
type Option struct {
	Name       string
	Customers  int64 // of acquiring: those won in the period
	Cost       *money.Minor
	CostStated bool
	Success    money.Ratio
	// Gain is what a year of them brings if it succeeds with all, Expected the part of it that the success leaves, Whole what
	// approaching all costs. For acquiring: of those won.
	Gain, Expected money.Minor
	Whole          *money.Minor
	Return         history.Share // expected ÷ whole; not set where the cost is not known or nothing
	Most           []Line        // who would bring most
}

// Report is all four, the best return first, those without one last.
type Report struct {
	Customers int64
	Margin    bool // gains are margin; else turnover: some cost of goods is not known
	Alive     bool // P(alive) is known
	CAC       *money.Minor
	Options   []Option
}

type customer struct {
	id              string
	stage           lifecycle.Stage
	revenue, margin money.Minor
	alive           int64
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf      calendar.Day
	params    Params
	economics *program.Economics
	stages    lifecycle.Params
	won       *acquire.Builder
	alive     func(history.Customer) (float64, error)
	list      []customer
	uncosted  bool
}

// New makes a builder; alive may be nil: nobody is known to be gone then. The parameters have been checked.
func New(asOf calendar.Day, p Params, e *program.Economics, alive func(history.Customer) (float64, error)) *Builder {
	return &Builder{
		asOf: asOf, params: p, economics: e, stages: lifecycle.Defaults(), won: acquire.New(asOf.AddMonths(-yearMonths), asOf, p.Acquire, e), alive: alive,
	}
}

// Add takes a customer. The error is a reason.AmountOutOfRange, or that of alive.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if err := b.won.Add(c); err != nil || len(c.Orders) == 0 {
		return err
	}
	// The year that ends with the last purchase: who has lapsed counts by what they brought.
	year, err := profit.Of(c.From((c.Last() + 1).AddMonths(-yearMonths)), b.economics)
	if err != nil {
		return err
	}
	b.uncosted = b.uncosted || year.Uncosted > 0
	at := customer{id: c.ID, stage: b.stages.Of(c, b.asOf), revenue: year.Revenue, margin: max(0, year.Revenue-year.Uncosted-year.Goods), alive: parts}
	if b.alive != nil {
		p, err := b.alive(c)
		if err != nil {
			return err
		}
		at.alive = int64(p * parts)
	}
	b.list = append(b.list, at)
	return nil
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	won, err := b.won.Report()
	if err != nil {
		return Report{}, err
	}
	r := Report{Customers: int64(len(b.list)), Margin: !b.uncosted, Alive: b.alive != nil, CAC: won.CAC}
	for i := range options {
		o := Option{Name: names[i], Success: b.params.Success[i], Cost: b.cost(i, won), CostStated: b.params.Cost[i] > 0}
		if i == Acquire {
			err = b.acquired(&o, won)
		} else {
			err = b.approached(&o, i)
		}
		if err == nil {
			err = o.weigh()
		}
		if err != nil {
			return Report{}, err
		}
		r.Options = append(r.Options, o)
	}
	slices.SortStableFunc(r.Options, func(x, y Option) int {
		a, okA := x.Return.Rat()
		b, okB := y.Return.Rat()
		switch {
		case okA && okB:
			return b.Cmp(a)
		case okA != okB && okA:
			return -1
		case okA != okB:
			return 1
		}
		return 0
	})
	return r, nil
}

func (b *Builder) cost(option int, won acquire.Report) *money.Minor {
	switch {
	case b.params.Cost[option] > 0:
		return &b.params.Cost[option]
	case option == Keep || option == Develop:
		return won.Keeping
	}
	return won.CAC
}

// brings is what a year of a customer brings.
func (b *Builder) brings(c customer) money.Minor {
	if b.uncosted {
		return c.revenue
	}
	return c.margin
}

// optionOf tells to which option a customer belongs.
func optionOf(s lifecycle.Stage) int {
	switch s {
	case lifecycle.AtRisk:
		return Keep
	case lifecycle.Lapsed, lifecycle.Lost:
		return WinBack
	}
	return Develop
}

// approached sums up who an option is for. Keeping and developing count by how likely the customer still buys; developing is up
// to the mean of all.
func (b *Builder) approached(o *Option, option int) error {
	total := new(big.Int)
	for _, c := range b.list {
		total.Add(total, big.NewInt(int64(b.brings(c))))
	}
	mean := money.Minor(0)
	if n := int64(len(b.list)); n > 0 {
		mean = money.Minor(total.Quo(total, big.NewInt(n)).Int64()) // between the least and the most
	}
	var err error
	for _, c := range b.list {
		if optionOf(c.stage) != option {
			continue
		}
		gain, alive := b.brings(c), c.alive
		switch option {
		case Develop:
			gain = max(0, mean-gain)
		case WinBack:
			alive = parts
		}
		gain = scaled(gain, alive, parts)
		o.Customers++
		if o.Gain, err = history.Add(o.Gain, gain); err != nil {
			return err
		}
		o.Most = append(o.Most, Line{c.id, c.stage, gain})
	}
	slices.SortFunc(o.Most, func(x, y Line) int { return cmp.Or(cmp.Compare(y.Gain, x.Gain), cmp.Compare(x.ID, y.ID)) })
	o.Most = o.Most[:min(len(o.Most), listed)]
	return nil
}

// acquired takes those won for what acquiring brings.
func (b *Builder) acquired(o *Option, won acquire.Report) error {
	value := won.Value
	if !b.uncosted {
		value = won.Margin
	}
	o.Customers = won.Won
	if value == nil {
		return nil
	}
	var err error
	o.Gain, err = history.Times(won.Won, max(0, *value))
	return err
}

// weigh sets what is expected against what it costs.
func (o *Option) weigh() error {
	o.Expected = scaled(o.Gain, o.Success.Num(), o.Success.Den())
	if o.Cost == nil {
		return nil
	}
	whole, err := history.Times(o.Customers, *o.Cost)
	if err != nil {
		return err
	}
	o.Whole = &whole
	o.Return = history.ShareOf(int64(o.Expected), int64(whole))
	return nil
}

// scaled is amount × num ÷ den, rounded down, for num ≤ den.
func scaled(amount money.Minor, num, den int64) money.Minor {
	product := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(num))
	return money.Minor(product.Quo(product, big.NewInt(den)).Int64())
}
