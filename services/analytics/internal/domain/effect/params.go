package effect

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits.
const (
	// DaysMax is how long the days before may be.
	DaysMax = 3660
	// LooksMax is how often one may look at a campaign while it runs.
	LooksMax = 20
)

// Params say what the campaign is.
type Params struct {
	// Campaign names the split.
	Campaign string
	// Share is the share of customers that is held out; zero: nobody, so that only before and after can be compared.
	Share money.Ratio
	// Start is its first day.
	Start calendar.Day
	// PreDays is how many days before it are looked at, to make up for what customers are like anyway.
	PreDays int
	// Margin is the share of revenue that is margin: assumed.
	Margin money.Ratio
	// Cost is what it cost in all.
	Cost money.Minor
	// Confidence is that of the intervals, Power how probable it should be to find an effect that is there.
	Confidence, Power money.Ratio
	// Wanted is the smallest effect per customer worth finding; zero: not said.
	Wanted money.Minor
	// Look is which of Looks looks this is, at equal steps of the campaign.
	Look, Looks int
	// Treated lists whom the campaign reached, HeldOut those who were held out. With both, they are the two sides, and Share
	// is what was planned; without HeldOut, the sides follow from the names.
	Treated, HeldOut []string
	Seed             uint64
}

// Defaults are a fifth held out, 90 days before, all revenue as margin, 95 % confidence, 80 % power, one look.
func Defaults() Params {
	return Params{
		Share: money.MustRatio(1, 5), PreDays: 90, Margin: money.MustRatio(1, 1), Confidence: money.MustRatio(19, 20), Power: money.MustRatio(4, 5), Look: 1, Looks: 1, Seed: 1,
	}
}

// Check returns the first fault as a reason.InvalidArgument with its field.
func (p Params) Check() error {
	switch {
	case p.Campaign == "":
		return invalid("campaign", "name the campaign: who is held out follows from its name")
	case p.Start == calendar.None:
		return invalid("start", "say on which day the campaign began")
	case p.Share.Cmp(money.MustRatio(1, 1)) >= 0:
		return invalid("held_out_share", "a share of %s holds everybody out; write less than 1", p.Share)
	case p.PreDays < 0 || p.PreDays > DaysMax:
		return invalid("pre_days", "%d days before; write 0 to %d", p.PreDays, DaysMax)
	case p.Margin.Cmp(money.MustRatio(1, 1)) > 0:
		return invalid("margin_share", "a margin of %s is more than the revenue; write 0 to 1", p.Margin)
	case p.Cost < 0:
		return invalid("cost_minor", "a campaign that costs %d brings money by itself; write 0 or more", p.Cost)
	case p.Wanted < 0:
		return invalid("wanted_minor", "an effect of %d is none; write 0 or more", p.Wanted)
	case !inside(p.Confidence):
		return invalid("confidence_share", "%s is no confidence; write 0.5 to 0.9999", p.Confidence)
	case !inside(p.Power):
		return invalid("power_share", "%s is no power; write 0.5 to 0.9999", p.Power)
	case p.Looks < 1 || p.Looks > LooksMax:
		return invalid("looks", "%d looks; write 1 to %d", p.Looks, LooksMax)
	case p.Look < 1 || p.Look > p.Looks:
		return invalid("look", "look %d of %d; write 1 to %d", p.Look, p.Looks, p.Looks)
	case len(p.HeldOut) > 0 && len(p.Treated) == 0:
		return invalid("treated_accounts", "who was held out is listed; list who was treated too")
	}
	return p.checkLists()
}

func inside(r money.Ratio) bool {
	return r.Cmp(money.MustRatio(1, 2)) >= 0 && r.Cmp(money.MustRatio(9999, 10_000)) <= 0
}

// checkLists refuses a campaign whose sides overlap: it has none.
func (p Params) checkLists() error {
	if len(p.HeldOut) == 0 {
		return nil
	}
	treated := slices.Sorted(slices.Values(p.Treated))
	for _, id := range p.HeldOut {
		if _, both := slices.BinarySearch(treated, id); both {
			return invalid("held_out_accounts", "%.64q is on both lists; nobody can be treated and held out", id)
		}
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return reason.New(reason.InvalidArgument, field, format, args...)
}
