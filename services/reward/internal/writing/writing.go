// Package writing runs transactions, again where somebody else was faster, and lets those in this process wait for each
// other who would only meet in the database otherwise. What is written is right without the waiting: other replicas need
// that.
package writing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Waits between tries of a transaction that lost a race: one more step with each, up to the most.
const (
	waitStep = time.Millisecond
	waitMax  = 25 * time.Millisecond
)

// Transact runs f as one transaction until it is committed, f fails, or ctx ends. f reads again each time: what it did
// before has come to nothing, unless its commit is the one whose fate is not known, which it must see for itself.
func Transact(ctx context.Context, s *store.Store, f func(ctx context.Context) error) error {
	for wait := waitStep; ; wait = min(wait+waitStep, waitMax) {
		err := s.Transact(ctx, f)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnknown) {
			return err
		}
		if e := Wait(ctx, wait); e != nil {
			return fmt.Errorf("%w: %w", e, err)
		}
	}
}

// Wait returns after a time, or with the error of ctx when that ends before.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RewardTurn is the turn of those who move a reward or its stock.
func RewardTurn(program, reward string) string { return "reward/" + program + "/" + reward }

// RedemptionTurn is the turn of those who go on with a redemption.
func RedemptionTurn(id string) string { return "redemption/" + id }

// Turns gives everybody who names the same thing their turn, one after the other. The zero value is ready; safe for many.
type Turns struct {
	mu     sync.Mutex // guards places
	places map[string]*place
}

// place is where those stand who want one thing.
type place struct {
	free  chan struct{} // holds a value while nobody has the turn
	wants int
}

// Take waits for the turn with a thing, and returns what gives it back. An error is that of ctx.
func (t *Turns) Take(ctx context.Context, thing string) (func(), error) {
	p := t.stand(thing)
	select {
	case <-p.free:
		return func() {
			p.free <- struct{}{}
			t.leave(thing, p)
		}, nil
	case <-ctx.Done():
		t.leave(thing, p)
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}

func (t *Turns) stand(thing string) *place {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.places == nil {
		t.places = map[string]*place{}
	}
	p := t.places[thing]
	if p == nil {
		p = &place{free: make(chan struct{}, 1)}
		p.free <- struct{}{}
		t.places[thing] = p
	}
	p.wants++
	return p
}

func (t *Turns) leave(thing string, p *place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.wants--; p.wants == 0 {
		delete(t.places, thing)
	}
}
