// Package pricing tells which prices customers bear: by what they say (van Westendorp's four questions, the rise they would
// bear, the cut that would bring them back), and by what they did around changes of price.
package pricing

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// The four questions, as own events name the answers: the price at which it is too cheap to be good, cheap, expensive, too
// expensive to be bought.
const (
	tooCheap = iota
	cheap
	expensive
	tooExpensive
	questions
)

func fields() [questions]string {
	return [questions]string{"too_cheap_minor", "cheap_minor", "expensive_minor", "too_expensive_minor"}
}

const (
	changesMax = 20
	windowMost = 1830
	percentMax = 1000
	// hundred is the whole in per cents.
	hundred = 100
)

// WindowDays is how long before and after a change of price is looked at, unless said otherwise.
const WindowDays = 90

// Changed is a price of a category that changed on a day, by so many per cents; below zero: it fell.
type Changed struct {
	Day      calendar.Day
	Category string
	Percent  int64
}

// Params are what is asked.
type Params struct {
	Product string // whose answers count; empty: all
	Window  int    // days
	Changes []Changed
}

// Check refuses what cannot be looked at. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if p.Window < 1 || p.Window > windowMost {
		return reason.New(reason.InvalidArgument, "window_days", "%d days; give 1 to %d", p.Window, windowMost)
	}
	if len(p.Changes) > changesMax {
		return reason.New(reason.InvalidArgument, "changes", "%d changes; give at most %d", len(p.Changes), changesMax)
	}
	for _, c := range p.Changes {
		if c.Percent == 0 || c.Percent < -hundred || c.Percent > percentMax {
			return reason.New(reason.InvalidArgument, "changes", "%d per cent; give one from -%d to %d, and not 0", c.Percent, hundred, percentMax)
		}
	}
	return nil
}

// Price is a price that was named, and who by then says what. Shares of a curve are Too cheap and so on ÷ answers.
type Price struct {
	At                                  money.Minor
	TooCheap, Cheap, Expensive, TooMuch int64 // cheap and too cheap: at this price or a higher one; the others: at this or a lower
}

// Points are the prices at which two curves cross: the lowest named price at which the rising one has reached the falling one.
// Nil: nobody answered, or they do not cross.
type Points struct {
	// Cheapest: too cheap meets expensive. Dearest: cheap meets too expensive. Best: too cheap meets too expensive. Indifferent:
	// cheap meets expensive.
	Cheapest, Dearest, Best, Indifferent *money.Minor
}

// Told is what customers say of a percentage.
type Told struct {
	Answers int64
	Median  history.Share // per cents
}

// Around is what was bought around a change of price, and around the same days one window earlier, when nothing changed.
type Around struct {
	Changed
	Whole bool // the window after the change is over
	// Before bought of the category in the window before, Stayed of them in the one after; EarlierBefore and EarlierStayed are
	// the same one window earlier.
	Before, Stayed, EarlierBefore, EarlierStayed int64
	SpentBefore, SpentAfter                      money.Minor
}

// Report is all that was said and done before the day.
type Report struct {
	Answers       int64 // of all four questions, in rising order
	Contradicting int64 // not in rising order: left out
	Prices        []Price
	Points        Points
	Rise          Told        // borne before leaving
	Cut           Told        // needed to come back
	CutCost       money.Minor // what these cuts would cost on the spend of the last year before the answer
	Around        []Around
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf       calendar.Day
	params     Params
	report     Report
	answers    [questions][]int64
	rise, cuts []int64
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, params: p}
	for _, c := range p.Changes {
		b.report.Around = append(b.report.Around, Around{Changed: c, Whole: c.Day.AddDays(p.Window) <= asOf})
	}
	return b
}

// Add takes a customer. Of several answers of one the latest counts. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	b.four(c)
	if err := b.percentages(c); err != nil {
		return err
	}
	for i := range b.report.Around {
		if err := b.around(c, &b.report.Around[i]); err != nil {
			return err
		}
	}
	return nil
}

// four takes the latest answer to all four questions.
func (b *Builder) four(c history.Customer) {
	for _, d := range slices.Backward(c.Deeds) {
		var said [questions]int64
		whole := b.params.Product == "" || d.Text("product") == b.params.Product
		for i, name := range fields() {
			n, ok := d.Number(name)
			said[i], whole = n, whole && ok
		}
		if !whole {
			continue
		}
		if !slices.IsSorted(said[:]) {
			b.report.Contradicting++
			return
		}
		b.report.Answers++
		for i, n := range said {
			b.answers[i] = append(b.answers[i], n)
		}
		return
	}
}

// percentages take the latest of what is said of a rise and of a cut.
func (b *Builder) percentages(c history.Customer) error {
	said, _ := answers.All(c.Deeds)
	if rise, ok := answers.Latest(said).Number(answers.TolerancePercent); ok {
		b.rise = append(b.rise, rise)
	}
	for _, d := range slices.Backward(c.Deeds) {
		cut, ok := d.Number("cut_to_return_percent")
		if !ok || cut > hundred {
			continue
		}
		b.cuts = append(b.cuts, cut)
		spend, err := c.Before(d.Day).From(d.Day.AddMonths(-12)).Spend()
		if err != nil {
			return err
		}
		part, err := money.NewRatio(cut, hundred)
		if err != nil {
			return err
		}
		cost, err := part.Floor(int64(spend))
		if err != nil {
			return err
		}
		b.report.CutCost, err = history.Add(b.report.CutCost, money.Minor(cost))
		return err
	}
	return nil
}

// around counts a customer around a change.
func (b *Builder) around(c history.Customer, a *Around) error {
	days := b.params.Window
	earlier, _, err := bought(c, a, a.Day.AddDays(-2*days), a.Day.AddDays(-days))
	if err != nil {
		return err
	}
	before, spentBefore, err := bought(c, a, a.Day.AddDays(-days), a.Day)
	if err != nil {
		return err
	}
	after, spentAfter, err := bought(c, a, a.Day, a.Day.AddDays(days))
	if err != nil {
		return err
	}
	a.count(earlier, before, after)
	if a.SpentBefore, err = history.Add(a.SpentBefore, spentBefore); err != nil {
		return err
	}
	a.SpentAfter, err = history.Add(a.SpentAfter, spentAfter)
	return err
}

func (a *Around) count(earlier, before, after bool) { //nolint:revive // facts, no switches
	if earlier {
		a.EarlierBefore++
		if before {
			a.EarlierStayed++
		}
	}
	if before {
		a.Before++
		if after {
			a.Stayed++
		}
	}
}

// bought tells whether a customer bought of the category between two days, and for how much.
func bought(c history.Customer, a *Around, from, to calendar.Day) (bool, money.Minor, error) {
	some, sum := false, money.Minor(0)
	var err error
	for _, o := range c.Orders {
		if o.Day < from || o.Day >= to {
			continue
		}
		if a.Category == "" {
			some = true
			if sum, err = history.Add(sum, o.Base); err != nil {
				return some, 0, err
			}
			continue
		}
		if o.Detail == nil {
			continue
		}
		for _, l := range o.Detail.Lines {
			if l.Category != a.Category {
				continue
			}
			some = true
			if sum, err = history.Add(sum, l.Base); err != nil {
				return some, 0, err
			}
		}
	}
	return some, sum, nil
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	r.Rise, r.Cut = told(b.rise), told(b.cuts)
	var all []int64
	for i := range b.answers {
		slices.Sort(b.answers[i])
		all = append(all, b.answers[i]...)
	}
	slices.Sort(all)
	for _, at := range slices.Compact(all) {
		r.Prices = append(r.Prices, Price{
			At: money.Minor(at), TooCheap: from(b.answers[tooCheap], at), Cheap: from(b.answers[cheap], at),
			Expensive: upTo(b.answers[expensive], at), TooMuch: upTo(b.answers[tooExpensive], at),
		})
	}
	r.Points = Points{
		Cheapest:    crossing(r.Prices, func(p Price) bool { return p.Expensive >= p.TooCheap }),
		Dearest:     crossing(r.Prices, func(p Price) bool { return p.TooMuch >= p.Cheap }),
		Best:        crossing(r.Prices, func(p Price) bool { return p.TooMuch >= p.TooCheap }),
		Indifferent: crossing(r.Prices, func(p Price) bool { return p.Expensive >= p.Cheap }),
	}
	return r
}

// from is how many values are at least so much, upTo how many are at most so much; the values rise.
func from(values []int64, at int64) int64 {
	i, _ := slices.BinarySearch(values, at)
	return int64(len(values) - i)
}

func upTo(values []int64, at int64) int64 {
	i, _ := slices.BinarySearch(values, at+1)
	return int64(i)
}

func crossing(prices []Price, met func(Price) bool) *money.Minor {
	for _, p := range prices {
		if met(p) {
			return &p.At
		}
	}
	return nil
}

func told(values []int64) Told { return Told{int64(len(values)), history.Median(values)} }
