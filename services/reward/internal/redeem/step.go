package redeem

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/reward/internal/contract"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

// step makes the call that the state names, and stores what it came to. An error leaves open what the call has done: it is
// made again.
func (p *Process) step(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	switch row.Value.State {
	case redemption.Holding:
		return p.hold(ctx, row)
	case redemption.Capturing:
		return p.capture(ctx, row)
	case redemption.Voiding:
		return p.void(ctx, row)
	case redemption.Refunding:
		return p.refund(ctx, row)
	default:
		return row, fmt.Errorf("redemption %s is %s: there is nothing to do", row.Value.ID, row.Value.State)
	}
}

// hold sets the points aside and takes one from the stock.
func (p *Process) hold(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	r := row.Value
	if r.GivenUp(p.now()) {
		return p.to(ctx, row, r.Abandoned("", redemption.Lapsed()))
	}
	fault.Point(fault.AfterRedemptionBegun)
	hold, err := p.ledger.hold(ctx, r)
	refused, err := refusal(err)
	if err != nil {
		return row, err
	}
	if refused != nil {
		return p.to(ctx, row, r.Ended(refused))
	}
	fault.Point(fault.AfterHold)
	row, err = p.inTurn(ctx, row, rewardTurn(r), func(ctx context.Context) (redemption.Redemption, error) {
		code, refused, err := p.reserve(ctx, r)
		if refused != nil {
			return r.Abandoned(hold, refused), err
		}
		return r.Reserved(hold, code), err
	})
	if errors.Is(err, errMoved) {
		return p.letGo(ctx, row, r, hold)
	}
	if err == nil {
		fault.Point(fault.AfterReserve)
	}
	return row, err
}

// letGo gives points back that this process has set aside for a redemption that somebody else has moved meanwhile, unless
// they know of the hold, or ask for it under its key.
func (p *Process) letGo(ctx context.Context, now storage.Redemption, was redemption.Redemption, hold string) (storage.Redemption, error) {
	asks := now.Value.State.Live() && now.Value.Attempt == was.Attempt && now.Value.Hold == ""
	if now.Value.Hold == hold || asks {
		return now, errMoved
	}
	if _, err := refusal(p.ledger.void(ctx, was, hold)); err != nil {
		return now, err
	}
	return now, errMoved
}

// reserve takes one from the stock, unless the reward is withdrawn, the account's limit reached or nothing left. It
// belongs inside the transaction that says so.
func (p *Process) reserve(ctx context.Context, r redemption.Redemption) (string, *reason.Error, error) {
	reward, err := p.Storage.Reward(ctx, r.Program, r.Reward)
	if err != nil {
		return "", nil, err
	}
	asker := catalogue.Asker{At: r.BegunAt}
	if reward.Value.Terms.Limit.Any() {
		if err := p.Storage.Guard(ctx, r.Program, r.Account); err != nil {
			return "", nil, err
		}
		had, err := p.Storage.Had(ctx, r.Program, r.Account, r.Reward)
		if err != nil {
			return "", nil, err
		}
		asker.Had = had[r.Reward]
	}
	if refused := reward.Value.Gone(asker); refused != nil || !r.Stocked {
		return "", refused, nil
	}
	code, taken, err := p.Storage.Take(ctx, r)
	if err == nil && !taken {
		return "", catalogue.SoldOut(), nil
	}
	return code, nil, err
}

// capture spends the points and hands over; or gives back what was taken, where the hold has lapsed.
func (p *Process) capture(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	r := row.Value
	capture, err := p.ledger.capture(ctx, r)
	refused, err := refusal(err)
	if err != nil {
		return row, err
	}
	if refused != nil {
		return p.inTurn(ctx, row, rewardTurn(r), func(ctx context.Context) (redemption.Redemption, error) {
			return r.Ended(redemption.Lapsed()), p.giveBack(ctx, r)
		})
	}
	fault.Point(fault.AfterCapture)
	row, err = p.inTurn(ctx, row, p.partitionTurn(r), func(ctx context.Context) (redemption.Redemption, error) {
		fulfilled := r.Captured(capture, p.now())
		if err := p.Storage.Give(ctx, fulfilled); err != nil {
			return r, err
		}
		return fulfilled, p.tell(ctx, fulfilled, contract.Redeemed)
	})
	if err == nil {
		fault.Point(fault.AfterFulfil)
		p.Wake()
	}
	return row, err
}

// void gives points back that are, or may be, set aside. Whether they are, the ledger says to the same call again.
func (p *Process) void(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	r := row.Value
	if r.Hold == "" {
		hold, err := p.ledger.hold(ctx, r)
		refused, err := refusal(err)
		if err != nil {
			return row, err
		}
		if refused != nil {
			return p.to(ctx, row, r.Ended(r.Refusal))
		}
		r.Hold = hold
	}
	fault.Point(fault.BeforeVoid)
	if _, err := refusal(p.ledger.void(ctx, r, r.Hold)); err != nil {
		return row, err
	}
	fault.Point(fault.AfterVoid)
	return p.to(ctx, row, r.Ended(r.Refusal))
}

// refund gives spent points back, and the reward to its stock. Where the ledger refuses, it stays the member's.
func (p *Process) refund(ctx context.Context, row storage.Redemption) (storage.Redemption, error) {
	r := row.Value
	fault.Point(fault.BeforeRefund)
	refused, err := refusal(p.ledger.refund(ctx, r))
	if err != nil {
		return row, err
	}
	fault.Point(fault.AfterRefund)
	if refused != nil && refused.Reason != reason.CaptureRefunded {
		return p.move(ctx, row, func(ctx context.Context) (storage.Redemption, error) {
			return p.next(row, r.Kept(refused)), p.Storage.Forget(ctx, storage.Command{Program: r.Program, Call: r.Cancel})
		})
	}
	leave, err := p.Turns.Take(ctx, rewardTurn(r))
	if err != nil {
		return row, err
	}
	defer leave()
	row, err = p.inTurn(ctx, row, p.partitionTurn(r), func(ctx context.Context) (redemption.Redemption, error) {
		canceled := r.Refunded(p.now(), refused)
		if err := p.giveBack(ctx, r); err != nil {
			return r, err
		}
		return canceled, p.tell(ctx, canceled, contract.Cancelled)
	})
	if err == nil {
		p.Wake()
	}
	return row, err
}

// giveBack puts back into the stock what a redemption took.
func (p *Process) giveBack(ctx context.Context, r redemption.Redemption) error {
	if !r.Stocked {
		return nil
	}
	return p.Storage.Return(ctx, r)
}

// tell has the house hear of a redemption.
func (p *Process) tell(ctx context.Context, r redemption.Redemption, fact func(redemption.Redemption) (outbox.Message, error)) error {
	message, err := fact(r)
	if err != nil {
		return err
	}
	id := bus.Partition(r.Program, r.Account, p.Partitions)
	parts, err := p.Storage.Store().ReadPartitions(ctx, []int{id})
	if err != nil {
		return err
	}
	part, ok := parts[id]
	if !ok {
		return fmt.Errorf("there is no document of partition %d", id)
	}
	chunks := outbox.Cut(&part, bus.Facts, []outbox.Message{message}, p.now())
	if err := p.Storage.Store().MovePartitions(ctx, []store.Partition{part}); err != nil {
		return err
	}
	return outbox.Insert(ctx, p.Storage.Store(), chunks)
}

// inTurn is a move that meets others over a thing: they wait for each other in this process.
func (p *Process) inTurn(ctx context.Context, row storage.Redemption, thing string,
	become func(ctx context.Context) (redemption.Redemption, error),
) (storage.Redemption, error) {
	leave, err := p.Turns.Take(ctx, thing)
	if err != nil {
		return row, err
	}
	defer leave()
	return p.move(ctx, row, func(ctx context.Context) (storage.Redemption, error) {
		value, err := become(ctx)
		return p.next(row, value), err
	})
}

func rewardTurn(r redemption.Redemption) string {
	return writing.RewardTurn(r.Program, string(r.Reward))
}

func (p *Process) partitionTurn(r redemption.Redemption) string {
	return fmt.Sprint("partition/", bus.Partition(r.Program, r.Account, p.Partitions))
}
