// Package gather does the work of many callers at once. What comes while a batch is being done is the next batch: who comes
// alone waits for nobody, and the more there are the less each of them costs.
package gather

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Result is what one piece of work came to.
type Result[Out any] struct {
	Value Out
	Err   error
}

// Work does a batch, and returns a result for each piece, in their order. It does not fail as a whole: what ends all of it is
// the error of each. Its context outlives that of any caller, and ends by itself.
type Work[In, Out any] func(ctx context.Context, batch []In) []Result[Out]

// Gatherer is safe for many goroutines. It does one batch at a time.
type Gatherer[In, Out any] struct {
	work     Work[In, Out]
	most     int
	patience time.Duration

	mu      sync.Mutex // guards what follows
	waiting []*piece[In, Out]
	busy    bool
}

type piece[In, Out any] struct {
	in   In
	done chan Result[Out]
}

// New makes a gatherer whose batches have at most so many pieces, and so much time.
func New[In, Out any](most int, patience time.Duration, work Work[In, Out]) *Gatherer[In, Out] {
	return &Gatherer[In, Out]{work: work, most: most, patience: patience}
}

// Do has a piece of work done beside that of others. Where ctx ends first, what has not begun is left, and of what has begun
// nobody knows the outcome.
func (g *Gatherer[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	p := &piece[In, Out]{in, make(chan Result[Out], 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, p)
	if !g.busy {
		g.busy = true
		go g.run(context.WithoutCancel(ctx))
	}
	g.mu.Unlock()
	select {
	case result := <-p.done:
		return result.Value, result.Err
	case <-ctx.Done():
		g.leave(p)
		var none Out
		return none, ctx.Err()
	}
}

// Waiting is how many pieces wait for a batch.
func (g *Gatherer[In, Out]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// leave takes a piece out that has not begun.
func (g *Gatherer[In, Out]) leave(p *piece[In, Out]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(other *piece[In, Out]) bool { return other == p })
}

// run does batches until nobody waits.
func (g *Gatherer[In, Out]) run(ctx context.Context) {
	for batch := g.next(); len(batch) > 0; batch = g.next() {
		g.batch(ctx, batch)
	}
}

func (g *Gatherer[In, Out]) next() []*piece[In, Out] {
	g.mu.Lock()
	defer g.mu.Unlock()
	many := min(len(g.waiting), g.most)
	batch := slices.Clone(g.waiting[:many])
	g.waiting = slices.Delete(g.waiting, 0, many)
	g.busy = many > 0
	return batch
}

func (g *Gatherer[In, Out]) batch(ctx context.Context, batch []*piece[In, Out]) {
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	in := make([]In, len(batch))
	for i, p := range batch {
		in[i] = p.in
	}
	for i, result := range g.work(ctx, in) {
		batch[i].done <- result
	}
}
