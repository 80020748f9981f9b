package laurel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
)

// rebuildCmd makes what a service has derived anew from what is the truth: accrual's account documents from their entries,
// analytics' copy and partner's books from FACTS, the standings of tier from EVENTS.
type rebuildCmd struct {
	Service string `enum:"accrual,analytics,partner,tier" default:"accrual" help:"Whose: ${enum}."`
	ownFlags
}

// Run rebuilds; the ledger is then verified.
func (c *rebuildCmd) Run(w *world) error {
	o, err := c.options(w)
	if err != nil {
		return err
	}
	o.Listen, o.Lanes, o.Batch = "127.0.0.1:0", 2, 512
	h, err := parts.Build(w.ctx, o)
	if err != nil {
		return err
	}
	if again, ok := readersOf(h)[c.Service]; ok {
		return errors.Join(again.read(w, h), h.Close(context.WithoutCancel(w.ctx)))
	}
	w.stage("rebuilding the accounts from their entries")
	accounts, err := h.Accrual.Rebuild(w.ctx)
	if err != nil {
		return errors.Join(err, h.Close(context.WithoutCancel(w.ctx)))
	}
	w.stage("verifying the ledger")
	report, err := h.Accrual.Verify(w.ctx)
	if err = errors.Join(err, h.Close(context.WithoutCancel(w.ctx))); err != nil {
		return err
	}
	for _, check := range report.Checks {
		w.say("%s: %s\n", check.Name, check.Detail)
	}
	if !report.OK() {
		return replay.ErrBroken
	}
	w.say("%d accounts rebuilt from %d entries; the ledger holds.\n", accounts, report.Entries)
	return nil
}

// readEvery is how often a service is asked how far it has read.
const readEvery = 200 * time.Millisecond

// reader is a service that has nothing but what it has read from a stream.
type reader interface {
	Forget(ctx context.Context) error
	Run(ctx context.Context) error
	Broken() error
	Progress(ctx context.Context) (follow.Progress, error)
}

// again is how a service is read anew: from which stream, and what it has then to say.
type again struct {
	reader
	stream string
	said   func() string
}

// readersOf are the services that can be read anew.
func readersOf(h *parts.House) map[string]again {
	entries := func(n int64) string { return fmt.Sprintf("%d entries read.", n) }
	return map[string]again{
		"analytics": {h.Analytics, bus.Facts, func() string { return entries(h.Analytics.Counts().Entries) }},
		"partner":   {h.Partner, bus.Facts, func() string { return entries(h.Partner.Counts().Entries) }},
		"tier":      {h.Tier, bus.Events, func() string { return fmt.Sprintf("%d lines of history folded.", h.Tier.Counts().Lines) }},
	}
}

// read has the service forget what it has read, and read its stream from the beginning to its end.
func (a again) read(w *world, h *parts.House) error {
	out, err := h.Bus.Archived(w.ctx, a.stream)
	if err != nil {
		return err
	}
	if out > 0 {
		return fmt.Errorf("%s was archived up to sequence %d: restore a backup with that archive, and read that house anew", a.stream, out)
	}
	w.stage("forgetting what was read")
	if err := a.Forget(w.ctx); err != nil {
		return err
	}
	w.stage("reading %s from the beginning", a.stream)
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error {
		defer stop()
		return drained(ctx, h, a)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.ctx.Err(); err != nil {
		return err
	}
	w.say("%s\n", a.said())
	return nil
}

// drained waits until nothing of its stream is left.
func drained(ctx context.Context, h *parts.House, r reader) error {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for {
		if err := r.Broken(); err != nil {
			return err
		}
		progress, err := r.Progress(ctx)
		if err != nil && ctx.Err() == nil {
			h.Log.WarnContext(ctx, "how far it has read, is not known", "error", err)
		}
		if err == nil && progress.Drained() {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
