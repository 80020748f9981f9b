package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// volume is how much load there is.
type volume struct {
	perSecond, seconds, members int
}

// fullLoad is the load of the list of faults. Of a hundred events 10 come twice, 10 are returns and 5 redemptions; beside
// them stand four partners that call.
var fullLoad = volume{perSecond: 300, seconds: 20, members: 500}

const (
	loadTick = 100 * time.Millisecond
	// seedPoints is what each member has before: nobody runs out.
	seedPoints = 1000
	// batchEventsMax is how many events are published as one.
	batchEventsMax = 500
	orderPointsMax = 50
	redeemers      = 8
	// jobsMax is how many redemptions wait: a tenth of what the full load has in all its time would do.
	jobsMax        = 4096
	partnerCallers = 4
	// partnerPause lies between two calls of a partner.
	partnerPause = 100 * time.Millisecond
	// drainMax is how long what was acknowledged may take to be applied, on a machine that does much else.
	drainMax = 3 * time.Minute
	// intakeBytes is how much may wait in an intake: it is not to be full.
	intakeBytes = 64 << 20
)

// load is what producers send, and what has been acknowledged to them.
type load struct {
	w      *world
	v      volume
	random *mathrand.Rand
	bus    *bus.Bus
	jobs   chan job
	group  *errgroup.Group
	ctx    context.Context //nolint:containedctx // of the group
	done   chan struct{}   // closed when all producers have ended
	told   chan struct{}   // closed when they are to end before their time
	failed error           // why, once it is closed

	goroutines float64   // of the house before
	poisoner   *poisoner // nil: there is no poison
	redriven   int       // events that were refused, and then published again
	deadMax    int       // how many dead letters there must be

	sent     []bus.Outgoing // order events, so that one can come twice
	paid     []paid
	serial   int
	enrolled int // by the goroutine that enrols
	keys     int
	round    int

	mu     sync.Mutex // guards what follows
	oracle oracle
	calls  calls
}

// oracle is what was acknowledged, and so must be there: once.
type oracle struct {
	points   map[string]int64 // by account
	events   int
	doubles  int // events that were sent again
	orders   int
	redeemed int
	// cancelled are redemptions that were given back.
	cancelled int
	awarded   int
	captured  int
	voided    int
	lapsed    int            // redemptions and authorisations that were begun, and whose points went back
	refused   map[string]int // by reason
	surfaced  int            // publishes that the bus did not acknowledge, and that were tried again
}

type paid struct {
	ref     orders.Ref
	account string
	points  int64
}

// job is a redemption.
type job struct {
	account, key string
	gone         bool // of a reward that is sold out
	cancels      bool // and gives it back
}

// load starts the producers.
func (w *world) load(v volume) *load {
	w.t.Helper()
	l := w.quiet(v)
	l.start()
	return l
}

// quiet is a load that has not begun: its members have what they need.
func (w *world) quiet(v volume) *load {
	w.t.Helper()
	l := &load{w: w, v: v, random: mathrand.New(mathrand.NewPCG(*seed, w.random.Uint64())), oracle: oracle{points: map[string]int64{}, refused: map[string]int{}}}
	l.calls.codes = map[string]int{}
	var err error
	l.bus, err = bus.Connect(w.t.Context(), bus.Config{URL: w.busURL(), Token: w.busToken(), Name: "shop"}, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	w.t.Cleanup(l.bus.Close)
	require.NoError(w.t, l.bus.EnsureIntakes(w.t.Context(), bus.Layout{}, intakeBytes, []bus.Merchant{intakeOf}))
	var batch []bus.Outgoing
	for n := range v.members {
		batch = append(batch, l.order(member(n), seedPoints))
	}
	require.NoError(w.t, l.publish(w.t.Context(), batch))
	w.settled(l)
	l.goroutines = w.metric("go_goroutines")
	return l
}

// more is another load in the same house, which goes on from what an earlier one has left.
func (w *world) more(before *load) *load {
	l := &load{w: w, v: before.v, random: before.random, bus: before.bus, goroutines: before.goroutines, sent: before.sent, paid: before.paid,
		serial: before.serial, keys: before.keys, round: before.round + 1, oracle: before.oracle}
	l.calls.codes, l.oracle.events = map[string]int{}, 0
	return l
}

func member(n int) string { return fmt.Sprintf("m%04d", n) }

func (l *load) start() {
	ctx, cancel := context.WithTimeout(l.w.t.Context(), time.Duration(l.v.seconds)*time.Second+drainMax)
	l.group, l.ctx = errgroup.WithContext(ctx)
	l.done, l.told = make(chan struct{}), make(chan struct{})
	l.jobs = make(chan job, jobsMax)
	over := make(chan struct{}) // closed when no more is sent
	l.group.Go(func() error {
		defer close(over)
		defer close(l.jobs)
		return l.produce()
	})
	for range redeemers {
		l.group.Go(l.redeem)
	}
	for n := range partnerCallers {
		l.group.Go(func() error { return l.partner(n, over) })
	}
	go func() {
		defer cancel()
		defer close(l.done)
		l.failed = l.group.Wait()
	}()
	l.w.t.Cleanup(func() {
		cancel()
		<-l.done
	})
}

// produce sends events as they become due, and hands on the redemptions among them. What could not be sent for a while comes then.
func (l *load) produce() error {
	began, sent, total := time.Now(), 0, l.v.perSecond*l.v.seconds
	tick := time.NewTicker(loadTick)
	defer tick.Stop()
	for sent < total {
		select {
		case <-l.ctx.Done():
			return l.ctx.Err()
		case <-l.told:
			return nil
		case <-tick.C:
		}
		due := min(total, int(time.Since(began).Seconds()*float64(l.v.perSecond)))
		for sent < due {
			n := min(due-sent, batchEventsMax)
			sent += n
			if err := l.some(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// some sends so many events.
func (l *load) some(n int) error {
	var batch, again []bus.Outgoing
	for range n {
		switch kind := l.random.IntN(100); {
		case kind < 10 && len(l.sent) > 0:
			again = append(again, l.double())
		case kind < 20 && len(l.paid) > 0:
			batch = append(batch, l.giveBack())
		case kind < 25:
			l.keys++
			j := job{account: member(l.random.IntN(l.v.members)), key: fmt.Sprintf("redeem-%d", l.keys)}
			j.gone, j.cancels = l.keys%8 == 3, l.keys%8 == 6
			l.jobs <- j
		default:
			batch = append(batch, l.order(member(l.random.IntN(l.v.members)), 1+l.random.Int64N(orderPointsMax)))
		}
		if l.poisoner != nil && l.random.IntN(poisonEvery*l.v.perSecond/fullLoad.perSecond) == 0 {
			batch = append(batch, l.poisoner.poison()...)
		}
	}
	if err := l.publish(l.ctx, batch); err != nil {
		return err
	}
	for _, m := range again {
		if err := l.publish(l.ctx, []bus.Outgoing{m}); err != nil {
			return err
		}
		l.oracle.doubles++ // of this goroutine alone
	}
	return nil
}

// order makes the event of an order that is paid now.
func (l *load) order(account string, points int64) bus.Outgoing {
	return l.orderAt(account, points, now())
}

func (l *load) orderAt(account string, points int64, at time.Time) bus.Outgoing {
	l.serial++
	merchant := merchants[l.serial%len(merchants)]
	ref := orders.Ref{Merchant: merchant, Order: fmt.Sprintf("o%06d", l.serial)}
	g := orderfile.Group{
		Merchant: merchant, Account: account, ID: merchant + "/" + ref.Order + "/paid", Ref: ref,
		Event: orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "EUR", Lines: []orders.Line{
			{ID: "1", SKU: "assam", Quantity: 2, Amount: money.Minor(points * 100)},
		}},
	}
	if points <= orderPointsMax { // what everybody has to begin with is not given back
		l.paid = append(l.paid, paid{ref, account, points})
	}
	l.oracle.orders++
	return l.message(g, points)
}

// giveBack makes the event of an order that comes back whole.
func (l *load) giveBack() bus.Outgoing {
	n := l.random.IntN(len(l.paid))
	p := l.paid[n]
	l.paid[n] = l.paid[len(l.paid)-1]
	l.paid = l.paid[:len(l.paid)-1]
	return l.message(orderfile.Group{
		Merchant: p.ref.Merchant, Account: p.account, ID: p.ref.Merchant + "/" + p.ref.Order + "/returned", Ref: p.ref,
		Event: orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: now(), Currency: "EUR", Returned: []orders.ReturnedLine{{Line: "1", Quantity: 2}}},
	}, -p.points)
}

func (l *load) message(g orderfile.Group, points int64) bus.Outgoing {
	m, err := publish.Order(programme, "shop", g)
	if err != nil {
		panic(err) // an event of our own
	}
	l.sent = append(l.sent, m)
	l.credit(g.Account, points)
	return m
}

// double is an event that was sent already: half of them as the bus knows them, half as if they were new.
func (l *load) double() bus.Outgoing {
	m := l.sent[l.random.IntN(len(l.sent))]
	if l.random.IntN(2) == 0 {
		m.ID = ""
	}
	return m
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// credit says that an account must have so many more points in the end: whatever is sent is sent until it is acknowledged.
func (l *load) credit(account string, points int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oracle.points[account] += points
}

// intakeOf is the merchant whose orders come in by an intake; those of the others go straight into EVENTS.
var intakeOf = bus.Merchant{Program: programme, Name: merchants[0]}

// publish sends events until the bus has acknowledged them, those of each merchant in their order. That it does not is counted.
func (l *load) publish(ctx context.Context, batch []bus.Outgoing) error {
	of := fmt.Sprintf(".%s.%s.", intakeOf.Program, intakeOf.Name)
	var straight, taken []bus.Outgoing // a batch is of one stream
	for _, m := range batch {
		if rest, ok := strings.CutPrefix(m.Subject, bus.ClassOrders+of); ok {
			m.Subject = bus.ClassIntake + of + rest
			taken = append(taken, m)
			continue
		}
		straight = append(straight, m)
	}
	return errors.Join(l.inOrder(ctx, straight), l.inOrder(ctx, taken))
}

// inOrder sends events of one stream until they are acknowledged.
func (l *load) inOrder(ctx context.Context, batch []bus.Outgoing) error {
	for len(batch) > 0 {
		n := min(len(batch), batchEventsMax)
		if err := l.acknowledged(ctx, batch[:n]); err != nil {
			return err
		}
		l.mu.Lock()
		l.oracle.events += n
		l.mu.Unlock()
		batch = batch[n:]
	}
	return nil
}

func (l *load) acknowledged(ctx context.Context, batch []bus.Outgoing) error {
	for {
		err := l.bus.PublishBatch(ctx, batch)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, bus.ErrStored):
			return publish.All(ctx, l.bus, batch) // some of it: one by one
		case !errors.Is(err, bus.ErrRetry) && !errors.Is(err, bus.ErrFull) || ctx.Err() != nil:
			return fmt.Errorf("publish %d events: %w", len(batch), err)
		}
		l.mu.Lock()
		l.oracle.surfaced++
		l.mu.Unlock()
		pause(ctx, loadTick)
	}
}

// enough has the producers end now.
func (l *load) enough() { close(l.told) }

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// wait waits until everything that was to be sent is acknowledged.
func (l *load) wait() {
	l.w.t.Helper()
	<-l.done
	require.NoError(l.w.t, l.failed)
}

// running tells whether anything is still being sent.
func (l *load) running() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}
