package bench

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	loadShare = 2 // the part of what the house can do that is published: a half
	// flatAfter is after how many seconds of load it is worth asking whether memory has grown, and flatMost what its last third
	// may be of the first.
	flatAfter = 60
	flatMost  = 1.1
)

// load has a house take half of what it can for a while, and measures meanwhile how long an order takes until its balance can be
// read, and what the house holds.
func (r *run) load(ctx context.Context, h *household) error {
	rate := r.houseRate / loadShare
	r.stage("%d seconds of %.0f orders a second, half of what the house can do", r.Load, rate)
	conn, err := rpc.Dial(h.at.GRPC.Accrual, h.at.Token)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was read
	accounts := accrualv1.NewAccrualServiceClient(conn)
	begun, until := h.told, time.Duration(r.Load)*time.Second
	h.told += int(rate*until.Seconds()) + 1
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var waits [soonRounds][]float64
	var held [soonRounds][]float64
	var group errgroup.Group
	from := r.clock.Now()
	third := func() int { return min(int(r.since(from)*soonRounds/until.Seconds()), soonRounds-1) }
	over := func() bool { return r.since(from) >= until.Seconds() }
	group.Go(func() error {
		g := given{program: h.at.Program, from: begun, until: begun, who: uniform(r.Members)}
		return poll(ctx, func() (bool, error) {
			g.from, g.until = g.until, min(begun+int(rate*r.since(from)), h.told)
			return over(), r.orders(ctx, h.bus, g, r.clock.Now())
		})
	})
	group.Go(func() error {
		return poll(ctx, func() (bool, error) {
			if mib, ok := holds(h.pid()); ok {
				held[third()] = append(held[third()], mib)
			}
			return over(), nil
		})
	})
	group.Go(func() error {
		for !over() && ctx.Err() == nil {
			at := third()
			ms, err := r.shown(ctx, h.bus, accounts, h.next(1, uniform(r.Members)))
			if err != nil {
				cancel()
				return err
			}
			waits[at] = append(waits[at], ms)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	r.waited(waits)
	r.grew(held)
	return h.idle(ctx, accounts)
}

// waited tells how long it took under load.
func (r *run) waited(waits [soonRounds][]float64) {
	var middles, tails []float64
	for _, took := range waits {
		if slices.Sort(took); len(took) > 0 {
			middles, tails = append(middles, part(took, middle)), append(tails, part(took, tail))
		}
	}
	if len(middles) == 0 {
		return
	}
	r.found.latency("order_to_balance_half_load", Latency{P50: rounds(middles, "", 0), P99: rounds(tails, "", 0)})
	r.found.add("order to balance at half load, half of them", median(middles), "ms")
	r.found.add("order to balance at half load, 99 of 100", median(tails), "ms")
}

// grew tells whether the house holds more at the end of a load than at its beginning.
func (r *run) grew(held [soonRounds][]float64) {
	first, last := held[0], held[soonRounds-1]
	if len(first) == 0 || len(last) == 0 {
		return // the system does not tell
	}
	r.found.Memory = &Memory{Seconds: r.Load, First: rounds(first, "", 0), Last: rounds(last, "", 0)}
	f := Figure{Name: "resident, last third of the load against the first", Value: median(last) / median(first), Unit: "times"}
	if r.Load < flatAfter { // it still fills its caches
		r.found.add(f.Name, f.Value, f.Unit)
		return
	}
	f.Relation, f.Target = atMost, flatMost
	r.found.hold(f)
}

// idle waits until the house has done what it was given.
func (h *household) idle(ctx context.Context, accounts accrualv1.AccrualServiceClient) error {
	_, err := h.shown(ctx, h.bus, accounts, h.next(1, uniform(h.Members)))
	return err
}
