package effect

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Plan is what a campaign of this size can find, as far as the days before it tell.
type Plan struct {
	Known bool // false: too few customers, or no days before
	// Deviation of the margin of a customer in the days before, in minor units: the campaign is taken to be as long.
	Deviation float64
	// Smallest is the effect per customer that is found with the power asked for.
	Smallest float64
	// Needed is how many customers, both sides together, find the effect that is wanted; 0: none is, or more than can be.
	Needed int64
}

// plan says beforehand what can be found: (z of the confidence + z of the power) × deviation × √(1/n + 1/m).
func plan(p Params, groups [sides][]customer) Plan {
	treated, held := momentsOf(column(groups[Treated], before)), momentsOf(column(groups[HeldOut], before))
	n := treated.n + held.n
	if treated.n < 2 || held.n < 2 || p.PreDays == 0 { //nolint:mnd // a variance needs two
		return Plan{}
	}
	variance := (treated.variance*(treated.n-1) + held.variance*(held.n-1)) / (n - 2) //nolint:mnd // two means
	made := Plan{Known: true, Deviation: math.Sqrt(variance)}
	z := p.z() + distuv.UnitNormal.Quantile(float(p.Power))
	made.Smallest = z * made.Deviation * math.Sqrt(1/treated.n+1/held.n)
	if share := held.n / n; p.Wanted > 0 {
		each := z * made.Deviation / float64(p.Wanted)
		made.Needed = int64(minor(math.Ceil(each * each * (1/share + 1/(1-share)))))
	}
	return made
}

// z is the two-sided quantile of the confidence.
func (p Params) z() float64 { return distuv.UnitNormal.Quantile(1 - p.outside()/2) } //nolint:mnd // two sides

// outside is what the confidence leaves.
func (p Params) outside() float64 { return 1 - float(p.Confidence) }

func float(r money.Ratio) float64 { return float64(r.Num()) / float64(r.Den()) }
