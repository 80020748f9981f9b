package program

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of the section causes. Each has a test that meets it.
const (
	causesMax    = 100
	causeCapMost = 1_000_000_000_000
)

var causeForm = form{regexp.MustCompile(wordPattern), "a cause's id", wordHow + "trees"}

// Cause is a social programme that members give points to.
type Cause struct {
	ID, Name string
	// Match is nil where the company adds nothing.
	Match *CauseMatch
}

// CauseMatch is what the company adds to what members give to a cause.
type CauseMatch struct {
	// Share is the part of what is given that it adds, from 0 to 1.
	Share money.Ratio
	// Cap is the most points that it adds in all.
	Cap money.Points
	// From is the first day of gifts that it adds to, Until the first one that it does not. calendar.None: all days, without end.
	From, Until calendar.Day
}

// Cause returns a cause by its id; false: there is none.
func (p *Program) Cause(id string) (*Cause, bool) {
	i, ok := slices.BinarySearchFunc(p.Causes, id, func(c *Cause, id string) int { return strings.Compare(c.ID, id) })
	if !ok {
		return nil, false
	}
	return p.Causes[i], true
}

// On tells whether gifts of a day are added to.
func (m *CauseMatch) On(day calendar.Day) bool {
	return (m.From == calendar.None || m.From <= day) && (m.Until == calendar.None || day < m.Until)
}

// Of is what is added to all that was given on the days that count: the share of it, rounded down once, up to the cap.
func (m *CauseMatch) Of(given *big.Int) *big.Int {
	added := new(big.Int).Mul(given, big.NewInt(m.Share.Num()))
	added.Quo(added, big.NewInt(m.Share.Den()))
	if most := big.NewInt(int64(m.Cap)); added.Cmp(most) > 0 {
		return most
	}
	return added
}

// causes reads what points can be given to.
func (r *reader) causes(v value, p *Program) {
	if !v.given() {
		return
	}
	children, _ := r.pairs(v)
	if n := len(children); n > causesMax {
		r.fault(v, "%d causes; write at most %d", n, causesMax)
		return
	}
	for _, child := range children {
		id := child.key.Value
		_, partner := p.Partner(id)
		switch {
		case !causeForm.pattern.MatchString(id):
			r.faultAt(child, child.key, "%q is not %s; write %s", short(id), causeForm.name, causeForm.how)
		case partner || id == Operator:
			r.faultAt(child, child.key, "is called as a partner is; give the cause an id of its own")
		default:
			p.Causes = append(p.Causes, r.cause(child))
		}
	}
	slices.SortFunc(p.Causes, func(a, b *Cause) int { return strings.Compare(a.ID, b.ID) })
}

func (r *reader) cause(v value) *Cause {
	s := r.section(v, nil, []string{"name", "match"})
	c := &Cause{ID: v.key.Value, Name: v.key.Value}
	if name, ok := r.label(s.get("name"), nameCharsMax); ok {
		c.Name = name
	}
	if !s.get("match").given() {
		return c
	}
	of := r.section(s.get("match"), []string{"share", "cap"}, []string{"from", "until"})
	c.Match = &CauseMatch{
		Cap:  money.Points(r.whole(of.get("cap"), span{1, causeCapMost, 0})),
		From: r.date(of.get("from")), Until: r.date(of.get("until")),
	}
	c.Match.Share, _ = r.share(of.get("share"))
	if m := c.Match; m.From != calendar.None && m.Until != calendar.None && m.Until <= m.From {
		r.fault(of.get("until"), "nothing is added to before it begins on %s; write a later day", m.From)
	}
	return c
}

func (p *Program) causeFields() []Field {
	var list []Field
	for _, c := range p.Causes {
		path := keyed("causes", c.ID)
		list = append(list, Field{path + ".name", c.Name})
		if m := c.Match; m != nil {
			list = append(list, Field{path + ".match.share", m.Share.String()}, Field{path + ".match.cap", strconv.FormatInt(int64(m.Cap), 10)},
				Field{path + ".match.from", dayOr(m.From, "from the beginning")}, Field{path + ".match.until", dayOr(m.Until, "without end")})
		}
	}
	return list
}
