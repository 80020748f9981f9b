// Package bench measures how fast services are and how much memory they take, beside what they are to reach. It starts
// servers and services as processes of their own, on this machine alone, fills them with customers that it makes up, and
// removes all of it. What is measured of a service is a file of its own; a figure that misses its target fails the run.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

// Exit codes (design 12).
const (
	exitDone   = 0
	exitMissed = 1
	exitUsage  = 2
)

// cli is the command line.
type cli struct {
	Size      string        `default:"small" enum:"small,medium,full" help:"How much: ${enum}. Default: ${default}."`
	JSON      string        `name:"json" placeholder:"FILE" help:"Write the figures to this file, too."`
	SVG       string        `name:"svg" placeholder:"FILE" help:"Draw what was measured side by side into this file."`
	Home      string        `env:"LAUREL_HOME" default:".laurel" help:"Where the programs are, in bin, and where what is measured lies for as long, in bench."`
	Programme string        `default:"deploy/programmes/cdnow.yaml" help:"The programme of the order stream."`
	Only      []string      `enum:"scale,stream,load,flood,growth,heavy,analytics" help:"Measure these parts alone: ${enum}. Default: all."`
	Keep      string        `placeholder:"DIR" help:"Measure in this directory and leave it there. Where it has the copy of an earlier run of this size, that is asked again; MongoDB must be that run's, too."`
	MongoURI  string        `name:"mongodb-uri" env:"MONGODB_URI" required:"" help:"A MongoDB replica set with nothing else in it."`
	Limit     time.Duration `default:"3h" help:"When to give up."`
}

// size is how much is measured.
type size struct {
	Members int `json:"members"`
	Orders  int `json:"orders"`
	Stream  int `json:"stream_orders"` // through the ledger
	Cards   int `json:"cards"`         // of customers that are asked for
	Scale   int `json:"scale_orders"`  // through one replica of accrual, and through three, in each round
	Beside  int `json:"beside_orders"` // through the bare loop, accrual and a whole house, in each round
	Naive   int `json:"naive_orders"`  // through the naive loop, in each round
	Deals   int `json:"deals"`         // authorisations with their captures, in each round
	Load    int `json:"load_seconds"`  // under half of what the house can do
	// Growth is how many accounts accrual has, from round to round; Entries is how many entries each has before.
	Growth  []int `json:"growth_accounts"`
	Entries int   `json:"growth_entries"`
	Grown   int   `json:"growth_orders"` // in each round, by each number of accounts
	Heavy   int   `json:"heavy_orders"`  // of one account
	Flood   int   `json:"flood_orders"`  // of one merchant, at once
}

func sizes() map[string]size {
	return map[string]size{
		"small":  {Members: 5_000, Orders: 50_000, Stream: 10_000, Cards: 200, Scale: 1_000, Beside: 4_000, Naive: 300, Deals: 300, Load: 6, Growth: []int{500, 2_000}, Entries: 1, Grown: 1_000, Heavy: 4_000, Flood: 5_000},
		"medium": {Members: 100_000, Orders: 1_000_000, Stream: 50_000, Cards: 1_000, Scale: 3_000, Beside: 40_000, Naive: 3_000, Deals: 3_000, Load: 60, Growth: []int{10_000, 100_000}, Entries: 1, Grown: 10_000, Heavy: 40_000, Flood: 20_000},
		"full":   {Members: 1_000_000, Orders: 10_000_000, Stream: 100_000, Cards: 1_000, Scale: 3_000, Beside: 100_000, Naive: 10_000, Deals: 10_000, Load: 600, Growth: []int{10_000, 100_000, 1_000_000}, Entries: 5, Grown: 50_000, Heavy: 200_000, Flood: 100_000},
	}
}

// run is one run.
type run struct {
	cli
	size

	clock clock.Clock
	log   *slog.Logger
	err   io.Writer
	dir   string
	begun time.Time
	found Result

	ledgerRate float64 // entries a second, on one order stream
	houseRate  float64 // orders a second that all services have done
}

// Main runs one command and returns its exit code: 1 where a figure misses its target, too.
func Main(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) > 0 && args[0] == natsd.Command {
		return natsd.Main(args[1:]) // the child process; not for people
	}
	r := &run{clock: clock.System(), err: errs, log: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	parser, err := kong.New(&r.cli, kong.Name("laurel-bench"), kong.Writers(out, errs), kong.Description("Measures a house against its targets."))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "laurel-bench:", err)
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	err = r.measure(ctx)
	_, _ = io.WriteString(out, r.found.Table()) // what was found by then, whatever ended it
	if r.JSON != "" {
		err = errors.Join(err, r.found.write(r.JSON))
	}
	if r.SVG != "" && len(r.found.Sides) > 0 {
		err = errors.Join(err, r.found.draw(r.SVG))
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "laurel-bench:", err)
		return exitMissed
	}
	if !r.found.Met() {
		return exitMissed
	}
	return exitDone
}

// measure measures in a directory that is gone afterwards.
func (r *run) measure(ctx context.Context) error {
	r.size, r.begun = sizes()[r.cli.Size], r.clock.Now()
	r.found = Result{Size: r.cli.Size, Of: r.size, Machine: thisMachine()}
	home, err := filepath.Abs(r.Home)
	if err != nil {
		return fmt.Errorf("find %s: %w", r.Home, err)
	}
	r.Home = home
	remove, err := r.place()
	if err != nil {
		return fmt.Errorf("make a place to measure in: %w", err)
	}
	for _, part := range []struct {
		measure func(context.Context) error
		names   []string
	}{
		{r.scale, []string{"scale"}}, {r.house, []string{"stream", "load", "flood"}}, {r.growth, []string{"growth"}}, {r.heavy, []string{"heavy"}},
		{r.analytics, []string{"analytics"}},
	} {
		if err == nil && slices.ContainsFunc(part.names, r.wants) {
			err = part.measure(ctx)
		}
	}
	return errors.Join(err, remove())
}

// wants tells whether a part is measured.
func (r *run) wants(part string) bool { return len(r.Only) == 0 || slices.Contains(r.Only, part) }

// place makes the directory that is measured in, and returns what removes it.
func (r *run) place() (func() error, error) {
	if r.Keep != "" {
		r.dir = r.Keep
		return func() error { return nil }, os.MkdirAll(r.dir, dirMode)
	}
	parent := filepath.Join(r.Home, "bench")
	if err := os.MkdirAll(parent, dirMode); err != nil {
		return nil, err
	}
	var err error
	r.dir, err = os.MkdirTemp(parent, "run-")
	return func() error { return os.RemoveAll(r.dir) }, err
}

const (
	dirMode  = 0o755
	fileMode = 0o644
)

// stage says what begins now, with the time since the beginning.
func (r *run) stage(format string, args ...any) {
	_, _ = fmt.Fprintf(r.err, "[%6.1fs] %s\n", r.since(r.begun), fmt.Sprintf(format, args...))
}

// since is how many seconds have passed.
func (r *run) since(t time.Time) float64 { return r.clock.Now().Sub(t).Seconds() }
