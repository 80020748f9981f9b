// Package redeem carries redemptions through: hold, reserve, capture, fulfil, and back again where it has to. Each state is
// stored before the call that it names is made, each call has a key that follows from the redemption, and the ledger's
// answer is the verdict that all follow. So any replica goes on where another one has died, and two that do the same at
// once do it once.
package redeem

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

// Deps are what redemptions stand on.
type Deps struct {
	Storage    *storage.Storage
	Accrual    *grpc.ClientConn
	Clock      clock.Clock
	Log        *slog.Logger
	Turns      *writing.Turns
	Partitions int
	// Lease is how long a redemption is somebody's who goes on with it. Then anybody may.
	Lease time.Duration
	// Wake is called when something was stored that has to be published.
	Wake func()
}

// Process carries redemptions through. Safe for many goroutines, and for many replicas.
type Process struct {
	Deps
	ledger *ledger
}

// New makes the process.
func New(d Deps) *Process { return &Process{Deps: d, ledger: newLedger(d.Accrual)} }

// Request is a redemption as it was asked for.
type Request struct {
	Program, Account string
	Call             redemption.Call
	Reward           catalogue.ID
	Points           money.Points // what the account was told; 0: whatever it costs
}

// Redeem carries a redemption through and returns it fulfilled, or cancelled if it is meanwhile. Refusals: those of
// catalogue.Reward.WhyNot, REWARD_NOT_FOUND, PRICE_CHANGED, IDEMPOTENCY_KEY_REUSED, those of the ledger, and NOT_READY
// where it goes on by itself.
func (p *Process) Redeem(ctx context.Context, q Request) (redemption.Redemption, error) {
	id := redemption.IDOf(q.Program, q.Call.Caller, q.Call.Key)
	leave, err := p.Turns.Take(ctx, writing.RedemptionTurn(id))
	if err != nil {
		return redemption.Redemption{}, err
	}
	defer leave()
	for {
		row, err := p.Storage.Redemption(ctx, q.Program, id)
		if err != nil {
			return redemption.Redemption{}, err
		}
		if row.Found() && row.Value.Call.Content != q.Call.Content {
			return redemption.Redemption{}, storage.Reused()
		}
		if row.Found() && row.Value.State != redemption.Refused {
			r, err := p.outcome(p.finish(ctx, row))
			if err == nil {
				rpc.Replayed(ctx)
			}
			return r, err
		}
		row, err = p.begin(ctx, q, row)
		if errors.Is(err, store.ErrConflict) {
			continue // the same call, in another replica
		}
		if err != nil {
			return redemption.Redemption{}, err
		}
		return p.outcome(p.carry(ctx, row))
	}
}

// begin looks if anything stands in the way, and stores that the redemption has begun: anew, where it was refused before.
func (p *Process) begin(ctx context.Context, q Request, row storage.Redemption) (storage.Redemption, error) {
	reward, err := p.Storage.Reward(ctx, q.Program, q.Reward)
	if err != nil {
		return row, err
	}
	if !reward.Found() {
		return row, reason.New(reason.RewardNotFound, "reward", "the catalogue of %s has no reward %s", q.Program, q.Reward)
	}
	standing, err := p.ledger.standing(ctx, q.Program, q.Account)
	if err != nil {
		return row, p.notReady(ctx, err)
	}
	offers, err := p.offers(ctx, q.Program, q.Account, standing, reward.Value)
	if err != nil {
		return row, err
	}
	offer := offers[0]
	if len(offer.WhyNot) > 0 {
		return row, offer.WhyNot[0]
	}
	if q.Points != 0 && q.Points != offer.Points {
		return row, reason.New(reason.PriceChanged, "points", "it costs %d points now, not %d", offer.Points, q.Points).
			With("points", offer.Points).With("asked", q.Points)
	}
	now := p.now()
	order := redemption.Order{
		Program: q.Program, Account: q.Account, Tier: standing.Tier, Call: q.Call, Reward: reward.Value, At: now,
	}
	return p.Storage.PutRedemption(ctx, row.To(redemption.Begin(order, row.Value.Attempt+1), now.Add(p.Lease)))
}

// Offer is a reward as an account sees it.
type Offer struct {
	Reward catalogue.Reward
	Stock  catalogue.Stock
	Points money.Points
	WhyNot []*reason.Error
}

// Offers says of rewards what they cost an account, and what stands in the way. ACCOUNT_NOT_FOUND if there is none.
func (p *Process) Offers(ctx context.Context, program, account string, rewards ...catalogue.Reward) ([]Offer, error) {
	standing, err := p.ledger.standing(ctx, program, account)
	if err != nil {
		return nil, p.notReady(ctx, err)
	}
	return p.offers(ctx, program, account, standing, rewards...)
}

func (p *Process) offers(ctx context.Context, program, account string, s Standing, rewards ...catalogue.Reward) ([]Offer, error) {
	var only catalogue.ID
	ids := make([]catalogue.ID, len(rewards))
	for i, r := range rewards {
		ids[i] = r.ID
	}
	if len(ids) == 1 {
		only = ids[0]
	}
	had, err := p.Storage.Had(ctx, program, account, only)
	if err != nil {
		return nil, err
	}
	stocks, err := p.Storage.Stocks(ctx, program, ids...)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, len(rewards))
	for i, r := range rewards {
		asker := catalogue.Asker{Tier: s.Tier, Segments: s.Segments, Active: s.Active, Had: had[r.ID], Stock: stocks[r.ID], At: p.now()}
		offers[i] = Offer{Reward: r, Stock: stocks[r.ID], Points: r.Terms.Price(s.Tier), WhyNot: r.WhyNot(asker)}
	}
	return offers, nil
}

// notReady is what callers are told of trouble with the ledger.
func (p *Process) notReady(ctx context.Context, err error) error {
	var t *trouble
	if !errors.As(err, &t) || ctx.Err() != nil {
		return err
	}
	p.Log.WarnContext(ctx, "the ledger does not answer", "error", err)
	return reason.New(reason.NotReady, "", "the ledger does not answer; call again under the same key")
}

func (p *Process) now() time.Time { return calendar.Millis(p.Clock.Now()) }
