package telemetry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Readiness has hysteresis: one slow answer takes nobody out of service, one good answer puts nobody back.
const (
	checkEvery   = time.Second
	checkTimeout = 2 * time.Second
	failsToRed   = 2 // polls in a row
	passesBack   = 2 // polls in a row, after a failure
)

// errNotPolled is what a check says before its first poll.
var errNotPolled = errors.New("not checked yet")

// Grave marks an error that turns a check red at once, without hysteresis: work must stop now.
type Grave struct{ Err error }

// Error gives the inner message.
func (g Grave) Error() string { return g.Err.Error() }

// Unwrap gives the inner error.
func (g Grave) Unwrap() error { return g.Err }

// State is what is known of one check.
type State struct {
	Name  string
	Ready bool
	Err   error // of the last poll; may be set while Ready (one failure is forgiven)
}

// Health holds the named checks that decide whether a process is ready to be sent work. It is safe for use by many
// goroutines. A process without checks is ready.
type Health struct {
	mu     sync.Mutex // guards what follows; never held while a probe runs
	checks []*check
	shown  *prometheus.GaugeVec // by check; nil: nowhere
}

type check struct {
	name   string
	probe  func(context.Context) error
	ready  bool
	err    error
	streak int // polls in a row that speak against ready
}

// Add registers a check; it is red until it was polled. The probe must return when its context ends, within 2 s.
// A name that is there already replaces its check.
func (h *Health) Add(name string, probe func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = slices.DeleteFunc(h.checks, func(c *check) bool { return c.name == name })
	h.checks = append(h.checks, &check{name: name, probe: probe, err: errNotPolled, streak: passesBack - 1})
	slices.SortFunc(h.checks, func(a, b *check) int { return strings.Compare(a.name, b.name) })
	h.tell()
}

// show keeps a metric up to date, 1 for each check that is green.
func (h *Health) show(ready *prometheus.GaugeVec) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shown = ready
	h.tell()
}

// tell is called under the mutex.
func (h *Health) tell() {
	if h.shown == nil {
		return
	}
	for _, c := range h.checks {
		ready := 0.0
		if c.ready {
			ready = 1
		}
		h.shown.WithLabelValues(c.name).Set(ready)
	}
}

// Run polls the checks every second until ctx ends.
func (h *Health) Run(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		h.Poll(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Poll runs every probe once, side by side, and returns when all have answered.
func (h *Health) Poll(ctx context.Context) {
	h.mu.Lock()
	checks := slices.Clone(h.checks)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, c := range checks {
		all.Go(func() {
			err := c.probe(ctx)
			h.mu.Lock()
			defer h.mu.Unlock()
			c.saw(err)
		})
	}
	all.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell()
}

// saw folds one answer. A check starts one pass away from ready, so the first good poll makes it so.
func (c *check) saw(err error) {
	c.err = err
	if c.ready == (err == nil) {
		c.streak = 0
		return
	}
	c.streak++
	wanted := failsToRed
	if !c.ready {
		wanted = passesBack
	}
	var grave Grave
	if c.streak >= wanted || errors.As(err, &grave) {
		c.ready, c.streak = err == nil, 0
	}
}

// States lists the checks by name.
func (h *Health) States() []State {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := make([]State, 0, len(h.checks))
	for _, c := range h.checks {
		states = append(states, State{Name: c.name, Ready: c.ready, Err: c.err})
	}
	return states
}

// Ready says whether every check is green.
func (h *Health) Ready() bool {
	return !slices.ContainsFunc(h.States(), func(s State) bool { return !s.Ready })
}
