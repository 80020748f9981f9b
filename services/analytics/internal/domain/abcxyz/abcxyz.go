// Package abcxyz classes customers by what they bring: A, B and C by the cumulative share of one measure, and by several
// criteria that are scored and weighted; X, Y and Z by how evenly they buy; and both together in nine fields.
package abcxyz

import (
	"cmp"
	"math/big"
	"slices"
	"sort"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

const (
	// membersMax is how many members are named at most.
	membersMax = 1000
	// scoreBest is the best score, and the number of equal parts that customers fall into.
	scoreBest = 5
)

// Class is the customers of one class.
type Class struct {
	Name      string
	Customers int64
	Sum       money.Minor // revenue of the period
}

// Known is for how many customers a criterion is known.
type Known struct {
	Criterion
	Weight    money.Ratio
	Customers int64
}

// Field is one of the nine.
type Field struct {
	ABC, XYZ string
	Class
}

// Member is a customer with all that they are classed by. Variation is not set, and XYZ empty, for who was observed for less
// than three months or has spent nothing.
type Member struct {
	ID                string
	Value             int64 // of the measure of the classes by one
	Revenue           money.Minor
	Scores            [criteria]int8 // 0: the criterion is not known
	Score             history.Share  // weighted mean of the scores
	One, Several, XYZ string
	Variation         Variation
	values            [criteria]int64
	known             [criteria]bool
}

// Report is all customers with an order in the period.
type Report struct {
	From              calendar.Day
	Customers, Agree  int64 // Agree: of one class by one measure and by several
	Revenue           money.Minor
	One, Several, XYZ []Class
	Unrated           Class // without X, Y or Z
	Criteria          []Known
	Fields            []Field // A, B, C, and within them X, Y, Z
	Members           []Member
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf      calendar.Day
	from      calendar.Day
	params    Params
	economics *program.Economics
	starts    []calendar.Day // of the months of the period, the last first
	list      []*Member      // one of each customer: to grow and to be sorted they are not moved
	revenue   money.Minor
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params, e *program.Economics) *Builder {
	b := &Builder{asOf: asOf, from: asOf.AddMonths(-p.Months), params: p, economics: e}
	for k := range p.Months {
		b.starts = append(b.starts, asOf.AddMonths(-k-1))
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	recent := c.From(b.from)
	if len(recent.Orders) == 0 {
		return nil
	}
	line, err := profit.Of(recent, b.economics)
	if err != nil {
		return err
	}
	if b.revenue, err = history.Add(b.revenue, line.Revenue); err != nil {
		return err
	}
	m := &Member{ID: c.ID, Revenue: line.Revenue, Value: int64(line.Revenue), Variation: b.variation(c)}
	switch b.params.By {
	case ByProfit:
		m.Value = int64(line.Profit)
	case ByOrders:
		m.Value = int64(len(recent.Orders))
	}
	m.XYZ = b.params.evenness(m.Variation)
	m.know(Volume, int64(line.Revenue), true)
	m.know(Profit, int64(line.Profit), line.Uncosted == 0)
	m.know(Loyalty, monthsBought(c), true)
	potential, ok := c.Latest("potential_minor")
	m.know(Potential, max(0, potential-int64(line.Revenue)), ok)
	days, ok := slowness(recent)
	m.know(Payment, -days, ok)
	b.list = append(b.list, m)
	return nil
}

// know notes a value of which more is better.
func (m *Member) know(c Criterion, value int64, known bool) {
	m.values[c], m.known[c] = value, known
}

// slownessParts is how fine the mean of days to pay is.
const slownessParts = 1000

// slowness is the mean days to pay, in thousandths.
func slowness(c history.Customer) (int64, bool) {
	sum, n := int64(0), int64(0)
	for _, d := range c.Deeds {
		if d.Type != "payment" {
			continue
		}
		if days, ok := d.Number("days_to_pay"); ok && days <= slownessMost {
			sum += days
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum * slownessParts / n, true
}

// slownessMost is the most days to pay that are believed.
const slownessMost = 36_600

func monthsBought(c history.Customer) int64 {
	n, last := int64(0), calendar.None
	for _, o := range c.Orders {
		if month := o.Day.FirstOfMonth(); month != last {
			n, last = n+1, month
		}
	}
	return n
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := Report{From: b.from, Customers: int64(len(b.list)), Revenue: b.revenue, One: abc(), Several: abc(), Fields: fields()}
	r.XYZ = []Class{{Name: "X"}, {Name: "Y"}, {Name: "Z"}}
	b.classByOne()
	for c := range criteria {
		r.Criteria = append(r.Criteria, Known{c, b.params.Weights[c], b.score(c)})
	}
	for _, kept := range b.list {
		m := *kept // a copy: what is only told of those who are named is not kept of all
		b.params.several(&m)
		r.add(m, b.params)
	}
	return r
}

func abc() []Class { return []Class{{Name: "A"}, {Name: "B"}, {Name: "C"}} }

func fields() []Field {
	var list []Field
	for _, abc := range []string{"A", "B", "C"} {
		for _, xyz := range []string{"X", "Y", "Z"} {
			list = append(list, Field{ABC: abc, XYZ: xyz, Class: Class{Name: abc + xyz}})
		}
	}
	return list
}

// classByOne classes by the share reached before the customer, as the Pareto report does; what is not above zero is C.
func (b *Builder) classByOne() {
	slices.SortFunc(b.list, func(x, y *Member) int { return cmp.Or(cmp.Compare(y.Value, x.Value), cmp.Compare(x.ID, y.ID)) })
	total := new(big.Int)
	for _, m := range b.list {
		total.Add(total, big.NewInt(max(0, m.Value)))
	}
	before := new(big.Int)
	for _, m := range b.list {
		switch {
		case m.Value <= 0:
			m.One = "C"
		case below(before, b.params.A, total):
			m.One = "A"
		case below(before, b.params.B, total):
			m.One = "B"
		default:
			m.One = "C"
		}
		before.Add(before, big.NewInt(max(0, m.Value)))
	}
}

// below tells whether part < share × whole.
func below(part *big.Int, share money.Ratio, whole *big.Int) bool {
	left := new(big.Int).Mul(part, big.NewInt(share.Den()))
	return left.Cmp(new(big.Int).Mul(whole, big.NewInt(share.Num()))) < 0
}

// score gives 5 − ⌊5·b/n⌋ to those of whom a criterion is known, b of the n of them being strictly better, and tells how many
// they are.
func (b *Builder) score(c Criterion) int64 {
	var values []int64
	for _, m := range b.list {
		if m.known[c] {
			values = append(values, m.values[c])
		}
	}
	slices.Sort(values)
	n := len(values)
	for _, m := range b.list {
		if !m.known[c] {
			continue
		}
		better := n - sort.Search(n, func(k int) bool { return values[k] > m.values[c] })
		m.Scores[c] = int8(scoreBest - scoreBest*better/n) //nolint:gosec // from 1 to 5
	}
	return int64(n)
}

// several is the weighted mean of the scores that are known, and the class by it. Who has no criterion of any weight is C.
func (p *Params) several(m *Member) {
	sum, weights := int64(0), int64(0)
	for c, score := range m.Scores {
		if score > 0 {
			sum += p.weight(Criterion(c)) * int64(score)
			weights += p.weight(Criterion(c))
		}
	}
	m.Score, m.Several = history.ShareOf(sum, weights), "C"
	switch {
	case m.Score.AtLeast(p.AScore):
		m.Several = "A"
	case m.Score.AtLeast(p.BScore):
		m.Several = "B"
	}
}

// add counts a customer who is classed.
func (r *Report) add(m Member, p Params) {
	class := m.One
	if p.Several {
		class = m.Several
	}
	r.One[place(m.One, "A")].add(m)
	r.Several[place(m.Several, "A")].add(m)
	if m.One == m.Several {
		r.Agree++
	}
	if m.XYZ == "" {
		r.Unrated.add(m)
	} else {
		r.XYZ[place(m.XYZ, "X")].add(m)
		r.Fields[place(class, "A")*len(r.XYZ)+place(m.XYZ, "X")].add(m)
	}
	wanted := (p.wantABC == "*" || p.wantABC == class) && (p.wantXYZ == "*" || p.wantXYZ == m.XYZ)
	if wanted && len(r.Members) < membersMax {
		r.Members = append(r.Members, m)
	}
}

func place(name, first string) int { return int(name[0]) - int(first[0]) }

func (c *Class) add(m Member) {
	c.Customers++
	c.Sum += m.Revenue // a part of what fits
}
