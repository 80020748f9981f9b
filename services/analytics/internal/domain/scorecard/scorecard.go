// Package scorecard sets the quality of product, price, place, promotion and people out as customers and staff score it,
// beside a target and an owner. It is fed account by account: who scores need not buy.
package scorecard

import (
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Names lists the five, in their order.
func Names() []string { return []string{"product", "price", "place", "promotion", "people"} }

func fields() []answers.Field {
	return []answers.Field{answers.QualityProduct, answers.QualityPrice, answers.QualityPlace, answers.QualityPromotion, answers.QualityPeople}
}

// Goal is what one of the five is to reach, and who answers for it.
type Goal struct {
	Target money.Ratio
	Owner  string
}

// Params say what is to be reached. Scores older than Days do not count; one of the five is due for a look if nobody scored it
// for longer than ReviewDays.
type Params struct {
	Goals            map[string]Goal // by name
	Days, ReviewDays int
}

const (
	targetDefault = 4
	scaleMost     = 5
	days          = 365
	reviewDays    = 90
	daysMost      = 3660
	ownerCharsMax = 64
)

// Defaults are four of five for all, nobody's, over a year.
func Defaults() Params {
	p := Params{Goals: map[string]Goal{}, Days: days, ReviewDays: reviewDays}
	for _, name := range Names() {
		p.Goals[name] = Goal{Target: money.MustRatio(targetDefault, 1)}
	}
	return p
}

// Check refuses goals that are none. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	for name, g := range p.Goals {
		switch {
		case !slices.Contains(Names(), name):
			return reason.New(reason.InvalidArgument, "goals", "there is no %.64q among the five; give one of %v", name, Names())
		case g.Target.Num() < g.Target.Den() || g.Target.Num() > scaleMost*g.Target.Den():
			return reason.New(reason.InvalidArgument, "goals", "%s is to reach %s; give 1 to %d", name, g.Target, scaleMost)
		case len(g.Owner) > ownerCharsMax:
			return reason.New(reason.InvalidArgument, "goals", "the owner of %s has %d bytes; give at most %d", name, len(g.Owner), ownerCharsMax)
		}
	}
	for _, c := range []struct {
		field string
		n     int
	}{{"days", p.Days}, {"review_days", p.ReviewDays}} {
		if c.n < 1 || c.n > daysMost {
			return reason.New(reason.InvalidArgument, c.field, "%d days; give 1 to %d", c.n, daysMost)
		}
	}
	return nil
}

// Score is what some have said.
type Score struct{ N, Sum int64 }

// Mean is that of the scores.
func (s Score) Mean() history.Share { return history.ShareOf(s.Sum, s.N) }

// Line is one of the five.
type Line struct {
	Name string
	Goal
	Customers, CustomersBefore Score // the latest of each, in the days, and in as many before them
	Staff, StaffBefore         Score
	Last                       calendar.Day // of any score ever; calendar.None: there is none
	Due                        bool
}

// Gap is target − mean; none without scores.
func (l Line) Gap(s Score) history.Share {
	mean, ok := s.Mean().Rat()
	if !ok {
		return history.Share{}
	}
	gap := new(big.Rat).Sub(big.NewRat(l.Target.Num(), l.Target.Den()), mean)
	return history.NewShare(gap.Num(), gap.Denom())
}

// Blind is how much better staff score it than customers do; none unless both do.
func (l Line) Blind() history.Share {
	staff, a := l.Staff.Mean().Rat()
	customers, b := l.Customers.Mean().Rat()
	if !a || !b {
		return history.Share{}
	}
	gap := staff.Sub(staff, customers)
	return history.NewShare(gap.Num(), gap.Denom())
}

// Report is all scores.
type Report struct {
	From       calendar.Day // first day whose scores count
	Unreadable int64
	Lines      []Line
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	report Report
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, params: p, report: Report{From: asOf.AddDays(-p.Days)}}
	for _, name := range Names() {
		b.report.Lines = append(b.report.Lines, Line{Name: name, Goal: p.Goals[name], Last: calendar.None})
	}
	return b
}

// Add takes an account. Of each role in which it scores the latest score counts.
func (b *Builder) Add(c history.Customer) error {
	said, unreadable := answers.All(c.Before(b.asOf).Deeds)
	b.report.Unreadable += unreadable
	if len(said) == 0 {
		return nil
	}
	before := b.report.From.AddDays(-b.params.Days)
	for i, f := range fields() {
		line := &b.report.Lines[i]
		for _, role := range []struct {
			by           string
			now, earlier *Score
		}{{answers.ByCustomer, &line.Customers, &line.CustomersBefore}, {answers.ByStaff, &line.Staff, &line.StaffBefore}} {
			latest(said, f, role.by, b.report.From, b.asOf).into(role.now)
			latest(said, f, role.by, before, b.report.From).into(role.earlier)
		}
		for _, s := range said {
			if _, ok := s.Number(f); ok {
				line.Last = max(line.Last, s.Day)
			}
		}
	}
	return nil
}

// score is what somebody said, if they did.
type score struct {
	value int64
	said  bool
}

func (s score) into(sum *Score) {
	if s.said {
		sum.N++
		sum.Sum += s.value
	}
}

func latest(said []answers.Said, f answers.Field, by string, from, to calendar.Day) score {
	var last score
	for _, s := range said {
		role := s.Text(answers.By)
		if role == "" {
			role = answers.ByCustomer
		}
		if v, ok := s.Number(f); ok && role == by && s.Day >= from && s.Day < to {
			last = score{v, true}
		}
	}
	return last
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	for i := range r.Lines {
		r.Lines[i].Due = r.Lines[i].Last == calendar.None || int(b.asOf-r.Lines[i].Last) > b.params.ReviewDays
	}
	return r
}
