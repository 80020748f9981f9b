package laurel

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// mendCmd makes the streams of a house hold again what its services have read of them.
type mendCmd struct {
	Dir       string `arg:"" placeholder:"DIR" help:"A directory of its own: what the streams held, and are to hold, is written there first. It may be removed afterwards."`
	Look      bool   `help:"Only say what would be done."`
	Home      string `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string `help:"Where the house's data is. Default: house in what Laurel keeps. The house must not be up."`
	MongoURI  string `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
}

// Run starts the house's own servers, no service, and mends.
func (c *mendCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		dir = filepath.Join(c.Home, "house")
	}
	h, err := parts.Servers(w.ctx, parts.Options{
		Dir: dir, MongoURI: c.MongoURI, Suffix: suffixOf(dir), NATSURL: c.NATSURL, NATSToken: c.NATSToken, Log: log, Stage: w.stage,
	})
	if err != nil {
		return err
	}
	layout := parts.Layout()
	of := backup.House{MongoURI: h.MongoURI, Suffix: h.Suffix, Bus: h.Bus, Layout: &layout, Stage: w.stage, Now: w.clock.Now}
	var m *backup.Mending
	if c.Look {
		m, err = backup.Look(w.ctx, of)
	} else {
		m, err = backup.Mend(w.ctx, of, c.Dir)
	}
	if err = errors.Join(err, h.Close(context.WithoutCancel(w.ctx))); err != nil {
		return err
	}
	w.say("%s", m)
	return nil
}
