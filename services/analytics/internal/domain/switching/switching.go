// Package switching tells what customers would give up by leaving (points, tier, rewards nearly reached), and what it takes
// from the first order to the first reward.
package switching

import (
	"cmp"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	rewardsMax = 50
	// listed is how many of those with most to lose are named.
	listed = 100
)

// Wanted is a reward with its price in points.
type Wanted struct {
	Name   string
	Points money.Points
}

// Params are the rewards that there are, and from which part of the price on one is nearly reached.
type Params struct {
	Rewards []Wanted
	Near    money.Ratio
	Point   money.Ratio // what a point is worth, in minor units
}

// Near is the part of the price from which on a reward is nearly reached, unless said otherwise.
func Near() money.Ratio { return money.MustRatio(4, 5) }

// Check refuses rewards without a name or a price, two of one name, and a part beyond all. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if len(p.Rewards) > rewardsMax {
		return reason.New(reason.InvalidArgument, "rewards", "%d rewards; give at most %d", len(p.Rewards), rewardsMax)
	}
	seen := map[string]bool{}
	for _, r := range p.Rewards {
		if r.Name == "" || r.Points <= 0 || seen[r.Name] {
			return reason.New(reason.InvalidArgument, "rewards", "%.64q for %d points; give each a name of its own and a price above 0", r.Name, r.Points)
		}
		seen[r.Name] = true
	}
	if p.Near.Num() == 0 || p.Near.Cmp(money.MustRatio(1, 1)) > 0 {
		return reason.New(reason.InvalidArgument, "near_share", "%s is no share; write a number above 0 and up to 1, for example 0.8", p.Near)
	}
	return nil
}

// Tier is who stands at a tier, and what they have.
type Tier struct {
	Name      string // empty: none
	Customers int64
	Points    money.Points
}

// Reach is who has enough for a reward, and who nearly has.
type Reach struct {
	Wanted
	Enough, Nearly int64
}

// Line is what one customer would give up.
type Line struct {
	ID, Tier string
	Points   money.Points
	Worth    money.Minor
	Nearly   int64 // rewards nearly reached
}

// First is how far it is from the first order to the first reward: the day on which points were first spent, or at the
// end of which there were first enough for the cheapest reward, whichever came first.
type First struct {
	Customers int64         // who have come so far
	Days      history.Share // median
	Spend     history.Share // median of what was spent up to that day, in minor units
	NotYet    int64         // customers who have not
	SpendYet  history.Share // median of what they have spent by now
}

// Report is all customers with an order before the day.
type Report struct {
	Customers, Holders int64
	Points             money.Points // to be spent, or waiting
	Worth              money.Minor
	Median             history.Share // points of those who have some
	Tiers              []Tier        // by name
	Rewards            []Reach       // as asked, cheapest first
	First              First
	Most               []Line // with most points, then by account
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	report Report
	tiers  map[string]*Tier
	held   []int64
	days   []int64
	spends []int64
	notYet []int64
	list   []Line
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	p.Rewards = slices.Clone(p.Rewards)
	slices.SortStableFunc(p.Rewards, func(x, y Wanted) int { return cmp.Compare(x.Points, y.Points) })
	b := &Builder{asOf: asOf, params: p, tiers: map[string]*Tier{}}
	for _, r := range p.Rewards {
		b.report.Rewards = append(b.report.Rewards, Reach{Wanted: r})
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	active, bound := c.Balance()
	has := max(0, active+bound)
	worth, err := b.params.Point.Floor(int64(has))
	if err != nil {
		return err
	}
	b.report.Customers++
	l := Line{ID: c.ID, Tier: c.Tier(), Points: has, Worth: money.Minor(worth)}
	if b.tiers[l.Tier] == nil {
		b.tiers[l.Tier] = &Tier{Name: l.Tier}
	}
	b.tiers[l.Tier].Customers++
	if b.report.Points, err = history.Sum(b.report.Points, has); err != nil {
		return err
	}
	b.tiers[l.Tier].Points += has // no more than all
	if b.report.Worth, err = history.Add(b.report.Worth, l.Worth); err != nil {
		return err
	}
	for i, r := range b.params.Rewards {
		switch {
		case active >= r.Points:
			b.report.Rewards[i].Enough++
		case int64(active) >= history.Reaching(b.params.Near, int64(r.Points)):
			b.report.Rewards[i].Nearly++
			l.Nearly++
		}
	}
	if has > 0 {
		b.report.Holders++
		b.held = append(b.held, int64(has))
		b.list = append(b.list, l)
	}
	return b.first(c)
}

// first notes how far it was to the first reward.
func (b *Builder) first(c history.Customer) error {
	for _, p := range c.Points {
		enough := len(b.params.Rewards) > 0 && p.Active >= b.params.Rewards[0].Points
		if !enough && p.Spent <= 0 {
			continue
		}
		spend, err := c.Before(p.Day + 1).Spend()
		if err != nil {
			return err
		}
		b.days, b.spends = append(b.days, int64(max(0, p.Day-c.First()))), append(b.spends, int64(spend))
		return nil
	}
	spend, err := c.Spend()
	b.notYet = append(b.notYet, int64(spend))
	return err
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	for _, name := range slices.Sorted(maps.Keys(b.tiers)) {
		r.Tiers = append(r.Tiers, *b.tiers[name])
	}
	r.Median = history.Median(b.held)
	r.First = First{
		Customers: int64(len(b.days)), Days: history.Median(b.days), Spend: history.Median(b.spends),
		NotYet: int64(len(b.notYet)), SpendYet: history.Median(b.notYet),
	}
	slices.SortFunc(b.list, func(x, y Line) int { return cmp.Or(cmp.Compare(y.Points, x.Points), cmp.Compare(x.ID, y.ID)) })
	r.Most = b.list[:min(len(b.list), listed)]
	return r
}
