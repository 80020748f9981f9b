package member_test

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

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/member"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 16 << 20
)

// morning is when the tests begin.
var morning = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// standing is the place of one test: a database and a nats-server of its own with the programme tea, and a clock.
type standing struct {
	t             *testing.T
	uri, database string
	db            *mongo.Database
	nats          *testkit.NATSServer
	bus           *bus.Bus
	js            jetstream.JetStream
	clock         *clock.Manual
	serial        int
}

func open(t *testing.T) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t), clock: clock.At(morning)}
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h.js, err = jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	h.apply("tea")
	return h
}

// apply publishes a revision of a programme; member looks only if there is one.
func (h *standing) apply(program string) {
	h.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{
		Program: program, Source: "programme", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{Program: program, Revision: 1},
	}, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}

// service is one replica of member, with a client.
type service struct {
	*member.Service
	memberv1.MemberServiceClient
	secrets rpc.Secrets
	stop    func()
}

// build makes a service that does not run yet.
func (h *standing) build() *service {
	h.t.Helper()
	secrets := rpc.NewSecrets()
	cfg := member.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions,
	}
	made := &service{secrets: secrets, stop: func() {}}
	var err error
	made.Service, err = member.New(h.t.Context(), cfg, member.Deps{
		Log: testkit.Logger(h.t), Clock: h.clock, Registry: prometheus.NewRegistry(), Health: &telemetry.Health{},
	})
	require.NoError(h.t, err)
	conn, err := rpc.Dial(made.Address(), secrets[rpc.Operator])
	require.NoError(h.t, err)
	made.MemberServiceClient = memberv1.NewMemberServiceClient(conn)
	h.t.Cleanup(func() {
		require.NoError(h.t, conn.Close())
		made.stop()
		require.NoError(h.t, made.Close(context.WithoutCancel(h.t.Context())))
	})
	return made
}

// run makes a service and lets it work until it is stopped or the test ends.
func (h *standing) run() *service {
	h.t.Helper()
	made := h.build()
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = made.Run(ctx) })
	made.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		require.NoError(h.t, err)
	})
	return made
}

// key is another idempotency key each time.
func (h *standing) key() string {
	h.serial++
	return fmt.Sprint("key-", h.serial)
}

// enrol enrols somebody with an account of their own, or into the account of another.
func (h *standing) enrol(s *service, id string, into ...string) *memberv1.Member {
	h.t.Helper()
	in := &memberv1.EnrolMemberRequest{Program: "tea", Member: id, Kind: memberv1.MemberKind_MEMBER_KIND_CONSUMER, IdempotencyKey: h.key()}
	if len(into) > 0 {
		in.Account, in.Role = into[0], memberv1.Role_ROLE_BUYER
	}
	answer, err := s.EnrolMember(h.t.Context(), in)
	require.NoError(h.t, err)
	return answer.GetMember()
}

// link makes a member known by a card.
func (h *standing) link(s *service, id, card string) *memberv1.LinkedAlias {
	h.t.Helper()
	answer, err := s.LinkAlias(h.t.Context(), &memberv1.LinkAliasRequest{
		Program: "tea", Member: id, Alias: cardNo(card), IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
	return answer.GetAlias()
}

func cardNo(value string) *memberv1.Alias {
	return &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_CARD, Value: value}
}

// leads is the account to which a card leads at a time; the zero time is now.
func (h *standing) resolve(s *service, a *memberv1.Alias) (*memberv1.ResolveMemberResponse, error) {
	answer, err := s.ResolveMember(h.t.Context(), &memberv1.ResolveMemberRequest{Program: "tea", Alias: a})
	return answer, rpc.FromStatus(err)
}

// told waits until nothing waits in the outbox, and returns the enrolments in EVENTS, in their order.
func (h *standing) told(s *service) []*controlv1.MemberEnrolled {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		p, err := s.Progress(h.t.Context())
		return err == nil && p.Drained()
	}, "everything is told")
	var list []*controlv1.MemberEnrolled
	for _, m := range h.enrolments() {
		var body controlv1.MemberEnrolled
		require.NoError(h.t, proto.Unmarshal(m.Data, &body))
		list = append(list, &body)
	}
	return list
}

// enrolments are the messages of EVENTS that tell of one.
func (h *standing) enrolments() []*jetstream.RawStreamMsg {
	h.t.Helper()
	stream, err := h.js.Stream(h.t.Context(), bus.Events)
	require.NoError(h.t, err)
	info, err := stream.Info(h.t.Context())
	require.NoError(h.t, err)
	var list []*jetstream.RawStreamMsg
	for n := uint64(1); n <= info.State.LastSeq; n++ {
		m, err := stream.GetMsg(h.t.Context(), n)
		require.NoError(h.t, err)
		if m.Header.Get("ce-type") == "laurel.control.v1.MemberEnrolled" {
			list = append(list, m)
		}
	}
	return list
}

// count counts the documents of a collection.
func (h *standing) count(collection string, filter bson.M) int64 {
	h.t.Helper()
	n, err := h.db.Collection(collection).CountDocuments(h.t.Context(), filter)
	require.NoError(h.t, err)
	return n
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
