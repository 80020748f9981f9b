// Package loyaltytype tells of which type the loyalty of each customer is, by an ordered table of rules over what they do and
// what they say, and who moved from which type to which between two days.
package loyaltytype

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Types, and what is said of who is of none.
const (
	Involuntary = "involuntary"
	False       = "false"
	Latent      = "latent"
	Benefit     = "benefit-seeking"
	Incentive   = "incentive-driven"
	Brand       = "brand"
	SuperValue  = "super-value"
	None        = "none"
	Unknown     = "unknown" // attitude was never told
)

// Type is what is advised for one.
type Type struct {
	Name, Rule     string
	Raised         bool // whether the loyalty can be raised
	Verdict, Tasks string
}

// Types lists all, in the order of their rules: the first that fits names the customer.
func Types() []Type {
	return []Type{
		{Unknown, "attitude was never told", true, "ask", "ask how gladly they buy here, and what else they could do"},
		{None, "buys seldom, and not gladly", true, "by the basics", "do not spend on rewards: find out what keeps them away"},
		{Latent, "buys seldom, but gladly", true, "by removing what hinders", "why now: which need is not met, what is too far, too dear, too rare? Which threats?"},
		{Involuntary, "buys often, and has nowhere else to go", true, "by fairness, before others come", "treat them as if they could leave: soon they can"},
		{Incentive, "buys often, mostly with a reward or discount", true, "by moving rewards from price to service", "try it without the incentive on a held-out few"},
		{Benefit, "buys often, and would leave for a small rise of prices", true, "by benefits that are hard to copy", "offer what saves them money or time, tied to the relation"},
		{False, "buys often, but not gladly: by habit or for want of a reason to go", true, "by winning their liking", "why now: which needs, which threats? Any offer of another takes them"},
		{SuperValue, "buys often and gladly, bears higher prices, and brings others", false, "keep and deepen", "know them personally, ask for advice, never automate them away"},
		{Brand, "buys often and gladly", true, "keep and deepen; by reasons to tell others", "keep what they like as it is, give them something to tell"},
	}
}

// Params are the thresholds of the rules.
type Params struct {
	Months           int         // over which purchases and incentives are counted
	OftenFrom        int64       // purchase days in them
	GladlyFrom       int64       // attitude
	AlternativesFrom int64       // others they could buy from; fewer: nowhere else to go
	IncentiveFrom    money.Ratio // share of the orders
	ToleranceFrom    int64       // per cent of a rise borne; less: for the benefit
	SuperFrom        int64       // per cent of a rise borne by who is of super value
	ReferralsFrom    int64       // events, or a recommend of 9 or 10
}

const (
	monthsMost  = 120
	scaleMost   = 5
	percentMost = 1000
)

// Defaults are the thresholds unless said otherwise.
func Defaults() Params {
	return Params{
		Months: 12, OftenFrom: 3, GladlyFrom: 4, AlternativesFrom: 1, IncentiveFrom: money.MustRatio(1, 2), ToleranceFrom: 3, SuperFrom: 10, ReferralsFrom: 1,
	}
}

// Check refuses thresholds that leave nothing to tell apart. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	for _, c := range []struct {
		field              string
		value, least, most int64
	}{
		{"months", int64(p.Months), 1, monthsMost}, {"often_from", p.OftenFrom, 1, percentMost}, {"gladly_from", p.GladlyFrom, 1, scaleMost},
		{"alternatives_from", p.AlternativesFrom, 1, percentMost}, {"tolerance_from", p.ToleranceFrom, 0, percentMost},
		{"super_from", p.SuperFrom, p.ToleranceFrom, percentMost}, {"referrals_from", p.ReferralsFrom, 1, percentMost},
	} {
		if c.value < c.least || c.value > c.most {
			return reason.New(reason.InvalidArgument, c.field, "%d; give %d to %d", c.value, c.least, c.most)
		}
	}
	if p.IncentiveFrom.Num() == 0 || p.IncentiveFrom.Num() > p.IncentiveFrom.Den() {
		return reason.New(reason.InvalidArgument, "incentive_share", "%s; give a share above 0, up to 1", p.IncentiveFrom)
	}
	return nil
}

// Of is the type of a customer when a day begins; false: they had bought nothing by then.
func (p Params) Of(c history.Customer, day calendar.Day) (string, bool) {
	c = c.Before(day)
	if len(c.Orders) == 0 {
		return "", false
	}
	said, _ := answers.All(c.Deeds)
	last := answers.Latest(said)
	attitude, told := last.Number(answers.Attitude)
	now := c.From(day.AddMonths(-p.Months))
	often, gladly := int64(len(now.Days())) >= p.OftenFrom, attitude >= p.GladlyFrom
	below := func(f answers.Field, from int64) bool {
		n, ok := last.Number(f)
		return ok && n < from
	}
	switch {
	case !told:
		return Unknown, true
	case !often && !gladly:
		return None, true
	case !often:
		return Latent, true
	case below(answers.Alternatives, p.AlternativesFrom):
		return Involuntary, true
	case incentives(now, said).AtLeast(p.IncentiveFrom):
		return Incentive, true
	case below(answers.TolerancePercent, p.ToleranceFrom):
		return Benefit, true
	case !gladly:
		return False, true
	case p.super(last, c):
		return SuperValue, true
	}
	return Brand, true
}

// incentives is the share of the orders that were made with a reward, coupon or discount.
func incentives(c history.Customer, said []answers.Said) history.Share {
	named := map[string]bool{}
	for _, s := range said {
		if id := s.Text(answers.Incentive); id != "" && s.Day >= c.First() {
			named[id] = true
		}
	}
	n := int64(len(c.Orders))
	return history.ShareOf(min(int64(len(named)), n), n)
}

func (p Params) super(last answers.Said, c history.Customer) bool {
	tolerance, told := last.Number(answers.TolerancePercent)
	return told && tolerance >= p.SuperFrom && (last.Promotes() || answers.Referrals(c.Deeds) >= p.ReferralsFrom)
}

// Held is who is of a type.
type Held struct {
	Type
	Customers int64
	Revenue   money.Minor
}

// Move is how many went from one type to another, or stayed; from is empty for who had bought nothing by then.
type Move struct {
	From, To  string
	Customers int64
}

// Report is all customers with an order before the day.
type Report struct {
	Customers int64
	Types     []Held // in the order of the rules
	Moves     []Move // in the same order; without a day to compare with there are none
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf, compare calendar.Day
	params        Params
	report        Report
	moves         map[[2]string]int64
}

// New makes a builder; compare may be calendar.None. The parameters have been checked.
func New(asOf, compare calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, compare: compare, params: p, moves: map[[2]string]int64{}}
	for _, t := range Types() {
		b.report.Types = append(b.report.Types, Held{Type: t})
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	now, ok := b.params.Of(c, b.asOf)
	if !ok {
		return nil
	}
	b.report.Customers++
	h := &b.report.Types[slices.IndexFunc(b.report.Types, func(h Held) bool { return h.Name == now })]
	h.Customers++
	revenue, err := c.Before(b.asOf).Spend()
	if err != nil {
		return err
	}
	if h.Revenue, err = history.Add(h.Revenue, revenue); err != nil {
		return err
	}
	if b.compare != calendar.None {
		then, _ := b.params.Of(c, b.compare)
		b.moves[[2]string{then, now}]++
	}
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	names := []string{""}
	for _, t := range Types() {
		names = append(names, t.Name)
	}
	for _, from := range names {
		for _, to := range names {
			if n := b.moves[[2]string{from, to}]; n > 0 {
				r.Moves = append(r.Moves, Move{from, to, n})
			}
		}
	}
	return r
}
