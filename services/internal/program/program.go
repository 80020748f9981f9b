// Package program turns the YAML of a programme into a checked Program. It owns the words of the
// file, its limits and its faults; reading files, keeping revisions and rating orders are left to
// others. It reads and changes nothing outside itself, but for the table of time zones.
package program

import (
	"time"
	// Zones are known on a machine that has no table of its own; its own goes first, as everywhere
	// in Go.
	_ "time/tzdata"

	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Program is one checked revision of a programme. Only Parse makes a Program that can rate. It is
// not changed after that, so it is safe for many goroutines.
type Program struct {
	// ID stands in subjects and keys, and never changes.
	ID string
	// Name is for people. It is the ID where the file gives none.
	Name string
	// Zone says when a day begins. It is never nil.
	Zone *time.Location
	// Currency is that of every order and of every amount in the file.
	Currency  money.Currency
	Enrolment Enrolment
	// Unit is the kind of points that orders earn, for example "points".
	Unit string
	// Units are what orders earn beside it, sorted by name; see Unit.
	Units   []*Unit
	Earning Earning
	Expiry  Expiry
	Returns Returns
	Refunds Refunds
	Orders  OrderPolicy
	// Actions are the types of own events, sorted by type; see Action.
	Actions []*Action
	// Ladder is nil where the programme has no tiers. Its days are days in Zone.
	Ladder *ladder.Ladder
	// Partners are the agreements with partner companies, sorted by id; see Partner.
	Partners []*Partner
	// Adjustments is nil where anybody who may adjust may do so without limit.
	Adjustments *Adjustments
	// Transfers is nil where members may not send points to other accounts.
	Transfers *Transfers
	// Causes are what members can give points to, sorted by id; see Cause.
	Causes []*Cause
	// Economics is nil where the file says nothing of what orders bring and cost.
	Economics *Economics
	// NoticeDays is how many days ahead an account is told that its tier will drop. 0: it is not told.
	NoticeDays int

	rates rates
}

// Enrolment says how an account comes to be.
type Enrolment uint8

// Ways to enrol.
const (
	EnrolmentUnset Enrolment = iota
	// EnrolmentOnFirstOrder opens an account with the first event that names it.
	EnrolmentOnFirstOrder
	// EnrolmentExplicit refuses what comes for an account that no enrolment has opened.
	EnrolmentExplicit
)

// Earning says how many points an order gives. Multipliers and exclusions are already part of what
// LineRate answers; they are here to be shown.
type Earning struct {
	// Rate is in points per minor unit: 1 point per 1.00 USD is 1/100.
	Rate money.Ratio
	// ActivationDays is how many days points are pending: they are active from 00:00 of the day of
	// the order plus so many days. 0: at once.
	ActivationDays int
	// ExcludeCategories and ExcludeSKUs earn nothing; both are sorted.
	ExcludeCategories, ExcludeSKUs []string
	// CategoryMultipliers and TierMultipliers are factors above 0; what is not named counts once.
	// Tiers are those held before the order.
	CategoryMultipliers, TierMultipliers map[string]money.Ratio
	// SegmentMultipliers are factors above 0 by published segment; of those that an account is in, the largest counts.
	SegmentMultipliers map[string]money.Ratio
	// Campaigns are sorted by name; of those that hold for an order, and of its segments, the largest factor counts.
	Campaigns []*Campaign
}

// Returns says what is accepted back, and for how long.
type Returns struct {
	// WaitDays is how long a return or a cancellation waits for an order that has not come yet.
	WaitDays int
	// AcceptDays is how long after its order a return is accepted. 0: without limit.
	AcceptDays int
	// OwedMost is how many points an account may owe for returns whose points were spent; what would go beyond it is let go.
	// 0: the account never owes any; OwedWithoutLimit: it owes all of them.
	OwedMost money.Points
}

// Refunds says what becomes of spent points that come back.
type Refunds struct {
	// ExtendExpiredDays is how long points live on whose expiry day came while they were spent. 0: they lapse at once.
	ExtendExpiredDays int
}

// OrderPolicy says which orders are accepted.
type OrderPolicy struct {
	// AcceptLateDays is how long after it occurred an order is still accepted.
	AcceptLateDays int
	// LeaveOut are the parts of an order that count for nothing: no points, no tier, no report.
	LeaveOut Parts
	// CountPoints says that what was paid with points counts as what was paid in money does; else it counts for nothing.
	CountPoints bool
	// Rates are those of other currencies, each by day, the earliest first. An order in a currency without a rate is refused.
	Rates map[money.Currency][]ExchangeRate
}
