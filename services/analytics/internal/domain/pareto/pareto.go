// Package pareto says how revenue is spread over customers: the share of the best fifth, how many make 80 %, the Lorenz
// curve, Gini's coefficient, and the classes A, B and C. It is fed customer by customer in the order of their ids and
// keeps one amount and the id of each.
package pareto

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// LorenzSteps is into how many equal parts of the customers the Lorenz curve is cut.
const LorenzSteps = 100

// Report is the spread of revenue over customers who ordered before a day.
type Report struct {
	Customers int64
	Zero      int64 // of them, those whose orders add up to nothing
	Total     money.Minor
	Top       Group // the best ⌈share × n⌉
	Most      Group // the fewest who make the share asked for
	Half      Group // the fewest who make half
	// Gini is 2·Σ i·x(i) / (n·Σx) − (n+1)/n with x rising and i from 1 (Gini 1912 in the form of Sen 1973, page 31).
	// No share: nobody spent anything.
	Gini    history.Share
	Classes []Class // A, B, C
	// Lorenz has LorenzSteps + 1 points, from no customer to all, the poorest first.
	Lorenz []Point
	Cuts   Cuts
}

// Group is some of the best customers.
type Group struct {
	Customers      int64
	CustomersShare history.Share
	Sum            money.Minor
	Share          history.Share
}

// Class is the customers of one class.
type Class struct {
	Name      string
	Customers int64
	Sum       money.Minor
}

// Point is a place on the Lorenz curve: the poorest customers up to here, and what they spend together.
type Point struct {
	Customers int64
	Sum       money.Minor
}

// buyer is what is kept of a customer.
type buyer struct {
	id    string
	spend money.Minor
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	params Params
	asOf   calendar.Day
	buyers []buyer
	total  money.Minor
}

// New makes a builder for the orders before a day. The parameters have been checked.
func New(asOf calendar.Day, params Params) *Builder { return &Builder{asOf: asOf, params: params} }

// Add takes the next customer, in the order of ids. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	spend, err := c.Spend()
	if err != nil {
		return err
	}
	if b.total, err = history.Add(b.total, spend); err != nil {
		return err
	}
	b.buyers = append(b.buyers, buyer{c.ID, spend})
	return nil
}

// Report ends the collection: the best customer stands first, and of equals the one whose id is lower.
func (b *Builder) Report() Report {
	slices.SortStableFunc(b.buyers, func(x, y buyer) int { return cmp.Compare(y.spend, x.spend) })
	n := int64(len(b.buyers))
	r := Report{Customers: n, Total: b.total, Gini: b.gini(), Lorenz: b.lorenz()}
	for _, x := range b.buyers {
		if x.spend == 0 {
			r.Zero++
		}
	}
	r.Top = b.best(history.Reaching(b.params.Top, n))
	r.Most = b.best(b.makers(b.params.Most))
	r.Half = b.best(b.makers(half()))
	r.Classes, r.Cuts = b.classes()
	return r
}

// best is the first customers.
func (b *Builder) best(customers int64) Group {
	sum := money.Minor(0)
	for _, x := range b.buyers[:customers] {
		sum += x.spend // at most the total
	}
	return Group{
		Customers: customers, CustomersShare: history.ShareOf(customers, int64(len(b.buyers))),
		Sum: sum, Share: history.ShareOf(int64(sum), int64(b.total)),
	}
}

// makers is how many of the first customers it takes to make a share of the total.
func (b *Builder) makers(share money.Ratio) int64 {
	enough := money.Minor(history.Reaching(share, int64(b.total)))
	sum := money.Minor(0)
	for i, x := range b.buyers {
		if sum >= enough {
			return int64(i)
		}
		sum += x.spend
	}
	return int64(len(b.buyers))
}

// gini works on the falling order: the i-th from the front is the (n+1−i)-th from the back.
func (b *Builder) gini() history.Share {
	n := int64(len(b.buyers))
	weighted, term := new(big.Int), new(big.Int)
	for i, x := range b.buyers {
		term.SetInt64(n - int64(i))
		weighted.Add(weighted, term.Mul(term, big.NewInt(int64(x.spend))))
	}
	// (2·weighted − (n+1)·total) / (n·total)
	total := big.NewInt(int64(b.total))
	num := weighted.Lsh(weighted, 1)
	num.Sub(num, new(big.Int).Mul(big.NewInt(n+1), total))
	return history.NewShare(num, total.Mul(total, big.NewInt(n)))
}

// lorenz adds up from the poorest.
func (b *Builder) lorenz() []Point {
	n := int64(len(b.buyers))
	if n == 0 {
		return nil
	}
	points := make([]Point, 0, LorenzSteps+1)
	next, sum := int64(0), money.Minor(0)
	for step := range int64(LorenzSteps + 1) {
		for ; next < n*step/LorenzSteps; next++ {
			sum += b.buyers[n-1-next].spend
		}
		points = append(points, Point{Customers: next, Sum: sum})
	}
	return points
}
