package program

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of the section economics. Each has a test that meets it.
const (
	marginsMax     = 1000
	actionCostsMax = 100
)

var shareForm = form{regexp.MustCompile(`^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$`), "a share", "a number from 0 to 1, for example 0.25"}

// economicsNames are what may be named as measured.
var economicsNames = []string{"margin", "margins", "order", "actions", "point"}

// Economics says what orders bring and cost, where the orders themselves do not tell. It is used by reports alone; whatever
// rests on it is marked as assumed unless it is listed as measured.
type Economics struct {
	// Margin is the part of what is paid that is left after the cost of goods; nil: it is not known.
	Margin *money.Ratio
	// Margins are those of categories, which go before Margin.
	Margins map[string]money.Ratio
	// Order is what handling an order costs, and Actions what an own event of a type costs: a visit, a case.
	Order   money.Minor
	Actions map[string]money.Minor
	// Point is what a point costs, in minor units; zero: nothing.
	Point money.Ratio
	// Measured names what was measured: margin, margins, order, actions, point. Sorted; the others are assumed.
	Measured []string
}

// IsMeasured tells whether a part was measured.
func (e *Economics) IsMeasured(part string) bool { return slices.Contains(e.Measured, part) }

// MarginOf is the margin of a category; nil: it is not known.
func (e *Economics) MarginOf(category string) *money.Ratio {
	if m, ok := e.Margins[category]; ok {
		return &m
	}
	return e.Margin
}

// economics reads what orders bring and cost.
func (r *reader) economics(v value, p *Program) {
	if !v.given() {
		return
	}
	s := r.section(v, nil, economicsKeys())
	e := &Economics{Margins: map[string]money.Ratio{}, Actions: map[string]money.Minor{}}
	p.Economics = e
	if m, ok := r.share(s.get("margin")); ok {
		e.Margin = &m
	}
	for _, child := range r.costs(s.get("margins"), marginsMax) {
		if m, ok := r.share(child); ok {
			e.Margins[child.key.Value] = m
		}
	}
	e.Order, _ = r.amount(s.get("order"), p.Currency, amounts{0, amountMost})
	for _, child := range r.costs(s.get("actions"), actionCostsMax) {
		if cost, ok := r.amount(child, p.Currency, amounts{0, amountMost}); ok {
			e.Actions[child.key.Value] = cost
		}
	}
	e.Point = r.price(s.get("point"), p.Currency)
	for name, at := range r.names(s.get("measured")) {
		if !slices.Contains(economicsNames, name) {
			r.fault(at, "%q is no part of economics; %s", short(name), suggest(name, economicsNames))
			continue
		}
		e.Measured = append(e.Measured, name)
	}
	slices.Sort(e.Measured)
}

func economicsKeys() []string { return append(slices.Clone(economicsNames), "measured") }

// costs reads a mapping of names.
func (r *reader) costs(v value, most int) []value {
	if !v.given() {
		return nil
	}
	children, _ := r.pairs(v)
	if len(children) > most {
		r.fault(v, "%d lines; write at most %d", len(children), most)
		return nil
	}
	return slices.DeleteFunc(slices.Clone(children), func(child value) bool {
		problem := labelProblem(child.key.Value, labelCharsMax)
		if problem != "" {
			r.faultAt(child, child.key, "%s", "the name "+problem)
		}
		return problem != ""
	})
}

// share reads a number from 0 to 1.
func (r *reader) share(v value) (money.Ratio, bool) {
	text, ok := r.exact(v, shareForm)
	if !ok {
		return money.Ratio{}, false
	}
	ratio, err := money.ParseRatio(text)
	if err != nil {
		r.fault(v, "%s is not a share; write %s", text, shareForm.how)
	}
	return ratio, err == nil
}

func (p *Program) economicsFields() []Field {
	e := p.Economics
	if e == nil {
		return nil
	}
	var list []Field
	if e.Margin != nil {
		list = append(list, Field{"economics.margin", e.Margin.String()})
	}
	for _, name := range sortedKeys(e.Margins) {
		list = append(list, Field{keyed("economics.margins", name), e.Margins[name].String()})
	}
	list = append(list, Field{"economics.order", money.Format(e.Order, p.Currency)})
	for _, name := range sortedKeys(e.Actions) {
		list = append(list, Field{keyed("economics.actions", name), money.Format(e.Actions[name], p.Currency)})
	}
	return append(list, Field{"economics.point", e.Point.String() + " minor units"}, Field{"economics.measured", cmp.Or(strings.Join(e.Measured, ", "), "nothing")})
}
