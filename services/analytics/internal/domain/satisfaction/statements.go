package satisfaction

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/proportion"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Verdict is what own counts say of a statement.
type Verdict int

// Verdicts.
const (
	TooFew    Verdict = iota // customers, on a side of it
	Undecided                // what is counted may be chance
	Held
	Refuted
)

// Count is how many of some customers something is true of.
type Count struct{ Fit, Of int64 }

// Share is the part of them.
func (c Count) Share() history.Share { return history.ShareOf(c.Fit, c.Of) }

func (c *Count) add(fits bool) { //nolint:revive // whether they fit is what is counted
	c.Of++
	if fits {
		c.Fit++
	}
}

// Statement is one of seven. A statement of certainty is about one group alone, and held if its share reaches the mark; one
// of comparison has two groups, and is held if the share of the first is above that of the second beyond chance.
type Statement struct {
	Text, Of, Other string // in words: who is counted, and who they are compared with; Other is empty for certainty
	This, That      Count
}

// IsCertainty tells whether a statement is of certainty.
func (s Statement) IsCertainty() bool { return s.Other == "" }

// Interval is that of the share, or of the difference of both.
func (s Statement) Interval() proportion.Interval {
	if s.IsCertainty() {
		return proportion.Of(s.This.Fit, s.This.Of)
	}
	return proportion.Difference(s.This.Fit, s.This.Of, s.That.Fit, s.That.Of)
}

// Verdict holds the statement against a mark for certainty and a least number of customers on each side.
func (s Statement) Verdict(mark money.Ratio, least int64) Verdict {
	if s.This.Of < least || !s.IsCertainty() && s.That.Of < least {
		return TooFew
	}
	if s.IsCertainty() {
		if s.This.Share().AtLeast(mark) {
			return Held
		}
		return Refuted
	}
	at := s.Interval()
	switch {
	case at.Low > 0:
		return Held
	case at.High < 0:
		return Refuted
	}
	return Undecided
}

// Places of the statements.
const (
	lowMakesLow = iota
	highMakesHigh
	noneWithout
	moreOften
	topCounts
	speakWell
	fallWarns
)

func statements() []Statement {
	return []Statement{
		{Text: "Low satisfaction makes low loyalty certain", Of: "the dissatisfied (1, 2) who are not loyal"},
		{Text: "High satisfaction makes high loyalty certain", Of: "the satisfied (4, 5) who are loyal"},
		{Text: "There is no loyalty without satisfaction", Of: "the loyal who are satisfied (4, 5)"},
		{Text: "The satisfied are loyal more often than the others", Of: "the satisfied (4, 5) who are loyal", Other: "the others (1 to 3) who are"},
		{Text: "The very satisfied are loyal more often than the merely satisfied", Of: "those of 5 who are loyal", Other: "those of 4 who are"},
		{Text: "The satisfied speak well of us more often", Of: "the satisfied (4, 5) who recommend (9, 10) or referred somebody", Other: "the others (1 to 3) who do"},
		{Text: "Who becomes less satisfied is lost more often", Of: "those whose last answer is below their first, and who are silent", Other: "those with two answers and no fall who are"},
	}
}

// StatementsReport is all customers with an order before the day.
type StatementsReport struct {
	Customers, Answered int64
	Statements          []Statement
}

// CheckLeast refuses a least number of customers. The error is a reason.InvalidArgument.
func CheckLeast(n int64) error {
	if n < 1 || n > statementLeastMost {
		return reason.New(reason.InvalidArgument, "least", "%d customers; give 1 to %d", n, statementLeastMost)
	}
	return nil
}

// StatementsBuilder makes a StatementsReport. Not safe for many goroutines.
type StatementsBuilder struct {
	asOf   calendar.Day
	params Params
	report StatementsReport
}

// NewStatements makes a builder. The parameters have been checked.
func NewStatements(asOf calendar.Day, p Params) *StatementsBuilder {
	return &StatementsBuilder{asOf: asOf, params: p, report: StatementsReport{Statements: statements()}}
}

// Add takes a customer.
func (b *StatementsBuilder) Add(c history.Customer) error {
	p, ok := b.params.see(c, b.asOf)
	if !ok {
		return nil
	}
	b.report.Customers++
	if p.satisfaction == 0 {
		return nil
	}
	b.report.Answered++
	at := b.report.Statements
	side(&at[speakWell], p.satisfied()).add(p.recommends())
	if fell, twice := p.fell(); twice {
		side(&at[fallWarns], fell).add(p.silent)
	}
	if !p.judged {
		return nil
	}
	switch {
	case p.satisfied():
		at[highMakesHigh].This.add(p.loyal)
		side(&at[topCounts], p.satisfaction == scaleMost).add(p.loyal)
	case p.satisfaction < neutral:
		at[lowMakesLow].This.add(!p.loyal)
	}
	side(&at[moreOften], p.satisfied()).add(p.loyal)
	if p.loyal {
		at[noneWithout].This.add(p.satisfied())
	}
	return nil
}

// side is where a customer is counted: first of whom the statement speaks, else with those they are compared with.
func side(s *Statement, first bool) *Count { //nolint:revive // which of two counts
	if first {
		return &s.This
	}
	return &s.That
}

// recommends tells whether a customer speaks well of us: said so last, or referred somebody.
func (p person) recommends() bool {
	return answers.Latest(p.said).Promotes() || answers.Referrals(p.Deeds) > 0
}

// fell tells whether the last answer is below the first; false: there are no two.
func (p person) fell() (fell, twice bool) {
	first, n := int64(0), 0
	for _, s := range p.said {
		if v, ok := s.Number(answers.Satisfaction); ok {
			if n == 0 {
				first = v
			}
			n++
		}
	}
	return p.satisfaction < first, n > 1
}

// Report ends the collection.
func (b *StatementsBuilder) Report() StatementsReport { return b.report }
