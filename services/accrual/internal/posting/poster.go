// Package posting is what a lane does: it loads what a batch of messages needs, has the ledger decide on each in order,
// and writes all of it in the transaction that fences their partitions.
package posting

import (
	"errors"
	"log/slog"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
)

// Poster implements follow.Handler for the ledger. Safe for many lanes.
type Poster struct {
	Storage *storage.Storage
	Clock   clock.Clock
	Log     *slog.Logger
	// Partitions is how many EVENTS has.
	Partitions int
	// Posted is called after each commit.
	Posted func(Outcome)
}

// Outcome is what one commit did to the ledger.
type Outcome struct {
	Entries    int
	Duplicates int
	Refusals   map[string]int // by reason
}

// Sweep brings one account up to its partition's clock.
type Sweep struct{ Account storage.AccountRef }

// Arrival has points that are in transit taken by the account whose turn it is.
type Arrival struct{ Passage storage.Passage }

// Committed implements follow.Batch.
func (b *batch) Committed(follow.Outcome) { b.poster.Posted(b.outcome) }

func account(m follow.Message) storage.AccountRef {
	return storage.AccountRef{Program: m.Program, ID: ledger.AccountID(m.Account)}
}

func order(m follow.Message) storage.OrderRef {
	return storage.OrderRef{Program: m.Program, Ref: m.Order.Ref}
}

// stopIfBroken ends the lane on a broken invariant; trouble and conflicts go through.
func stopIfBroken(err error) error {
	if _, broken := errors.AsType[*ledger.BrokenError](err); broken {
		return &lane.Stop{Err: err}
	}
	return err
}
