// Package indicator gathers what tells of loyalty, from what customers do and what they say: nine indicators, each with its
// source, its trend, and its part of one index. It is fed customer by customer and keeps sums.
package indicator

import (
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Names of the indicators, in their order.
const (
	Intent       = "repurchase intent"
	Repeats      = "repeat purchases"
	Choosing     = "time to choose"
	Price        = "price sensitivity"
	Competitors  = "attitude to competitors"
	Quality      = "sensitivity to quality"
	Referrals    = "referrals"
	Retention    = "retention"
	ShareOfPurse = "share of wallet"
)

// Sources of indicators.
const (
	FromEvents = "events"
	FromSurvey = "survey"
)

const (
	repeatsMost = 4  // repeat purchase days of a year that are as loyal as can be told
	chooseMost  = 60 // minutes to choose from which on nobody is loyal
	scaleLeast  = 1
	scaleMost   = 5
	percent     = 100
	periods     = 5 // of the trend, the last one included
	stepMonths  = 3
	weightMost  = 1000
)

// Params say over how many months each value is taken, and how much each indicator weighs in the index.
type Params struct {
	Months  int
	Weights map[string]int64
}

// Defaults are a year, and equal weights.
func Defaults() Params {
	p := Params{Months: 12, Weights: map[string]int64{}}
	for _, name := range Names() {
		p.Weights[name] = 1
	}
	return p
}

// Names lists the indicators.
func Names() []string {
	return []string{Intent, Repeats, Choosing, Price, Competitors, Quality, Referrals, Retention, ShareOfPurse}
}

// Source is where an indicator comes from.
func Source(name string) string {
	if slices.Contains([]string{Repeats, Referrals, Retention}, name) {
		return FromEvents
	}
	return FromSurvey
}

// Check refuses what makes no index. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if p.Months < 1 || p.Months > 120 {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to 120", p.Months)
	}
	sum := int64(0)
	for name, weight := range p.Weights {
		if !slices.Contains(Names(), name) {
			return reason.New(reason.InvalidArgument, "weights", "there is no indicator %.64q; give one of %q", name, Names())
		}
		if weight < 0 || weight > weightMost {
			return reason.New(reason.InvalidArgument, "weights", "%s weighs %d; give 0 to %d", name, weight, weightMost)
		}
		sum += weight
	}
	if sum == 0 {
		return reason.New(reason.InvalidArgument, "weights", "nothing weighs anything; give one indicator a weight")
	}
	return nil
}

// Value is an indicator at a day: its mean as it was told or counted, and its score from 0 to 100, where more is more loyal.
type Value struct {
	N           int64 // customers
	Mean, Score history.Share
}

// Point is all indicators, in their order, at a day, and the index over those that there are.
type Point struct {
	Day    calendar.Day
	Values []Value
	Index  history.Share
	Weight int64 // of the indicators that there are
}

// Report is the trend, ending with the day of the report.
type Report struct {
	Customers, Unreadable int64
	Points                []Point
}

// sum is what an indicator adds up to.
type sum struct {
	n, of int64
	score big.Rat // of the customers' scores, from 0 to 1 each
}

func (s *sum) add(value int64, score *big.Rat) {
	s.n++
	s.of += value
	s.score.Add(&s.score, score)
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	params Params
	days   []calendar.Day
	sums   [periods]map[string]*sum
	report Report
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{params: p}
	for i := range periods {
		b.days = append(b.days, asOf.AddMonths(-stepMonths*(periods-1-i)))
		b.sums[i] = map[string]*sum{}
		for _, name := range Names() {
			b.sums[i][name] = &sum{}
		}
	}
	return b
}

// Add takes a customer.
func (b *Builder) Add(c history.Customer) error {
	asOf := b.days[periods-1]
	if c = c.Before(asOf); len(c.Orders) == 0 {
		return nil
	}
	b.report.Customers++
	said, unreadable := answers.All(c.Deeds)
	b.report.Unreadable += unreadable
	for i, day := range b.days {
		b.at(b.sums[i], c, said, day)
	}
	return nil
}

// at adds a customer as of one day of the trend.
func (b *Builder) at(sums map[string]*sum, c history.Customer, said []answers.Said, day calendar.Day) {
	begin := day.AddMonths(-b.params.Months)
	now, before := c.Before(day).From(begin), c.Before(begin).From(begin.AddMonths(-b.params.Months))
	if len(now.Orders) > 0 {
		repeats := int64(len(now.Days())) - 1
		if len(c.Before(begin).Orders) > 0 {
			repeats++ // they had bought before: each day is one more time
		}
		sums[Repeats].add(repeats, part(repeats, repeatsMost))
		referred := answers.Referrals(now.Deeds)
		sums[Referrals].add(referred, part(referred, 1))
	}
	if len(before.Orders) > 0 {
		kept := int64(min(1, len(now.Orders)))
		sums[Retention].add(kept, part(kept, 1))
	}
	var window []answers.Said
	for _, s := range said {
		if s.Day >= begin && s.Day < day {
			window = append(window, s)
		}
	}
	asked(sums, answers.Latest(window))
}

// asked adds what a customer has said last.
func asked(sums map[string]*sum, last answers.Said) {
	for _, q := range []struct {
		name  string
		field answers.Field
		score func(int64) *big.Rat
	}{
		{Intent, answers.Repurchase, func(v int64) *big.Rat { return part(v-scaleLeast, scaleMost-scaleLeast) }},
		{Choosing, answers.ChooseMinutes, func(v int64) *big.Rat { return part(chooseMost-v, chooseMost) }},
		{Price, answers.PriceSensitivity, func(v int64) *big.Rat { return part(scaleMost-v, scaleMost-scaleLeast) }},
		{Competitors, answers.Competitors, func(v int64) *big.Rat { return part(scaleMost-v, scaleMost-scaleLeast) }},
		{Quality, answers.QualitySensitivity, func(v int64) *big.Rat { return part(scaleMost-v, scaleMost-scaleLeast) }},
		{ShareOfPurse, answers.WalletPercent, func(v int64) *big.Rat { return part(v, percent) }},
	} {
		if v, ok := last.Number(q.field); ok {
			sums[q.name].add(v, q.score(v))
		}
	}
}

// part is a ÷ most, within 0 and 1.
func part(a, most int64) *big.Rat { return big.NewRat(max(0, min(a, most)), most) }

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	for i, day := range b.days {
		p := Point{Day: day}
		index := new(big.Rat)
		for _, name := range Names() {
			s := b.sums[i][name]
			v := Value{N: s.n, Mean: history.ShareOf(s.of, s.n)}
			if s.n > 0 {
				score := new(big.Rat).Mul(&s.score, big.NewRat(percent, s.n))
				v.Score = history.NewShare(score.Num(), score.Denom())
				index.Add(index, score.Mul(score, new(big.Rat).SetInt64(b.params.Weights[name])))
				p.Weight += b.params.Weights[name]
			}
			p.Values = append(p.Values, v)
		}
		if p.Weight > 0 {
			index.Quo(index, new(big.Rat).SetInt64(p.Weight))
			p.Index = history.NewShare(index.Num(), index.Denom())
		}
		r.Points = append(r.Points, p)
	}
	return r
}
