// Package card gathers what is known of one customer, beside what the others do.
package card

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// notYetMax is how many categories are named that the customer has not bought yet.
const notYetMax = 20

// Category is what the customer bought of one category.
type Category struct {
	Name   string
	Orders int64
	Sum    money.Minor
	Share  history.Share
}

// Open is a category that others buy.
type Open struct {
	Name  string
	Share history.Share // of all customers
}

// Times is how often something happened, and when last.
type Times struct {
	Name string
	N    int64
	Last calendar.Day
}

// Card is what is known of one customer. Days are calendar.None, and class and segment empty, for who has bought nothing.
type Card struct {
	ID, Tier, Class, Segment, Stage string
	First, Last                     calendar.Day
	Tenure, Silent, Interval        int64 // days
	Orders, PurchaseDays            int64
	Profit                          profit.Line
	Points                          money.Points
	Categories                      []Category // by falling sum
	NotYet                          []Open     // by falling share
	Channels, Actions               []Times    // by name
}

// Builder makes a Card. Not safe for many goroutines.
type Builder struct {
	account   string
	asOf      calendar.Day
	economics *program.Economics
	rulers    *ruler.Builder
	buyers    map[string]int64
	customers int64
	found     *history.Customer
}

// New makes a builder for an account.
func New(account string, asOf calendar.Day, e *program.Economics) *Builder {
	return &Builder{
		account: account, asOf: asOf, economics: e, rulers: ruler.New(asOf, pareto.Defaults()), buyers: map[string]int64{},
	}
}

// Add takes a customer, whoever it is. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if c.ID == b.account && len(c.Orders)+len(c.Deeds) > 0 {
		b.found = &c
	}
	if len(c.Orders) == 0 {
		return nil
	}
	b.customers++
	for name := range categories(c) {
		b.buyers[name]++
	}
	return b.rulers.Add(c)
}

// categories are what a customer bought by category; lines without one are left out.
func categories(c history.Customer) map[string]*Category {
	all := map[string]*Category{}
	for _, o := range c.Orders {
		seen := map[string]bool{}
		if o.Detail == nil {
			continue
		}
		for _, l := range o.Detail.Lines {
			if l.Category == "" {
				continue
			}
			if all[l.Category] == nil {
				all[l.Category] = &Category{Name: l.Category}
			}
			all[l.Category].Sum += l.Base // at most what the customer spent, which is checked
			if !seen[l.Category] {
				seen[l.Category] = true
				all[l.Category].Orders++
			}
		}
	}
	return all
}

// Card ends the collection; false: nothing was known of the account by then. The error is a reason.AmountOutOfRange.
func (b *Builder) Card() (Card, bool, error) {
	if b.found == nil {
		return Card{}, false, nil
	}
	c := *b.found
	p := lifecycle.Defaults()
	made := Card{
		ID: c.ID, Tier: c.Tier(), Stage: p.Of(c, b.asOf).String(), First: c.First(), Last: c.Last(),
		Orders: int64(len(c.Orders)), PurchaseDays: int64(len(c.Days())),
	}
	var err error
	if made.Profit, err = profit.Of(c, b.economics); err != nil {
		return Card{}, false, err
	}
	if days := c.Days(); len(days) > 0 {
		made.Tenure, made.Silent = int64(b.asOf-c.First()), int64(b.asOf-c.Last())
		if n := int64(len(days)); n > 1 {
			made.Interval = int64(c.Last()-c.First()) / (n - 1)
		}
		rulers, err := b.rulers.Rulers()
		if err != nil {
			return Card{}, false, err
		}
		m, _, err := rfm.MeasureOf(c, b.asOf)
		if err != nil {
			return Card{}, false, err
		}
		made.Segment = rfm.Place(rfm.Default(), rulers.Scales.Scores(m))
		made.Class = rulers.Cuts.Class(c.ID, m.Monetary)
	}
	b.bought(&made, c)
	did(&made, c)
	return made, true, nil
}

func (b *Builder) bought(made *Card, c history.Customer) {
	own := categories(c)
	for _, category := range own {
		category.Share = history.NewShare(big.NewInt(int64(category.Sum)), big.NewInt(int64(made.Profit.Revenue)))
		made.Categories = append(made.Categories, *category)
	}
	slices.SortFunc(made.Categories, func(x, y Category) int { return cmp.Or(cmp.Compare(y.Sum, x.Sum), cmp.Compare(x.Name, y.Name)) })
	open := slices.SortedFunc(maps.Keys(b.buyers), func(x, y string) int { return cmp.Or(cmp.Compare(b.buyers[y], b.buyers[x]), cmp.Compare(x, y)) })
	for _, name := range open {
		if own[name] == nil && len(made.NotYet) < notYetMax {
			made.NotYet = append(made.NotYet, Open{name, history.ShareOf(b.buyers[name], b.customers)})
		}
	}
}

func did(made *Card, c history.Customer) {
	channels, actions := map[string]Times{}, map[string]Times{}
	count := func(into map[string]Times, name string, day calendar.Day) {
		into[name] = Times{name, into[name].N + 1, day}
	}
	for _, o := range c.Orders {
		if o.Detail != nil {
			made.Points += o.Detail.Points
			if o.Detail.Channel != "" {
				count(channels, o.Detail.Channel, o.Day)
			}
		}
	}
	for _, d := range c.Deeds {
		made.Points += d.Points
		count(actions, d.Type, d.Day)
	}
	for _, list := range []struct {
		from map[string]Times
		into *[]Times
	}{{channels, &made.Channels}, {actions, &made.Actions}} {
		for _, name := range slices.Sorted(maps.Keys(list.from)) {
			*list.into = append(*list.into, list.from[name])
		}
	}
}
