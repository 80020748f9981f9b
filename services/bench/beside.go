package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// What accrual and a whole house are to be beside loops that anybody would write (design 13).
const (
	besideRounds = 3
	bareShare    = 0.45 // of the bare loop's rate, for accrual
	naiveTimes   = 12   // of the naive loop's rate, for accrual
	houseShare   = 0.15 // of the bare loop's rate, for all services
	perCustomer  = 10   // orders
)

// Sides, in the order in which they are measured in each round.
const (
	sideBare    = "bare"
	sideStored  = "bare_stored"
	sideNaive   = "naive"
	sideAccrual = "accrual"
	sideSkewed  = "accrual_skewed"
	sideHot     = "accrual_hot"
	sideAll     = "all"
)

// side is one of the programs that are measured beside each other.
type side struct {
	Side
	// take publishes the orders of a round and returns after how many seconds they were all durably done.
	take func(ctx context.Context) (float64, error)
	pids func() map[string]int // whose processor is looked at
	// follows shows the phases of lanes; nil: it has none.
	follows *program
	rates   []float64
}

// beside measures the loops, accrual alone and the whole house in turn, in several rounds.
func (r *run) beside(ctx context.Context, h *household) error {
	r.stage("starting accrual alone, and a nats-server for the loops")
	l, err := r.openLoops(ctx, besideRounds*(r.Beside+r.Naive))
	if err != nil {
		return err
	}
	f, stop, err := r.ledgerAlone(ctx, "ledger", 3*besideRounds*r.Beside)
	if err != nil {
		return errors.Join(err, l.close(ctx))
	}
	err = r.sides(ctx, l, f, h)
	if err == nil {
		err = r.authorize(ctx, f, l)
	}
	return errors.Join(err, stop(), l.close(ctx))
}

// ledgerAlone starts accrual on a nats-server and a database of its own, as it is by default.
func (r *run) ledgerAlone(ctx context.Context, name string, orders int) (*fleet, func() error, error) {
	server, b, err := r.nats(ctx, name, orders, orders)
	if err != nil {
		return nil, nil, err
	}
	secrets := rpc.NewSecrets()
	f := &fleet{run: r, bus: b, server: server, secrets: secrets, environ: []string{
		"LAUREL_ACCRUAL_MONGO_URI=" + r.MongoURI, "LAUREL_ACCRUAL_DATABASE=laurel_bench_" + name, "LAUREL_ACCRUAL_NATS_URL=" + server.URL(),
		"LAUREL_ACCRUAL_NATS_TOKEN=" + server.Token(), "LAUREL_ACCRUAL_CALLERS=" + strings.Join(secrets.List(), ","), "LAUREL_LOG_LEVEL=warn",
	}}
	stop := func() error {
		err := f.become(ctx, 0)
		b.Close()
		_ = server.Stop() // its data are removed
		return err
	}
	if err := errors.Join(f.opened(ctx), f.become(ctx, 1)); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return f, stop, nil
}

func (r *run) sides(ctx context.Context, l *loops, f *fleet, h *household) error {
	mongod, err := l.mongod(ctx)
	if err != nil {
		return err
	}
	sides := r.besides(l, f, h)
	for round := range besideRounds {
		for _, s := range sides {
			r.stage("round %d of %d: %s, %d orders", round+1, besideRounds, s.Name, s.Orders)
			if err := r.side(ctx, s, mongod); err != nil {
				return fmt.Errorf("measure %s: %w", s.Name, err)
			}
			r.stage("%s: %.0f orders a second", s.Name, s.rates[round])
		}
	}
	rates := map[string][]float64{}
	for _, s := range sides {
		s.Rate, rates[s.Name] = rounds(s.rates, "", 0), s.rates
		r.found.Sides = append(r.found.Sides, s.Side)
	}
	for _, c := range []struct {
		name, of, to string
		least        float64
	}{
		{"accrual_vs_bare", sideAccrual, sideBare, bareShare}, {"accrual_vs_naive", sideAccrual, sideNaive, naiveTimes}, {"all_vs_bare", sideAll, sideBare, houseShare},
	} {
		r.found.compare(c.name, quotients(rates[c.of], rates[c.to]), c.least)
	}
	r.found.ratio("skewed_vs_uniform", quotients(rates[sideSkewed], rates[sideAccrual]), "", 0)
	r.found.ratio("hot_vs_uniform", quotients(rates[sideHot], rates[sideAccrual]), "", 0)
	return nil
}

// besides are the sides. Batches and lanes are the services' defaults.
func (r *run) besides(l *loops, f *fleet, h *household) []*side {
	bytes := r.payload(f.program)
	customers, few := r.Beside/perCustomer+1, r.Naive/perCustomer+1
	told := 0
	loop := func(many, batch int, who draw, do deed) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			g := given{program: f.program, from: told, until: told + many, who: who}
			told += many
			return r.looped(ctx, l, g, batch, do)
		}
	}
	bench := func() map[string]int { return map[string]int{"nats-server": l.server.PID()} }
	alone := func() map[string]int {
		return map[string]int{"accrual": f.replicas[0].pid(), "nats-server": f.server.PID()}
	}
	zipf := skewed(customers)
	return []*side{
		{
			Side: Side{Name: sideBare, Does: "fetch, insertMany, acknowledge", Orders: r.Beside, Accounts: customers, Batch: bareBatch, Writers: 1, Bytes: bytes},
			take: loop(r.Beside, bareBatch, uniform(customers), l.bare("bare")), pids: bench,
		},
		{
			Side: Side{Name: sideStored, Does: "the same, with all orders in the stream before it begins", Orders: r.Beside, Accounts: customers, Batch: bareBatch, Writers: 1, Bytes: bytes},
			take: func(ctx context.Context) (float64, error) { return r.again(ctx, l, r.Beside) }, pids: bench,
		},
		{
			Side: Side{Name: sideNaive, Does: "a transaction for each order, with accrual's entry, account and outbox", Orders: r.Naive, Accounts: few, Batch: 1, Writers: 1, Bytes: bytes},
			take: loop(r.Naive, 1, uniform(few), l.naive(f.program)), pids: bench,
		},
		{
			Side: Side{Name: sideAccrual, Does: "accrual alone", Orders: r.Beside, Accounts: customers, Batch: batchItems, Writers: lanes, Bytes: bytes},
			take: func(ctx context.Context) (float64, error) { return f.tookOf(ctx, r.Beside, uniform(customers)) },
			pids: func() map[string]int {
				return map[string]int{"accrual": f.replicas[0].pid(), "nats-server": f.server.PID()}
			}, follows: f.replicas[0],
		},
		{
			Side: Side{Name: sideSkewed, Does: "the same, customers drawn by Zipf's law (1.1)", Orders: r.Beside, Accounts: customers, Batch: batchItems, Writers: lanes, Bytes: bytes},
			take: func(ctx context.Context) (float64, error) { return f.tookOf(ctx, r.Beside, zipf) }, pids: alone, follows: f.replicas[0],
		},
		{
			Side: Side{Name: sideHot, Does: "the same, all orders of one customer: one lane has all of it", Orders: r.Beside, Accounts: 1, Batch: batchItems, Writers: 1, Bytes: bytes},
			take: func(ctx context.Context) (float64, error) { return f.tookOf(ctx, r.Beside, uniform(1)) }, pids: alone, follows: f.replicas[0],
		},
		{
			Side: Side{Name: sideAll, Does: "all services, until each that follows a stream has done all of it", Orders: r.Beside, Accounts: customers, Batch: batchItems, Writers: lanes, Bytes: bytes},
			take: func(ctx context.Context) (float64, error) { return h.took(ctx, r.Beside, uniform(customers)) },
			pids: h.pids, follows: h.program,
		},
	}
}

// Defaults of a service that follows a stream.
const (
	batchItems = 512
	lanes      = 2
)

// payload is how many bytes the body of an order has.
func (r *run) payload(program string) int {
	m, err := order(given{program: program, who: uniform(1)}, 0, r.begun)
	if err != nil {
		return 0
	}
	return len(m.Data)
}

// looped publishes orders while a loop does its deed with them.
func (r *run) looped(ctx context.Context, l *loops, g given, batch int, do deed) (float64, error) {
	from, err := l.next(ctx)
	if err != nil {
		return 0, err
	}
	type end struct {
		at  time.Time
		err error
	}
	ends := make(chan end, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begun := time.Now() //nolint:forbidigo // the machine's time is what is measured
	go func() {
		at, err := l.take(ctx, from, g.until-g.from, batch, do)
		ends <- end{at, err}
	}()
	if err := r.orders(ctx, l.bus, g, r.clock.Now()); err != nil {
		cancel()
		return 0, errors.Join(err, (<-ends).err)
	}
	e := <-ends
	return e.at.Sub(begun).Seconds(), e.err
}

// again has the bare loop do the last orders of its stream once more, into another collection.
func (r *run) again(ctx context.Context, l *loops, many int) (float64, error) {
	next, err := l.next(ctx)
	if err != nil {
		return 0, err
	}
	if err := l.db.Collection("again").Drop(ctx); err != nil {
		return 0, fmt.Errorf("empty a collection: %w", err)
	}
	begun := time.Now()                                                         //nolint:forbidigo // the machine's time is what is measured
	at, err := l.take(ctx, next-uint64(many), many, bareBatch, l.bare("again")) //nolint:gosec // the stream has had so many
	return at.Sub(begun).Seconds(), err
}

// took publishes orders to a house and returns after how many seconds every service that follows a stream has done them.
func (h *household) took(ctx context.Context, some int, who draw) (float64, error) {
	before, err := h.page(ctx)
	if err != nil {
		return 0, err
	}
	begun := h.clock.Now()
	if err := h.orders(ctx, h.bus, h.next(some, who), begun); err != nil {
		return 0, err
	}
	err = poll(ctx, func() (bool, error) {
		now, err := h.page(ctx)
		if err != nil {
			return false, err
		}
		for _, counted := range []string{posted, copied, booked} {
			if now[counted] < before[counted]+float64(some) {
				return false, nil
			}
		}
		for _, service := range []string{"accrual", "analytics", "partner", "tier"} {
			if now["laurel_"+service+"_lag_messages"] > 0 || now["laurel_"+service+"_mark_age_seconds"] > 0 {
				return false, nil
			}
		}
		return true, nil
	})
	return h.since(begun), err
}

func (h *household) pids() map[string]int {
	pids := map[string]int{"laurel": h.pid()}
	for _, child := range children(h.pid()) {
		pids["nats-server"] = child
	}
	return pids
}

// quotients divides what was found in the same rounds.
func quotients(of, by []float64) []float64 {
	list := make([]float64, len(of))
	for i := range of {
		list[i] = of[i] / by[i]
	}
	return list
}
