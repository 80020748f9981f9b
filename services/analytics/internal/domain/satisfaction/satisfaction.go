// Package satisfaction holds what customers say of their satisfaction beside what they do: four fields of satisfaction and
// loyalty, the stage of each with the service it calls for, and seven statements that are held or refuted by own counts. It
// is fed customer by customer.
package satisfaction

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// What loyalty is judged by.
const (
	ByPurchases = "purchases" // two purchase days or more, and not silent for longer than the silent days
	ByIntent    = "intent"    // what they said of buying again
)

const (
	satisfiedFrom      = 4 // of satisfaction
	neutral            = 3
	intentFrom         = 4 // of repurchase
	repeaterFrom       = 2 // purchase days
	scaleMost          = 5
	yearDays           = 365
	involvedDays       = 180
	statementLeastMost = 10_000
)

// StatementLeast is how many customers each side of a statement needs, for it to be held or refuted, unless said otherwise.
const StatementLeast = 20

// Params say who counts as loyal.
type Params struct {
	LoyalBy    string
	SilentDays int
}

// Defaults judge by purchases.
func Defaults() Params { return Params{LoyalBy: ByPurchases, SilentDays: survival.SilentDays} }

// Check refuses what cannot be judged by. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if p.LoyalBy != ByPurchases && p.LoyalBy != ByIntent {
		return reason.New(reason.InvalidArgument, "loyal_by", "loyalty by %.64q; give %s or %s", p.LoyalBy, ByPurchases, ByIntent)
	}
	return survival.CheckSilent(p.SilentDays)
}

// person is a customer as the reports see them. A satisfaction of 0 was not told.
type person struct {
	history.Customer
	said         []answers.Said
	satisfaction int64
	loyal        bool
	judged       bool // whether they are loyal is known
	silent       bool // for longer than the silent days
	unreadable   int64
}

// see looks at a customer before a day; false: nothing was bought by then.
func (p Params) see(c history.Customer, asOf calendar.Day) (person, bool) {
	c = c.Before(asOf)
	if len(c.Orders) == 0 {
		return person{}, false
	}
	made := person{Customer: c, silent: int(asOf-c.Last()) > p.SilentDays, judged: true}
	made.said, made.unreadable = answers.All(c.Deeds)
	last := answers.Latest(made.said)
	made.satisfaction, _ = last.Number(answers.Satisfaction)
	made.loyal = len(c.Days()) >= repeaterFrom && !made.silent
	if p.LoyalBy == ByIntent {
		intent, told := last.Number(answers.Repurchase)
		made.loyal, made.judged = intent >= intentFrom, told
	}
	return made, true
}

func (p person) satisfied() bool { return p.satisfaction >= satisfiedFrom }
