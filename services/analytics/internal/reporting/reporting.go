// Package reporting reads the copy for a report: one consistent state of it, customer by customer, so that a report over
// a million customers holds no more of each than the report itself does.
package reporting

import (
	"context"
	"iter"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/actions"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// readersMax is how many reports are computed at once; more wait. Each keeps some numbers of every customer.
const readersMax = 2

// Reporter reads for reports. Safe for many goroutines.
type Reporter struct {
	storage    *storage.Storage
	partitions []int
	turns      chan struct{}
}

// New makes a reporter over a copy of so many partitions of FACTS.
func New(s *storage.Storage, partitions []int) *Reporter {
	return &Reporter{storage: s, partitions: partitions, turns: make(chan struct{}, readersMax)}
}

// Query says what a report is about.
type Query struct {
	Program string
	// AsOf is the first day whose orders do not count; calendar.None: the one after the last of which anything was read.
	AsOf calendar.Day
	// Compare is an earlier such day, or calendar.None.
	Compare calendar.Day
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

// View opens one state of the copy, and the customers behind an id in it, for as long as look lasts.
func (r *Reporter) View(
	ctx context.Context, q Query, after string, look func(Head, iter.Seq2[history.Customer, error]) error,
) error {
	return r.open(ctx, q, func(ctx context.Context, h Head) error {
		return look(h, r.storage.Customers(ctx, q.Program, after))
	})
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
	_, err := r.storage.Reading(ctx, program, r.partitions)
	return err
}

// open waits for its turn and opens one state of the copy. It may be called inside itself by nobody.
func (r *Reporter) open(ctx context.Context, q Query, look func(context.Context, Head) error) error {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.storage.Snapshot(ctx, func(ctx context.Context) error {
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
