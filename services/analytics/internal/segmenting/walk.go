package segmenting

import (
	"context"
	"iter"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
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
	for _, g := range w.groups {
		w.Details = w.Details || g.Condition != nil && g.Condition.Detailed()
	}
	return s.reporter.View(ctx, w.Query, w.after, func(h reporting.Head, customers iter.Seq2[history.Customer, error]) error {
		rulers, err := w.measured(h, customers)
		if err != nil {
			return err
		}
		alive, err := s.alive(ctx, w, h)
		if err != nil {
			return err
		}
		if err := see(step{Head: h, rulers: rulers}); err != nil {
			return err
		}
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
			measured, some, err := segment.Measure(rulers, c, h.AsOf)
			if err != nil {
				return err
			}
			if !some {
				continue
			}
			if alive != nil {
				p, err := alive(c)
				if err != nil {
					return err
				}
				measured.Alive(p)
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

// alive tells how likely customers still buy, by the fit in use; nil: nobody asks for it.
func (s *Segmenter) alive(ctx context.Context, w walk, h reporting.Head) (Alive, error) {
	for _, g := range w.groups {
		if g.Condition != nil && g.Condition.Scored() {
			return s.scores(ctx, h.Program, h.AsOf)
		}
	}
	return nil, nil //nolint:nilnil // as said
}

// measured returns what customers are ranked by: all of them are read for it, if a condition asks for a rank.
func (w walk) measured(h reporting.Head, customers iter.Seq2[history.Customer, error]) (ruler.Rulers, error) {
	if w.rulers != nil {
		return *w.rulers, nil
	}
	ranked := false
	for _, g := range w.groups {
		ranked = ranked || g.Condition != nil && g.Condition.Ranked()
	}
	if !ranked {
		return ruler.Rulers{}, nil
	}
	m := ruler.New(h.AsOf, pareto.Defaults())
	for c, err := range customers {
		if err == nil {
			err = m.Add(c)
		}
		if err != nil {
			return ruler.Rulers{}, err
		}
	}
	return m.Rulers()
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
