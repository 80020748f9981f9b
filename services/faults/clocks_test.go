package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// offsets is by how much the clock of each replica is moved.
var offsets = map[string]string{
	"accrual": "-2h", "accrual/2": "2h", "accrual/3": "10m/5s", "analytics": "2h", "member": "2h", "partner": "10m/5s", "programme": "-2h",
	"reward": "10m/5s", "tier": "-2h",
}

const (
	// skewSaid is what a service says of a clock that differs.
	skewSaid = "this machine's clock and mongod's differ"
	// aheadMax is how far an event may lie ahead of the stream's clock.
	aheadMax = 5 * time.Minute
)

// clocksDiffer runs the services with clocks that are hours apart, two steady and some that swing, and puts one to sleep, so that
// others with other clocks go on with what was its own.
func clocksDiffer(x *trial) {
	const (
		accruals = 3
		asleep   = 4 * time.Second
	)
	w := x.raiseApart(ground{mongod: x.mongodAhead()}, accruals, func(name string) []string {
		return []string{clock.OffsetVariable + "=" + offsets[name]}
	})
	x.mustFire("a service ran with another clock", len(offsets))
	for range w.apart.running() {
		x.fired("a service ran with another clock")
	}
	l := w.quiet(x.volume)
	require.NoError(x.t, l.publish(x.t.Context(), []bus.Outgoing{l.orderAt(member(0), 1, now().Add(aheadMax-time.Minute))}))
	l.refusedAhead(now().Add(aheadMax + time.Minute))
	taken := w.takenPartitions()
	third := time.Duration(x.volume.seconds) * time.Second / 3
	l.start()
	pause(x.t.Context(), third)
	require.InDelta(x.t, taken, w.takenPartitions(), 0, "partitions wander while nobody is silent")

	sleeper := w.apart.replicas["accrual/2"].process.cmd.Process
	x.mustFire("the replica that is ahead slept", 1)
	require.NoError(x.t, sleeper.Signal(syscall.SIGSTOP))
	pause(x.t.Context(), asleep)
	require.NoError(x.t, sleeper.Signal(syscall.SIGCONT))
	w.up(l, time.Now())
	if w.takenPartitions() > taken {
		x.fired("the replica that is ahead slept")
	}
	w.holds(l)
	w.heldByOne(5) // those of a third of accrual, which slept
	w.recordedInOrder()
	w.nothingFellDue()
	for _, r := range w.apart.running() {
		require.Contains(x.t, r.process.err.String(), skewSaid, "%s does not warn", r.name)
	}
	x.note("each service warns; an event %s ahead is taken, one %s ahead is refused", aheadMax-time.Minute, aheadMax+time.Minute)
}

// mongodAhead is a mongod whose clock is three hours ahead, where faketime is.
func (x *trial) mongodAhead() string {
	x.t.Helper()
	faketime, err := exec.LookPath("faketime")
	if err != nil {
		x.note("MONGOD'S CLOCK WAS NOT MOVED: there is no faketime here")
		return ""
	}
	library, err := exec.CommandContext(x.t.Context(), faketime, "-m", "-f", "+3h", "printenv", "LD_PRELOAD").Output() // faketime itself would stand between us and mongod
	require.NoError(x.t, err)
	binary, err := mongod.Find()
	require.NoError(x.t, err)
	script := filepath.Join(x.t.TempDir(), "mongod")
	text := fmt.Sprintf("#!/bin/sh\nLD_PRELOAD='%s' FAKETIME=+3h DONT_FAKE_MONOTONIC=1 exec '%s' \"$@\"\n", strings.TrimSpace(string(library)), binary)
	require.NoError(x.t, os.WriteFile(script, []byte(text), 0o700)) //nolint:gosec // it is run
	x.note("mongod is three hours ahead")
	return script
}

// refusedAhead publishes an event that lies too far ahead.
func (l *load) refusedAhead(at time.Time) {
	l.w.t.Helper()
	m, err := publish.Order(programme, "shop", orderfile.Group{
		Merchant: merchants[0], Account: member(0), ID: "ahead", Ref: orders.Ref{Merchant: merchants[0], Order: "ahead"},
		Event: orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "EUR", Lines: []orders.Line{{ID: "1", SKU: "assam", Quantity: 1, Amount: money.Minor(100)}}},
	})
	require.NoError(l.w.t, err)
	require.NoError(l.w.t, l.publish(l.w.t.Context(), []bus.Outgoing{m}))
	l.deadMax++
}

// takenPartitions is how many partitions replicas of accrual have taken that were free or whose owner was silent.
func (w *world) takenPartitions() float64 { return w.metric("laurel_accrual_taken_partitions_total") }

// recordedInOrder asserts that no entry of an account was recorded before the one before it, though those who recorded have clocks
// that differ: some were hours ahead, and some behind.
func (w *world) recordedInOrder() {
	w.t.Helper()
	b := w.books()
	defer b.close()
	cursor, err := b.of("accrual").Collection("entries").Find(w.t.Context(), bson.M{},
		options.Find().SetSort(bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}).SetProjection(bson.M{"account": 1, "seq": 1, "recorded_at": 1}))
	require.NoError(w.t, err)
	var list []struct {
		Account string
		Seq     int64
		At      time.Time `bson:"recorded_at"`
	}
	require.NoError(w.t, cursor.All(w.t.Context(), &list))
	ahead, behind := 0, 0
	for i, e := range list {
		if i > 0 && e.Account == list[i-1].Account && e.At.Before(list[i-1].At) {
			w.t.Errorf("entry %d of %s was recorded at %s, the one before it at %s", e.Seq, e.Account, e.At, list[i-1].At)
		}
		switch off := time.Until(e.At); {
		case off > time.Hour:
			ahead++
		case off < -time.Hour:
			behind++
		}
	}
	require.NotZero(w.t, ahead, "no entry was recorded by a clock that is ahead")
	require.NotZero(w.t, behind, "no entry was recorded by a clock that is behind")
	w.note("%d entries were recorded hours ahead, %d behind", ahead, behind)
}

// nothingFellDue asserts that there are no entries but those that somebody asked for: days end in the log alone.
func (w *world) nothingFellDue() {
	w.t.Helper()
	b := w.books()
	defer b.close()
	for kind := range b.kinds() {
		require.Contains(w.t, []string{"earn", "reverse", "hold", "capture", "void", "refund"}, kind)
	}
}
