package faults

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// testCommands has mongod take commands that break it.
var testCommands = ground{mongoArgs: []string{"--setParameter", "enableTestCommands=1"}}

// admin is the administration of mongod, past the house.
func (w *world) admin() *mongo.Database {
	w.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(w.mongod.URI()).SetTimeout(callMax).SetDirect(true))
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), callMax)
		defer cancel()
		_ = client.Disconnect(ctx) // only asked
	})
	return client.Database("admin")
}

// failPoint turns a fail point of mongod on, and returns what turns it off and tells how often it was met.
func (w *world) failPoint(admin *mongo.Database, name string, mode any, data bson.D) func() int {
	w.t.Helper()
	require.NoError(w.t, admin.RunCommand(w.t.Context(), bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: mode}, {Key: "data", Value: data}}).Err())
	return func() int {
		var answer struct{ Count int }
		err := admin.RunCommand(w.t.Context(), bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: "off"}}).Decode(&answer)
		require.NoError(w.t, err)
		return answer.Count
	}
}

// metricSum adds up all series of all metrics whose name and labels contain these.
func (w *world) metricSum(parts ...string) (float64, bool) {
	return w.sumOn(w.get("/metrics"), parts...)
}

// sumOn adds them up on pages that are there already.
func (w *world) sumOn(page string, parts ...string) (float64, bool) {
	w.t.Helper()
	sum, found := 0.0, false
	for line := range strings.Lines(page) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "} ")
		has := !strings.HasPrefix(line, "#")
		for _, part := range parts {
			has = has && strings.Contains(name, part)
		}
		if !has {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		require.NoError(w.t, err, line)
		sum, found = sum+value, true
	}
	return sum, found
}

func primaryStepsDown(x *trial) {
	const (
		stepDowns = 10
		cut       = 50
	)
	w := x.raise(testCommands)
	admin := w.admin()
	x.mustFire("the primary stepped down", stepDowns)
	x.mustFire("connections were closed in a commit", 1)
	l := w.load(x.volume)
	every := time.Duration(x.volume.seconds) * time.Second / stepDowns
	off := w.failPoint(admin, "failCommand", bson.M{"times": cut}, bson.D{
		{Key: "failCommands", Value: bson.A{"commitTransaction"}}, {Key: "closeConnection", Value: true},
	})
	for range stepDowns {
		pause(x.t.Context(), every/2+time.Duration(x.random.Int64N(int64(every/2))))
		// It closes the connection of whoever asks, too, and has no other node to give its place to.
		_ = admin.RunCommand(x.t.Context(), bson.D{{Key: "replSetStepDown", Value: 1}, {Key: "force", Value: true}}).Err()
		require.Eventually(x.t, func() bool { return w.steps(admin) }, drainMax, loadTick, "it is primary again")
		x.fired("the primary stepped down")
		w.up(l, time.Now())
	}
	met := off()
	if met >= cut {
		x.fired("connections were closed in a commit")
	}
	w.holds(l)
	l.onlyTrouble()
	x.note("%d commits lost their connection", met)
	counted, found := w.metricSum("mongo_failures_total", `command="commitTransaction"`)
	if !found || counted == 0 {
		x.t.Errorf("no metric counts the commits whose outcome was not known (%d)", met)
	}
	x.note("the metric counts %.0f failed commits", counted)
}

// steps tells whether mongod is primary.
func (w *world) steps(admin *mongo.Database) bool {
	var hello struct {
		Primary bool `bson:"isWritablePrimary"`
	}
	return admin.RunCommand(w.t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello) == nil && hello.Primary
}

// Of X5, as docs/decisions/0043 reads it.
const (
	quarter = 0.25
	// aFifthOfWrites is how likely mongod has a write to one of its own tables conflict, as the list of faults says. A transaction that
	// takes one order makes some fifteen of them, so that three in a hundred go through: what must hold is that nothing is lost, doubled
	// or taken for poison, and that the house is up again in time. How much goes through is told, and no criterion.
	aFifthOfWrites = 0.2
	// aFifthOfTransactions is the same, so that a fifth of such transactions conflict: a quarter of the load must go through.
	aFifthOfTransactions = 0.016
)

// writesConflict has a fifth of the transactions conflict, and then, as the list of faults has it, a fifth of the writes within them.
func writesConflict(x *trial) {
	w := x.raise(testCommands)
	l := w.quiet(x.volume)
	least := quarter * float64(x.volume.perSecond)
	if rate := w.conflicting(l, aFifthOfTransactions, "a fifth of the transactions conflict"); rate < least {
		x.t.Errorf("%.0f entries/s while a fifth of the transactions conflict, at least %.0f", rate, least)
	}
	w.conflicting(w.more(l), aFifthOfWrites, "a fifth of the writes conflict")
}

// conflicting is a load while writes conflict and some are not confirmed; it returns how many entries were made in a second meanwhile.
func (w *world) conflicting(l *load, conflicts float64, what string) float64 {
	w.t.Helper()
	const (
		unconfirmed  = 0.05
		writeConcern = 64 // WriteConcernFailed
	)
	x, admin := w.trial, w.admin()
	x.mustFire(what, 1)
	x.mustFire("writes were not confirmed", 1)
	entries, tries, through := w.applied(), w.tried(), w.wentThrough()
	off := w.failPoint(admin, "WTWriteConflictException", bson.M{"activationProbability": conflicts}, bson.D{})
	offConcern := w.failPoint(admin, "failCommand", bson.M{"activationProbability": unconfirmed}, bson.D{
		{Key: "failCommands", Value: bson.A{"insert", "update", "delete", "findAndModify", "commitTransaction"}},
		{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: writeConcern}, {Key: "errmsg", Value: "waiting for replication timed out"}}},
	})
	l.start()
	pause(x.t.Context(), time.Duration(x.volume.seconds)*time.Second)
	rate := float64(w.applied()-entries) / float64(x.volume.seconds)
	tries, through = w.tried()-tries, w.wentThrough()-through
	met, unsure := off(), offConcern()
	if met > 0 {
		x.fired(what)
	}
	if unsure > 0 {
		x.fired("writes were not confirmed")
	}
	w.up(l, time.Now())
	x.note("%s: %d met others, %d were not confirmed, %.0f of %.0f transactions of accrual went through, %.0f entries/s", what, met, unsure, through, tries, rate)
	w.holds(l)
	return rate
}

// tried is how often accrual has begun to write a batch: with its partitions. wentThrough is how often it was written.
func (w *world) tried() float64 {
	n, found := w.metricSum("laurel_accrual_mongo_seconds_count", `collection="partitions"`, `command="update"`)
	require.True(w.t, found)
	return n
}

func (w *world) wentThrough() float64 { return w.metric("laurel_accrual_batch_items_count") }

// applied is how many entries the ledger has.
func (w *world) applied() int64 {
	w.t.Helper()
	b := w.books()
	defer b.close()
	n, err := b.of("accrual").Collection("entries").CountDocuments(w.t.Context(), bson.M{})
	require.NoError(w.t, err)
	return n
}
