package accrual

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// doorEvery is how often it is looked whether the house still takes new work.
const doorEvery = time.Second

// door refuses commands that begin something new while the house takes no new work: its disk is nearly full, and EVENTS is
// closed for the same reason. What ends something that was begun goes on: captures, voids, refunds.
type door struct {
	bus     *bus.Bus
	storage *storage.Storage
	log     *slog.Logger
	closed  atomic.Bool
}

// run looks at the door until ctx ends. While the bus does not answer it stays as it is.
func (d *door) run(ctx context.Context) error {
	tick := time.NewTicker(doorEvery)
	defer tick.Stop()
	for {
		closed, err := d.bus.EventsClosed(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			d.log.WarnContext(ctx, "whether the house takes new work is not known", "error", err)
		case err == nil && d.closed.Swap(closed) != closed:
			d.log.InfoContext(ctx, "commands that begin something are taken or refused from now on", "refused", closed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// admit refuses a command with DISK_LOW while the door is closed, unless it ends something, or was done already.
func (d *door) admit(ctx context.Context, ref storage.AccountRef, r ledger.Request) error {
	if !d.closed.Load() || !begins(r.Deed) {
		return nil
	}
	key := storage.KeyRef{Program: ref.Program, Key: r.EntryKey()}
	known, err := d.storage.EntriesByKey(ctx, []storage.KeyRef{key})
	if err != nil || len(known) > 0 {
		return err
	}
	return reason.New(reason.DiskLow, "", "the house takes nothing new: its disk is nearly full; nothing was changed")
}

// begins tells whether a deed begins something new.
func begins(d ledger.Deed) bool {
	switch d.(type) {
	case ledger.Award, ledger.Hold, ledger.Adjust, ledger.Transfer, ledger.Extend, ledger.Import, ledger.Donate:
		return true
	}
	return false
}
