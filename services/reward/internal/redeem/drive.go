package redeem

import (
	"context"
	"errors"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

const (
	// lookEvery is how often somebody looks whose redemption another replica goes on with.
	lookEvery = 20 * time.Millisecond
	// backoff is how long a call to the ledger that has failed waits; doubled with each failure, up to backoffMax.
	backoff    = 100 * time.Millisecond
	backoffMax = 30 * time.Second
	// noteMax is how long storing may take that a redemption has to wait, also for a caller who has gone away.
	noteMax = 5 * time.Second
)

// errMoved says that somebody else has moved a redemption meanwhile.
var errMoved = errors.New("redemption was moved meanwhile")

// carry carries a redemption that is this process's to its end, whoever moves it meanwhile.
func (p *Process) carry(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	row, err := p.drive(ctx, row)
	if err != nil {
		return row, err
	}
	return p.finish(ctx, row)
}

// finish carries a redemption to its end that was begun before: it waits for whoever goes on with it, or does so itself
// once nobody does.
func (p *Process) finish(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	for row.Value.State.Live() {
		if !row.NextAt.After(p.now()) {
			claimed, mine, err := p.claim(ctx, row)
			if err == nil && mine {
				claimed, err = p.drive(ctx, claimed)
			}
			if err != nil {
				return row, err
			}
			if row = claimed; mine {
				continue
			}
		}
		if err := writing.Wait(ctx, lookEvery); err != nil {
			return row, err
		}
		now, err := p.Storage.Redemption(ctx, row.Value.Program, row.Value.ID)
		if err != nil {
			return row, err
		}
		row = now
	}
	return row, nil
}

// outcome is what a caller is told: a refusal, where the redemption has come to nothing.
func (p *Process) outcome(row storage.Redemption, err error) (redemption.Redemption, error) {
	if err == nil && row.Value.State == redemption.Refused {
		err = row.Value.Refusal
	}
	return row.Value, err
}

// claim makes a redemption this process's for a time. False: somebody else was faster.
func (p *Process) claim(ctx context.Context, row storage.Redemption) (storage.Redemption, bool, error) {
	row, err := p.move(ctx, row, func(context.Context) (storage.Redemption, error) {
		next := row.To(row.Value, p.now().Add(p.Lease))
		next.Tries = row.Tries
		return next, nil
	})
	if errors.Is(err, errMoved) {
		return row, false, nil
	}
	return row, err == nil, err
}

// drive makes one step after the other until nothing is left to do, or somebody else does it: two who went on side by side
// could make of one call a refusal and a hold. After an error the redemption waits for whoever finds it; NOT_READY where the
// ledger does not answer.
func (p *Process) drive(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	for row.Value.State.Live() {
		next, err := p.step(ctx, row)
		if errors.Is(err, errMoved) {
			return next, nil
		}
		if err != nil {
			p.postpone(ctx, row)
			return row, p.notReady(ctx, err)
		}
		row = next
	}
	return row, nil
}

// postpone notes that a redemption has to wait. If even that fails, it waits for the end of the lease.
func (p *Process) postpone(ctx context.Context, row storage.Redemption) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteMax)
	defer cancel()
	_, err := p.move(ctx, row, func(context.Context) (storage.Redemption, error) {
		next := row.To(row.Value, p.now().Add(wait(row.Tries)))
		next.Tries = row.Tries + 1
		return next, nil
	})
	if err != nil && !errors.Is(err, errMoved) {
		p.Log.WarnContext(ctx, "a redemption waits for its lease to end", "redemption", row.Value.ID, "error", err)
	}
}

// wait is how long a call waits that has failed so often before.
func wait(tries int) time.Duration {
	d := backoff
	for range tries {
		if d *= 2; d >= backoffMax {
			return backoffMax
		}
	}
	return d
}

// move stores what a redemption becomes, with all else that next writes, as one transaction; or, where it was moved
// meanwhile, nothing: then the error is errMoved. Either way it returns the redemption as it is stored then.
func (p *Process) move(ctx context.Context, row storage.Redemption,
	next func(ctx context.Context) (storage.Redemption, error),
) (storage.Redemption, error) {
	var now storage.Redemption
	moved := false
	err := writing.Transact(ctx, p.Storage.Store(), func(ctx context.Context) error {
		var err error
		now, err = p.Storage.Redemption(ctx, row.Value.Program, row.Value.ID)
		if moved = err == nil && !now.Same(row); err != nil || moved {
			return err
		}
		todo, err := next(ctx)
		if err != nil {
			return err
		}
		now, err = p.Storage.PutRedemption(ctx, todo)
		return err
	})
	switch {
	case err != nil:
		return row, err
	case moved:
		return now, errMoved
	default:
		return now, nil
	}
}

// to is a move that writes nothing else.
func (p *Process) to(ctx context.Context, row storage.Redemption, value redemption.Redemption) (storage.Redemption, error) {
	return p.move(ctx, row, func(context.Context) (storage.Redemption, error) { return p.next(row, value), nil })
}

// next is the row with what the redemption becomes, which stays this process's.
func (p *Process) next(row storage.Redemption, value redemption.Redemption) storage.Redemption {
	return row.To(value, p.now().Add(p.Lease))
}

// refusal tells the ledger's verdict from trouble.
func refusal(err error) (*reason.Error, error) {
	if verdict, ok := reason.Of(err); ok {
		return verdict, nil
	}
	return nil, err
}
