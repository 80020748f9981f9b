package segmenting

import (
	"context"
	"iter"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cluster"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Group is whom a segment groups: who fits a condition, or who is on a list.
type Group struct {
	Condition *segment.Condition
	List      string // where Condition is nil
}

// walk is one way through all customers, behind an account or from the beginning.
type walk struct {
	reporting.Query
	groups []Group
	after  string
	rulers *ruler.Rulers // nil: made on the way, if somebody asks for them
}

// step is what walk shows: a customer, and in which groups they are, until the next step.
type step struct {
	reporting.Head

	rulers   ruler.Rulers
	customer *segment.Customer
	in       []bool
}

// walk shows every customer with an order before the day, by rising account, and in which groups they are. Before the
// first it shows nobody, once, so that it is known what is read of a shop without customers.
func (s *Segmenter) walk(ctx context.Context, w walk, see func(step) error) error {
	needs := w.needs()
	w.Details = w.Details || needs.Detailed
	var costs *program.Economics
	if needs.Costed { // asked for before a state of the copy is open
		var err error
		if costs, err = s.knows.Economics(ctx, w.Program); err != nil {
			return err
		}
	}
	return s.reporter.View(ctx, w.Query, w.after, func(h reporting.Head, customers iter.Seq2[history.Customer, error]) error {
		score, err := s.scores(ctx, h, needs)
		if err != nil {
			return err
		}
		rulers, err := w.measured(h, customers, score)
		if err != nil {
			return err
		}
		if err := see(step{Head: h, rulers: rulers}); err != nil {
			return err
		}
		by := measures{h.AsOf, rulers, score, costs}
		lists := make([]*list, len(w.groups))
		for i, g := range w.groups {
			if g.Condition == nil {
				lists[i] = openList(s.storage.Listed(ctx, g.List, w.after)) // never altered: it needs no snapshot
				defer lists[i].stop()
			}
		}
		in := make([]bool, len(w.groups))
		for c, err := range customers {
			if err != nil {
				return err
			}
			measured, some, err := by.measure(c)
			if err != nil {
				return err
			}
			if !some {
				continue
			}
			for i, g := range w.groups {
				if g.Condition != nil {
					in[i], err = g.Condition.Holds(&measured)
				} else {
					in[i], err = lists[i].has(c.ID)
				}
				if err != nil {
					return err
				}
			}
			if err := see(step{Head: h, rulers: rulers, customer: &measured, in: in}); err != nil {
				return err
			}
		}
		return nil
	})
}

// measures are what gives a customer their figures; score and costs are nil where nobody asks for them.
type measures struct {
	asOf   calendar.Day
	rulers ruler.Rulers
	score  Score
	costs  *program.Economics
}

// measure returns false for whoever has no order before the day.
func (m measures) measure(c history.Customer) (segment.Customer, bool, error) {
	measured, some, err := segment.Measure(m.rulers, c, m.asOf)
	if err != nil || !some {
		return measured, some, err
	}
	if m.score != nil {
		said, err := m.score(c)
		if err != nil {
			return measured, some, err
		}
		measured.Score(said)
	}
	if m.costs != nil {
		line, err := profit.Of(measured.Customer, m.costs)
		if err != nil {
			return measured, some, err
		}
		measured.Profit(line.Profit)
	}
	return measured, some, nil
}

// needs is what the conditions need.
func (w walk) needs() segment.Needs {
	var all segment.Needs
	for _, g := range w.groups {
		if g.Condition != nil {
			all = all.And(g.Condition.Needs())
		}
	}
	return all
}

// scores tells by the fit in use; nil: nobody asks for it.
func (s *Segmenter) scores(ctx context.Context, h reporting.Head, needs segment.Needs) (Score, error) {
	if !needs.Scored {
		return nil, nil //nolint:nilnil // as said
	}
	return s.knows.Scores(ctx, h.Program, h.AsOf, h.Reading.Currency, needs)
}

// measured returns what customers are ranked by: all of them are read for it, if a condition asks for a rank.
func (w walk) measured(h reporting.Head, customers iter.Seq2[history.Customer, error], score Score) (ruler.Rulers, error) {
	if w.rulers != nil {
		return *w.rulers, nil
	}
	needs := w.needs()
	if !needs.Ranked && !needs.Banded && !needs.Grouped {
		return ruler.Rulers{}, nil
	}
	m := ruler.New(h.AsOf, pareto.Defaults())
	groups := cluster.New(h.AsOf)
	var worth []int64
	for c, err := range customers {
		if err == nil && needs.Ranked {
			err = m.Add(c)
		}
		if err == nil && needs.Grouped {
			err = groups.Add(c)
		}
		if err == nil && needs.Banded && len(c.Before(h.AsOf).Orders) > 0 {
			var said segment.Score
			said, err = score(c)
			worth = append(worth, said.Worth)
		}
		if err != nil {
			return ruler.Rulers{}, err
		}
	}
	rulers, err := m.Rulers()
	rulers.Worth, rulers.Clusters = rfm.ScaleOf(worth), groups.Model(cluster.Default)
	return rulers, err
}

// list is who is in a fixed segment, read alongside the customers.
type list struct {
	next func() (string, error, bool)
	stop func()
	at   string
	end  bool
}

func openList(accounts iter.Seq2[string, error]) *list {
	next, stop := iter.Pull2(accounts)
	return &list{next: next, stop: stop}
}

// has tells whether an account is on the list. Accounts are asked for as they rise.
func (l *list) has(account string) (bool, error) {
	for !l.end && l.at < account {
		at, err, some := l.next()
		if err != nil {
			return false, err
		}
		l.at, l.end = at, !some
	}
	return !l.end && l.at == account, nil
}
