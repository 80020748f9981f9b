package laurel

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// restoreCmd makes a house of a backup, for `laurel serve`.
type restoreCmd struct {
	Dir       string `arg:"" placeholder:"DIR" help:"The backup."`
	Archive   string `placeholder:"DIR" help:"An archive of the house: the streams have again what was taken out of them, and services can be read anew."`
	Home      string `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string `help:"Where the house's data is to be. Default: house in what Laurel keeps."`
	MongoURI  string `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
}

// Run starts the house's own servers, no service, and restores.
func (c *restoreCmd) Run(w *world) error {
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
	to := backup.House{MongoURI: h.MongoURI, Suffix: h.Suffix, Bus: h.Bus, Stage: w.stage, Now: w.clock.Now}
	if c.NATSURL == "" {
		to.Replicas = 1 // a server of its own has no others beside it
	}
	m, err := backup.Restore(w.ctx, to, c.Dir, c.Archive)
	if err = errors.Join(err, h.Close(context.WithoutCancel(w.ctx))); err != nil {
		return err
	}
	w.say("the house has what it had at %s; start it, and verify it: laurelctl ledger verify\n", m.Taken.Format("2006-01-02T15:04:05Z07:00"))
	return nil
}
