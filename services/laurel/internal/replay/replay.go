// Package replay is the main job: it publishes the orders of files in the order of time to a house of their own, whose
// clock is theirs, waits until all services have drained, verifies the ledger, and says what came out.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// Options say what is replayed and where the outcome goes.
type Options struct {
	Orders  []string // files; "-" is standard input
	Program []string // files of one programme
	Until   time.Time
	At      []time.Time
	Summary string // file; empty: none
	Report  string // file; empty: none
	// Spend has the run spend on the replayed balances and close the month, where the programme has partners who take points.
	Spend       bool
	RejectedDir string
	House       parts.Options
	In          io.Reader // what "-" reads
	Err         io.Writer
	Terminal    bool // Err is one: a bar may move there
	Clock       clock.Clock
	Log         *slog.Logger
}

// Source names who publishes the orders of a replay.
const Source = "laurel/replay"

const (
	// batchOrders is how many orders are published at once; the next batch waits for the answer.
	batchOrders = 500
	// pollEvery is how often the house is asked how far it is.
	pollEvery = 200 * time.Millisecond
)

// ErrBroken says that the replay ended and an invariant of the ledger does not hold.
var ErrBroken = errors.New("the ledger does not hold")

// Run replays. The summary is complete also when it returns ErrBroken.
func Run(ctx context.Context, o Options) (summary.Summary, error) {
	p, files, err := ReadProgram(o.Program, o.Err)
	if err != nil {
		return summary.Summary{}, err
	}
	o.stage("reading orders")
	h, err := o.read(orderfile.Defaults{Zone: p.Zone, Currency: p.Currency})
	if err != nil {
		return summary.Summary{}, err
	}
	if len(h.groups) == 0 {
		return summary.Summary{}, errors.New("there is no order to replay")
	}
	if o.Until.IsZero() {
		o.Until = h.groups[len(h.groups)-1].Event.OccurredAt
	}
	o.House.Stage = o.stage
	if o.Spend {
		o.House.PartnerDoor = "127.0.0.1:0"
	}
	house, err := parts.Build(ctx, o.House)
	if err != nil {
		return summary.Summary{}, err
	}
	r := &run{Options: o, house: house, program: p, history: h}
	s, err := r.run(ctx, files)
	o.stage("stopping")
	if stopped := house.Close(context.WithoutCancel(ctx)); stopped != nil && err == nil {
		err = stopped
	}
	return s, err
}

// run is one replay in a house that stands.
type run struct {
	Options
	house    *parts.House
	program  *program.Program
	history  *history
	revision int
	begun    time.Time
	applied  time.Duration // until every service had drained
	known    int64         // events that EVENTS had before
	spent    spent
}

func (r *run) run(ctx context.Context, files []program.File) (summary.Summary, error) {
	if err := r.house.Open(ctx, controlv1.ClockMode_CLOCK_MODE_EVENTS); err != nil {
		return summary.Summary{}, err
	}
	r.house.Run(ctx)
	var err error
	if r.revision, err = r.house.Apply(ctx, r.program, files); err != nil {
		return summary.Summary{}, err
	}
	r.begun = r.Clock.Now()
	bar := newBar(r.Options, int64(len(r.history.groups)))
	err = r.publish(ctx, bar)
	if err == nil {
		err = r.house.PassClock(ctx, r.Until)
	}
	if err == nil {
		err = r.drain(ctx, func(p follow.Progress) {
			bar.set(r.house.Accrual.Counts().Messages)
			bar.left(p)
		})
	}
	bar.done()
	if err != nil {
		return summary.Summary{}, err
	}
	r.applied = r.Clock.Now().Sub(r.begun)
	c := r.house.Accrual.Counts()
	r.Log.Info("drained", "seconds", round(r.applied), "messages", c.Messages, "entries", c.Entries, "commits", c.Commits,
		"committing", c.Committing, "duplicates", c.Duplicates, "refused", c.Refused)
	if err := r.spend(ctx); err != nil {
		return summary.Summary{}, err
	}
	return r.conclude(ctx)
}

// publish sends the orders in the order of time, one batch in flight.
func (r *run) publish(ctx context.Context, bar *bar) error {
	last, err := r.end(ctx)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { r.watch(watching, bar) })
	defer watcher.Wait()
	defer stop()
	batch := make([]bus.Outgoing, 0, batchOrders)
	for i, g := range r.history.groups {
		m, err := publish.Order(r.program.ID, Source, g)
		if err != nil {
			return err
		}
		batch = append(batch, m)
		if len(batch) < batchOrders && i+1 < len(r.history.groups) {
			continue
		}
		stored, err := publish.Behind(ctx, r.house.Bus, batch, last)
		if err != nil {
			return fmt.Errorf("publish orders: %w", err)
		}
		fault.Point(fault.AfterOrdersPublish)
		clear(r.history.groups[i+1-len(batch) : i+1]) // nobody asks for them again, and they are most of what we hold
		r.known += int64(len(batch) - stored)
		bar.known(r.known)
		batch = batch[:0]
		if err := r.house.Broken(); err != nil {
			return err
		}
		if last, err = r.end(ctx); err != nil {
			return err
		}
	}
	return nil
}

// end asks where EVENTS ends until the bus answers: nats-server may just be starting again.
func (r *run) end(ctx context.Context) (uint64, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		last, err := r.house.Bus.End(ctx, bus.Events)
		if err == nil || ctx.Err() != nil {
			return last, err
		}
		r.Log.Warn("where EVENTS ends is not known, asking again", "error", err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// watch moves the bar by what has been applied, and asks now and then how far the services are behind.
func (r *run) watch(ctx context.Context, bar *bar) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	asked := r.begun
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if now := r.Clock.Now(); now.Sub(asked) >= linesEvery {
			asked = now
			r.tellLag(ctx, bar)
		}
		bar.set(r.house.Accrual.Counts().Messages)
	}
}

// tellLag asks how far the services are behind; where that is not known, what was known stays.
func (r *run) tellLag(ctx context.Context, bar *bar) {
	if lag, err := r.house.Progress(ctx); err == nil {
		bar.left(lag)
	}
}

// drain waits until nothing is left to do, and tells what is.
func (r *run) drain(ctx context.Context, tell func(follow.Progress)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := r.house.Broken(); err != nil {
			return fmt.Errorf("a service stopped: %w", err)
		}
		select {
		case err := <-r.house.Failed():
			return err
		default:
		}
		progress, err := r.house.Progress(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("how far the house is, is not known", "error", err)
		}
		tell(progress)
		if err == nil && progress.Drained() {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// conclude verifies the ledger, adds it up and writes the outcome.
func (r *run) conclude(ctx context.Context) (summary.Summary, error) {
	r.stage("verifying the ledger")
	audit, err := r.house.Accrual.Audit(ctx, r.question())
	if err != nil {
		return summary.Summary{}, err
	}
	agree, warned, err := r.tiersAgree(ctx)
	if err != nil {
		return summary.Summary{}, err
	}
	enrolled, err := r.house.Member.Enrolled(ctx, r.program.ID)
	if err != nil {
		return summary.Summary{}, err
	}
	redeemed, err := r.house.Reward.Verify(ctx, r.program.ID)
	if err != nil {
		return summary.Summary{}, err
	}
	for _, c := range redeemed {
		audit.Checks = append(audit.Checks, accrual.Check(c))
	}
	r.stage("asking analytics")
	known, err := r.learn(ctx)
	if err != nil {
		return summary.Summary{}, err
	}
	cleared, err := r.clearingAgrees(ctx, audit)
	if err != nil {
		return summary.Summary{}, err
	}
	audit.Checks = append(audit.Checks, agree, known.agrees(audit), cleared)
	s := r.summary(audit, known)
	s.People = summary.People{Enrolled: enrolled, Warned: warned}
	if r.Summary != "" {
		if err := writeFile(r.Summary, func(w io.Writer) error { return summary.Encode(w, s) }); err != nil {
			return s, err
		}
	}
	if r.Report != "" {
		r.stage("writing %s", r.Report)
		if err := r.report(ctx, s, audit, known); err != nil {
			return s, err
		}
	}
	if !s.Verify.OK {
		return s, ErrBroken
	}
	return s, nil
}

func (o Options) stage(format string, args ...any) {
	if o.House.Stage != nil {
		o.House.Stage(format, args...)
	}
}

// ReadProgram reads and checks the files of one programme. Faults are written to errs, one a line.
func ReadProgram(names []string, errs io.Writer) (*program.Program, []program.File, error) {
	files := make([]program.File, len(names))
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, fmt.Errorf("read programme: %w", err)
		}
		files[i] = program.File{Name: filepath.Base(name), Content: content}
	}
	p, faults := program.Parse(files)
	for _, f := range faults {
		_, _ = fmt.Fprintln(errs, f)
	}
	if len(faults) > 0 {
		return nil, nil, fmt.Errorf("the programme has %d faults", len(faults))
	}
	return p, files, nil
}

// writeFile replaces a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone once renamed
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
