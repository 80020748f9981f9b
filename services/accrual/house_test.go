package accrual_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20

	wall   = controlv1.ClockMode_CLOCK_MODE_WALL
	events = controlv1.ClockMode_CLOCK_MODE_EVENTS
)

// theTeaClub is a programme small enough to be reckoned in the head: a point for each full dollar, active at once.
const theTeaClub = `
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
returns: {wait_days: 30}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}]
`

// standing is the place of one test: a database and a nats-server of its own, and the house opened in them. Services
// are added with build.
type standing struct {
	t             *testing.T
	uri, database string
	db            *mongo.Database
	nats          *testkit.NATSServer
	bus           *bus.Bus
	js            jetstream.JetStream
	revisions     int32
}

// open makes the streams and fixes what moves the clock.
func open(t *testing.T, mode controlv1.ClockMode) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t)}
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "shop"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h.js, err = jetstream.New(conn)
	require.NoError(t, err)
	h.makeStreams()
	h.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: mode, Partitions: partitions})
	return h
}

func (h *standing) makeStreams() {
	h.t.Helper()
	require.NoError(h.t, h.bus.EnsureStreams(h.t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
}

// control publishes a control event to all partitions.
func (h *standing) control(program, kind, id string, body proto.Message) {
	h.t.Helper()
	event := publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}
	batch, err := publish.Control(event, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}

// apply publishes the next revision of the tea club, effective at once.
func (h *standing) apply(text string) {
	h.t.Helper()
	h.applyFrom(text, "")
}

// applyFrom publishes the next revision of the tea club, effective from a time on.
func (h *standing) applyFrom(text, from string) {
	h.t.Helper()
	h.revisions++
	body := &controlv1.ProgramRevised{
		Program: "tea", Revision: h.revisions, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(text)}},
	}
	if from != "" {
		body.EffectiveAt = timestamppb.New(moment(from))
	}
	h.control("tea", "revised", fmt.Sprint("revised/", h.revisions), body)
}

// pass takes the clocks of all partitions to a time.
func (h *standing) pass(at string) {
	h.t.Helper()
	h.control("house", "clock", "clock/"+at, &controlv1.ClockPassed{Time: timestamppb.New(moment(at))})
}

// size says how a service works; what is zero is as in production.
type size struct {
	lanes, batch int
	tracing      telemetry.Tracing
	clock        clock.Clock
	people       []rpc.Person
	queue        int                  // items
	ahead        int                  // orders of intakes
	registry     *prometheus.Registry // nil: nobody looks at it
	// shares has the service share the partitions with whoever else does, and know the callers of with, where that is set.
	shares bool
	with   *service
}

// service is one replica of accrual, with the clients of who calls it.
type service struct {
	*accrual.Service
	h       *standing
	health  *telemetry.Health
	secrets rpc.Secrets
	grpc    accrualv1.AccrualServiceClient
	stop    func()
}

// build makes a service that does not run yet.
func (h *standing) build(s size) *service {
	h.t.Helper()
	made := &service{h: h, health: &telemetry.Health{}, secrets: rpc.NewSecrets(), stop: func() {}}
	if s.with != nil {
		made.secrets = s.with.secrets
	}
	for _, p := range s.people {
		made.secrets[p.Caller()] = rpc.NewSecrets()[rpc.Operator]
	}
	if s.clock == nil {
		s.clock = clock.System()
	}
	cfg := accrual.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0",
		Callers: made.secrets.List(), Partitions: partitions, Lanes: max(s.lanes, 1), BatchItems: s.batch,
		BatchIdle: 2 * time.Millisecond, QueueItems: 2048,
	}
	if s.queue > 0 {
		cfg.QueueItems = s.queue
	}
	if cfg.BatchItems == 0 {
		cfg.BatchItems = 512
	}
	if cfg.IntakeAhead = s.ahead; s.ahead == 0 {
		cfg.IntakeAhead = 2048
	}
	if s.registry == nil {
		s.registry = prometheus.NewRegistry()
	}
	var err error
	made.Service, err = accrual.New(h.t.Context(), cfg, accrual.Deps{
		Log: testkit.Logger(h.t), Clock: s.clock, Registry: s.registry, Health: made.health, Tracing: s.tracing, Shared: s.shares,
	})
	require.NoError(h.t, err)
	conn, err := rpc.Dial(made.Address(), made.secrets[rpc.Operator])
	require.NoError(h.t, err)
	made.grpc = accrualv1.NewAccrualServiceClient(conn)
	h.t.Cleanup(func() {
		require.NoError(h.t, conn.Close())
		made.stop()
		require.NoError(h.t, made.Close(context.WithoutCancel(h.t.Context())))
	})
	return made
}

// run makes a service and lets it work until it is stopped or the test ends.
func (h *standing) run(s size) *service {
	h.t.Helper()
	made := h.build(s)
	made.start()
	return made
}

// start lets the service work. A service runs once.
func (s *service) start() {
	ctx, cancel := context.WithCancel(s.h.t.Context())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = s.Run(ctx) })
	s.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		require.NoError(s.h.t, err)
	})
}

// drained waits until nothing is left to do, however long that takes, as long as it goes on.
func (s *service) drained() {
	s.h.t.Helper()
	var counts accrual.Counts
	var progress follow.Progress
	for done, polls := false, 0; !done; {
		testkit.Eventually(s.h.t, func() bool {
			if now := s.Counts(); now != counts { // it is busy: no need to ask
				counts = now
				return true
			}
			if polls++; polls%4 != 0 { // an answer costs the bus and the store some work
				return false
			}
			now, err := s.Progress(s.h.t.Context())
			if err != nil {
				return false
			}
			further := now != progress
			done, progress = now.Drained(), now
			return done || further
		}, "drained, or further than it was")
	}
	require.NoError(s.h.t, s.Broken())
}

// account asks for an account of the tea club.
func (s *service) account(id string) *accrualv1.Account {
	s.h.t.Helper()
	answer, err := s.grpc.GetAccount(s.h.t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: id})
	require.NoError(s.h.t, err, "account %s", id)
	return answer.GetAccount()
}

// active is how many points an account can spend.
func (s *service) active(id string) int64 {
	s.h.t.Helper()
	a := s.account(id)
	if len(a.GetBalances()) == 0 {
		return 0
	}
	return a.GetBalances()[0].GetActive()
}

// entries are an account's, in their order.
func (s *service) entries(id string) []*accrualv1.Entry {
	s.h.t.Helper()
	var all []*accrualv1.Entry
	request := &accrualv1.ListEntriesRequest{Program: "tea", Account: id, PageSize: 200}
	for {
		answer, err := s.grpc.ListEntries(s.h.t.Context(), request)
		require.NoError(s.h.t, err, "entries of %s", id)
		all = append(all, answer.GetEntries()...)
		if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
			return all
		}
	}
}

// audit verifies the ledger of the tea club and adds it up.
func (s *service) audit() accrual.Audit {
	s.h.t.Helper()
	audit, err := s.Audit(s.h.t.Context(), accrual.Question{Program: "tea", Unit: "points"})
	require.NoError(s.h.t, err)
	return audit
}

// requireSound wants every invariant of the ledger to hold.
func (s *service) requireSound() {
	s.h.t.Helper()
	for _, check := range s.audit().Checks {
		require.True(s.h.t, check.OK, "%s: %s", check.Name, check.Detail)
	}
}

// documents reads a whole collection in the order of its ids, without the fields that say when it was written.
func (h *standing) documents(collection string, without ...string) []bson.M {
	h.t.Helper()
	hidden := bson.M{"recorded_at": 0}
	for _, name := range without {
		hidden[name] = 0
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(hidden)
	cursor, err := h.db.Collection(collection).Find(h.t.Context(), bson.M{}, opts)
	require.NoError(h.t, err)
	var list []bson.M
	require.NoError(h.t, cursor.All(h.t.Context(), &list))
	return list
}

// change alters one document behind the service's back.
func (h *standing) change(collection, id string, update bson.M) {
	h.t.Helper()
	result, err := h.db.Collection(collection).UpdateByID(h.t.Context(), id, update)
	require.NoError(h.t, err)
	require.EqualValues(h.t, 1, result.ModifiedCount, "%s %s", collection, id)
}

// moment reads a time or a day; times that no test says are a mistake in the test.
func moment(text string) time.Time {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC()
		}
	}
	panic("no time: " + text)
}
