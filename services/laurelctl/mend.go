package laurelctl

import (
	"encoding/json"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
)

// mendCmd makes the streams hold again what services have read of them.
type mendCmd struct {
	Dir  string `arg:"" placeholder:"DIR" help:"A directory of its own: what the streams held, and are to hold, is written there first. It may be removed afterwards."`
	Look bool   `help:"Only say what would be done."`
	storesFlags
}

// Run mends; no service may be up.
func (c *mendCmd) Run(w *world) error {
	return c.through(w, func(h backup.House) error {
		var m *backup.Mending
		var err error
		if c.Look {
			m, err = backup.Look(w.ctx, h)
		} else {
			m, err = backup.Mend(w.ctx, h, c.Dir)
		}
		if err != nil {
			return err
		}
		if w.root.Output == formatJSON {
			out := json.NewEncoder(w.Out)
			out.SetIndent("", "  ")
			return out.Encode(m)
		}
		_, err = fmt.Fprint(w.Out, m)
		return err
	})
}
