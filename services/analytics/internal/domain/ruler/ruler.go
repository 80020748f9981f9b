// Package ruler makes what one customer is measured by from all of them: the cuts of the classes and the scales of the
// scores.
package ruler

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cluster"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Rulers are what customers are measured by who are compared with the others.
type Rulers struct {
	Cuts   pareto.Cuts
	Scales rfm.Scales
	// Worth scores what a fit expects of them; only where that was asked for.
	Worth rfm.Scale
	// Clusters group them; only where that was asked for.
	Clusters cluster.Model
}

// Builder makes Rulers from all customers of a programme. Not safe for many goroutines.
type Builder struct {
	classes *pareto.Builder
	scores  *rfm.Builder
}

// New begins with nobody, as of a day. The params have been checked.
func New(asOf calendar.Day, p pareto.Params) *Builder {
	return &Builder{pareto.New(asOf, p), rfm.New(asOf, calendar.None, rfm.Default())}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	if err := b.classes.Add(c); err != nil {
		return err
	}
	return b.scores.Add(c)
}

// Rulers ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Rulers() (Rulers, error) {
	found, err := b.scores.Report()
	if err != nil {
		return Rulers{}, err
	}
	return Rulers{Cuts: b.classes.Report().Cuts, Scales: found.Scales}, nil
}
