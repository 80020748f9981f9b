// Package comparing keeps what one customer is compared with: all of them, measured once, so that a card need not read
// everybody. What it keeps is in memory, and made anew from the copy.
package comparing

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/card"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// crowdsMax is how many are kept; the one that was used longest ago goes first.
	crowdsMax = 16
	// quick is how long a crowd may take to make that is always made anew when something was copied.
	quick = 100 * time.Millisecond
	// share is the part of the time in which one that takes longer is made: it is kept for so many times as long as that took.
	share = 20
)

// Crowd is all customers, and what was read of them.
type Crowd struct {
	card.Crowd

	Reading storage.Reading
}

// Comparer makes crowds while Run runs. Safe for many goroutines.
type Comparer struct {
	reporter *reporting.Reporter
	clock    clock.Clock
	wake     chan struct{}

	mu     sync.Mutex // guards what follows
	known  map[key]*kept
	wanted []key // to be made, in this order
}

type key struct {
	program string
	asOf    calendar.Day
}

// kept is a crowd, if it is made.
type kept struct {
	crowd  *Crowd // nil: not yet
	making *making
	usedAt time.Time
	madeAt time.Time
	took   time.Duration
}

// making is a crowd that is to be made.
type making struct {
	done  chan struct{} // closed when it is, or was not
	wrong error         // why it was not
}

// New makes a comparer. The reporter is one that is never refused a turn: one crowd is made at a time.
func New(r *reporting.Reporter, c clock.Clock) *Comparer {
	return &Comparer{reporter: r, clock: c, wake: make(chan struct{}, 1), known: map[key]*kept{}}
}

// Of returns whom customers are compared with who are read in one state of the copy. It is no older than that state where it is
// quickly made; else it may be, and a newer one is made meanwhile. It waits where there is none yet: whoever comes again finds
// it. Errors are reason.Overloaded, reason.AmountOutOfRange, and trouble.
func (c *Comparer) Of(ctx context.Context, h reporting.Head) (Crowd, error) {
	for {
		crowd, wait, err := c.look(key{h.Program, h.AsOf}, h.Reading)
		if err != nil || wait == nil {
			return crowd, err
		}
		select {
		case <-wait.done:
		case <-ctx.Done():
			return Crowd{}, ctx.Err()
		}
		if wait.wrong != nil {
			return Crowd{}, wait.wrong
		}
	}
}

// look returns a crowd that will do, or one to wait for.
func (c *Comparer) look(k key, r storage.Reading) (Crowd, *making, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	e := c.known[k]
	if e == nil {
		if !c.room() {
			return Crowd{}, nil, reason.New(reason.Overloaded, "", "customers are being compared as of %d days already; try again in a while", crowdsMax)
		}
		e = &kept{}
		c.known[k] = e
	}
	e.usedAt = now
	slow := e.crowd != nil && e.took >= quick
	if e.crowd != nil && covers(e.crowd.Reading, r) || slow && now.Sub(e.madeAt) < share*e.took {
		return *e.crowd, nil, nil
	}
	if e.making == nil {
		e.making = &making{done: make(chan struct{})}
		c.wanted = append(c.wanted, k)
		select {
		case c.wake <- struct{}{}:
		default: // it is awake
		}
	}
	if slow {
		return *e.crowd, nil, nil
	}
	return Crowd{}, e.making, nil
}

// room makes room for one more; false: all are being made.
func (c *Comparer) room() bool {
	if len(c.known) < crowdsMax {
		return true
	}
	var oldest *key
	for k, e := range c.known {
		if e.making == nil && (oldest == nil || e.usedAt.Before(c.known[*oldest].usedAt)) {
			oldest = &k
		}
	}
	if oldest != nil {
		delete(c.known, *oldest)
	}
	return oldest != nil
}

// covers tells whether one reading is no older than another in any partition.
func covers(known, asked storage.Reading) bool {
	for i, m := range asked.Marks {
		if i >= len(known.Marks) || cmp.Or(cmp.Compare(known.Marks[i].Epoch, m.Epoch), cmp.Compare(known.Marks[i].Sequence, m.Sequence)) < 0 {
			return false
		}
	}
	return true
}

// Run makes what is wanted until ctx ends.
func (c *Comparer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		k, some := c.next()
		if some {
			c.make(ctx, k)
			continue
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
	}
	for k, some := c.next(); some; k, some = c.next() {
		c.end(k, Crowd{}, 0, ctx.Err())
	}
	return nil
}

func (c *Comparer) next() (key, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wanted) == 0 {
		return key{}, false
	}
	k := c.wanted[0]
	c.wanted = c.wanted[1:]
	return k, true
}

// make reads everybody.
func (c *Comparer) make(ctx context.Context, k key) {
	var made Crowd
	var begun time.Time
	err := c.reporter.Together(ctx, func(ctx context.Context, one *reporting.Reporter) error {
		begun = c.clock.Now()
		var b *card.CrowdBuilder
		q := reporting.Query{Program: k.program, AsOf: k.asOf, Compare: calendar.None}
		head, err := one.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
			b = card.NewCrowd(h.AsOf)
			return b.Add
		})
		if err != nil {
			return err
		}
		for c, err := range one.Some(ctx, k.program, b.Ask()) {
			if err != nil {
				return err
			}
			b.Bought(c)
		}
		made.Reading = head.Reading
		made.Crowd, err = b.Crowd()
		return err
	})
	c.end(k, made, c.clock.Now().Sub(begun), err)
}

// end keeps what was made, and lets go who waits for it.
func (c *Comparer) end(k key, made Crowd, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.known[k] // nobody drops one that is being made
	if err == nil {
		e.crowd, e.took, e.madeAt = &made, took, c.clock.Now()
	}
	e.making.wrong = err
	close(e.making.done)
	e.making = nil
}
