// Package catalogue knows what a reward is, what it costs whom, and what stands in the way of having it. How a redemption
// comes about is the redemption package's.
package catalogue

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// ID names a reward within its programme: lower-case letters, digits, '-' and '_'.
type ID string

// Kind says what a member gets.
type Kind uint8

// Kinds of rewards.
const (
	KindUnset Kind = iota
	Gift           // a thing that is handed over
	Voucher        // a code out of the reward's own pool
	Privilege      // something that the member may do or use
)

var kindNames = map[Kind]string{Gift: "gift", Voucher: "voucher", Privilege: "privilege"}

// String is the word for a kind.
func (k Kind) String() string { return kindNames[k] }

// ParseKind reads the word for a kind; KindUnset for one that is not known.
func ParseKind(text string) Kind {
	for k, name := range kindNames {
		if name == text {
			return k
		}
	}
	return KindUnset
}

// Day is 24 hours: reward counts limits and terms for cancelling in these, and has no calendar.
const Day = 24 * time.Hour

// TierPrice is what a reward costs at one tier.
type TierPrice struct {
	Tier   string
	Points money.Points // > 0
}

// Limit bounds how often one account may have a reward.
type Limit struct {
	InAll      int // 0: no such limit
	PerPeriod  int // within any PeriodDays; 0: no such limit
	PeriodDays int // days of 24 hours
}

// Any tells if there is a limit.
func (l Limit) Any() bool { return l.InAll > 0 || l.PerPeriod > 0 }

// Terms is what a reward is, and for whom.
type Terms struct {
	Kind              Kind
	Name, Description string
	Points            money.Points // > 0: what it costs
	TierPrices        []TierPrice  // what it costs at some tiers instead
	Tiers             []string     // who may have it; empty: everybody
	Segments          []string     // of which they must be in one; empty: in none
	Unlimited         bool         // it does not run out
	Limit             Limit
	From, Until       time.Time // when it can be redeemed, [From, Until); zero: no bound
	CancelDays        int       // for how many days of 24 hours it can be cancelled; 0: never
	Redeemer          string    // the partner where the points are spent
}

// Check finds what the contract of the door does not: fields that contradict each other. INVALID_ARGUMENT.
func (t Terms) Check() error {
	if t.Kind == Voucher && t.Unlimited {
		return reason.New(reason.InvalidArgument, "terms.unlimited", "a voucher has as many as it has codes")
	}
	if !t.From.IsZero() && !t.Until.IsZero() && !t.Until.After(t.From) {
		return reason.New(reason.InvalidArgument, "terms.valid_until", "it is not behind valid_from")
	}
	seen := map[string]bool{}
	for _, p := range t.TierPrices {
		if seen[p.Tier] {
			return reason.New(reason.InvalidArgument, "terms.tier_prices", "tier %s has two prices", p.Tier)
		}
		seen[p.Tier] = true
	}
	return nil
}

// Price is what the reward costs at a tier.
func (t Terms) Price(tier string) money.Points {
	for _, p := range t.TierPrices {
		if p.Tier == tier {
			return p.Points
		}
	}
	return t.Points
}
