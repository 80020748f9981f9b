// Package laurel is the command line of the whole house: serve it, replay a history through it, and run the two
// servers that it needs.
package laurel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
)

// Exit codes (design 12).
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
	exitBroken  = 3
)

// cli is the whole command line.
type cli struct {
	Replay   replayCmd  `cmd:"" help:"Replay order files through a house of their own, whose clock is theirs."`
	Serve    serveCmd   `cmd:"" help:"Keep the house up until Ctrl-C."`
	Setup    setupCmd   `cmd:"" help:"Make the streams and open the house, for services that run apart."`
	Secrets  secretsCmd `cmd:"" help:"Make certificates, passwords and settings for services that run apart: a directory from which each gets its own."`
	Health   healthCmd  `cmd:"" help:"Ask a process whether it lives: for health checks of containers."`
	Rebuild  rebuildCmd `cmd:"" help:"Make the account documents anew from the ledger's entries, and verify. The house must not be up."`
	Mend     mendCmd    `cmd:"" help:"Put back what the streams have lost, where the bus went back. The house must not be up."`
	Restore  restoreCmd `cmd:"" help:"Make a house of a backup of 'laurelctl backup'. There must be none yet."`
	Town     townCmd    `cmd:"" help:"Make up a town of customers whose truth is known: orders, a programme, and what was planted."`
	Mongod   mongodCmd  `cmd:"" help:"Run a command beside a private mongod: MONGODB_URI tells it where."`
	Version  versionCmd `cmd:"" help:"Say what this is."`
	LogLevel string     `name:"log-level" env:"LAUREL_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"What is logged: ${enum}."`
	LogForm  string     `name:"log-format" env:"LAUREL_LOG_FORMAT" default:"text" enum:"text,json" help:"How it is logged: ${enum}."`
	OTLP     string     `name:"otlp-endpoint" env:"LAUREL_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Where traces and metrics go, OTLP over gRPC, for example http://127.0.0.1:4317; without it there are no traces, and metrics are on the page alone."`
}

// world is what commands need of the process.
type world struct {
	ctx      context.Context //nolint:containedctx // of the one command that runs; ends with Ctrl-C
	in       io.Reader
	out, err io.Writer
	begun    time.Time
	clock    clock.Clock
	root     *cli
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) > 0 && args[0] == "nats-server" {
		return natsd.Main(args[1:]) // the child process; not for people
	}
	keepSmall()
	var c cli
	parser, err := kong.New(&c, kong.Name("laurel"), kong.Writers(out, errs),
		kong.Description("Laurel: an event-driven customer-loyalty platform."), kong.UsageOnError())
	if err != nil {
		_, _ = fmt.Fprintln(errs, err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "laurel:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	w := &world{ctx: ctx, in: in, out: out, err: errs, clock: clock.System(), root: &c}
	w.begun = w.clock.Now()
	return w.exitCode(parsed.Run(w))
}

func (w *world) exitCode(err error) int {
	var exit exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, context.Canceled) && w.ctx.Err() != nil:
		_, _ = fmt.Fprintln(w.err, "laurel: stopped; nothing that was acknowledged is lost, the next run goes on from here")
		return exitRefused
	case errors.Is(err, replay.ErrBroken):
		_, _ = fmt.Fprintln(w.err, "laurel:", err)
		return exitBroken
	}
	_, _ = fmt.Fprintln(w.err, "laurel:", err)
	return exitRefused
}

// exitError carries the exit code of a command that ran inside this one.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// say prints to standard output; whether somebody reads it is not ours to know.
func (w *world) say(format string, args ...any) { _, _ = fmt.Fprintf(w.out, format, args...) }

// stage writes a line about what begins now, with the time since the beginning.
func (w *world) stage(format string, args ...any) {
	_, _ = fmt.Fprintf(w.err, "[%5.1fs] %s\n", w.clock.Now().Sub(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(w *world) error {
	b := telemetry.ReadBuild()
	_, err := fmt.Fprintf(w.out, "laurel %s (%s)\n", b.Version, b.Commit)
	return err
}
