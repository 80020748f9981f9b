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
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// behindMax is how many seconds analytics may be behind the ledger when that has taken the last order.
const behindMax = 5

// houseMiB is what all services in one process are to hold at most (design 13).
const houseMiB = 300

// Metrics that tell how far ledger and copy are.
const (
	posted = "laurel_accrual_entries_total"
	copied = "laurel_analytics_entries_total"
)

// stream has a whole house take one stream of orders, and measures how soon the ledger has them, and the copy after it.
func (r *run) stream(ctx context.Context) error {
	r.stage("starting a house for one stream of %d orders", r.Stream)
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
	err = r.streamed(ctx, p, home)
	r.resident(p, "laurel", "a whole house, its nats-server apart", houseMiB)
	return errors.Join(err, p.stop())
}

func (r *run) streamed(ctx context.Context, p *program, home string) error {
	var at house.House
	err := poll(ctx, func() (bool, error) { // it is ready before it has written down where it is
		var err error
		at, err = house.Read(filepath.Join(home, "house.json"))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	b, err := bus.Connect(ctx, bus.Config{URL: at.NATS.URL, Token: at.NATS.Token, Name: "laurel-bench"}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer b.Close()
	r.stage("publishing %d orders", r.Stream)
	begun := r.clock.Now()
	some := given{program: at.Program, until: r.Stream, accounts: r.Stream/10 + 1}
	if err := r.orders(ctx, b, some, begun); err != nil {
		return err
	}
	var ledger, kept, entries, known float64
	var group errgroup.Group
	group.Go(func() error {
		var err error
		ledger, entries, err = r.settled(ctx, p, posted, float64(r.Stream), begun)
		return err
	})
	group.Go(func() error {
		var err error
		kept, known, err = r.settled(ctx, p, copied, float64(r.Stream), begun)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if known != entries {
		return fmt.Errorf("the copy rests at %.0f entries, the ledger at %.0f", known, entries)
	}
	r.found.add("ledger, one order stream", entries/ledger, "entries/s")
	r.found.add("copy beside it", entries/max(kept, ledger), "entries/s")
	r.found.hold(Figure{Name: "copy behind the ledger at its end", Value: max(0, kept-ledger), Unit: "s", Relation: atMost, Target: behindMax})
	r.ledgerRate = entries / ledger
	return r.soon(ctx, at, b)
}

// given says which orders are published, and of how many customers.
type given struct {
	program               string
	from, until, accounts int
}

// orders publishes paid orders.
func (r *run) orders(ctx context.Context, b *bus.Bus, g given, at time.Time) error {
	var batch []bus.Outgoing
	for n := g.from; n < g.until; n++ {
		m, err := order(g, n, at)
		if err != nil {
			return err
		}
		if batch = append(batch, m); len(batch) == bus.BatchMessagesMax || n == g.until-1 {
			if err := publish.All(ctx, b, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return nil
}

// order is a paid order of two lines.
func order(g given, n int, at time.Time) (bus.Outgoing, error) {
	return publish.Order(g.program, "bench", orderfile.Group{
		Merchant: "shop", Account: account(n % g.accounts), ID: fmt.Sprintf("o%09d/paid", n), Ref: orders.Ref{Merchant: "shop", Order: fmt.Sprintf("o%09d", n)},
		Event: orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{
			{ID: "1", SKU: "s1", Quantity: 1, Amount: 2500}, {ID: "2", SKU: "s2", Quantity: 2, Amount: 1000},
		}},
	})
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
