// Package budget sets what keeping and winning customers has cost, by line, against what was planned, and warns before the
// money is gone.
package budget

import (
	"cmp"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/acquire"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// The two sides of a budget, which are never added up.
const (
	Retention   = "retention"
	Acquisition = "acquisition"
)

// Lines that Laurel fills itself. Others are named by own events.
const (
	Rewards = "rewards" // points
	Service = "service" // orders and own events, by the economics
	Other   = "other"   // what tells no line
)

// linesMax is how many lines a budget has; what more are named goes to Other.
const linesMax = 100

// Line names a line of a side.
type Line struct{ Side, Name string }

// Params are the plan, and from which part of it on is warned and stopped.
type Params struct {
	Plan       map[Line]money.Minor
	Warn, Stop money.Ratio
}

// Defaults plan nothing, warn at 80 % and stop at 100 %.
func Defaults() Params {
	return Params{Plan: map[Line]money.Minor{}, Warn: money.MustRatio(4, 5), Stop: money.MustRatio(1, 1)}
}

// Check refuses sides that there are not, and a stop before the warning. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if len(p.Plan) > linesMax {
		return reason.New(reason.InvalidArgument, "plan", "%d lines; give at most %d", len(p.Plan), linesMax)
	}
	for l, planned := range p.Plan {
		if l.Name == "" || !known(l.Side) || planned < 0 {
			return reason.New(reason.InvalidArgument, "plan", "%.32q %.64q: give a side (%s or %s), a name, and an amount of zero or more", l.Side, l.Name, Retention, Acquisition)
		}
	}
	if p.Warn.Num() == 0 || p.Warn.Cmp(p.Stop) > 0 {
		return reason.New(reason.InvalidArgument, "stop_share", "warned at %s, stopped at %s; give two numbers above 0 that do not fall", p.Warn, p.Stop)
	}
	return nil
}

func known(side string) bool { return side == Retention || side == Acquisition }

// State is how a line stands.
type State string

// States of a line. What is planned at zero and has cost something is stopped.
const (
	Fine      State = "fine"
	Warning   State = "warning"
	Stopped   State = "stop"
	Unplanned State = "unplanned"
)

// Spent is one line. Committed is all that is bound, whether it is paid or not; Actual is the part that is paid.
type Spent struct {
	Line
	Planned           *money.Minor
	Committed, Actual money.Minor
	Used              history.Share // committed ÷ planned
	State             State
	Assumed           bool // by the economics, or a stated cost of a point
}

// Report is one period.
type Report struct {
	Revenue money.Minor
	Lines   []Spent // retention, then acquisition, each by name
	Sides   []Spent // retention, acquisition: their sums; planned is nil where no line of it is
	// Points that were issued less those that lapsed, and that were spent.
	Issued, Redeemed money.Points
	Unreadable       int64 // own events that name a line and no amount, or a side that there is not
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	from, asOf       calendar.Day
	params           Params
	economics        *program.Economics
	lines            map[Line]*Spent
	revenue          money.Minor
	issued, redeemed money.Points
	service          money.Minor
	unreadable       int64
}

// New makes a builder for a period, which ends before asOf. The parameters have been checked.
func New(from, asOf calendar.Day, p Params, e *program.Economics) *Builder {
	b := &Builder{from: from, asOf: asOf, params: p, economics: e, lines: map[Line]*Spent{}}
	for l, planned := range p.Plan {
		b.lines[l] = &Spent{Line: l, Planned: &planned}
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf).From(b.from)
	l, err := profit.Of(history.Customer{Orders: c.Orders, Deeds: c.Deeds}, b.economics)
	if err != nil {
		return err
	}
	if b.revenue, err = history.Add(b.revenue, l.Revenue); err != nil {
		return err
	}
	for _, cost := range []money.Minor{l.Orders, l.Actions} {
		if b.service, err = history.Add(b.service, cost); err != nil {
			return err
		}
	}
	for _, p := range c.Points {
		if b.issued, err = history.Sum(b.issued, p.Issued-p.Lapsed); err != nil {
			return err
		}
		if b.redeemed, err = history.Sum(b.redeemed, p.Spent); err != nil {
			return err
		}
	}
	for _, d := range c.Deeds {
		if err := b.event(d); err != nil {
			return err
		}
	}
	return nil
}

// event books an own event that tells a cost.
func (b *Builder) event(d history.Deed) error {
	line := Line{d.Text("budget_side"), d.Text("budget_line")}
	if line.Name == "" && d.Type != acquire.Deed {
		return nil
	}
	if d.Type == acquire.Deed {
		line.Side = cmp.Or(line.Side, Acquisition)
	}
	line.Side, line.Name = cmp.Or(line.Side, Retention), cmp.Or(line.Name, Other)
	amount, ok := d.Amount("amount_minor")
	if !ok || !known(line.Side) {
		b.unreadable++
		return nil
	}
	if b.lines[line] == nil && len(b.lines) >= linesMax {
		line.Name = Other
	}
	paid := amount
	if d.Text("budget_state") == "committed" {
		paid = 0
	}
	return b.line(line).book(amount, paid)
}

// line is a line of the budget, begun if there is none.
func (b *Builder) line(l Line) *Spent {
	if b.lines[l] == nil {
		b.lines[l] = &Spent{Line: l}
	}
	return b.lines[l]
}

// book adds what is bound, and the part of it that is paid.
func (s *Spent) book(bound, paid money.Minor) error {
	var err error
	if s.Committed, err = history.Add(s.Committed, bound); err != nil {
		return err
	}
	s.Actual, err = history.Add(s.Actual, paid)
	return err
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	if err := b.computed(); err != nil {
		return Report{}, err
	}
	r := Report{Revenue: b.revenue, Issued: b.issued, Redeemed: b.redeemed, Unreadable: b.unreadable}
	for _, side := range []string{Retention, Acquisition} {
		sum := Spent{Line: Line{Side: side}}
		names := slices.SortedFunc(maps.Keys(b.lines), func(x, y Line) int { return cmp.Compare(x.Name, y.Name) })
		for _, l := range names {
			if l.Side != side {
				continue
			}
			s := *b.lines[l]
			s.judge(b.params)
			r.Lines = append(r.Lines, s)
			if err := sum.add(s); err != nil {
				return Report{}, err
			}
		}
		sum.judge(b.params)
		r.Sides = append(r.Sides, sum)
	}
	return r, nil
}

// computed books what Laurel knows itself: points, when they are issued, and serving customers.
func (b *Builder) computed() error {
	if b.economics.Point.Num() > 0 {
		bound, err := b.economics.Point.Floor(int64(max(0, b.issued)))
		if err != nil {
			return err
		}
		paid, err := b.economics.Point.Floor(int64(max(0, b.redeemed)))
		if err != nil {
			return err
		}
		if err := b.computedLine(Rewards, money.Minor(bound), money.Minor(paid)); err != nil {
			return err
		}
	}
	if b.service == 0 {
		return nil
	}
	return b.computedLine(Service, b.service, b.service)
}

func (b *Builder) computedLine(name string, bound, paid money.Minor) error {
	s := b.line(Line{Retention, name})
	s.Assumed = true
	return s.book(bound, paid)
}

func (s *Spent) add(o Spent) error {
	err := s.book(o.Committed, o.Actual)
	s.Assumed = s.Assumed || o.Assumed
	if err != nil || o.Planned == nil {
		return err
	}
	planned := money.Minor(0)
	if s.Planned != nil {
		planned = *s.Planned
	}
	planned, err = history.Add(planned, *o.Planned)
	s.Planned = &planned
	return err
}

// judge tells how a line stands.
func (s *Spent) judge(p Params) {
	switch {
	case s.Planned == nil:
		s.State = Unplanned
		return
	case *s.Planned == 0:
		s.State = Fine
		if s.Committed > 0 {
			s.State = Stopped
		}
		return
	}
	s.Used, s.State = history.ShareOf(int64(s.Committed), int64(*s.Planned)), Fine
	switch {
	case s.Used.AtLeast(p.Stop):
		s.State = Stopped
	case s.Used.AtLeast(p.Warn):
		s.State = Warning
	}
}
