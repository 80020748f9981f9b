package redeem

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

const (
	// sweepEvery is how often it is looked for redemptions that nobody goes on with.
	sweepEvery = 250 * time.Millisecond
	// sweepPage is how many of them are taken up at once, and sweepAtOnce how many of these side by side.
	sweepPage   = 128
	sweepAtOnce = 8
)

// Run goes on with redemptions that nobody goes on with, until ctx ends: their process has died, their caller has gone
// away, or the ledger did not answer.
func (p *Process) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		full, err := p.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "redemptions were not looked for, trying again", "error", err)
		}
		if full && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// sweep takes up a page. True: it was full.
func (p *Process) sweep(ctx context.Context) (bool, error) {
	rows, err := p.Storage.Unfinished(ctx, p.now(), sweepPage)
	if err != nil {
		return false, err
	}
	var group errgroup.Group
	group.SetLimit(sweepAtOnce)
	for _, row := range rows {
		group.Go(func() error {
			p.resume(ctx, row)
			return nil
		})
	}
	return len(rows) == sweepPage, group.Wait()
}

// resume goes on with a redemption, unless somebody else does meanwhile.
func (p *Process) resume(ctx context.Context, row storage.Redemption) {
	leave, err := p.Turns.Take(ctx, writing.RedemptionTurn(row.Value.ID))
	if err != nil {
		return
	}
	defer leave()
	row, mine, err := p.claim(ctx, row)
	if err == nil && mine {
		_, err = p.drive(ctx, row)
	}
	if _, told := reason.Of(err); err != nil && !told && ctx.Err() == nil {
		p.Log.WarnContext(ctx, "a redemption waits", "redemption", row.Value.ID, "state", row.Value.State.String(), "error", err)
	}
}
