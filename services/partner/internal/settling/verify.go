package settling

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Report is what a verification has looked at, and where it is not as it must be.
type Report struct {
	Months      int
	Entries     int64 // in the books
	Settlements int
	Breaches    []string // the first ones
}

const (
	// breachesMax is how many breaches are named.
	breachesMax = 10
	// verifyTries is how often a month is compared that moves meanwhile.
	verifyTries = 5
	// verifyPatience is how long a month may take, on a machine that does much else.
	verifyPatience = 5 * time.Minute
	// verifyPage is how many settlements are read at once.
	verifyPage = 100
)

func (r *Report) breach(format string, args ...any) {
	if len(r.Breaches) < breachesMax {
		r.Breaches = append(r.Breaches, fmt.Sprintf(format, args...))
	}
}

// Verify holds the books of a programme, month by month, against the ledger's control totals, and each settlement against
// the books that it was made of. It changes nothing.
func (c *Closer) Verify(ctx context.Context, programID string) (Report, error) {
	var r Report
	if err := c.verifyBooks(ctx, programID, &r); err != nil {
		return r, fmt.Errorf("compare the books of %s with the ledger: %w", programID, err)
	}
	for below := int64(0); ; {
		page, err := c.deps.Storage.Settlements(ctx, programID, below, verifyPage)
		if err != nil {
			return r, err
		}
		for _, closed := range page {
			if err := c.verifySettlement(ctx, closed, &r); err != nil {
				return r, fmt.Errorf("settle %s of %s again: %w", closed.Period, programID, err)
			}
			below = closed.Number
		}
		if len(page) < verifyPage {
			return r, nil
		}
	}
}

// verifyBooks compares every month from the first to the last of which anything is in the books.
func (c *Closer) verifyBooks(ctx context.Context, programID string, r *Report) error {
	books, err := c.deps.Storage.Books(ctx, programID, clearing.Period{}, clearing.Period{})
	if err != nil || len(books) == 0 {
		return err
	}
	first, last := books[0].Period, books[0].Period
	for _, b := range books {
		for p := range b.Entries {
			if p.Compare(first) < 0 {
				first = p
			}
			if p.Compare(last) > 0 {
				last = p
			}
		}
	}
	for p := first; p.Compare(last) <= 0; p = p.Next() {
		own := Totals{Cells: map[clearing.Cell]money.Points{}}
		for _, b := range books {
			own.add(b, p)
		}
		entries, err := c.verifyMonth(ctx, Order{Program: programID, Period: p}, own)
		if _, refused := reason.Of(err); err != nil && !refused {
			return err
		}
		if err != nil {
			r.breach("%s: %s", p, err)
		}
		r.Months++
		r.Entries += entries
	}
	return nil
}

// verifyMonth compares a month as it was read with the ledger. Where they differ, the books are given time to come to where
// the ledger is, and it is compared again: the ledger goes on meanwhile.
func (c *Closer) verifyMonth(ctx context.Context, o Order, own Totals) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyPatience)
	defer cancel()
	for try := 1; ; try++ {
		ledger, err := c.deps.Totals(ctx, o.Program, o.Period.First(), o.Period.Next().First())
		if err != nil {
			return 0, err
		}
		difference := differ(own, ledger)
		if difference == nil || try == verifyTries {
			return own.Entries, difference
		}
		if err := c.deps.Await(ctx, ledger.Facts); err != nil {
			return 0, err
		}
		if own, err = c.own(ctx, o); err != nil {
			return 0, err
		}
	}
}

// own adds up what the books hold of a month, wherever it stands.
func (c *Closer) own(ctx context.Context, o Order) (Totals, error) {
	own := Totals{Cells: map[clearing.Cell]money.Points{}}
	books, err := c.deps.Storage.Books(ctx, o.Program, o.Period, clearing.Period{})
	for _, b := range books {
		own.add(b, o.Period)
	}
	return own, err
}

// verifySettlement settles a month again from its books.
func (c *Closer) verifySettlement(ctx context.Context, closed clearing.Closed, r *Report) error {
	r.Settlements++
	agreed, err := c.agreements(ctx, Order{Program: closed.Program, Period: closed.Period})
	if err != nil {
		return err
	}
	books, err := c.deps.Storage.Books(ctx, closed.Program, closed.Period, closed.Period)
	if err != nil {
		return err
	}
	book := clearing.Book{Program: closed.Program, Period: closed.Period}
	for _, b := range books {
		book.Rows = append(book.Rows, b.Rows...)
	}
	again, err := agreed.settle(book)
	if err != nil {
		return err
	}
	sum := money.Minor(0)
	for _, p := range closed.Net {
		sum += p.Net
	}
	switch {
	case sum != 0:
		r.breach("%s: the net positions sum to %d", closed.Period, sum)
	case !slices.Equal(again.Lines, closed.Lines) || !slices.Equal(again.Issued, closed.Issued):
		r.breach("%s: its settlement is not what its books come to", closed.Period)
	}
	return nil
}
