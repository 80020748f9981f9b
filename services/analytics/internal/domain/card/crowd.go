package card

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// AskedMax is how many customers are asked at most what they have bought: lines lie all over a large copy. The standard error of a share
// is 0.7 percentage points at most.
const AskedMax = 5000

// Crowd is all customers as of a day, as far as one of them is compared with it. It is not altered.
type Crowd struct {
	Rulers ruler.Rulers
	Asked  int64            // customers of whom it is known what they bought
	Buyers map[string]int64 // by category: how many of those have bought of it
}

// CrowdBuilder makes a Crowd. Not safe for many goroutines.
type CrowdBuilder struct {
	asOf   calendar.Day
	rulers *ruler.Builder
	crowd  Crowd
	asked  []ticket // at least the AskedMax lowest so far
	limit  uint64   // no ticket above it is among them
}

// ticket is a customer's draw: who is asked follows from the ids alone, in whatever order they come.
type ticket struct {
	draw uint64
	id   string
}

// NewCrowd begins with nobody, as of a day.
func NewCrowd(asOf calendar.Day) *CrowdBuilder {
	return &CrowdBuilder{asOf: asOf, rulers: ruler.New(asOf, pareto.Defaults()), crowd: Crowd{Buyers: map[string]int64{}}, limit: 1<<64 - 1}
}

// Add takes a customer, whoever it is. Lines are not looked at. The error is a reason.AmountOutOfRange.
func (b *CrowdBuilder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(c.ID)) // a hash that is no worse for ids that are numbered
	if t := (ticket{binary.BigEndian.Uint64(sum[:]), c.ID}); t.draw <= b.limit {
		if b.asked = append(b.asked, t); len(b.asked) >= 2*AskedMax {
			b.cut()
		}
	}
	return b.rulers.Add(c)
}

// cut keeps the lowest tickets.
func (b *CrowdBuilder) cut() {
	slices.SortFunc(b.asked, func(x, y ticket) int { return cmp.Or(cmp.Compare(x.draw, y.draw), cmp.Compare(x.id, y.id)) })
	if len(b.asked) > AskedMax {
		b.asked = b.asked[:AskedMax]
		b.limit = b.asked[AskedMax-1].draw
	}
}

// Ask names who is to be asked what they bought, by rising id: all customers where they are no more than AskedMax.
func (b *CrowdBuilder) Ask() []string {
	b.cut()
	ids := make([]string, len(b.asked))
	for i, t := range b.asked {
		ids[i] = t.id
	}
	slices.Sort(ids)
	return ids
}

// Bought takes what one of those has bought.
func (b *CrowdBuilder) Bought(c history.Customer) {
	b.crowd.Asked++
	for name := range categories(c.Before(b.asOf)) {
		b.crowd.Buyers[name]++
	}
}

// Crowd ends the collection. The error is a reason.AmountOutOfRange.
func (b *CrowdBuilder) Crowd() (Crowd, error) {
	var err error
	b.crowd.Rulers, err = b.rulers.Rulers()
	return b.crowd, err
}
