package satisfaction

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/involvement"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Field is one of four.
type Field struct {
	Name             string
	Satisfied, Loyal bool
	Customers        int64
	Revenue          money.Minor
}

// Level is the customers who said, or did, as much as each other, and how long their relation lasts.
type Level struct {
	Name             string
	Customers, Loyal int64
	Loss             survival.Curve // from the first purchase day to the loss
}

// Kept is the share of a level that is estimated not to be lost a year after their first purchase; false: nobody of it was
// observed for so long, and not all were lost before.
func (l Level) Kept() (survival.Step, bool) {
	at := l.Loss.At(yearDays)
	return at, l.Loss.Longest >= yearDays || at.S == 0
}

// FieldsReport is all customers with an order before the day.
type FieldsReport struct {
	Customers, Answered, Unreadable int64
	Fields                          []Field // loyal, hostage, mercenary, defector
	// Of the answered.
	Satisfied, SatisfiedLoyal, Other, OtherLoyal int64
	BySatisfaction                               []Level // 1 to 5
	ByInvolvement                                []Level // of those who came early enough
}

type group struct {
	level Level
	curve *survival.Builder
}

// FieldsBuilder makes a FieldsReport. Not safe for many goroutines.
type FieldsBuilder struct {
	asOf           calendar.Day
	params         Params
	involved       involvement.Params
	report         FieldsReport
	bySatisfaction []group
	byInvolvement  []group
}

// NewFields makes a builder. The parameters have been checked.
func NewFields(asOf calendar.Day, p Params) *FieldsBuilder {
	b := &FieldsBuilder{asOf: asOf, params: p, involved: involvement.Defaults(), report: FieldsReport{Fields: []Field{
		{Name: "loyal", Satisfied: true, Loyal: true}, {Name: "hostage", Loyal: true},
		{Name: "mercenary", Satisfied: true}, {Name: "defector"},
	}}}
	for _, name := range []string{"1", "2", "3", "4", "5"} {
		b.bySatisfaction = append(b.bySatisfaction, group{Level{Name: name}, survival.New(asOf, survival.Params{Silent: p.SilentDays})})
	}
	for _, l := range involvement.Levels() {
		b.byInvolvement = append(b.byInvolvement, group{Level{Name: l.String()}, survival.New(asOf, survival.Params{Silent: p.SilentDays})})
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *FieldsBuilder) Add(c history.Customer) error {
	p, ok := b.params.see(c, b.asOf)
	if !ok {
		return nil
	}
	b.report.Customers++
	b.report.Unreadable += p.unreadable
	if early := p.First().AddDays(involvedDays); early <= b.asOf {
		index := b.involved.Index(p.From(p.First()).Before(early).Deeds)
		if err := b.byInvolvement[b.involved.Level(index)].add(p); err != nil {
			return err
		}
	}
	if p.satisfaction == 0 || !p.judged {
		return nil
	}
	if err := b.bySatisfaction[p.satisfaction-1].add(p); err != nil {
		return err
	}
	return b.place(p)
}

func (g *group) add(p person) error {
	g.level.Customers++
	if p.loyal {
		g.level.Loyal++
	}
	return g.curve.Add(p.Customer)
}

func (b *FieldsBuilder) place(p person) error {
	b.report.Answered++
	of, loyal := &b.report.Other, &b.report.OtherLoyal
	if p.satisfied() {
		of, loyal = &b.report.Satisfied, &b.report.SatisfiedLoyal
	}
	*of++
	if p.loyal {
		*loyal++
	}
	revenue, err := p.Spend()
	if err != nil {
		return err
	}
	for i := range b.report.Fields {
		f := &b.report.Fields[i]
		if f.Satisfied == p.satisfied() && f.Loyal == p.loyal {
			f.Customers++
			if f.Revenue, err = history.Add(f.Revenue, revenue); err != nil {
				return err
			}
		}
	}
	return nil
}

// Report ends the collection.
func (b *FieldsBuilder) Report() FieldsReport {
	r := b.report
	for _, list := range []struct {
		from []group
		into *[]Level
	}{{b.bySatisfaction, &r.BySatisfaction}, {b.byInvolvement, &r.ByInvolvement}} {
		for _, g := range list.from {
			g.level.Loss = g.curve.Report().Loss
			*list.into = append(*list.into, g.level)
		}
	}
	return r
}
