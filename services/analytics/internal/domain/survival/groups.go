package survival

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// By is what customers are told apart by. Channel, Merchant and Category are those of the first order, which was known before
// anything happened; Tier and Class are those of the day of the report, and so come of what has happened.
type By string

// What customers can be told apart by.
const (
	Nothing  By = ""
	Tier     By = "tier"
	Channel  By = "channel"
	Merchant By = "merchant"
	Category By = "category" // on which most was spent; of equal ones the first by name
	Class    By = "class"    // A, B, C by all that was spent
	Cohort   By = "cohort"   // month of the first order
)

// NeedsDetails tells whether more than days and amounts of the orders is looked at.
func (b By) NeedsDetails() bool { return b != Nothing && b != Class && b != Cohort }

func (b By) check() error {
	all := []By{Nothing, Tier, Channel, Merchant, Category, Class, Cohort}
	if !slices.Contains(all, b) {
		return reason.New(reason.InvalidArgument, "by", "customers are not told apart by %.64q; there are %v", string(b), all[1:])
	}
	return nil
}

const (
	// GroupsMax is how many groups have curves of their own, the largest ones.
	GroupsMax = 12
	// None is the group of whom nothing is known.
	None = "(none)"
	// Others is the group of whom there are too many groups for.
	Others = "(others)"
)

// Group is some of the customers.
type Group struct {
	Name         string
	Repeat, Loss Curve
}

// waiting is a customer whose class is not known yet.
type waiting struct {
	id           string
	spend        money.Minor
	repeat, loss Observation
}

func (b *Builder) wait(c history.Customer, repeat, loss Observation) error {
	spend, err := c.Spend()
	if err != nil {
		return err
	}
	b.waiting = append(b.waiting, waiting{c.ID, spend, repeat, loss})
	return b.classes.Add(c)
}

func (b *Builder) group(name string) *pair {
	name = cmp.Or(name, None)
	p := b.groups[name]
	if p == nil {
		made := newPair()
		p, b.groups[name] = &made, &made
	}
	return p
}

// of names the group of a customer with an order; empty: it is not known.
func (b By) of(c history.Customer) string {
	first := c.Orders[0]
	switch {
	case b == Tier:
		return c.Tier()
	case b == Cohort:
		return fmt.Sprintf("%.7s", first.Day) // YYYY-MM
	case first.Detail == nil:
		return ""
	case b == Channel:
		return first.Detail.Channel
	case b == Merchant:
		return first.Detail.Merchant
	}
	return dearest(first.Detail.Lines)
}

// dearest is the category on which most was spent.
func dearest(lines []history.Line) string {
	sums := map[string]money.Minor{}
	for _, l := range lines {
		sums[l.Category] += l.Base // at most what the order came to
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b)) })
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// compare makes the curves of the groups, and the tests between them.
func (b *Builder) compare(r *Report) {
	if b.params.By == Class {
		cuts := b.classes.Report().Cuts
		for _, w := range b.waiting {
			b.group(cuts.Class(w.id, w.spend)).add(w.repeat, w.loss)
		}
	}
	names := slices.SortedFunc(maps.Keys(b.groups), func(x, y string) int {
		return cmp.Or(cmp.Compare(b.groups[y].repeat.curve.Customers, b.groups[x].repeat.curve.Customers), strings.Compare(x, y))
	})
	if len(names) > GroupsMax {
		rest := newPair()
		for _, name := range names[GroupsMax-1:] {
			rest.merge(b.groups[name])
		}
		names, b.groups[Others] = append(names[:GroupsMax-1:GroupsMax-1], Others), &rest
	}
	var repeats, losses []tally
	for _, name := range names {
		p := b.groups[name]
		r.Groups = append(r.Groups, Group{name, p.repeat.estimate(), p.loss.estimate()})
		repeats, losses = append(repeats, p.repeat), append(losses, p.loss)
	}
	r.RepeatTest, r.LossTest = logRank(repeats), logRank(losses)
}
