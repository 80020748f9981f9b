package satisfaction

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Stage is where a customer stands, with the service that this calls for.
type Stage struct {
	Name, Service string
	Customers     int64
	Open          int64 // of them, with an open case
	Revenue       money.Minor
}

// Places of the stages.
const (
	dissatisfiedStage = iota
	neutralStage
	satisfiedStage
	loyalStage
	unknownStage
)

func stages() []Stage {
	return []Stage{
		{Name: "dissatisfied", Service: "owe the basics: mend what is broken, answer what is open, before anything is offered"},
		{Name: "neutral", Service: "support and initiative: ask before they have to, take the next step for them"},
		{Name: "satisfied", Service: "understand, and serve from their side: learn what they are after, spare them effort"},
		{Name: "loyal", Service: "personal preferences: know them by name and habit, keep what was agreed, ask for advice"},
		{Name: "unknown", Service: "ask: they have not said how satisfied they are"},
	}
}

// StageNames lists the stages.
func StageNames() []string {
	var list []string
	for _, s := range stages() {
		list = append(list, s.Name)
	}
	return list
}

// Member is a customer of a stage. A satisfaction of 0 was not told.
type Member struct {
	ID           string
	Satisfaction int64
	Open         int64 // cases
}

// membersMax is how many members are named at most.
const membersMax = 1000

// StagesReport is all customers with an order before the day.
type StagesReport struct {
	Customers int64
	Stages    []Stage
	Members   []Member // of the stage that was asked for
}

// StagesBuilder makes a StagesReport. Not safe for many goroutines.
type StagesBuilder struct {
	asOf    calendar.Day
	params  Params
	members string
	report  StagesReport
}

// NewStages makes a builder; members of a stage are named, empty: of none. The error is a reason.InvalidArgument.
func NewStages(asOf calendar.Day, p Params, members string) (*StagesBuilder, error) {
	b := &StagesBuilder{asOf: asOf, params: p, members: members, report: StagesReport{Stages: stages()}}
	for _, s := range b.report.Stages {
		if members == "" || s.Name == members {
			return b, nil
		}
	}
	return nil, reason.New(reason.InvalidArgument, "members_of", "there is no stage %.64q; give one of %v", members, StageNames())
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *StagesBuilder) Add(c history.Customer) error {
	p, ok := b.params.see(c, b.asOf)
	if !ok {
		return nil
	}
	b.report.Customers++
	at := &b.report.Stages[p.stage()]
	at.Customers++
	open := answers.Open(p.said)
	if open > 0 {
		at.Open++
	}
	revenue, err := p.Spend()
	if err != nil {
		return err
	}
	if at.Revenue, err = history.Add(at.Revenue, revenue); err != nil {
		return err
	}
	if at.Name == b.members && len(b.report.Members) < membersMax {
		b.report.Members = append(b.report.Members, Member{p.ID, p.satisfaction, open})
	}
	return nil
}

func (p person) stage() int {
	switch {
	case p.satisfaction == 0:
		return unknownStage
	case p.satisfaction < neutral:
		return dissatisfiedStage
	case p.satisfaction == neutral:
		return neutralStage
	case p.loyal && p.judged:
		return loyalStage
	}
	return satisfiedStage
}

// Report ends the collection.
func (b *StagesBuilder) Report() StagesReport { return b.report }
