package verify

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// keepAccount keeps an account that was verified.
func (v *verifier) keepAccount(ctx context.Context, a ledger.Account) error {
	if v.keeper == nil {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.keeper.Account(ctx, a)
}

// keepOpen keeps a transfer that has not ended.
func (v *verifier) keepOpen(ctx context.Context, key string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.keeper.Transit(ctx, key)
}

// keep sets the checkpoint if everything holds.
func (v *verifier) keep(ctx context.Context, r *Report) error {
	if v.keeper == nil {
		return nil
	}
	if !r.OK() {
		r.Notes = append(r.Notes, "no checkpoint was set: the ledger does not hold")
		return v.keeper.Drop(ctx)
	}
	for day, t := range v.base {
		if err := v.keeper.Day(ctx, day.day, t); err != nil {
			return v.dropped(ctx, err)
		}
	}
	c := storage.Checkpoint{Program: v.program, At: v.options.At, Entries: r.Entries, Accounts: r.Accounts}
	if v.since != nil {
		c.Entries += v.since.Entries
	}
	set, err := v.keeper.Set(ctx, c)
	switch {
	case err != nil:
		return err
	case set:
		r.Set = &c
	default:
		r.Notes = append(r.Notes, "no checkpoint was set: another verification has begun one meanwhile, or something of this one is gone")
	}
	return nil
}

// dropped removes what was kept for a checkpoint that there will not be.
func (v *verifier) dropped(ctx context.Context, err error) error {
	if v.keeper == nil {
		return err
	}
	return errors.Join(err, v.keeper.Drop(context.WithoutCancel(ctx)))
}
