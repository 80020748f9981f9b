package lane_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// errTrouble is what passes when one waits.
var errTrouble = errors.New("the store is away")

// outcome is what one call of Post comes to.
type outcome uint8

const (
	commits           outcome = iota // all of it
	commitsFirstHalf                 // the rest is handed back as a part of what was given
	commitsOnePart                   // that of the first item's partition; the others are handed back as a new slice
	conflicts                        // nothing is written
	unknownAndLost                   // nothing is written, and nobody knows
	unknownAndWritten                // all is written, and nobody knows
	troubled                         // nothing is written
	outcomes
)

// call is one call of Post.
type call struct {
	items []lane.Item
	at    time.Time
}

// poster is the other side of the lane's seam: a store that holds what was posted, by the number that each item
// carries, and comes to the outcomes of a script. It finds whoever breaks the lane's promises. The lane calls it from
// one goroutine; it is read when the lane has ended, or under mu.
type poster struct {
	script []outcome // what the next calls come to; after it, all is committed
	limits lane.Limits
	until  int           // how many items are still to become durable
	done   chan struct{} // closed when all of them are

	mu       sync.Mutex
	calls    []call
	resets   int
	failures int
	written  map[int][]int // by partition, the numbers in the order in which they were written
	stored   map[name]state
	faults   []string
}

// state of an item in the store.
type state uint8

const (
	known  state = iota + 1 // the lane was told that it is durable
	secret                  // it is durable, but the lane was told that nobody knows
)

func newPoster(until int, script ...outcome) *poster {
	return &poster{
		script: script, limits: lane.DefaultLimits(), until: until, done: make(chan struct{}),
		written: map[int][]int{}, stored: map[name]state{},
	}
}

// name tells items apart.
type name struct{ partition, number int }

func nameOf(item lane.Item) name { return name{item.Partition, item.Payload.(int)} }

func (p *poster) Post(_ context.Context, items []lane.Item) ([]lane.Item, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(items)
	next := commits
	if len(p.script) > 0 {
		next, p.script = p.script[0], p.script[1:]
	}
	switch next {
	case commitsFirstHalf:
		half := max(len(items)/2, 1)
		p.write(items[:half], known)
		return items[half:], nil
	case commitsOnePart:
		return p.onePart(items), nil
	case conflicts:
		return p.fail(fmt.Errorf("%w: item %v", store.ErrConflict, items[0].Payload))
	case unknownAndLost:
		return p.fail(fmt.Errorf("%w: cut off", store.ErrUnknown))
	case unknownAndWritten:
		p.write(items, secret)
		return p.fail(fmt.Errorf("%w: cut off", store.ErrUnknown))
	case troubled:
		return p.fail(errTrouble)
	case commits, outcomes:
	}
	p.write(items, known)
	return nil, nil
}

// note keeps the call and holds it against the limits.
func (p *poster) note(items []lane.Item) {
	if p.resets != p.failures {
		p.fault("call %d comes after %d failures and %d resets", len(p.calls), p.failures, p.resets)
	}
	bytes := 0
	for _, item := range items {
		bytes += item.Bytes
	}
	switch {
	case len(items) == 0:
		p.fault("an empty batch")
	case len(items) > p.limits.BatchItems:
		p.fault("a batch of %d items", len(items))
	case len(items) > 1 && bytes > p.limits.BatchBytes:
		p.fault("a batch of %d items and %d bytes", len(items), bytes)
	}
	p.calls = append(p.calls, call{append([]lane.Item(nil), items...), time.Now()})
}

func (p *poster) onePart(items []lane.Item) []lane.Item {
	var mine, rest []lane.Item
	for _, item := range items {
		if item.Partition == items[0].Partition {
			mine = append(mine, item)
			continue
		}
		rest = append(rest, item)
	}
	p.write(mine, known)
	return rest
}

// write makes items durable. What it holds already without the lane's knowing, it answers, as keys let a service do.
func (p *poster) write(items []lane.Item, as state) {
	for _, item := range items {
		k := nameOf(item)
		switch p.stored[k] {
		case known:
			p.fault("item %v of partition %d comes again", item.Payload, item.Partition)
		case secret:
		default:
			p.written[item.Partition] = append(p.written[item.Partition], item.Payload.(int))
		}
		if as == known && p.stored[k] != known {
			p.until--
		}
		if p.stored[k] != known {
			p.stored[k] = as
		}
	}
	if p.until == 0 {
		close(p.done)
		p.until--
	}
}

func (p *poster) fail(err error) ([]lane.Item, error) {
	p.failures++
	return nil, err
}

func (p *poster) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resets++
}

func (p *poster) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// sizes is how many items each call held.
func (p *poster) sizes() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []int
	for _, c := range p.calls {
		all = append(all, len(c.items))
	}
	return all
}

// partitions is of how many partitions each call was.
func (p *poster) partitions() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []int
	for _, c := range p.calls {
		of := map[int]bool{}
		for _, item := range c.items {
			of[item.Partition] = true
		}
		all = append(all, len(of))
	}
	return all
}

// waits is how long each call came after the one before.
func (p *poster) waits() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []time.Duration
	for i := 1; i < len(p.calls); i++ {
		all = append(all, p.calls[i].at.Sub(p.calls[i-1].at))
	}
	return all
}

// start runs a lane until what it returns is called, which gives what Run returned.
func start(ctx context.Context, l *lane.Lane) func() error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return sync.OnceValue(func() error {
		cancel()
		return <-done
	})
}
