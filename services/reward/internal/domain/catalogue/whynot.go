package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Asker is an account that wants a reward, and what is known of both.
type Asker struct {
	Tier     string       // empty: the programme has none
	Segments []string     // published ones that it is in
	Active   money.Points // that it can spend
	Had      []time.Time  // when it began the redemptions of this reward that count, in any order
	Stock    Stock
	At       time.Time
}

// WhyNot lists all that stands in the way of an account having a reward, what it can do least about first: withdrawn, its
// dates, the tier, the segments, the limits, the stock, the points. Empty: it is within reach. Each refusal carries its figures.
func (r Reward) WhyNot(a Asker) []*reason.Error {
	var list []*reason.Error
	for _, check := range []func(Asker) *reason.Error{r.withdrawn, r.dates, r.tier, r.segment, r.limit, r.soldOut, r.points} {
		if refusal := check(a); refusal != nil {
			list = append(list, refusal)
		}
	}
	return list
}

func (r Reward) withdrawn(Asker) *reason.Error {
	if !r.Withdrawn {
		return nil
	}
	return reason.New(reason.RewardWithdrawn, "reward", "withdrawn")
}

func (r Reward) dates(a Asker) *reason.Error {
	switch {
	case !r.Terms.From.IsZero() && a.At.Before(r.Terms.From):
		return reason.New(reason.RewardNotYetValid, "reward", "not yet: from %s", when(r.Terms.From)).With("valid_from", stamp(r.Terms.From))
	case !r.Terms.Until.IsZero() && !a.At.Before(r.Terms.Until):
		return reason.New(reason.RewardNoLongerValid, "reward", "no longer: until %s", when(r.Terms.Until)).With("valid_until", stamp(r.Terms.Until))
	}
	return nil
}

func (r Reward) tier(a Asker) *reason.Error {
	if len(r.Terms.Tiers) == 0 || slices.Contains(r.Terms.Tiers, a.Tier) {
		return nil
	}
	return reason.New(reason.TierNotEligible, "account", "%s only", strings.Join(r.Terms.Tiers, ", ")).
		With("tiers", strings.Join(r.Terms.Tiers, ",")).With("tier", a.Tier)
}

func (r Reward) segment(a Asker) *reason.Error {
	if len(r.Terms.Segments) == 0 || slices.ContainsFunc(r.Terms.Segments, func(s string) bool { return slices.Contains(a.Segments, s) }) {
		return nil
	}
	return reason.New(reason.SegmentNotEligible, "account", "for %s only", strings.Join(r.Terms.Segments, ", ")).
		With("segments", strings.Join(r.Terms.Segments, ","))
}

// Gone refuses what may have changed since the account asked: the reward is withdrawn, or its limit reached. nil: go on.
func (r Reward) Gone(a Asker) *reason.Error {
	if refusal := r.withdrawn(a); refusal != nil {
		return refusal
	}
	return r.limit(a)
}

// limit refuses an account that had the reward as often as it may.
func (r Reward) limit(a Asker) *reason.Error {
	limit := r.Terms.Limit
	if limit.InAll > 0 && len(a.Had) >= limit.InAll {
		return reason.New(reason.RewardLimitReached, "account", "limit of %d per member reached", limit.InAll).
			With("limit", limit.InAll).With("had", len(a.Had))
	}
	if limit.PerPeriod == 0 {
		return nil
	}
	period := time.Duration(limit.PeriodDays) * Day
	var within []time.Time
	for _, t := range a.Had {
		if a.At.Before(t.Add(period)) {
			within = append(within, t)
		}
	}
	if len(within) < limit.PerPeriod {
		return nil
	}
	slices.SortFunc(within, time.Time.Compare)
	again := within[len(within)-limit.PerPeriod].Add(period)
	return reason.New(reason.RewardLimitReached, "account", "limit of %d per member in %s reached; again from %s",
		limit.PerPeriod, days(limit.PeriodDays), when(again)).
		With("limit", limit.PerPeriod).With("period_days", limit.PeriodDays).With("had", len(within)).With("again_from", stamp(again))
}

func (r Reward) soldOut(a Asker) *reason.Error {
	if r.Terms.Unlimited || a.Stock.Left > 0 {
		return nil
	}
	return SoldOut()
}

// SoldOut is the refusal where nothing is left.
func SoldOut() *reason.Error { return reason.New(reason.SoldOut, "reward", "sold out").With("left", 0) }

func (r Reward) points(a Asker) *reason.Error {
	price := r.Terms.Price(a.Tier)
	if a.Active >= price {
		return nil
	}
	short := price - a.Active
	return reason.New(reason.InsufficientPoints, "account", "%s short", points(short)).
		With("asked", price).With("active", a.Active).With("short", short)
}

// when writes a time as people read it: the day alone where it is a midnight of UTC.
func when(t time.Time) string {
	if t.UTC().Truncate(Day).Equal(t) {
		return t.UTC().Format(time.DateOnly)
	}
	return stamp(t)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func points(n money.Points) string {
	if n == 1 {
		return "1 point"
	}
	return fmt.Sprintf("%d points", n)
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
