// Package churn tells why customers were lost, beside the mix that is taught as a reference.
package churn

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Cause is a cause with its part of the reference mix, per cents.
type Cause struct {
	Name      string
	Reference int64
}

// References lists the causes with the reference mix, which sums to 100; PoorServiceReference is the part that is held
// lost to poor service.
func References() []Cause {
	return []Cause{
		{"died", 1}, {"moved away", 3}, {"values changed", 5}, {"competitor", 9}, {"product or service", 14}, {"neglected", 68},
	}
}

// PoorServiceReference is the part of the lost that is held lost to poor service, per cents.
const PoorServiceReference = 40

const (
	poorCause = "product or service"
	hundred   = 100
)

// Held is who was lost for a cause.
type Held struct {
	Cause
	Customers int64
}

// Report is all customers with an order before the day.
type Report struct {
	Customers, Lost, Known, Poor int64
	Causes                       []Held // in the order of References, empty ones too
}

// Share is the part of a cause in the reference mix.
func (c Cause) Share() history.Share {
	return history.NewShare(big.NewInt(c.Reference), big.NewInt(hundred))
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	silent int
	report Report
}

// New makes a builder: lost is who has not bought for so many days.
func New(asOf calendar.Day, silent int) *Builder {
	b := &Builder{asOf: asOf, silent: silent}
	for _, c := range References() {
		b.report.Causes = append(b.report.Causes, Held{Cause: c})
	}
	return b
}

type said struct {
	Cause string `json:"churn_cause"`
	Poor  bool   `json:"poor_service"`
}

// Add takes a customer. Of what was said of the cause since the last purchase the latest counts: before it nobody was lost.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	b.report.Customers++
	if int(b.asOf-c.Last()) <= b.silent {
		return nil
	}
	b.report.Lost++
	for _, d := range slices.Backward(c.From(c.Last()).Deeds) {
		var s said
		if d.Data == "" || json.Unmarshal([]byte(d.Data), &s) != nil {
			continue
		}
		i := slices.IndexFunc(b.report.Causes, func(h Held) bool { return h.Name == s.Cause })
		if i < 0 {
			continue
		}
		b.report.Known++
		b.report.Causes[i].Customers++
		if s.Poor || s.Cause == poorCause {
			b.report.Poor++
		}
		return nil
	}
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report { return b.report }
