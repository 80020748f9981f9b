package disk

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// lookEvery is how often the disk is looked at: a fast one fills by some GiB in that time.
	lookEvery = time.Second
	// easePercent is how much more must be free before work is taken again, so that it does not flicker at the limit.
	easePercent = 2
)

// Watch watches one file system. Fill its fields, then let it Run; Low and Check are safe for many.
type Watch struct {
	Path string
	// MinPercent is how much must be free; 0 switches the watch off.
	MinPercent float64
	// Space is SpaceOf, or what a test says.
	Space func(path string) (Space, error)
	// Turned is told when the disk becomes low, and when it no longer is. If it fails it is told again.
	Turned func(ctx context.Context, low bool) error
	Log    *slog.Logger

	mu    sync.Mutex // guards what follows
	low   bool
	told  bool // what Turned has heard
	space Space
}

// Run looks every second until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		w.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look looks once. A file system that does not answer changes nothing: whoever uses it will say so. It is not safe for
// many.
func (w *Watch) Look(ctx context.Context) {
	if w.MinPercent == 0 {
		return
	}
	space, err := w.Space(w.Path)
	if err != nil {
		w.Log.WarnContext(ctx, "how much of the disk is free is not known", "path", w.Path, "error", err)
		return
	}
	low, told := w.saw(space)
	if low == told {
		return
	}
	if low {
		w.Log.ErrorContext(ctx, "the disk is low: new work is refused until somebody makes room", "path", w.Path,
			"free_percent", space.Percent(), "min_percent", w.MinPercent)
	}
	if err := w.Turned(ctx, low); err != nil {
		w.Log.WarnContext(ctx, "not everybody knows yet how the disk is, trying again", "low", low, "error", err)
		return
	}
	if !low {
		w.Log.InfoContext(ctx, "the disk has room again: new work is taken", "path", w.Path, "free_percent", space.Percent())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = low
}

// saw notes what is free, and returns how the disk is and what Turned has heard of it.
func (w *Watch) saw(space Space) (bool, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.space = space
	limit := w.MinPercent
	if w.low {
		limit += easePercent
	}
	w.low = space.Percent() < limit
	return w.low, w.told
}

// Check is nil while there is room and everybody knows it, and says how much is free when not: a readiness check.
func (w *Watch) Check(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.low && !w.told {
		return nil
	}
	return fmt.Errorf("%.1f %% of the disk of %s is free; new work is refused below %g %%, and taken again from %g %%",
		w.space.Percent(), w.Path, w.MinPercent, w.MinPercent+easePercent)
}
