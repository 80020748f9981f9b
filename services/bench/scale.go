package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	revised "github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// What three replicas of accrual are to be beside one. The store is so slow and batches are so small that waiting decides, not the
// cores that all of it shares here. Each replica has two lanes, as services have by default.
const (
	scaleLeast   = 2.2
	takeOverMax  = 5 // seconds
	scaleRounds  = 3
	scaleMany    = 3
	storeLate    = 25 * time.Millisecond // there, and again back
	scaleLanes   = 2
	scaleBatch   = 16
	scaleDB      = "laurel_bench_accrual"
	owned        = "laurel_accrual_owned_partitions"
	takeOverSome = 4 * bus.Partitions // orders after a kill: some for each partition, and little work
)

// fleet is replicas of accrual on one slow store.
type fleet struct {
	*run
	bus      *bus.Bus
	server   *natsd.Server
	secrets  rpc.Secrets // of those who call the replicas; nil: nobody does
	program  string
	environ  []string
	replicas []*program
	address  string // of the replica that was started last
	told     int    // orders published so far
	// published is how many seconds it took to publish those of tookOf, the last time.
	published float64
}

// scale measures three replicas beside one, and how long it takes until others do the work of one that is killed.
func (r *run) scale(ctx context.Context) error {
	orders := r.Scale * scaleRounds * scaleMany
	server, b, err := r.nats(ctx, "nats", orders, orders)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }() // its data are removed
	defer b.Close()
	store, err := url.Parse(r.MongoURI)
	if err != nil {
		return fmt.Errorf("read where MongoDB is: %w", err)
	}
	way, err := newSlow(ctx, store.Host, storeLate)
	if err != nil {
		return err
	}
	store.Host = way.address()
	store.RawQuery = "directConnection=true" // else the driver goes where the replica set says that its members are
	if store.Path == "" {
		store.Path = "/"
	}
	f := &fleet{run: r, bus: b, server: server, environ: []string{
		"LAUREL_ACCRUAL_MONGO_URI=" + store.String(), "LAUREL_ACCRUAL_DATABASE=" + scaleDB, "LAUREL_ACCRUAL_NATS_URL=" + server.URL(),
		"LAUREL_ACCRUAL_NATS_TOKEN=" + server.Token(), "LAUREL_ACCRUAL_CALLERS=" + strings.Join(rpc.NewSecrets().List(), ","),
		"LAUREL_ACCRUAL_BATCH_ITEMS=" + strconv.Itoa(scaleBatch), "LAUREL_ACCRUAL_LANES=" + strconv.Itoa(scaleLanes), "LAUREL_LOG_LEVEL=warn",
	}}
	err = f.opened(ctx)
	if err == nil {
		err = f.rounds(ctx)
	}
	for _, p := range f.replicas {
		err = errors.Join(err, p.stop())
	}
	return errors.Join(err, way.close())
}

// opened opens the house and publishes its programme.
func (f *fleet) opened(ctx context.Context) error {
	if err := publish.Open(ctx, f.bus, controlv1.ClockMode_CLOCK_MODE_WALL, bus.Partitions); err != nil {
		return err
	}
	text, err := os.ReadFile(f.Programme)
	if err != nil {
		return fmt.Errorf("read the programme: %w", err)
	}
	name := filepath.Base(f.Programme)
	says, faults := revised.Parse([]revised.File{{Name: name, Content: text}})
	if len(faults) > 0 {
		return fmt.Errorf("programme %s: %v", f.Programme, faults)
	}
	f.program = says.ID
	batch, err := publish.Control(publish.ControlEvent{Program: f.program, Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: f.program, Revision: 1, Files: []*controlv1.ProgramFile{{Name: name, Content: text}},
	}}, bus.Partitions)
	if err != nil {
		return err
	}
	return publish.All(ctx, f.bus, batch)
}

func (f *fleet) rounds(ctx context.Context) error {
	var ratios, taken, done []float64
	for n := range scaleRounds {
		f.stage("round %d of %d: one replica of accrual, then %d", n+1, scaleRounds, scaleMany)
		if err := f.become(ctx, 1); err != nil {
			return err
		}
		one, err := f.took(ctx, f.Scale)
		if err != nil {
			return err
		}
		if err := f.become(ctx, scaleMany); err != nil {
			return err
		}
		many, err := f.took(ctx, f.Scale)
		if err != nil {
			return err
		}
		ratios = append(ratios, one/many)
		f.stage("%.0f and %.0f orders a second; one of %d is killed", float64(f.Scale)/one, float64(f.Scale)/many, scaleMany)
		over, after, err := f.kill(ctx)
		if err != nil {
			return err
		}
		taken, done = append(taken, over), append(done, after)
	}
	f.found.ratio("scale_3_vs_1", ratios, atLeast, scaleLeast)
	f.found.hold(Figure{Name: "3 replicas of accrual against 1", Value: median(ratios), Unit: "times", Relation: atLeast, Target: scaleLeast})
	f.found.hold(Figure{Name: "partitions of a killed replica taken over", Value: slices.Max(taken), Unit: "s", Relation: atMost, Target: takeOverMax})
	f.found.add(fmt.Sprintf("and %d orders done that came meanwhile", takeOverSome), slices.Max(done), "s")
	return nil
}

// become starts or stops replicas until there are so many, and waits until they have shared all partitions.
func (f *fleet) become(ctx context.Context, many int) error {
	for len(f.replicas) > many {
		last := len(f.replicas) - 1
		if err := f.replicas[last].stop(); err != nil {
			return err
		}
		f.replicas = f.replicas[:last]
	}
	for len(f.replicas) < many {
		metrics, err := freePort(ctx)
		if err != nil {
			return err
		}
		address, err := freePort(ctx)
		if err != nil {
			return err
		}
		p, err := f.start(ctx, "laurel-accrual", metrics, nil, append(slices.Clone(f.environ),
			"LAUREL_ACCRUAL_LISTEN="+address, "LAUREL_ACCRUAL_METRICS="+metrics))
		if err != nil {
			return err
		}
		f.replicas, f.address = append(f.replicas, p), address
	}
	if many == 0 {
		return nil
	}
	return f.shared(ctx, float64(bus.Partitions/many))
}

// shared waits until the replicas have all partitions, and each some at least.
func (f *fleet) shared(ctx context.Context, least float64) error {
	ctx, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		all := 0.0
		for _, p := range f.replicas {
			has, err := p.metric(ctx, owned)
			if err != nil || has < least {
				return false, err
			}
			all += has
		}
		return all == bus.Partitions, nil
	})
	if err != nil {
		return fmt.Errorf("wait until %d replicas have shared %d partitions: %w", len(f.replicas), bus.Partitions, err)
	}
	return nil
}

// kill ends a replica without a word while orders come, and returns after how many seconds the others have its partitions, and
// have done all orders.
func (f *fleet) kill(ctx context.Context) (taken, done float64, err error) { //nolint:nonamedreturns // which is which
	last := len(f.replicas) - 1
	p := f.replicas[last]
	f.replicas = f.replicas[:last]
	begun := f.clock.Now()
	if err := p.cmd.Process.Kill(); err != nil {
		return 0, 0, fmt.Errorf("kill a replica: %w", err)
	}
	<-p.done
	var group errgroup.Group
	group.Go(func() error {
		err := f.shared(ctx, 0)
		taken = f.since(begun)
		return err
	})
	group.Go(func() error {
		_, err := f.took(ctx, takeOverSome)
		done = f.since(begun)
		return err
	})
	err = group.Wait()
	return taken, done, err
}

// took publishes orders, each of an account of its own, and returns after how many seconds the ledger has them all.
func (f *fleet) took(ctx context.Context, some int) (float64, error) {
	return f.tookOf(ctx, some, uniform(f.told+some))
}

// tookOf is took for orders of these accounts.
func (f *fleet) tookOf(ctx context.Context, some int, who draw) (float64, error) {
	before, err := f.entries(ctx)
	if err != nil {
		return 0, err
	}
	begun := f.clock.Now()
	if err := f.orders(ctx, f.bus, given{program: f.program, from: f.told, until: f.told + some, who: who}, begun); err != nil {
		return 0, err
	}
	f.told, f.published = f.told+some, f.since(begun)
	err = poll(ctx, func() (bool, error) {
		now, err := f.entries(ctx)
		return now >= before+float64(some), err
	})
	return f.since(begun), err
}

// entries is how many entries the replicas that run have written since they began.
func (f *fleet) entries(ctx context.Context) (float64, error) {
	sum := 0.0
	for _, p := range f.replicas {
		n, err := p.metric(ctx, posted)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
