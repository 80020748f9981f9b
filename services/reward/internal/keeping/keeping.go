// Package keeping carries out what operators do to the catalogue: it reads, lets the domain decide, and writes what follows
// in one transaction, with the answer under the command's key.
package keeping

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

// Deps are what commands stand on.
type Deps struct {
	Storage *storage.Storage
	Clock   clock.Clock
	Turns   *writing.Turns
	// Known tells if a programme has a revision.
	Known func(ctx context.Context, program string) (bool, error)
}

// Keeper carries out commands. Safe for many goroutines, and for many replicas.
type Keeper struct{ Deps }

// New makes a keeper.
func New(d Deps) *Keeper { return &Keeper{d} }

// Put puts a reward into the catalogue, or gives it other terms. Reasons: UNKNOWN_PROGRAMME, INVALID_ARGUMENT.
func (k *Keeper) Put(ctx context.Context, c storage.Command, id catalogue.ID, t catalogue.Terms) (storage.Answer, error) {
	known, err := k.Known(ctx, c.Program)
	if err != nil {
		return storage.Answer{}, err
	}
	if !known {
		return storage.Answer{}, reason.New(reason.UnknownProgram, "program", "there is no programme %s", c.Program)
	}
	return k.do(ctx, c, id, func(ctx context.Context, at time.Time) (storage.Answer, error) {
		row, err := k.Storage.Reward(ctx, c.Program, id)
		if err != nil {
			return storage.Answer{}, err
		}
		put, changed, err := row.Value.Put(id, t, at)
		if err == nil && changed {
			err = k.Storage.PutReward(ctx, c.Program, row.With(put))
		}
		return k.answer(ctx, c.Program, put, err)
	})
}

// Withdraw takes a reward out of the catalogue. REWARD_NOT_FOUND if there is none.
func (k *Keeper) Withdraw(ctx context.Context, c storage.Command, id catalogue.ID) (storage.Answer, error) {
	return k.do(ctx, c, id, func(ctx context.Context, _ time.Time) (storage.Answer, error) {
		row, err := k.reward(ctx, c.Program, id)
		if err != nil {
			return storage.Answer{}, err
		}
		withdrawn := row.Value
		withdrawn.Withdrawn = true
		if !row.Value.Withdrawn {
			err = k.Storage.PutReward(ctx, c.Program, row.With(withdrawn))
		}
		return k.answer(ctx, c.Program, withdrawn, err)
	})
}

// AddStock puts items in, or takes left ones away. Reasons: REWARD_NOT_FOUND, SOLD_OUT, INVALID_ARGUMENT for a voucher.
func (k *Keeper) AddStock(ctx context.Context, c storage.Command, id catalogue.ID, items int64) (storage.Answer, error) {
	return k.do(ctx, c, id, func(ctx context.Context, _ time.Time) (storage.Answer, error) {
		row, err := k.reward(ctx, c.Program, id)
		if err != nil {
			return storage.Answer{}, err
		}
		if row.Value.Terms.Kind == catalogue.Voucher {
			return storage.Answer{}, reason.New(reason.InvalidArgument, "reward", "%s is a voucher, and has as many as it has codes", id)
		}
		stocks, err := k.Storage.Stocks(ctx, c.Program, id)
		if err != nil {
			return storage.Answer{}, err
		}
		if _, err := stocks[id].Add(items); err != nil {
			return storage.Answer{}, err
		}
		stock, err := k.Storage.AddStock(ctx, c.Program, id, items)
		return storage.Answer{Stock: stock}, err
	})
}

// AddCodes puts codes into the pool of a voucher; those that it has or had are counted as known. Reasons:
// REWARD_NOT_FOUND, INVALID_ARGUMENT for what is no voucher, CODE_OF_OTHER_REWARD.
func (k *Keeper) AddCodes(ctx context.Context, c storage.Command, id catalogue.ID, codes []string) (storage.Answer, error) {
	return k.do(ctx, c, id, func(ctx context.Context, _ time.Time) (storage.Answer, error) {
		row, err := k.reward(ctx, c.Program, id)
		if err != nil {
			return storage.Answer{}, err
		}
		if row.Value.Terms.Kind != catalogue.Voucher {
			return storage.Answer{}, reason.New(reason.InvalidArgument, "reward", "%s is a %s, and has no codes", id, row.Value.Terms.Kind)
		}
		owners, err := k.Storage.CodeOwners(ctx, c.Program, codes)
		if err != nil {
			return storage.Answer{}, err
		}
		var fresh []string
		for i, code := range codes {
			owner, known := owners[code]
			if !known {
				fresh = append(fresh, code)
				continue
			}
			if owner != id {
				return storage.Answer{}, reason.New(reason.CodeOfOtherReward, "codes", "the %d. of the codes is in the pool of %s", i+1, owner).
					With("place", i+1).With("reward", owner)
			}
		}
		stock, err := k.Storage.AddCodes(ctx, c.Program, id, fresh)
		return storage.Answer{Stock: stock, Added: len(fresh), Known: len(codes) - len(fresh)}, err
	})
}

// reward reads a reward that must be there.
func (k *Keeper) reward(ctx context.Context, program string, id catalogue.ID) (storage.Row[catalogue.Reward], error) {
	row, err := k.Storage.Reward(ctx, program, id)
	if err == nil && !row.Found() {
		err = reason.New(reason.RewardNotFound, "reward", "the catalogue of %s has no reward %s", program, id)
	}
	return row, err
}

// answer is a reward with its stock.
func (k *Keeper) answer(ctx context.Context, program string, r catalogue.Reward, err error) (storage.Answer, error) {
	if err != nil {
		return storage.Answer{}, err
	}
	stocks, err := k.Storage.Stocks(ctx, program, r.ID)
	return storage.Answer{Reward: r, Stock: stocks[r.ID]}, err
}

// do carries out a command about a reward, once. A refusal commits too, with nothing written: what it was judged by then
// has held.
func (k *Keeper) do(ctx context.Context, c storage.Command, id catalogue.ID,
	decide func(ctx context.Context, at time.Time) (storage.Answer, error),
) (storage.Answer, error) {
	leave, err := k.Turns.Take(ctx, writing.RewardTurn(c.Program, string(id)))
	if err != nil {
		return storage.Answer{}, err
	}
	defer leave()
	var answer storage.Answer
	var done bool
	var refusal *reason.Error
	err = writing.Transact(ctx, k.Storage.Store(), func(ctx context.Context) error {
		var err error
		refusal = nil
		answer, done, err = k.Storage.Done(ctx, c)
		if err == nil && !done {
			at := calendar.Millis(k.Clock.Now())
			if answer, err = decide(ctx, at); err == nil {
				return k.Storage.Note(ctx, c, answer, at)
			}
		}
		if r, ok := reason.Of(err); ok {
			refusal = r
			return nil
		}
		return err
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	if err == nil && done {
		rpc.Replayed(ctx)
	}
	return answer, err
}
