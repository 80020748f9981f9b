package town

import (
	"math"
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// buyer is how a member buys: orders a day, the chance of stopping after each, the logarithm of what they usually spend, and the
// day from which they buy no more, calendar.None without one.
type buyer struct {
	rate, stop, usual float64
	until             calendar.Day
}

// newBuyer draws one of a town in which all differ by degrees.
func newBuyer(p Params, r *rand.Rand) buyer {
	b := buyer{rate: gamma(r, p.RateShape) * p.RateMean / p.RateShape / daysOfYear, stop: beta(r, p.StopA, p.StopB), until: calendar.None}
	b.usual = math.Log(p.SpendMean) + p.SpendAcross*r.NormFloat64() - (p.SpendAcross*p.SpendAcross+p.SpendEach*p.SpendEach)/2 //nolint:mnd // mean of a log-normal
	return b
}

// Kind is members who are alike, of a town that has such. What is written down: fields are added, never renamed.
type Kind struct {
	Name    string `json:"name"` // with which their accounts begin
	Members int64  `json:"members"`
}

// kinds are what members of such a town are, in equal parts.
var kinds = []struct { //nolint:gochecknoglobals // a table
	name      string
	perYear   float64
	meanMinor float64
	days      int // from their first order on; 0: for good
}{
	{"daily", 120, 200, 0},     // bread
	{"monthly", 15, 30_000, 0}, // for a household
	{"former", 80, 6000, 150},  // bought much, and left
	{"guest", 12, 800, 60},
}

// kindAcross is the standard deviation of the logarithms of rate and spend, within a kind.
const kindAcross = 0.15

// kindOf is the kind of a member, counted from 0: they come in turn.
func kindOf(member int) int { return member % len(kinds) }

// kindsOf is how many of so many members are of each kind.
func kindsOf(members int) []Kind {
	list := make([]Kind, len(kinds))
	for i := range list {
		list[i] = Kind{kinds[i].name, int64((members + len(kinds) - 1 - i) / len(kinds))}
	}
	return list
}

// ofKind draws a member of a kind, who began on a day.
func ofKind(p Params, kind int, first calendar.Day, r *rand.Rand) buyer {
	k := kinds[kind]
	b := buyer{rate: k.perYear / daysOfYear * math.Exp(kindAcross*r.NormFloat64()), until: calendar.None}
	b.usual = math.Log(k.meanMinor) + kindAcross*r.NormFloat64() - (kindAcross*kindAcross+p.SpendEach*p.SpendEach)/2 //nolint:mnd // mean of a log-normal
	if k.days > 0 {
		b.until = first.AddDays(k.days)
	}
	return b
}
