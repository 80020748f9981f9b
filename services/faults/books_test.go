package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

// books are what the services hold, read past them.
type books struct {
	w      *world
	client *mongo.Client
}

func (w *world) books() *books {
	w.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(w.mongodURI()).SetServerSelectionTimeout(callMax).SetTimeout(time.Minute))
	require.NoError(w.t, err)
	return &books{w, client}
}

func (b *books) close() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.w.t.Context()), callMax)
	defer cancel()
	_ = b.client.Disconnect(ctx) // only read
}

// of is the database of a service.
func (b *books) of(service string) *mongo.Database {
	return b.client.Database("laurel_" + service + "_books")
}

// points are what each account can spend; held is what is set aside in all of them.
func (b *books) points() (map[string]int64, int64, error) {
	var list []struct {
		Account  string
		Balances []struct{ Active, Held int64 }
	}
	if err := all(b.w.t.Context(), b.of("accrual").Collection("accounts"), &list); err != nil {
		return nil, 0, err
	}
	active, held := map[string]int64{}, int64(0)
	for _, a := range list {
		active[a.Account] += 0 // one in which nothing ever was is there, too
		for _, balance := range a.Balances {
			active[a.Account] += balance.Active
			held += balance.Held
		}
	}
	return active, held, nil
}

func all(ctx context.Context, c *mongo.Collection, into any) error {
	cursor, err := c.Find(ctx, bson.M{})
	if err != nil {
		return err
	}
	return cursor.All(ctx, into)
}

// outbox is how much waits to be told, in all services.
func (b *books) outbox() (int64, error) {
	waits := int64(0)
	for _, service := range []string{"accrual", "analytics", "member", "partner", "reward", "tier"} {
		n, err := b.of(service).Collection("outbox").CountDocuments(b.w.t.Context(), bson.M{})
		if err != nil {
			return 0, err
		}
		waits += n
	}
	return waits, nil
}

// kinds counts the entries by kind.
func (b *books) kinds() map[string]int {
	cursor, err := b.of("accrual").Collection("entries").Aggregate(b.w.t.Context(), bson.A{bson.M{"$group": bson.M{"_id": "$kind", "n": bson.M{"$sum": 1}}}})
	require.NoError(b.w.t, err)
	var list []struct {
		ID string `bson:"_id"`
		N  int
	}
	require.NoError(b.w.t, cursor.All(b.w.t.Context(), &list))
	kinds := map[string]int{}
	for _, k := range list {
		kinds[k.ID] = k.N
	}
	return kinds
}

// settled waits until the books are what was acknowledged, and nothing is on its way.
func (w *world) settled(l *load) {
	w.t.Helper()
	began := time.Now()
	b := w.books()
	defer b.close()
	tick := time.NewTicker(2 * loadTick)
	defer tick.Stop()
	for why := b.differs(l); why != ""; why = b.differs(l) {
		w.stillRun()
		if time.Since(began) > drainMax {
			w.t.Fatalf("after %s the books are not what was acknowledged: %s\n%s\n%s", drainMax, why, w.ctl("dead", "list"), w.lastWords())
		}
		<-tick.C
	}
}

// differs says in what the books are not what was acknowledged.
func (b *books) differs(l *load) string {
	points, held, err := b.points()
	if err != nil {
		return err.Error()
	}
	l.mu.Lock()
	want := maps.Clone(l.oracle.points)
	l.mu.Unlock()
	var wrong []string
	for _, account := range slices.Sorted(maps.Keys(want)) {
		if points[account] != want[account] {
			wrong = append(wrong, fmt.Sprintf("%s has %d, acknowledged are %d", account, points[account], want[account]))
		}
	}
	if len(points) != len(want) {
		wrong = append(wrong, fmt.Sprintf("%d accounts, acknowledged are %d", len(points), len(want)))
	}
	if len(wrong) > 0 {
		return fmt.Sprintf("%d differences: %s", len(wrong), strings.Join(wrong[:min(5, len(wrong))], "; "))
	}
	if held != 0 {
		return fmt.Sprintf("%d points are held", held)
	}
	waits, err := b.outbox()
	if err != nil || waits > 0 {
		return fmt.Sprintf("%d facts wait to be told (%v)", waits, err)
	}
	return ""
}

// holds drains the house, and holds it to everything that must hold after any fault.
func (w *world) holds(l *load) {
	w.t.Helper()
	l.wait()
	drain := time.Now()
	w.settled(l)
	w.note("drained %.1f s after the load", time.Since(drain).Seconds())
	w.ctl("ledger", "verify")
	w.ctl("reward", "verify")
	b := w.books()
	defer b.close()
	kinds := b.kinds()
	entries := 0
	for _, n := range kinds {
		entries += n
	}
	o := &l.oracle
	require.Equal(w.t, len(l.sent)+l.redriven+o.awarded, kinds["earn"]+kinds["reverse"], "an entry for each event, and one for each award: %v", kinds)
	require.Equal(w.t, o.redeemed+o.captured, kinds["capture"], "captures: %v", kinds)
	require.Equal(w.t, o.cancelled, kinds["refund"], "refunds: %v", kinds)
	require.Equal(w.t, kinds["hold"], kinds["capture"]+kinds["void"], "each hold has ended: %v", kinds)
	w.tells(entries, l.deadMax)
	w.noneIsLeft(l)
	w.row.events, w.row.calls, w.row.entries = w.row.events+o.events, w.row.calls+l.calls.answered, entries
	w.row.failed += l.calls.attempts - l.calls.answered
	w.t.Logf("entries %v; failed attempts %v, refusals %v, publishes tried again %d", kinds, l.calls.codes, o.refused, o.surfaced)
}

// noneIsLeft waits until the house has as few goroutines as before the load, but for some that sleep.
func (w *world) noneIsLeft(l *load) {
	w.t.Helper()
	const (
		fewMore = 25
		restMax = 30 * time.Second
	)
	w.hangUp()
	began, now := time.Now(), 0.0
	tick := time.NewTicker(2 * loadTick)
	defer tick.Stop()
	for time.Since(began) < restMax {
		if now = w.metric("go_goroutines"); now >= 0 && now <= l.goroutines+float64(fewMore*len(w.processes())) {
			w.t.Logf("%.0f goroutines, %.0f before", now, l.goroutines)
			return
		}
		<-tick.C
	}
	w.t.Errorf("%.0f goroutines, %.0f before the load", now, l.goroutines)
}

// tells asserts that FACTS tells of each entry once, that no fact is there twice, and that nothing was refused for good.
func (w *world) tells(entries, letters int) {
	w.t.Helper()
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(w.t, err)
	dead, err := js.Stream(w.t.Context(), bus.Dead)
	require.NoError(w.t, err)
	require.EqualValues(w.t, letters, dead.CachedInfo().State.Msgs, "dead letters")
	told := map[string]int{}
	require.NoError(w.t, facts(w.t.Context(), js, func(e cloudevent.Event) { told[e.Type+" "+e.Source+" "+e.ID]++ }))
	n := 0
	for fact, times := range told {
		if strings.HasPrefix(fact, "laurel.accrual.v1.EntryPosted ") {
			n++
		}
		require.Equal(w.t, 1, times, "%s is told so often", fact)
	}
	require.Equal(w.t, entries, n, "one fact for each entry")
}

// facts hands on every message of FACTS.
func facts(ctx context.Context, js jetstream.JetStream, f func(cloudevent.Event)) error {
	stream, err := js.Stream(ctx, bus.Facts)
	if err != nil {
		return err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	left := stream.CachedInfo().State.Msgs
	for left > 0 {
		batch, err := consumer.Fetch(int(min(left, batchEventsMax)))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			e, err := cloudevent.Parse(m.Headers(), m.Data())
			if err != nil {
				return err
			}
			f(e)
			left--
		}
		if err := batch.Error(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// up waits until the house is ready and has answered a call that began after a time, and holds how long that took to the limit.
func (w *world) up(l *load, healed time.Time) {
	w.t.Helper()
	const upMax = 10 * time.Second
	tick := time.NewTicker(loadTick)
	defer tick.Stop()
	for !w.ready() || l.running() && !l.answeredSince(healed) {
		w.stillRun()
		if time.Since(healed) > drainMax {
			w.t.Fatalf("not up %s after it was healed:\n%s", drainMax, w.lastWords())
		}
		<-tick.C
	}
	took := time.Since(healed)
	w.row.recovery = max(w.row.recovery, took)
	w.within(upMax, took, "the recovery")
}
