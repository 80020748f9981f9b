// Package contract reads times under contract out of what an account's own events say: signed, renewed, ended. Contracts are
// those of dealers, and of members of a club that is paid for.
package contract

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Stint is a time under contract; To is calendar.None while it lasts.
type Stint struct {
	From, To calendar.Day
	Freely   bool // it was ended of the member's own will
}

// Current tells whether it lasts.
func (s Stint) Current() bool { return s.To == calendar.None }

// Event is what happened to a contract.
type Event struct {
	Day    calendar.Day
	What   string // answers.ContractSigned, ContractRenewed, ContractEnded
	Freely bool
}

// History is the contracts of one account, in their order, and what happened to them.
type History struct {
	Stints []Stint
	Events []Event
	// Signed: the first one begins with a signing. Otherwise it is known from the first event that was told of it.
	Signed bool
}

// Of reads a history out of the own events of a type; of any, if it is empty. A second signing while a contract lasts changes nothing, nor does an end of one that has ended.
func Of(said []answers.Said, kind string) History {
	var h History
	for _, s := range said {
		what := s.Text(answers.Contract)
		if what == "" || kind != "" && s.Type != kind {
			continue
		}
		if len(h.Stints) == 0 {
			h.Signed = what == answers.ContractSigned
		}
		if len(h.Stints) == 0 || !h.Stints[len(h.Stints)-1].Current() {
			if what == answers.ContractEnded && len(h.Stints) > 0 {
				continue
			}
			h.Stints = append(h.Stints, Stint{From: s.Day, To: calendar.None})
		}
		e := Event{s.Day, what, s.Flag(answers.Voluntary)}
		if what == answers.ContractEnded {
			last := &h.Stints[len(h.Stints)-1]
			last.To, last.Freely = e.Day, e.Freely
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// RenewalsMost is up to how many renewals of a contract are told apart: a hundred years of months.
const RenewalsMost = 1200

// Renewals is how often a contract of terms of so many months was renewed by a day: how many of its anniversaries lie before the
// day on which it ended, or before the day that is asked for. One that ends on the day of a renewal was not renewed then.
func (s Stint) Renewals(months int, asOf calendar.Day) int {
	end := s.To
	if s.Current() {
		end = asOf
	}
	n := 0
	for n < RenewalsMost && s.From.AddMonths((n+1)*months) < end {
		n++
	}
	return n
}
