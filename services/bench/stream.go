package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/house"
)

// behindMax is how many seconds analytics may be behind the ledger when that has taken the last order.
const behindMax = 5

// houseMiB is what all services in one process are to hold at most (design 13).
const houseMiB = 300

// Metrics that tell how far ledger and copies are.
const (
	posted = "laurel_accrual_entries_total"
	copied = "laurel_analytics_entries_total"
	booked = "laurel_partner_entries_total"
)

// household is a whole house that is up, and who publishes to it.
type household struct {
	*run
	*program
	at   house.House
	bus  *bus.Bus
	told int // orders published so far
}

// house has a whole house take orders: beside the loops, and then one long stream; and, with an account for each member, half of what it
// can.
func (r *run) house(ctx context.Context) error {
	r.stage("starting a house")
	metrics, err := freePort(ctx)
	if err != nil {
		return err
	}
	home := filepath.Join(r.dir, "home")
	p, err := r.start(ctx, "laurel", metrics, []string{
		"serve", "--programme", r.Programme, "--home", home, "--data", filepath.Join(r.dir, "stream"), "--listen", "127.0.0.1:0",
		"--partner-listen", "", "--metrics", metrics, "--min-free-disk", "0", "--mongodb-uri", r.MongoURI,
	}, nil)
	if err != nil {
		return err
	}
	err = r.housed(ctx, &household{run: r, program: p}, home)
	r.resident(p, "laurel", "a whole house, its nats-server apart", houseMiB)
	return errors.Join(err, p.stop())
}

func (r *run) housed(ctx context.Context, h *household, home string) error {
	err := poll(ctx, func() (bool, error) { // it is ready before it has written down where it is
		var err error
		h.at, err = house.Read(filepath.Join(home, "house.json"))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	h.bus, err = bus.Connect(ctx, bus.Config{URL: h.at.NATS.URL, Token: h.at.NATS.Token, Name: "laurel-bench"}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer h.bus.Close()
	var steps []func(context.Context, *household) error
	if r.wants("stream") {
		steps = append(steps, r.beside, r.long)
	}
	if r.wants("load") {
		steps = append(steps, r.fill, r.soon, r.load)
	}
	if r.wants("flood") {
		steps = append(steps, r.flood)
	}
	for _, step := range steps {
		if err := step(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// next are the next orders of the house.
func (h *household) next(orders int, who draw) given {
	g := given{program: h.at.Program, from: h.told, until: h.told + orders, who: who}
	h.told += orders
	return g
}

// long measures one stream of orders: how soon the ledger has them, and the copy after it.
func (r *run) long(ctx context.Context, h *household) error {
	r.stage("publishing %d orders", r.Stream)
	before, err := h.page(ctx)
	if err != nil {
		return err
	}
	begun := r.clock.Now()
	if err := r.orders(ctx, h.bus, h.next(r.Stream, uniform(r.Stream/10+1)), begun); err != nil {
		return err
	}
	var ledger, kept, entries, known float64
	var group errgroup.Group
	group.Go(func() error {
		var err error
		ledger, entries, err = r.settled(ctx, h.program, posted, before[posted]+float64(r.Stream), begun)
		return err
	})
	group.Go(func() error {
		var err error
		kept, known, err = r.settled(ctx, h.program, copied, before[copied]+float64(r.Stream), begun)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if known != entries {
		return fmt.Errorf("the copy rests at %.0f entries, the ledger at %.0f", known, entries)
	}
	entries -= before[posted]
	r.found.add("ledger, one order stream", entries/ledger, "entries/s")
	r.found.add("copy beside it", entries/max(kept, ledger), "entries/s")
	r.found.hold(Figure{Name: "copy behind the ledger at its end", Value: max(0, kept-ledger), Unit: "s", Relation: atMost, Target: behindMax})
	r.ledgerRate = entries / ledger
	return nil
}

// fill gives each member an order, so that what the house holds after it is that of so many accounts.
func (r *run) fill(ctx context.Context, h *household) error {
	r.stage("an order for each of %d accounts", r.Members)
	seconds := 0.0
	err := r.pieces(r.Members, func(some int) error {
		took, err := h.took(ctx, some, uniform(r.Members))
		seconds += took
		return err
	})
	if err != nil {
		return err
	}
	r.found.add(fmt.Sprintf("a whole house, %d accounts made by their first order", r.Members), float64(r.Members)/seconds, "orders/s")
	r.houseRate = float64(r.Members) / seconds
	return nil
}

// settled waits until a metric has reached a value and rests there, and returns after how many seconds it did, and at what.
func (r *run) settled(ctx context.Context, p *program, metric string, least float64, begun time.Time) (seconds, value float64, err error) { //nolint:nonamedreturns // which is which
	const rests = 20 // polls
	calm := 0
	err = poll(ctx, func() (bool, error) {
		now, err := p.metric(ctx, metric)
		if err == nil && now != value {
			value, seconds, calm = now, r.since(begun), 0
		}
		calm++
		return value >= least && calm > rests, err
	})
	return seconds, value, err
}
