// Package card gathers what is known of one customer, beside what the others do.
package card

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
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

// Of makes the card of a customer as of a day, beside the others; false: nothing was known of them by then. The error is a
// reason.AmountOutOfRange.
func Of(c history.Customer, asOf calendar.Day, e *program.Economics, crowd Crowd) (Card, bool, error) {
	c = c.Before(asOf)
	if len(c.Orders)+len(c.Deeds) == 0 {
		return Card{}, false, nil
	}
	p := lifecycle.Defaults()
	made := Card{
		ID: c.ID, Tier: c.Tier(), Stage: p.Of(c, asOf).String(), First: c.First(), Last: c.Last(),
		Orders: int64(len(c.Orders)), PurchaseDays: int64(len(c.Days())),
	}
	var err error
	if made.Profit, err = profit.Of(c, e); err != nil {
		return Card{}, false, err
	}
	if days := c.Days(); len(days) > 0 {
		made.Tenure, made.Silent = int64(asOf-c.First()), int64(asOf-c.Last())
		if n := int64(len(days)); n > 1 {
			made.Interval = int64(c.Last()-c.First()) / (n - 1)
		}
		m, _, err := rfm.MeasureOf(c, asOf)
		if err != nil {
			return Card{}, false, err
		}
		made.Segment = rfm.Place(rfm.Default(), crowd.Rulers.Scales.Scores(m))
		made.Class = crowd.Rulers.Cuts.Class(c.ID, m.Monetary)
	}
	made.bought(c, crowd)
	did(&made, c)
	return made, true, nil
}

func (made *Card) bought(c history.Customer, crowd Crowd) {
	own := categories(c)
	for _, category := range own {
		category.Share = history.NewShare(big.NewInt(int64(category.Sum)), big.NewInt(int64(made.Profit.Revenue)))
		made.Categories = append(made.Categories, *category)
	}
	slices.SortFunc(made.Categories, func(x, y Category) int { return cmp.Or(cmp.Compare(y.Sum, x.Sum), cmp.Compare(x.Name, y.Name)) })
	open := slices.SortedFunc(maps.Keys(crowd.Buyers), func(x, y string) int { return cmp.Or(cmp.Compare(crowd.Buyers[y], crowd.Buyers[x]), cmp.Compare(x, y)) })
	for _, name := range open {
		if own[name] == nil && len(made.NotYet) < notYetMax {
			made.NotYet = append(made.NotYet, Open{name, history.ShareOf(crowd.Buyers[name], crowd.Asked)})
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
