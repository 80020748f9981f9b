package laurel

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
)

// rebuildCmd makes what a service has derived anew from what is the truth: accrual's account documents from their entries,
// analytics' copy from FACTS.
type rebuildCmd struct {
	Service   string `enum:"accrual,analytics" default:"accrual" help:"Whose: ${enum}."`
	Home      string `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string `help:"Where the house's data is. Default: house in what Laurel keeps. The house must not be up."`
	MongoURI  string `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
}

// Run rebuilds; the ledger is then verified.
func (c *rebuildCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		dir = filepath.Join(c.Home, "house")
	}
	h, err := parts.Build(w.ctx, parts.Options{
		Dir: dir, MongoURI: c.MongoURI, Suffix: suffixOf(dir), NATSURL: c.NATSURL, NATSToken: c.NATSToken,
		Listen: "127.0.0.1:0", Lanes: 1, Batch: 1, Log: log, Stage: w.stage,
	})
	if err != nil {
		return err
	}
	if c.Service == "analytics" {
		return errors.Join(rebuildAnalytics(w, h), h.Close(context.WithoutCancel(w.ctx)))
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

// copiedEvery is how often the copy is asked how far it is.
const copiedEvery = 200 * time.Millisecond

// rebuildAnalytics forgets the copy and reads FACTS from the beginning to its end.
func rebuildAnalytics(w *world, h *parts.House) error {
	w.stage("forgetting the copy")
	if err := h.Analytics.Forget(w.ctx); err != nil {
		return err
	}
	w.stage("reading FACTS from the beginning")
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return h.Analytics.Run(ctx) })
	group.Go(func() error {
		defer stop()
		return copied(ctx, h)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.ctx.Err(); err != nil {
		return err
	}
	w.say("%d entries copied.\n", h.Analytics.Counts().Entries)
	return nil
}

// copied waits until nothing of FACTS is left.
func copied(ctx context.Context, h *parts.House) error {
	tick := time.NewTicker(copiedEvery)
	defer tick.Stop()
	for {
		if err := h.Analytics.Broken(); err != nil {
			return err
		}
		progress, err := h.Analytics.Progress(ctx)
		if err != nil && ctx.Err() == nil {
			h.Log.WarnContext(ctx, "how far the copy is, is not known", "error", err)
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
