package laurel

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// mendCmd makes the streams of a house hold again what its services have read of them.
type mendCmd struct {
	Dir  string `arg:"" placeholder:"DIR" help:"A directory of its own: what the streams held, and are to hold, is written there first. It may be removed afterwards."`
	Look bool   `help:"Only say what would be done."`
	ownFlags
}

// Run starts the house's own servers, no service, and mends.
func (c *mendCmd) Run(w *world) error {
	o, err := c.options(w)
	if err != nil {
		return err
	}
	h, err := parts.Servers(w.ctx, o)
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
