package programme_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/programme"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20
)

// theTeaClub is a small programme.
const theTeaClub = `programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
`

// generous is the tea club with another rate.
func generous(points string) string {
	return strings.Replace(theTeaClub, "points: 1,", "points: "+points+",", 1)
}

// standing is the place of one test: a database and a nats-server of its own. Services are added with run.
type standing struct {
	t             *testing.T
	uri, database string
	db            *mongo.Database
	nats          *testkit.NATSServer
	bus           *bus.Bus
	published     int // by publish
}

func open(t *testing.T) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t)}
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	h.makeStreams()
	return h
}

func (h *standing) makeStreams() {
	h.t.Helper()
	require.NoError(h.t, h.bus.EnsureStreams(h.t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
}

// jetstream is a connection for what Laurel itself never does.
func (h *standing) jetstream() jetstream.JetStream {
	h.t.Helper()
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token))
	require.NoError(h.t, err)
	h.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(h.t, err)
	return js
}

// service is one replica, with the client of who calls it.
type service struct {
	programmev1.ProgrammeServiceClient
	h       *standing
	health  *telemetry.Health
	secrets rpc.Secrets
	address string
	stop    func()
}

// run makes a replica and lets it work until it is stopped or the test ends.
func (h *standing) run() *service {
	h.t.Helper()
	secrets := rpc.NewSecrets()
	cfg := programme.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions,
	}
	s := &service{h: h, health: &telemetry.Health{}, secrets: secrets}
	made, err := programme.New(h.t.Context(), cfg, programme.Deps{
		Log: testkit.Logger(h.t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: s.health,
	})
	require.NoError(h.t, err)
	s.address = made.Address()
	conn, err := rpc.Dial(s.address, secrets[rpc.Operator])
	require.NoError(h.t, err)
	s.ProgrammeServiceClient = programmev1.NewProgrammeServiceClient(conn)
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	running.Go(func() { err = made.Run(ctx) })
	s.stop = sync.OnceFunc(func() {
		require.NoError(h.t, conn.Close())
		cancel()
		running.Wait()
		require.NoError(h.t, err)
		require.NoError(h.t, made.Close(context.WithoutCancel(h.t.Context())))
	})
	h.t.Cleanup(s.stop)
	return s
}

// ready waits until the service has compared its registry with the log.
func (s *service) ready() *service {
	s.h.t.Helper()
	testkit.Eventually(s.h.t, func() bool {
		s.health.Poll(s.h.t.Context())
		return s.health.Ready()
	}, "ready")
	return s
}

// files is one file of a programme.
func files(text string) []*programmev1.File {
	return []*programmev1.File{{Name: "tea.yaml", Content: []byte(text)}}
}

// ask is one that applies a text, under a key of its own.
func ask(base int32, text string) *programmev1.ApplyProgramRequest {
	return &programmev1.ApplyProgramRequest{Program: "tea", IdempotencyKey: house.NewToken(), BaseRevision: base, Files: files(text)}
}

// apply makes a text the next revision of the tea club.
func (s *service) apply(base int32, text string) *programmev1.Revision {
	s.h.t.Helper()
	answer, err := s.ApplyProgram(s.h.t.Context(), ask(base, text))
	require.NoError(s.h.t, err)
	require.False(s.h.t, answer.GetUnchanged())
	require.True(s.h.t, answer.GetRevision().GetPublished())
	require.Equal(s.h.t, base+1, answer.GetRevision().GetNumber())
	return answer.GetRevision()
}

// list is all revisions of the tea club, newest first.
func (s *service) list() []*programmev1.Revision {
	s.h.t.Helper()
	answer, err := s.ListRevisions(s.h.t.Context(), &programmev1.ListRevisionsRequest{Program: "tea", PageSize: 200})
	require.NoError(s.h.t, err)
	require.Empty(s.h.t, answer.GetNextPageToken())
	return answer.GetRevisions()
}

// logged is what stands in a partition of EVENTS.
func (h *standing) logged(partition int) []*controlv1.ProgramRevised {
	h.t.Helper()
	messages, err := h.bus.ControlEvents(h.t.Context(), partition, "revised", 0)
	require.NoError(h.t, err)
	list := make([]*controlv1.ProgramRevised, len(messages))
	for i, m := range messages {
		list[i] = &controlv1.ProgramRevised{}
		require.NoError(h.t, proto.Unmarshal(m.Data, list[i]))
	}
	return list
}

// requireTogether wants each revision to stand in EVENTS as one batch: next to each other, once for each partition.
func (h *standing) requireTogether(revisions int) {
	h.t.Helper()
	places := make([][]uint64, revisions)
	for partition := range partitions {
		messages, err := h.bus.ControlEvents(h.t.Context(), partition, "revised", 0)
		require.NoError(h.t, err)
		require.Len(h.t, messages, revisions)
		for n, m := range messages {
			places[n] = append(places[n], m.Sequence)
		}
	}
	for n, list := range places {
		slices.Sort(list)
		require.Equal(h.t, list[0]+uint64(partitions)-1, list[partitions-1], "revision %d stands at %v", n+1, list)
	}
}

// requireLogged wants each partition to hold these revisions of the tea club, in this order: number and rate.
func (h *standing) requireLogged(want ...string) {
	h.t.Helper()
	for partition := range partitions {
		var got []string
		for _, r := range h.logged(partition) {
			got = append(got, fmt.Sprint(r.GetRevision(), " ", rate(string(r.GetFiles()[0].GetContent()))))
		}
		require.Equal(h.t, want, got, "partition %d", partition)
	}
}

// rate is the points of a tea club's text.
func rate(text string) string {
	_, rest, _ := strings.Cut(text, "{points: ")
	points, _, _ := strings.Cut(rest, ",")
	return points
}

// publish publishes a revision of the tea club as laurel itself did before there was this service.
func (h *standing) publish(number int32, text string) {
	h.t.Helper()
	body := &controlv1.ProgramRevised{
		Program: "tea", Revision: number, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(text)}},
	}
	h.published++
	id := fmt.Sprint("revised/", h.published)
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "laurel", Kind: "revised", ID: id, Body: body}, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}
