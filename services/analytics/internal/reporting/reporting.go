// Package reporting reads the copy for a report: one consistent state of it, customer by customer, so that a report over
// a million customers holds no more of each than the report itself does.
package reporting

import (
	"context"
	"iter"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/actions"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Reporter reads for reports. Safe for many goroutines.
type Reporter struct {
	storage    *storage.Storage
	partitions []int
	queue      *queue
	enter      func(context.Context) error // takes a turn of the queue
	inside     bool                        // a snapshot: see Together
}

// New makes a reporter over a copy of so many partitions of FACTS.
func New(s *storage.Storage, partitions []int) *Reporter {
	q := newQueue()
	return &Reporter{storage: s, partitions: partitions, queue: q, enter: q.enter}
}

// Together lets look read several times from one state of the copy, with the reporter that it is given, and from no other.
// It waits for its turn once.
func (r *Reporter) Together(ctx context.Context, look func(context.Context, *Reporter) error) error {
	return r.turn(ctx, func(ctx context.Context) error {
		return look(ctx, r.within())
	})
}

// Query says what a report is about.
type Query struct {
	Program string
	// AsOf is the first day whose orders do not count; calendar.None: the one after the last of which anything was read.
	AsOf calendar.Day
	// Compare is an earlier such day, or calendar.None.
	Compare calendar.Day
	// Details asks for all that is known of each account; without them it is days and amounts of its orders alone. Who has
	// only done something beside buying comes with details only.
	Details bool
	// Costs asks for what orders cost, and for deeds, without the lines; with Details or a filter these are read all the same.
	// storage.ErrLines: it is not known of all of them, ask for details.
	Costs bool
	// Filter leaves some customers and orders. It needs details, and asks for them itself.
	Filter history.Filter
}

// Head is what a report was made of. AsOf is set.
type Head struct {
	Query
	Reading storage.Reading
}

// Read gives every customer of the programme to what start makes, by rising id. Errors are reason.UnknownProgram,
// reason.InvalidArgument (days that do not fit), those that start's function returns, and trouble.
func (r *Reporter) Read(ctx context.Context, q Query, start func(Head) func(history.Customer) error) (Head, error) {
	var head Head
	err := r.View(ctx, q, "", func(h Head, customers iter.Seq2[history.Customer, error]) error {
		head = h
		add := start(h)
		for c, err := range customers {
			if err == nil {
				err = add(c)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return head, err
}

// Account returns all that is known of one account; without a single order or deed: it is not known.
func (r *Reporter) Account(ctx context.Context, q Query, id string) (Head, history.Customer, error) {
	var head Head
	var found history.Customer
	err := r.open(ctx, q, func(ctx context.Context, h Head) error {
		var err error
		head = h
		found, _, err = r.storage.Account(ctx, q.Program, id)
		return err
	})
	return head, found, err
}

// View opens one state of the copy, and the customers behind an id in it, for as long as look lasts.
func (r *Reporter) View(
	ctx context.Context, q Query, after string, look func(Head, iter.Seq2[history.Customer, error]) error,
) error {
	return r.open(ctx, q, func(ctx context.Context, h Head) error {
		if !q.Details && !q.Filter.IsSet() {
			if q.Costs {
				return look(h, untilCutOff(ctx, r.storage.Costs(ctx, q.Program)))
			}
			return look(h, untilCutOff(ctx, r.storage.Customers(ctx, q.Program, after)))
		}
		in, err := r.segment(ctx, h)
		if err != nil {
			return err
		}
		return look(h, func(yield func(history.Customer, error) bool) {
			for c, err := range untilCutOff(ctx, r.storage.Details(ctx, q.Program, after)) {
				if err != nil {
					yield(c, err)
					return
				}
				if !in(c) {
					continue
				}
				if c, ok := q.Filter.Customer(c, h.AsOf); ok && !yield(c, nil) {
					return
				}
			}
		})
	})
}

// segment reads all customers for who is in the segment of the filter.
func (r *Reporter) segment(ctx context.Context, h Head) (func(history.Customer) bool, error) {
	if h.Filter.Segment == "" {
		return func(history.Customer) bool { return true }, nil
	}
	table := rfm.Default()
	b := rfm.New(h.AsOf, calendar.None, table)
	for c, err := range untilCutOff(ctx, r.storage.Customers(ctx, h.Program, "")) {
		if err == nil {
			err = b.Add(c)
		}
		if err != nil {
			return nil, err
		}
	}
	found, err := b.Report()
	return func(c history.Customer) bool {
		m, some, err := rfm.MeasureOf(c, h.AsOf)
		return err == nil && some && rfm.Place(table, found.Scales.Scores(m)) == h.Filter.Segment
	}, err
}

// Some returns all that is known of some accounts, by rising id. They are read within Together or Aside.
func (r *Reporter) Some(ctx context.Context, program string, ids []string) iter.Seq2[history.Customer, error] {
	return untilCutOff(ctx, r.storage.Some(ctx, program, ids))
}

// Actions reads what members did beside buying, by type and month.
func (r *Reporter) Actions(ctx context.Context, q Query) (Head, []actions.Count, error) {
	var head Head
	var months []actions.Count
	err := r.open(ctx, q, func(ctx context.Context, h Head) error {
		days, err := r.storage.Actions(ctx, q.Program, h.AsOf)
		head, months = h, actions.ByMonth(days, h.AsOf)
		return err
	})
	return head, months, err
}

// Known refuses a programme of which nothing has been read yet: reason.UnknownProgram.
func (r *Reporter) Known(ctx context.Context, program string) error {
	_, err := r.Reading(ctx, program)
	return err
}

// Reading is up to where a programme has been read. Errors as Known.
func (r *Reporter) Reading(ctx context.Context, program string) (storage.Reading, error) {
	return r.storage.Reading(ctx, program, r.partitions)
}

// open tells what is read of a programme, in one state of the copy.
func (r *Reporter) open(ctx context.Context, q Query, look func(context.Context, Head) error) error {
	return r.turn(ctx, func(ctx context.Context) error {
		reading, err := r.storage.Reading(ctx, q.Program, r.partitions)
		if err != nil {
			return err
		}
		if q.AsOf == calendar.None {
			q.AsOf = reading.Through + 1
		}
		if q.Compare != calendar.None && q.Compare >= q.AsOf {
			return reason.New(reason.InvalidArgument, "compare", "%s is not before %s; name an earlier day to compare with", q.Compare, q.AsOf)
		}
		return look(ctx, Head{q, reading})
	})
}
