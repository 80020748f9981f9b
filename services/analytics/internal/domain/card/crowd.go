package card

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Crowd is all customers as of a day, as far as one of them is compared with it. It is not altered.
type Crowd struct {
	Rulers    ruler.Rulers
	Customers int64
	Buyers    map[string]int64 // by category: how many customers have bought of it
}

// CrowdBuilder makes a Crowd. Not safe for many goroutines.
type CrowdBuilder struct {
	asOf   calendar.Day
	rulers *ruler.Builder
	crowd  Crowd
}

// NewCrowd begins with nobody, as of a day.
func NewCrowd(asOf calendar.Day) *CrowdBuilder {
	return &CrowdBuilder{asOf: asOf, rulers: ruler.New(asOf, pareto.Defaults()), crowd: Crowd{Buyers: map[string]int64{}}}
}

// Add takes a customer, whoever it is. The error is a reason.AmountOutOfRange.
func (b *CrowdBuilder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	b.crowd.Customers++
	for name := range categories(c) {
		b.crowd.Buyers[name]++
	}
	return b.rulers.Add(c)
}

// Crowd ends the collection. The error is a reason.AmountOutOfRange.
func (b *CrowdBuilder) Crowd() (Crowd, error) {
	var err error
	b.crowd.Rulers, err = b.rulers.Rulers()
	return b.crowd, err
}
