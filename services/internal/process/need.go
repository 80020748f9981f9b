package process

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

const (
	// reachEvery and reachTimeout are how often something that is needed is tried, and how long one try may last.
	reachEvery   = 500 * time.Millisecond
	reachTimeout = 5 * time.Second
	// remindTries is after how many tries the log says again what is waited for.
	remindTries = 20
)

// Servers are what every service stands on.
type Servers struct {
	MongoURI string
	NATS     bus.Config
}

// need is something that a service cannot begin without.
type need struct {
	name  string // as an operator knows it
	reach func(ctx context.Context) error
}

func (s Servers) needs(log *slog.Logger) []need {
	return []need{
		{"MongoDB", func(ctx context.Context) error { return store.Reach(ctx, s.MongoURI) }},
		{"NATS and its streams, which `laurel setup` makes", func(ctx context.Context) error { return bus.Reach(ctx, s.NATS, log) }},
	}
}

// start is a check that is red until the service has begun, and says what it waits for.
type start struct{ waiting atomic.Pointer[error] }

func newStart(health *telemetry.Health) *start {
	s := &start{}
	s.wait(errors.New("the service begins"))
	health.Add("start", func(context.Context) error { return *s.waiting.Load() })
	return s
}

func (s *start) wait(err error) { s.waiting.Store(&err) }

func (s *start) over() { s.wait(nil) }

// await returns true once everything that is needed answers, whoever came first; false once ctx has ended.
func (s *start) await(ctx context.Context, needs []need, log *slog.Logger) bool {
	tick := time.NewTicker(reachEvery)
	defer tick.Stop()
	for _, need := range needs {
		s.wait(errors.New("waiting for " + need.name))
		for tries := 0; ; tries++ {
			once, cancel := context.WithTimeout(ctx, reachTimeout)
			err := need.reach(once)
			cancel()
			if ctx.Err() != nil {
				return false
			}
			if err == nil {
				break
			}
			if tries%remindTries == 0 {
				log.WarnContext(ctx, "the service waits for what it needs", "waiting_for", need.name, "error", err)
			}
			select {
			case <-ctx.Done():
				return false
			case <-tick.C:
			}
		}
	}
	return true
}
