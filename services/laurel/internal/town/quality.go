package town

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Quality is how one of the five P is scored from 1 to 5. What is written down: fields are added, never renamed.
type Quality struct {
	Of     string `json:"of"`
	Target string `json:"target"` // that the report is asked with
	Owner  string `json:"owner"`
	// Now and Before are the scores of all members, in the last year and in the one before; Customers told theirs in the last
	// year, and CustomersBefore in the one before.
	Now             Mean  `json:"now"`
	Before          Mean  `json:"before"`
	Customers       int64 `json:"customers"`
	CustomersBefore int64 `json:"customers_before"`
	// Staff are all asked in the last year; StaffSum is the sum of their scores.
	Staff    int64 `json:"staff"`
	StaffSum int64 `json:"staff_sum"`
	Due      bool  `json:"due"` // nobody is asked for the last days
}

const (
	qualityPart   = 0.2 // of the members are asked in a year
	qualityAcross = 0.9 // standard deviation over members, before they round
	staffAcross   = 0.6 // over staff
	qualityRose   = 0.3 // since the year before
	quietDays     = 120 // for so long nobody was asked about what is due
	staffFor      = 200 // members for each of the staff
	staffLeast    = 10
	staffStream   = 1 << 31 // behind all members
)

// qualities is what is planted: the means of customers and staff, before they round.
var qualities = []struct { //nolint:gochecknoglobals // a table
	of, owner, target string
	customers, staff  float64
	due               bool
}{
	{"product", "baker", "3.5", 4.0, 4.2, false},
	{"price", "baker", "3.5", 3.0, 3.4, false},
	{"place", "mayor", "3", 3.6, 3.5, false},
	{"promotion", "mayor", "4", 2.6, 3.9, true},
	{"people", "baker", "4.5", 3.9, 4.4, false},
}

// scores is how a member scores the five, and what they say of it in each of the last two years.
func (t *Town) scores(p Params, l life, r *rand.Rand) {
	all := &t.Truth.Asked.Quality
	if *all == nil {
		for _, q := range qualities {
			*all = append(*all, Quality{Of: q.of, Target: q.target, Owner: q.owner, Due: q.due})
		}
	}
	middle := p.End().AddDays(-daysOfYear)
	for _, year := range []struct {
		from, to calendar.Day
		less     float64
		now      bool
	}{{middle, p.End(), 0, true}, {middle.AddDays(-daysOfYear), middle, qualityRose, false}} {
		from := max(year.from, l.orders[0].Day)
		asked, at := r.Float64() < qualityPart && from < year.to, from.AddDays(r.IntN(max(1, int(year.to-from))))
		told := map[string]any{}
		for i, q := range qualities {
			line, said := &(*all)[i], score(q.customers-year.less+qualityAcross*r.NormFloat64())
			mean, n := &line.Before, &line.CustomersBefore
			if year.now {
				mean, n = &line.Now, &line.Customers
			}
			mean.add(float64(said))
			if asked && !(q.due && at >= p.End().AddDays(-quietDays)) {
				told["quality_"+q.of] = said
				*n++
			}
		}
		if asked {
			t.answer(p, l.account, "quality", at, told)
		}
	}
}

// staff score the five once in the last year.
func (t *Town) staff(p Params) {
	for i := range max(staffLeast, p.Members/staffFor) {
		r := p.source(topicQuality, staffStream+i)
		account, at, told := fmt.Sprintf("staff-%04d", i+1), 1+r.IntN(daysOfYear), map[string]any{"by": "staff"}
		for i, q := range qualities {
			said := score(q.staff + staffAcross*r.NormFloat64())
			if q.due && at <= quietDays {
				continue
			}
			told["quality_"+q.of] = said
			line := &t.Truth.Asked.Quality[i]
			line.Staff++
			line.StaffSum += said
		}
		t.answer(p, account, "quality", p.End().AddDays(-at), told)
	}
}

// score is the nearest of 1 to 5.
func score(felt float64) int64 { return int64(min(scaleMost, max(1, math.Round(felt)))) }
