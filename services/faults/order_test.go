package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// eventsComeAgainAndMixed publishes the same events twice into two houses: once as they happened, once each up to five times, in
// another order between the accounts, half without an id, a fifth of the copies when the bus has forgotten the ids. Both
// houses hold the same.
func eventsComeAgainAndMixed(x *trial) {
	const lateShare = 5 // one of so many copies comes late
	clean := x.raise(ground{})
	l := clean.quiet(volume{members: x.volume.members})
	l.v.perSecond, l.v.seconds = x.volume.perSecond, x.volume.seconds
	for range x.volume.perSecond * x.volume.seconds / 2 {
		if l.random.IntN(6) == 0 && len(l.paid) > 0 {
			l.giveBack()
			continue
		}
		l.order(member(l.random.IntN(l.v.members)), 1+l.random.Int64N(orderPointsMax))
	}
	events := l.sent[x.volume.members:]                    // what everybody has to begin with is there
	require.NoError(x.t, l.inOrder(x.t.Context(), events)) // by an intake the merchants' would be in another order
	clean.settled(l)
	want := clean.holdings()
	clean.laurel.stop()
	require.NoError(x.t, clean.nats.Stop())
	require.NoError(x.t, clean.mongod.Stop())

	x.mustFire("events came again", 1)
	x.mustFire("events came when their ids were forgotten", 1)
	w := x.raise(ground{})
	other := w.again(l)
	w.forgetsSoon()
	var now, late []bus.Outgoing
	for _, m := range x.mixed(l.sent) {
		now = append(now, m)
		for range x.random.IntN(5) {
			again := m
			if x.random.IntN(2) == 0 {
				again.ID = ""
			}
			if x.random.IntN(lateShare) == 0 {
				late = append(late, again)
				continue
			}
			now = append(now, again)
		}
	}
	other.publishSingly(now)
	x.fired("events came again")
	pause(x.t.Context(), 2*forgets)
	other.publishSingly(x.mixed(late))
	x.fired("events came when their ids were forgotten")
	w.settled(other)
	require.Equal(x.t, want, w.holdings())
	w.ctl("ledger", "verify")
	x.row.events, x.row.entries = len(now)+len(late), len(l.sent)
	x.note("%d events, %d messages, %d of them late", len(l.sent), len(now)+len(late), len(late))
}

// forgets is how long the bus knows an id in the second house.
const forgets = time.Second

// again is a load of the same events in another house.
func (w *world) again(of *load) *load {
	w.t.Helper()
	l := &load{w: w, v: of.v, random: of.random, oracle: of.oracle}
	var err error
	l.bus, err = bus.Connect(w.t.Context(), bus.Config{URL: w.busURL(), Token: w.busToken(), Name: "shop"}, warnings(w.trial))
	require.NoError(w.t, err)
	w.t.Cleanup(l.bus.Close)
	return l
}

// forgetsSoon has EVENTS know an id for a second, not for two minutes.
func (w *world) forgetsSoon() {
	w.t.Helper()
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(w.t, err)
	stream, err := js.Stream(w.t.Context(), bus.Events)
	require.NoError(w.t, err)
	config := stream.CachedInfo().Config
	config.Duplicates = forgets
	_, err = js.UpdateStream(w.t.Context(), config)
	require.NoError(w.t, err)
}

// mixed puts events into another order, in which those of each account keep theirs.
func (x *trial) mixed(events []bus.Outgoing) []bus.Outgoing {
	byAccount, order := map[string][]bus.Outgoing{}, make([]string, 0, len(events))
	for _, m := range events {
		account := m.Subject[strings.LastIndex(m.Subject, ".")+1:]
		byAccount[account] = append(byAccount[account], m)
		order = append(order, account)
	}
	x.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	mixed := make([]bus.Outgoing, 0, len(events))
	for _, account := range order {
		mixed = append(mixed, byAccount[account][0])
		byAccount[account] = byAccount[account][1:]
	}
	return mixed
}

// publishSingly publishes events side by side, those of each account in their order: as batches the bus would refuse those with an
// event that it knows.
func (l *load) publishSingly(events []bus.Outgoing) {
	l.w.t.Helper()
	const side = 8
	lanes := make([][]bus.Outgoing, side)
	for _, m := range events {
		account := m.Subject[strings.LastIndex(m.Subject, ".")+1:]
		lane := 0
		for _, letter := range account {
			lane = (lane*31 + int(letter)) % side
		}
		lanes[lane] = append(lanes[lane], m)
	}
	failed := make(chan error, side)
	for _, lane := range lanes {
		go func() {
			for _, m := range lane {
				if _, err := l.bus.Publish(l.w.t.Context(), m); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range lanes {
		require.NoError(l.w.t, <-failed)
	}
}

// holdings is what a house holds, but for when and by which message it was written.
func (w *world) holdings() []string {
	w.t.Helper()
	b := w.books()
	defer b.close()
	var all []string
	keep := func(service, collection string, fields ...string) {
		projection := bson.M{}
		for _, field := range fields {
			projection[field] = 1
		}
		cursor, err := b.of(service).Collection(collection).Find(w.t.Context(), bson.M{}, options.Find().SetProjection(projection))
		require.NoError(w.t, err)
		var list []bson.D
		require.NoError(w.t, cursor.All(w.t.Context(), &list))
		require.NotEmpty(w.t, list, "%s has no %s", service, collection)
		for _, d := range list {
			text, err := bson.MarshalExtJSON(d, true, false)
			require.NoError(w.t, err)
			all = append(all, service+" "+string(text))
		}
	}
	w.followed(b)
	keep("accrual", "accounts", "version", "balances", "lots", "debts", "tier", "days")
	for _, name := range []string{"pareto", "rfm", "cohorts"} {
		all = append(all, name+" "+w.ctl("-o", "csv", "analytics", "report", name))
	}
	all = append(all, w.ctl("-o", "csv", "tier", "ladder"))
	d := w.open()
	require.NotNil(w.t, d)
	day := time.Now().UTC()
	totals, err := accrualv1.NewAccrualServiceClient(d.operator["accrual"]).GetControlTotals(w.t.Context(), &accrualv1.GetControlTotalsRequest{
		Program: programme, FromDay: day.AddDate(0, 0, -1).Format(time.DateOnly), ToDay: day.AddDate(0, 0, 2).Format(time.DateOnly),
	})
	require.NoError(w.t, err)
	for _, total := range totals.GetTotals() {
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(total)
		require.NoError(w.t, err)
		all = append(all, fmt.Sprintf("clearing %x", raw))
	}
	slices.Sort(all)
	return all
}

// followed waits until tier has read as far as accrual, and analytics has copied what is in the ledger.
func (w *world) followed(b *books) {
	w.t.Helper()
	marks := func(service string) map[int]int64 {
		cursor, err := b.of(service).Collection(store.PartitionsName).Find(w.t.Context(), bson.M{})
		require.NoError(w.t, err)
		var list []store.Partition
		require.NoError(w.t, cursor.All(w.t.Context(), &list))
		all := map[int]int64{}
		for _, p := range list {
			all[p.ID] = int64(p.Mark.Sequence) //nolint:gosec // sequences count from 1
		}
		return all
	}
	testkit.Eventually(w.t, func() bool {
		read, tier := marks("accrual"), marks("tier")
		for partition, sequence := range read {
			if tier[partition] < sequence {
				return false
			}
		}
		return w.metric("laurel_analytics_entries_total") >= float64(w.applied())
	}, "tier and analytics to have what accrual has")
}
