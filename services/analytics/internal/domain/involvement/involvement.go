// Package involvement tells how far customers take part in what the programme offers beside buying, as an index, and how
// many of each level are kept.
package involvement

import (
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/proportion"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Kind is one kind of taking part.
type Kind struct {
	Name   string
	Types  []string // of own events
	Most   int64    // more of them count no more
	Weight int64
}

// Level is how far a customer is involved.
type Level int

// Levels.
const (
	None Level = iota
	Low
	Middle
	High
	levels
)

var names = [levels]string{"none", "low", "middle", "high"}

// String is the level in words.
func (l Level) String() string { return names[l] }

// Levels lists all, rising.
func Levels() []Level { return []Level{None, Low, Middle, High} }

// Params say what counts, and over which time.
type Params struct {
	Kinds                []Kind
	MiddleFrom, HighFrom int64 // of the index, from 1 to 100
	Months               int   // over which the index is taken
	FollowDays           int   // after them, in which it is seen who is kept
}

const (
	most          = 4
	mostReferrals = 2
	middleFrom    = 20
	highFrom      = 50
	months        = 12
	followDays    = 180
	kindsMax      = 16
	typesMax      = 32
	weightMax     = 1000
	monthsMax     = 120
	followDaysMax = 3660
	indexMost     = 100
	kindMost      = 10_000
	charsMax      = 64
)

// Defaults are four kinds of one weight.
func Defaults() Params {
	return Params{
		Kinds: []Kind{
			{"participation", []string{"idea", "kano", "panel", "review", "survey"}, most, 1},
			{"referrals", []string{answers.Referral}, mostReferrals, 1},
			{"responses", []string{"app", "message"}, most, 1},
			{"events", []string{"event"}, most, 1},
		},
		MiddleFrom: middleFrom, HighFrom: highFrom, Months: months, FollowDays: followDays,
	}
}

// Check refuses what makes no index. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	refuse := func(field, format string, args ...any) error {
		return reason.New(reason.InvalidArgument, field, format, args...)
	}
	if len(p.Kinds) == 0 || len(p.Kinds) > kindsMax {
		return refuse("kinds", "%d kinds; give 1 to %d", len(p.Kinds), kindsMax)
	}
	seen := map[string]bool{}
	for _, k := range p.Kinds {
		switch {
		case k.Name == "" || len(k.Name) > charsMax || len(k.Types) == 0 || len(k.Types) > typesMax:
			return refuse("kinds", "kind %.64q has %d types; give it a name, and 1 to %d types", k.Name, len(k.Types), typesMax)
		case k.Most < 1 || k.Most > kindMost || k.Weight < 1 || k.Weight > weightMax:
			return refuse("kinds", "kind %.64q counts at most %d with weight %d; give 1 to %d, and 1 to %d", k.Name, k.Most, k.Weight, kindMost, weightMax)
		}
		for _, name := range k.Types {
			if seen[name] {
				return refuse("kinds", "type %.64q would count twice; name it once", name)
			}
			seen[name] = true
		}
	}
	switch {
	case p.MiddleFrom < 1 || p.HighFrom <= p.MiddleFrom || p.HighFrom > indexMost:
		return refuse("high_from", "middle from %d, high from %d; give 1 to %d, rising", p.MiddleFrom, p.HighFrom, indexMost)
	case p.Months < 1 || p.Months > monthsMax:
		return refuse("months", "%d months; give 1 to %d", p.Months, monthsMax)
	case p.FollowDays < 1 || p.FollowDays > followDaysMax:
		return refuse("follow_days", "%d days; give 1 to %d", p.FollowDays, followDaysMax)
	}
	return nil
}

// Index is 100 × Σ weight × min(events, most) ÷ most, over Σ weights, rounded down but never to nothing: who did anything
// that counts has at least 1.
func (p Params) Index(deeds []history.Deed) int64 {
	sum, weights := new(big.Rat), int64(0)
	for _, k := range p.Kinds {
		n := int64(0)
		for _, d := range deeds {
			if slices.Contains(k.Types, d.Type) {
				n++
			}
		}
		weights += k.Weight
		sum.Add(sum, big.NewRat(k.Weight*min(n, k.Most), k.Most))
	}
	if sum.Sign() == 0 {
		return 0
	}
	sum.Mul(sum, big.NewRat(indexMost, weights))
	return max(1, new(big.Int).Quo(sum.Num(), sum.Denom()).Int64())
}

// Level is where an index stands.
func (p Params) Level(index int64) Level {
	switch {
	case index >= p.HighFrom:
		return High
	case index >= p.MiddleFrom:
		return Middle
	case index > 0:
		return Low
	}
	return None
}

// Held is who stood at a level, and how many of them were kept.
type Held struct {
	Level                    Level
	Customers, Kept, IndexOf int64 // IndexOf is the sum of their indices
}

// Kept95 is the interval of the share that was kept.
func (h Held) Kept95() proportion.Interval { return proportion.Of(h.Kept, h.Customers) }

// Done is how much of a kind was done, and by how many.
type Done struct {
	Kind                  string
	Customers, Kept, Acts int64
}

// Report is all customers with an order in the time of the index.
type Report struct {
	From, Follow    calendar.Day // when the index begins, and when it ends and who is kept is seen
	Customers, Kept int64
	IndexOf         int64
	Levels          []Held // all, rising
	Kinds           []Done // in the order of the parameters
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	report Report
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, params: p}
	b.report.Follow = asOf.AddDays(-p.FollowDays)
	b.report.From = b.report.Follow.AddMonths(-p.Months)
	for _, l := range Levels() {
		b.report.Levels = append(b.report.Levels, Held{Level: l})
	}
	for _, k := range p.Kinds {
		b.report.Kinds = append(b.report.Kinds, Done{Kind: k.Name})
	}
	return b
}

// Add takes a customer.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	then := c.Before(b.report.Follow).From(b.report.From)
	if len(then.Orders) == 0 {
		return nil
	}
	kept, index := int64(0), b.params.Index(then.Deeds)
	if c.Last() >= b.report.Follow {
		kept = 1
	}
	b.report.Customers++
	b.report.Kept += kept
	b.report.IndexOf += index
	h := &b.report.Levels[b.params.Level(index)]
	h.Customers++
	h.Kept += kept
	h.IndexOf += index
	for i, k := range b.params.Kinds {
		n := int64(0)
		for _, d := range then.Deeds {
			if slices.Contains(k.Types, d.Type) {
				n++
			}
		}
		if n > 0 {
			b.report.Kinds[i].Customers++
			b.report.Kinds[i].Kept += kept
			b.report.Kinds[i].Acts += n
		}
	}
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report { return b.report }
