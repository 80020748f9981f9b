package laurel

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// mongodCmd serves tests: one mongod around a whole run.
type mongodCmd struct {
	Dir     string   `required:"true" help:"Where its data is."`
	Command []string `arg:"" passthrough:"" help:"What to run, after --."`
}

// Run runs the command and ends with its exit code.
func (c *mongodCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	code, err := mongod.Around(w.ctx, mongod.Options{Dir: c.Dir, Logger: log}, command)
	if err != nil {
		return fmt.Errorf("run beside a private mongod: %w", err)
	}
	if code != 0 {
		return exitError{code}
	}
	return nil
}
