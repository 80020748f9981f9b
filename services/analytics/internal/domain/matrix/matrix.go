// Package matrix sets customers out by two measures, in four or nine fields, each with what is advised for it.
package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Measures lists what an axis can be: amounts in minor units, recency and tenure in days.
func Measures() []string {
	return []string{"average", "categories", "orders", "profit", "recency", "revenue", "tenure"}
}

// Sizes of a side, and how many members are named at most.
const (
	sizeLeast, sizeMost = 2, 3
	membersMax          = 1000
)

// Params say how the matrix is cut. Cuts may be empty: into equal parts of the customers.
type Params struct {
	X, Y         string
	Size         int
	XCuts, YCuts []int64
	Members      string // field whose members are named, x/y; empty: none
}

// Defaults is revenue by orders, each cut at its median.
func Defaults() Params { return Params{X: "revenue", Y: "orders", Size: sizeLeast} }

// Check refuses what cannot be cut. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	for _, axis := range []struct {
		name, measure string
		cuts          []int64
	}{{"x", p.X, p.XCuts}, {"y", p.Y, p.YCuts}} {
		if !slices.Contains(Measures(), axis.measure) {
			return reason.New(reason.InvalidArgument, axis.name, "there is no measure %.64q; there are %v", axis.measure, Measures())
		}
		if n := len(axis.cuts); n > 0 && (n != p.Size-1 || !slices.IsSorted(axis.cuts) || n == 2 && axis.cuts[0] == axis.cuts[1]) {
			return reason.New(reason.InvalidArgument, axis.name+"_cuts", "%v; give %d rising numbers, or none", axis.cuts, p.Size-1)
		}
	}
	if p.Size < sizeLeast || p.Size > sizeMost {
		return reason.New(reason.InvalidArgument, "size", "%d fields a side; give 2 or 3", p.Size)
	}
	if p.Members == "" {
		return nil
	}
	for x := range p.Size {
		for y := range p.Size {
			if p.Members == p.level(x)+"/"+p.level(y) {
				return nil
			}
		}
	}
	return reason.New(reason.InvalidArgument, "members_of", "there is no field %.32q; write two levels, for example high/low", p.Members)
}

func (p Params) level(i int) string {
	if p.Size == sizeLeast {
		return []string{"low", "high"}[i]
	}
	return []string{"low", "middle", "high"}[i]
}

// Field is one field.
type Field struct {
	X, Y      string
	Customers int64
	Revenue   money.Minor
	Action    string
	Condition string // of a segment of those in it
}

// Member is a customer with both measures.
type Member struct {
	ID   string
	X, Y int64
}

// Report is all customers with an order before the day.
type Report struct {
	Customers    int64
	XCuts, YCuts []int64 // empty without customers
	Fields       []Field // y falling, then x rising
	Members      []Member
}

type customer struct {
	Member
	revenue money.Minor
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf      calendar.Day
	params    Params
	economics *program.Economics
	list      []customer
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params, e *program.Economics) *Builder {
	return &Builder{asOf: asOf, params: p, economics: e}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	revenue, err := c.Spend()
	if err != nil {
		return err
	}
	at := customer{Member: Member{ID: c.ID}, revenue: revenue}
	for _, axis := range []struct {
		measure string
		into    *int64
	}{{b.params.X, &at.X}, {b.params.Y, &at.Y}} {
		if *axis.into, err = b.measure(c, axis.measure, revenue); err != nil {
			return err
		}
	}
	b.list = append(b.list, at)
	return nil
}

func (b *Builder) measure(c history.Customer, measure string, revenue money.Minor) (int64, error) {
	switch measure {
	case "average":
		return int64(revenue) / int64(len(c.Orders)), nil
	case "categories":
		seen := map[string]bool{}
		for _, o := range c.Orders {
			if o.Detail != nil {
				for _, l := range o.Detail.Lines {
					if l.Base > 0 { // what came back whole was not bought
						seen[l.Category] = true
					}
				}
			}
		}
		return int64(len(seen)), nil
	case "orders":
		return int64(len(c.Orders)), nil
	case "profit":
		line, err := profit.Of(c, b.economics)
		return int64(line.Profit), err
	case "recency":
		return int64(b.asOf - c.Last()), nil
	case "tenure":
		return int64(b.asOf - c.First()), nil
	}
	return int64(revenue), nil
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	p := b.params
	r := Report{Customers: int64(len(b.list)), XCuts: p.XCuts, YCuts: p.YCuts}
	if len(b.list) > 0 {
		r.XCuts = b.cuts(p.XCuts, func(m Member) int64 { return m.X })
		r.YCuts = b.cuts(p.YCuts, func(m Member) int64 { return m.Y })
	}
	for y := p.Size - 1; y >= 0; y-- {
		for x := range p.Size {
			r.Fields = append(r.Fields, Field{X: p.level(x), Y: p.level(y), Action: p.action(x, y), Condition: p.condition(r.XCuts, r.YCuts, x, y)})
		}
	}
	for _, c := range b.list {
		x, y := level(r.XCuts, c.X), level(r.YCuts, c.Y)
		f := &r.Fields[(p.Size-1-y)*p.Size+x]
		f.Customers++
		var err error
		if f.Revenue, err = history.Add(f.Revenue, c.revenue); err != nil {
			return Report{}, err
		}
		if p.Members == f.X+"/"+f.Y && len(r.Members) < membersMax {
			r.Members = append(r.Members, c.Member)
		}
	}
	return r, nil
}

// segmentFields are the measures as conditions of segments call them.
var segmentFields = map[string]string{
	"average": "average_minor", "categories": "size(categories)", "orders": "orders", "profit": "profit_minor", "recency": "recency_days",
	"revenue": "spend_minor", "tenure": "tenure_days",
}

// condition says who lies within a level of each axis; of an axis without cuts, everybody.
func (p Params) condition(xCuts, yCuts []int64, x, y int) string {
	var parts []string
	for _, axis := range []struct {
		measure string
		cuts    []int64
		level   int
	}{{p.X, xCuts, x}, {p.Y, yCuts, y}} {
		if axis.level > 0 && len(axis.cuts) > 0 {
			parts = append(parts, fmt.Sprintf("%s >= %d", segmentFields[axis.measure], axis.cuts[axis.level-1]))
		}
		if axis.level < len(axis.cuts) {
			parts = append(parts, fmt.Sprintf("%s < %d", segmentFields[axis.measure], axis.cuts[axis.level]))
		}
	}
	return strings.Join(parts, " && ")
}

// cuts are those that were asked for, or the values from which on a customer is among the upper half, the upper two thirds
// and the upper third. Equal values fall into one level: if all are equal, all are high.
func (b *Builder) cuts(asked []int64, of func(Member) int64) []int64 {
	if len(asked) > 0 {
		return asked
	}
	values := make([]int64, len(b.list))
	for i, c := range b.list {
		values[i] = of(c.Member)
	}
	slices.Sort(values)
	var cuts []int64
	for k := 1; k < b.params.Size; k++ {
		cuts = append(cuts, values[len(values)*k/b.params.Size])
	}
	return cuts
}

func level(cuts []int64, value int64) int {
	n := 0
	for n < len(cuts) && value >= cuts[n] {
		n++
	}
	return n
}

// action is what is advised: x is what a customer brings, y what bears it.
func (p Params) action(x, y int) string {
	top := p.Size - 1
	switch {
	case x == top && y == top:
		return "keep"
	case x == 0 && y == 0:
		return "economise"
	case x > y:
		return "develop"
	case y > x:
		return "invest"
	}
	return "maintain"
}
