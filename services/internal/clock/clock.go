// Package clock is the only place, besides main, that reads the wall clock. Whoever needs the time is given a Clock.
// It does not own the clocks of partitions and accounts: those move with the log.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time: UTC, cut to milliseconds, as every stored time is.
type Clock interface {
	Now() time.Time
}

// System returns the machine's clock. It is safe for many.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return cut(time.Now()) }

// Manual is a clock that stands still until it is told to move. It is safe for many; its zero value stands at the
// zero time.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// At returns a Manual clock that stands at t.
func At(t time.Time) *Manual { return &Manual{now: cut(t)} }

// Now returns where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t, backwards too.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = cut(t)
}

// Advance moves the clock by d and returns where it stands then.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = cut(m.now.Add(d))
	return m.now
}

// cut also drops the monotonic reading, so that equal times are equal by ==.
func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
