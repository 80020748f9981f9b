package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	// askAgain is how long a publisher pauses before it asks again what is not applied yet. It is longer than what the ledger leaves
	// unused of a call, so that the end of the whole wait is met here and not by calls that have no time.
	askAgain = 200 * time.Millisecond
	// silentPart is by what the time for an answer is divided where the last question had none.
	silentPart = 10
)

// pace keeps a publisher within what the ledger has taken of its events: the orders of others wait behind those that it has not.
type pace struct {
	world  *world
	ledger *accrual // nil: nothing is waited for
	intake bool     // no ledger is named, as to merchants, whose orders come into intakes
	ahead  int      // how many events may wait for the ledger
	wait   time.Duration

	sent   []sent // what the ledger may not have taken, oldest first
	events int    // of sent; 0 <= events <= ahead
	silent bool   // the ledger did not say how far it is when it was asked last
}

// sent is a batch that stands on the bus.
type sent struct {
	events  int
	account string // of its last event: a sample, for the ledger takes the partitions at about the same rate
	through uint64 // the position of EVENTS behind which all of it stands
}

// pace is for one run of publishing. Where it cannot be said where the ledger is, as by the house files of merchants, there is none to wait for.
func (w *world) pace(c *publishCmd) *pace {
	p := &pace{world: w, ahead: c.Ahead, wait: c.Wait}
	d, err := w.dial("accrual", w.root.Server)
	if err != nil {
		p.intake = true
		return p
	}
	if c.Ahead == 0 {
		d.close()
		return p
	}
	p.ledger = &accrual{accrualv1.NewAccrualServiceClient(d.conn), d}
	return p
}

func (p *pace) close() {
	if p.ledger != nil {
		p.ledger.close()
	}
}

// batch is how many events may be published at once.
func (p *pace) batch() int {
	if p.ledger == nil {
		return batchEvents
	}
	return min(batchEvents, p.ahead)
}

// room waits until so many events more may be published.
func (p *pace) room(ctx context.Context, events int) error {
	for p.ledger != nil && p.events+events > p.ahead {
		if err := p.oldest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// add notes what was published.
func (p *pace) add(s sent) {
	if p.ledger != nil {
		p.sent, p.events = append(p.sent, s), p.events+s.events
	}
}

// oldest waits until the ledger has taken the oldest batch, or does not say if it has.
func (p *pace) oldest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	oldest := p.sent[0]
	for {
		err := p.ask(ctx, oldest)
		if errors.Is(err, reason.NotYetApplied) {
			p.silent = false
			if err = pause(ctx, askAgain); err == nil {
				continue
			}
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("wait until the ledger has taken EVENTS up to %d: %w", oldest.through, ctx.Err())
		case err != nil:
			p.goOn(err)
		default:
			p.sent, p.events, p.silent = p.sent[1:], p.events-oldest.events, false
		}
		return nil
	}
}

// ask returns once the ledger has taken a batch, or with why that is not known.
func (p *pace) ask(ctx context.Context, s sent) error {
	patience := p.world.root.Timeout
	if p.silent {
		patience /= silentPart
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := p.ledger.GetAccount(ctx, &accrualv1.GetAccountRequest{
		Program: p.ledger.program, Account: s.account, After: position(s.through).toProto(),
	})
	return rpc.FromStatus(unlessUnknown(err)) // of orders that were refused there may be no account
}

// goOn forgets what was sent: the bus takes orders while the ledger is away. So a ledger that stays away is asked once in as many orders
// as may be ahead, and shortly; one that is back is waited for again.
func (p *pace) goOn(why error) {
	if !p.silent {
		p.world.tell("the ledger does not say how far it is, and is not waited for: %s", p.world.reached(p.ledger.address, why))
	}
	p.sent, p.events, p.silent = nil, 0, true
}
