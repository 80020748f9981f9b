// Package settling closes periods: it holds partner's own books against the ledger's control totals, has the domain compute
// what the partners owe each other, and keeps that once and for ever. Of many who close a month at once, one does, and all
// get the same settlement.
package settling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// Totals are what the ledger says of a period.
type Totals struct {
	// Final: these totals will never change, and the facts of all of them stand in FACTS up to Facts.
	Final bool
	Facts uint64
	// FinalUntil is before when the ledger is final, and Bound what keeps it from being later.
	FinalUntil time.Time
	Bound      string
	Entries    int64
	Cells      map[clearing.Cell]money.Points
}

// Deps are what a closer stands on.
type Deps struct {
	Storage    *storage.Storage
	Clock      clock.Clock
	Partitions []int
	// Totals asks the ledger for its control totals of the days from, up to and without to.
	Totals func(ctx context.Context, program string, from, to calendar.Day) (Totals, error)
	// Schedule returns the revisions of a programme, up to one at least.
	Schedule func(ctx context.Context, program string, revision int) (program.Schedule, error)
	// Await returns once the books hold what stands in FACTS up to a place.
	Await func(ctx context.Context, sequence uint64) error
}

// Closer closes. Safe for many goroutines, and for many replicas.
type Closer struct{ deps Deps }

// New makes a closer.
func New(d Deps) *Closer { return &Closer{d} }

// Waits between tries after a lost race: one more step with each, up to the most. Whoever reads FACTS moves the partitions
// often.
const (
	waitStep = time.Millisecond
	waitMax  = 25 * time.Millisecond
)

// Order is what somebody asked to be closed.
type Order struct {
	Program string
	Period  clearing.Period
	By      string
}

// Close settles a month, or returns what was settled of it. Refusals: SETTLEMENT_NOT_FINAL, SETTLEMENT_TOTALS_DIFFER,
// SETTLEMENT_OUT_OF_ORDER, AMOUNT_OUT_OF_RANGE, NOT_READY, and those of the ledger.
func (c *Closer) Close(ctx context.Context, o Order) (clearing.Closed, error) {
	done, found, err := c.deps.Storage.Settlement(ctx, o.Program, o.Period)
	if err != nil || found {
		return done, err
	}
	totals, err := c.final(ctx, o)
	if err != nil {
		return clearing.Closed{}, err
	}
	fault.Point(fault.AfterControlTotals)
	for wait := waitStep; ; wait = min(wait+waitStep, waitMax) {
		closed, err := c.try(ctx, o, totals)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnknown) {
			return closed, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return clearing.Closed{}, fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// final asks the ledger for the totals of a period that nothing can be added to, and waits until the books hold it all.
func (c *Closer) final(ctx context.Context, o Order) (Totals, error) {
	totals, err := c.deps.Totals(ctx, o.Program, o.Period.First(), o.Period.Next().First())
	if err != nil {
		return totals, err
	}
	if !totals.Final {
		return totals, notFinal(o, totals)
	}
	return totals, c.deps.Await(ctx, totals.Facts)
}

func notFinal(o Order, totals Totals) error {
	end, until, how := o.Period.Next().First(), "", "nothing of the ledger is final yet"
	if !totals.FinalUntil.IsZero() {
		until = totals.FinalUntil.UTC().Format(time.RFC3339Nano)
		how = "the ledger is final up to " + until
	}
	refusal := reason.New(reason.SettlementNotFinal, "period", "%s ends before %s; %s (%s)", o.Period, end, how, totals.Bound)
	return refusal.With("final_until", until).With("bound", totals.Bound).With("end_day", end)
}

// try reads the books, computes, and keeps the settlement in one transaction, which fails if the books move meanwhile.
func (c *Closer) try(ctx context.Context, o Order, totals Totals) (clearing.Closed, error) {
	agreed, err := c.agreements(ctx, o)
	if err != nil {
		return clearing.Closed{}, err
	}
	var closed clearing.Closed
	err = c.deps.Storage.Store().Transact(ctx, func(ctx context.Context) error {
		done, found, err := c.deps.Storage.Settlement(ctx, o.Program, o.Period)
		if err != nil || found {
			closed = done
			return err
		}
		marks, err := c.fence(ctx)
		if err != nil {
			return err
		}
		last, _, err := c.deps.Storage.LastSettlement(ctx, o.Program)
		if err != nil {
			return err
		}
		book, err := c.book(ctx, o, totals, last)
		if err != nil {
			return err
		}
		settled, err := agreed.settle(book)
		if err != nil {
			return err
		}
		closed = settled.Close(last, clearing.Closing{
			At: calendar.Millis(c.deps.Clock.Now()), By: o.By, Marks: marks, Names: agreed.names(),
		})
		if err := c.deps.Storage.InsertSettlement(ctx, closed); err != nil {
			return err
		}
		fault.Point(fault.AfterSettlementInsert)
		return nil
	})
	if err != nil {
		return clearing.Closed{}, err
	}
	fault.Point(fault.AfterSettlementCommit)
	return closed, nil
}

// fence moves all partitions, so that nobody who has read what is closed may write behind it any more, and returns up to
// where they are read.
func (c *Closer) fence(ctx context.Context) ([]clearing.Mark, error) {
	parts, err := c.deps.Storage.Store().ReadPartitions(ctx, c.deps.Partitions)
	if err != nil {
		return nil, err
	}
	if len(parts) != len(c.deps.Partitions) {
		return nil, reason.New(reason.NotReady, "", "not all partitions of FACTS have been begun; try again")
	}
	var marks []clearing.Mark
	var moved []store.Partition
	for _, id := range c.deps.Partitions {
		p := parts[id]
		marks = append(marks, clearing.Mark{Partition: id, Epoch: p.Epoch, Sequence: p.Mark.Sequence})
		moved = append(moved, p)
	}
	return marks, c.deps.Storage.Store().MovePartitions(ctx, moved)
}

// book reads what stands in the books of the period, and refuses it if it is not the turn of the period, or not what the
// ledger says.
func (c *Closer) book(ctx context.Context, o Order, totals Totals, last clearing.Closed) (clearing.Book, error) {
	from := clearing.Period{}
	months := clearing.Calendar{Last: last.Period}
	if last.Number > 0 {
		from = last.Period.Next()
	}
	standing, err := c.deps.Storage.Books(ctx, o.Program, from, clearing.Period{})
	if err != nil {
		return clearing.Book{}, err
	}
	book := clearing.Book{Program: o.Program, Period: o.Period}
	own := Totals{Cells: map[clearing.Cell]money.Points{}}
	for _, s := range standing {
		if slices.ContainsFunc(s.Rows, func(r clearing.Row) bool { return r.Concerns() }) {
			months.Open = append(months.Open, s.Period)
		}
		own.add(s, o.Period)
		if s.Period == o.Period {
			book.Rows = s.Rows
		}
	}
	if err := months.Next(o.Period); err != nil {
		return book, err
	}
	if difference := differ(own, totals); difference != nil {
		return book, difference
	}
	return book, nil
}
