package laurel

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
)

// rebuildCmd makes account documents anew from the entries, which are the truth.
type rebuildCmd struct {
	Home      string `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string `help:"Where the house's data is. Default: house in what Laurel keeps. The house must not be up."`
	MongoURI  string `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
}

// Run rebuilds, then verifies all of it.
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
