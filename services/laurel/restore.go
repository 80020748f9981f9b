package laurel

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// restoreCmd makes a house of a backup, for `laurel serve`.
type restoreCmd struct {
	Dir     string `arg:"" placeholder:"DIR" help:"The backup."`
	Archive string `placeholder:"DIR" help:"An archive of the house: the streams have again what was taken out of them, and services can be read anew."`
	ownFlags
}

// Run starts the house's own servers, no service, and restores.
func (c *restoreCmd) Run(w *world) error {
	o, err := c.options(w)
	if err != nil {
		return err
	}
	h, err := parts.Servers(w.ctx, o)
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
