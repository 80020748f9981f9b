package redeem

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

// Cancel gives a redemption's points back, and the reward to its stock. Refusals: REDEMPTION_NOT_FOUND,
// IDEMPOTENCY_KEY_REUSED, those of redemption.Redemption.Canceling and of the ledger, NOT_READY where it goes on by itself.
func (p *Process) Cancel(ctx context.Context, c storage.Command, id string) (redemption.Redemption, error) {
	leave, err := p.Turns.Take(ctx, writing.RedemptionTurn(id))
	if err != nil {
		return redemption.Redemption{}, err
	}
	defer leave()
	row, fresh, err := p.change(ctx, c, id, func(r redemption.Redemption) (redemption.Redemption, error) {
		return r.Canceling(c.Call, p.now())
	})
	switch {
	case err == nil && fresh:
		row, err = p.carry(ctx, row)
	case err == nil:
		row, err = p.finish(ctx, row)
	}
	if err == nil && row.Value.State == redemption.Fulfilled {
		err = row.Value.Refusal // the ledger's
	}
	return row.Value, err
}

// Reveal shows the code of a voucher, and notes before that it did. Refusals: REDEMPTION_NOT_FOUND,
// IDEMPOTENCY_KEY_REUSED, REDEMPTION_HAS_NO_CODE.
func (p *Process) Reveal(ctx context.Context, c storage.Command, id string) (redemption.Redemption, error) {
	row, _, err := p.change(ctx, c, id, func(r redemption.Redemption) (redemption.Redemption, error) {
		return r.Revealed(p.now())
	})
	return row.Value, err
}

// change does what a command wants of a redemption, once. True: that was now. A refusal commits too, with nothing
// written: what it was judged by then has held.
func (p *Process) change(ctx context.Context, c storage.Command, id string,
	decide func(r redemption.Redemption) (redemption.Redemption, error),
) (storage.Redemption, bool, error) {
	var row storage.Redemption
	var fresh bool
	var refused *reason.Error
	err := writing.Transact(ctx, p.Storage.Store(), func(ctx context.Context) error {
		var err error
		row, fresh, err = p.decide(ctx, c, id, decide)
		refused, err = refusal(err)
		return err
	})
	if err == nil && refused != nil {
		err = refused
	}
	if err == nil && !fresh {
		rpc.Replayed(ctx)
	}
	return row, fresh, err
}

func (p *Process) decide(ctx context.Context, c storage.Command, id string,
	decide func(r redemption.Redemption) (redemption.Redemption, error),
) (storage.Redemption, bool, error) {
	_, done, err := p.Storage.Done(ctx, c)
	if err != nil {
		return storage.Redemption{}, false, err
	}
	row, err := p.Storage.Redemption(ctx, c.Program, id)
	if err != nil || done {
		return row, false, err
	}
	if !row.Found() {
		return row, false, reason.New(reason.RedemptionNotFound, "redemption_id", "there is no redemption %s in programme %s", id, c.Program)
	}
	value, err := decide(row.Value)
	if err != nil {
		return row, false, err
	}
	if row, err = p.Storage.PutRedemption(ctx, p.next(row, value)); err != nil {
		return row, false, err
	}
	return row, true, p.Storage.Note(ctx, c, storage.Answer{}, p.now())
}
