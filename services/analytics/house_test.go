package analytics_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics"
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
	streamBytes = 128 << 20
)

// standing is the place of one test: a database and a nats-server of its own. The ledger is played by the test, which
// tells FACTS what a ledger would; services are added with build.
type standing struct {
	t             *testing.T
	uri, database string
	db            *mongo.Database
	nats          *testkit.NATSServer
	bus           *bus.Bus
	ledger        *ledger
	repeats       int // batches told again
}

func open(t *testing.T) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t), ledger: newLedger("tea")}
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "ledger"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	return h
}

// tell publishes facts next to each other, as one batch or several full ones.
func (h *standing) tell(facts ...bus.Outgoing) {
	h.t.Helper()
	for len(facts) > 0 {
		n := min(len(facts), bus.BatchMessagesMax)
		require.NoError(h.t, publish.All(h.t.Context(), h.bus, facts[:n]))
		facts = facts[n:]
	}
}

// again publishes facts once more, past the window in which the bus knows them.
func (h *standing) again(facts ...bus.Outgoing) {
	h.t.Helper()
	h.repeats++
	repeated := make([]bus.Outgoing, len(facts))
	for i, f := range facts {
		repeated[i] = f
		repeated[i].ID += fmt.Sprint(" forgotten ", h.repeats)
		repeated[i].Header = maps.Clone(f.Header)
	}
	h.tell(repeated...)
}

// size says how a service works; what is zero is as in production.
type size struct {
	lanes, batch int
	clock        clock.Clock
}

// service is one replica of analytics, with the client of who calls it.
type service struct {
	*analytics.Service
	h       *standing
	health  *telemetry.Health
	grpc    analyticsv1.AnalyticsServiceClient
	models  analyticsv1.ModelServiceClient
	exports analyticsv1.ExportServiceClient
	secrets rpc.Secrets

	registry *prometheus.Registry
	stop     func()
}

// build makes a service that does not run yet.
func (h *standing) build(s size) *service {
	h.t.Helper()
	secrets := rpc.NewSecrets()
	cfg := analytics.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions, Lanes: max(s.lanes, 1), BatchItems: s.batch,
		BatchIdle: 2 * time.Millisecond, QueueItems: 2048,
	}
	if cfg.BatchItems == 0 {
		cfg.BatchItems = 512
	}
	made := &service{h: h, health: &telemetry.Health{}, secrets: secrets, registry: prometheus.NewRegistry(), stop: func() {}}
	if s.clock == nil {
		s.clock = clock.System()
	}
	var err error
	made.Service, err = analytics.New(h.t.Context(), cfg, analytics.Deps{
		Log: testkit.Logger(h.t), Clock: s.clock, Registry: made.registry, Health: made.health,
	})
	require.NoError(h.t, err)
	conn, err := rpc.Dial(made.Address(), secrets[rpc.Operator])
	require.NoError(h.t, err)
	made.grpc, made.models = analyticsv1.NewAnalyticsServiceClient(conn), analyticsv1.NewModelServiceClient(conn)
	made.exports = analyticsv1.NewExportServiceClient(conn)
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
	var counts analytics.Counts
	var progress follow.Progress
	for done, polls := false, 0; !done; {
		testkit.Eventually(s.h.t, func() bool {
			if now := s.Counts(); now != counts { // it is busy: no need to ask
				counts = now
				return true
			}
			if polls++; polls%4 != 0 {
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

// report asks for a report of the tea club as of a day.
func (s *service) report(name, asOf string) *analyticsv1.Report {
	s.h.t.Helper()
	return s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: asOf})
}

func (s *service) ask(in *analyticsv1.GetReportRequest) *analyticsv1.Report {
	s.h.t.Helper()
	answer, err := s.grpc.GetReport(s.h.t.Context(), in)
	require.NoError(s.h.t, err, "%v", in)
	return answer.GetReport()
}

// reportNames lists what can be asked for.
func (s *service) reportNames() []string {
	s.h.t.Helper()
	answer, err := s.grpc.ListReports(s.h.t.Context(), &analyticsv1.ListReportsRequest{})
	require.NoError(s.h.t, err)
	var names []string
	for _, r := range answer.GetReports() {
		names = append(names, r.GetName())
	}
	return names
}

// page asks for a report with its page.
func (s *service) page(name, asOf string) (*analyticsv1.Report, string) {
	s.h.t.Helper()
	return s.comparedPage(name, asOf, "")
}

// comparedPage is a page that is compared with an earlier day; empty: with none.
func (s *service) comparedPage(name, asOf, compare string) (*analyticsv1.Report, string) {
	s.h.t.Helper()
	answer, err := s.grpc.GetReport(s.h.t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: asOf, Compare: compare, Page: true})
	require.NoError(s.h.t, err, name)
	return answer.GetReport(), answer.GetPage()
}

// bodyOf is the body of a report.
func bodyOf(r *analyticsv1.Report) proto.Message {
	m := r.ProtoReflect()
	return m.Get(m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))).Message().Interface()
}

// requireFinite checks that an answer holds no number that is none.
func requireFinite(t *testing.T, r proto.Message) {
	t.Helper()
	text, err := protojson.Marshal(r)
	require.NoError(t, err)
	require.NotRegexp(t, `NaN|Infinity|[+-]Inf\b`, string(text))
}

// customers lists all customers of the tea club as of a day, in pages of a size.
func (s *service) customers(asOf string, size int32) []*analyticsv1.Customer {
	s.h.t.Helper()
	var all []*analyticsv1.Customer
	in := &analyticsv1.ListCustomersRequest{Program: "tea", AsOf: asOf, PageSize: size}
	for {
		answer, err := s.grpc.ListCustomers(s.h.t.Context(), in)
		require.NoError(s.h.t, err)
		all = append(all, answer.GetCustomers()...)
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return all
		}
	}
}

// documents reads a whole collection in the order of its ids.
func (h *standing) documents(collection string) []bson.M {
	h.t.Helper()
	cursor, err := h.db.Collection(collection).Find(h.t.Context(), bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(h.t, err)
	var list []bson.M
	require.NoError(h.t, cursor.All(h.t.Context(), &list))
	return list
}
