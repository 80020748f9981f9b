// Package trading does what partners ask for: it holds an ask against the agreement, keeps it, asks the ledger, and keeps
// what came of it. The ledger's answer is the verdict; an ask that is kept without one is asked again, by its caller or by
// Resume, under the same key.
package trading

import (
	"context"
	"errors"
	"log/slog"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
	"github.com/laurel-loyalty/laurel/services/partner/internal/terms"
)

// Deps are what a desk stands on.
type Deps struct {
	Storage *storage.Storage
	Terms   *terms.Terms
	Ledger  accrualv1.AccrualServiceClient
	Clock   clock.Clock
	Log     *slog.Logger
}

// Desk is safe for many goroutines.
type Desk struct{ Deps }

// New makes a desk.
func New(deps Deps) *Desk { return &Desk{deps} }

// Answer is a trade that is done, and if it was before this call.
type Answer struct {
	trade.Trade
	Replayed bool
}

// Do does what a partner asks for, once. Refusals are those of the agreement, TRANSACTION_NOT_FOUND,
// IDEMPOTENCY_KEY_REUSED, UNKNOWN_PROGRAMME, and the ledger's own. After any other error, NOT_READY too, nobody knows what
// became of it: the same ask again tells.
func (d *Desk) Do(ctx context.Context, ask trade.Ask) (Answer, error) {
	known, found, err := d.Storage.Trade(ctx, ask.Program, ask.Partner, ask.ID())
	if err != nil {
		return Answer{}, err
	}
	if !found {
		known, err = d.take(ctx, ask)
		if err != nil {
			return Answer{}, err
		}
	}
	if err := ask.Repeats(known.Content); err != nil {
		return Answer{}, err
	}
	if known.Done != nil {
		return Answer{known.Trade, true}, nil
	}
	return d.finish(ctx, known.Trade)
}

// take keeps an ask, or returns the trade that somebody else has kept under its key at the same moment.
func (d *Desk) take(ctx context.Context, ask trade.Ask) (storage.Stored, error) {
	t := trade.Trade{Ask: ask, ID: ask.ID(), AskedAt: d.Clock.Now(), Counted: calendar.None}
	allowance, err := d.allow(ctx, &t)
	if err != nil {
		return storage.Stored{}, err
	}
	err = d.keep(ctx, &t, allowance)
	if err == nil {
		fault.Point(fault.AfterTradeTaken)
		return storage.Stored{Trade: t, Content: ask.Content()}, nil
	}
	if !errors.Is(err, storage.ErrTaken) {
		return storage.Stored{}, err
	}
	known, found, err := d.Storage.Trade(ctx, ask.Program, ask.Partner, t.ID)
	if err == nil && !found {
		err = reason.New(reason.Overloaded, "", "the same call is being made at this moment; try again")
	}
	return known, err
}

// allow asks the agreement, or looks for what the trade builds on. Only the partner's own is found.
func (d *Desk) allow(ctx context.Context, t *trade.Trade) (trade.Allowance, error) {
	builds := t.Kind.Builds()
	if builds == trade.KindUnset {
		schedule, err := d.Terms.Schedule(ctx, t.Program)
		if err != nil {
			return trade.Allowance{}, err
		}
		now, err := d.Terms.Now(ctx)
		if err != nil {
			return trade.Allowance{}, err
		}
		return t.Allow(schedule, now)
	}
	base, found, err := d.Storage.Trade(ctx, t.Program, t.Partner, t.Of)
	if err != nil {
		return trade.Allowance{}, err
	}
	if !found || base.Kind != builds || base.Done == nil {
		return trade.Allowance{}, reason.New(reason.TransactionNotFound, "", "there is no such transaction to build on; take the id from the answer that you got")
	}
	t.Account, t.Base = base.Account, base.Done.Entry
	return trade.Allowance{}, nil
}

// keep stores a trade, and counts it where the day has a limit.
func (d *Desk) keep(ctx context.Context, t *trade.Trade, allowance trade.Allowance) error {
	if allowance.PerDay == 0 {
		return d.Storage.Take(ctx, *t)
	}
	t.Counted = allowance.Day
	return d.Storage.TakeCounted(ctx, *t, func(used money.Points) error { return allowance.Room(t.Points, used) })
}

// finish has the ledger do a trade and keeps what came of it.
func (d *Desk) finish(ctx context.Context, t trade.Trade) (Answer, error) {
	outcome, err := d.ask(ctx, t)
	fault.Point(fault.AfterTradeAsked)
	if refusal, refused := reason.Of(err); refused {
		if undecided(refusal) {
			return Answer{}, refusal
		}
		return Answer{}, errors.Join(d.Storage.Withdraw(ctx, t), refusal)
	}
	if err != nil {
		return Answer{}, err
	}
	t.Done = &outcome
	done, first, err := d.Storage.Finish(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	fault.Point(fault.AfterTradeDone)
	return Answer{done, !first}, nil
}

// undecided tells if the ledger has not looked at what it was asked.
func undecided(refusal *reason.Error) bool {
	info, _ := reason.Lookup(refusal.Reason)
	return info.Kind == reason.Unavailable || info.Kind == reason.Exhausted ||
		info.Kind == reason.Unauthenticated || refusal.Reason == reason.NotAllowed
}

// Resume finishes what was asked for some time ago and has no answer, until ctx ends: whoever asked may never come back.
func (d *Desk) Resume(ctx context.Context) {
	const (
		every = 2 * time.Second
		old   = 30 * time.Second
		page  = 100
	)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		list, err := d.Storage.Open(ctx, d.Clock.Now().Add(-old), page)
		for _, t := range list {
			_, e := d.finish(ctx, t)
			if _, refused := reason.Of(e); !refused {
				err = errors.Join(err, e)
			}
		}
		if err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "transactions without an answer stay so for now", "transactions", len(list), "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
