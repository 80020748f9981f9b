package faults

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const (
	// slowBatch, slowLanes and slowQueue are what analytics takes at once, and how much may wait for each of its lanes: so little that
	// it falls behind while the load lasts.
	slowBatch, slowLanes, slowQueue = 16, 2, 128
	// lookEvery is how often metrics are read meanwhile: to make a page is work for a service.
	lookEvery = time.Second
	// slowBy is how long each batch takes.
	slowBy = 500 * time.Millisecond
)

// consumersAreSlow has analytics take half a second for each batch, and callers open streams of which they read nothing: all else goes
// on as it did without them. (Laurel has no webhooks yet that could be slow.)
func consumersAreSlow(x *trial) {
	w := x.raiseApart(ground{}, 1, func(string) []string { return nil })
	l := w.quiet(x.volume)
	accrual := w.apart.replicas["accrual"].process
	usual := accrual.rss(x)
	before := w.paced(l, func() {})
	usual = accrual.rss(x) - usual
	w.holds(l)

	l = w.more(l)
	watching := w.watch(l)
	said, busy := w.analyticsIsSlow(l, accrual.rss(x)+usual, watching)
	w.holds(l)
	w.copied()
	l = w.more(l)
	after := w.paced(l, func() {})
	w.holds(l)
	x.note("before: %s; beside them: %s; after: %s", before, busy, after)
	x.sameRate(before, busy, after)
	for _, p := range w.processes() {
		said += p.err.String()
	}
	require.NotContains(x.t, strings.ToLower(x.warned.String()+said), "slow consumer", "somebody was dropped")
}

// analyticsIsSlow runs a load meanwhile, holds to their limits what waits and what memory analytics and accrual take, and returns
// what analytics has said.
func (w *world) analyticsIsSlow(l *load, usual int64, watching *watching) (string, pace) {
	const (
		growMax = 128 << 20 // a stream that is not read has a page, and what gRPC buffers: 0.4 MiB, of which Go may keep twice as much
		waited  = "fault point " + fault.AfterCompute + ": waited"
	)
	w.t.Helper()
	x := w.trial
	x.mustFire("batches of analytics were slow", 1)
	x.mustFire("streams were not read", 1)
	w.apart.stop("analytics")
	slow := w.apart.start("analytics", fmt.Sprintf("LAUREL_FAULT_SLOW=%s:%s", fault.AfterCompute, slowBy), "LAUREL_ANALYTICS_LANES="+strconv.Itoa(slowLanes),
		"LAUREL_ANALYTICS_BATCH_ITEMS="+strconv.Itoa(slowBatch), "LAUREL_ANALYTICS_QUEUE_ITEMS="+strconv.Itoa(slowQueue)).process
	w.apart.up()
	grown := slow.rss(x)
	come, seen := watching.come.Load(), watching.seen.Load()
	waits, lag, oldest := 0.0, 0.0, 0.0
	busy := w.paced(l, func() {
		page, _ := w.pageOf(w.apart.replicas["analytics"].metrics, "/metrics")
		waits = max(waits, w.metricOn(page, "laurel_analytics_queue_items"))
		lag = max(lag, w.metricOn(page, "laurel_analytics_lag_messages"))
		oldest = max(oldest, w.metricOn(page, "laurel_analytics_mark_age_seconds"))
	})
	grown, served := slow.rss(x)-grown, w.apart.replicas["accrual"].process.rss(x)-usual
	come, seen = watching.come.Load()-come, watching.seen.Load()-seen
	watching.end()
	batches := strings.Count(slow.err.String(), waited)
	if batches > 0 {
		x.fired("batches of analytics were slow")
	}
	if seen > 0 && come < stillMax {
		x.fired("streams were not read")
	}
	x.note("%d batches were slow; %d streams took %d bytes meanwhile, one that is read was told of %d entries; at analytics %.0f items waited, %.0f in the stream, "+
		"the oldest for %.1f s; memory of analytics %+d MiB, of accrual %+d beyond the usual", batches, watchers, come, seen, waits, lag, oldest, grown>>20, served>>20)
	w.apart.stop("analytics")
	w.apart.start("analytics")
	w.apart.up()
	if waits > slowLanes*slowQueue || waits == 0 {
		x.t.Errorf("%.0f items wait, at most %d may", waits, slowLanes*slowQueue)
	}
	if lag == 0 || oldest < slowBy.Seconds() {
		x.t.Errorf("no metric tells that analytics is behind: %.0f messages, %.1f s", lag, oldest)
	}
	if max(grown, served) > growMax {
		x.t.Errorf("memory of analytics grew by %d MiB, of accrual by %d beyond the usual, at most %d", grown>>20, served>>20, growMax>>20)
	}
	return slow.err.String(), busy
}

// pace is how much others than analytics did in a second while a load lasted, and as what part of what came in for them.
type pace struct {
	events, calls          float64 // in a second
	accrual, tier, partner float64 // of what was due
}

func (p pace) String() string {
	return fmt.Sprintf("%.0f events/s, %.0f calls/s, %.3f of what was published in the ledger (a tenth are copies), tier with %.3f of it, "+
		"partner with %.3f of the entries", p.events, p.calls, p.accrual, p.tier, p.partner)
}

// progress counts what has come in from the bus, copies too, and what calls have awarded; what tier has taken of the former, what accrual
// has made of both and of all else, and what partner has booked of that. All but the points are read at one moment: the books take a while
// to be added up, in which others go on.
type progress struct{ events, awarded, calls, tier, entries, partner, points int }

// paced runs a load, and has look called all the while. Callers wait for their answers, so that how much they ask is no measure.
func (w *world) paced(l *load, look func()) pace {
	w.t.Helper()
	done := func() progress {
		l.mu.Lock()
		p := progress{events: l.oracle.events, awarded: l.oracle.awarded, calls: l.calls.answered}
		l.mu.Unlock()
		page := w.get("/metrics")
		p.entries, p.tier = int(w.metricOn(page, "laurel_accrual_entries_total")), int(w.metricOn(page, "laurel_tier_batch_items_sum"))
		p.partner = int(w.metricOn(page, "laurel_partner_entries_total"))
		b := w.books()
		defer b.close()
		kinds := b.kinds()
		p.points = kinds["earn"] + kinds["reverse"]
		return p
	}
	applied := float64(w.applied())
	testkit.Eventually(w.t, func() bool { return w.metric("laurel_partner_entries_total") >= applied }, "partner has booked what there is")
	before := done()
	began := time.Now()
	l.start()
	for time.Since(began) < time.Duration(w.volume.seconds)*time.Second {
		pause(w.t.Context(), lookEvery)
		look()
	}
	took := time.Since(began).Seconds()
	after := done()
	l.wait()
	orders, events := float64(after.points-after.awarded-before.points+before.awarded), float64(after.events-before.events)
	return pace{
		events: orders / took, calls: float64(after.calls-before.calls) / took, accrual: orders / events, tier: float64(after.tier-before.tier) / events,
		partner: float64(after.partner-before.partner) / float64(after.entries-before.entries),
	}
}

// sameRate holds what others did to what they did before and after.
func (x *trial) sameRate(before, busy, after pace) {
	const least = 0.95
	x.t.Helper()
	for name, part := range map[string]float64{
		"accrual": 2 * busy.accrual / (before.accrual + after.accrual), "tier": 2 * busy.tier / (before.tier + after.tier),
		"partner": 2 * busy.partner / (before.partner + after.partner),
	} {
		if part < least {
			x.t.Errorf("%s did %.3f of what it does without slow consumers, at least %.2f", name, part, least)
		}
	}
}

// copied waits until analytics has a copy of each entry.
func (w *world) copied() {
	w.t.Helper()
	b := w.books()
	defer b.close()
	entries := w.applied()
	testkit.Eventually(w.t, func() bool {
		n, err := b.of("analytics").Collection("entries").CountDocuments(w.t.Context(), bson.M{})
		return err == nil && n == entries
	}, fmt.Sprintf("analytics has copied %d entries", entries))
}

const (
	// watchers is how many streams are not read.
	watchers = 50
	// watchedEntries is how many entries the watched account has before: more than a stream takes that is not read.
	watchedEntries = 2000
	// windowBytes is what each of them takes at most.
	windowBytes = 64 << 10
	// stillMax is what may come on a connection none of whose streams is read: pings.
	stillMax = 4 << 10
)

// watching is an account that is watched by some who read nothing, and by one who does.
type watching struct {
	come atomic.Int64 // bytes, on the connection of those who read nothing
	seen atomic.Int64 // entries, by the one who reads
	end  func()
}

// watch gives an account a history, and opens the streams. It returns when those which are not read have stalled.
func (w *world) watch(l *load) *watching {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	at, account := w.open().house, member(0)
	dial := func(into *atomic.Int64) accrualv1.AccrualServiceClient {
		conn, err := grpc.NewClient("dns:///"+at.GRPC.Accrual, grpc.WithNoProxy(), grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithPerRPCCredentials(bearer(at.Token)), grpc.WithStaticStreamWindowSize(windowBytes),
			grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
				return counted{conn, into}, err
			}))
		require.NoError(w.t, err)
		w.t.Cleanup(func() { _ = conn.Close() }) // only read
		return accrualv1.NewAccrualServiceClient(conn)
	}
	var history, come = make([]bus.Outgoing, 0, watchedEntries), new(atomic.Int64)
	for range watchedEntries {
		history = append(history, l.order(account, 1))
	}
	require.NoError(w.t, l.publish(ctx, history))
	w.settled(l)
	s := &watching{end: cancel}
	idle := dial(&s.come)
	request := &accrualv1.WatchAccountRequest{Program: programme, Account: account, AfterSeq: new(int64(0))}
	for range watchers {
		_, err := idle.WatchAccount(ctx, request)
		require.NoError(w.t, err)
	}
	reader, err := dial(come).WatchAccount(ctx, request)
	require.NoError(w.t, err)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			m, err := reader.Recv()
			if err != nil {
				return // it has ended
			}
			s.seen.Add(int64(len(m.GetEntries())))
		}
	}()
	s.end = func() { cancel(); <-read }
	w.t.Cleanup(s.end)
	testkit.Eventually(w.t, func() bool { return s.seen.Load() >= watchedEntries }, "the one who reads has been told of the history")
	last := int64(-1)
	testkit.Eventually(w.t, func() bool {
		before := last
		last = s.come.Load()
		pause(ctx, time.Second)
		return last > watchers*windowBytes/2 && last == before
	}, "the others take no more")
	require.Less(w.t, s.come.Load(), watchers*come.Load()/2, "the streams that are not read were told of all")
	return s
}

// counted is a connection of which it is known how much has come.
type counted struct {
	net.Conn
	come *atomic.Int64
}

// Read counts.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.come.Add(int64(n))
	return n, err
}
