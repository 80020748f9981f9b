package tier_test

import (
	"context"
	"errors"
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

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/tier"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20

	wall   = controlv1.ClockMode_CLOCK_MODE_WALL
	events = controlv1.ClockMode_CLOCK_MODE_EVENTS
)

// theTeaClub has the ladder of the example of domain.md D.
const theTeaClub = `
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
orders: {accept_late_days: 3650}
ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 500.00}, {name: gold, from: 2000.00}]}
`

// place is where one test stands: a nats-server of its own with the tea club in it. Services are added with run, each with
// the database that it is given.
type place struct {
	t    *testing.T
	uri  string
	nats *testkit.NATSServer
	bus  *bus.Bus
	js   jetstream.JetStream
	ids  int
}

func open(t *testing.T, mode controlv1.ClockMode) *place {
	t.Helper()
	p := &place{t: t, nats: testkit.NATS(t)}
	p.uri, _ = testkit.Mongo(t)
	var err error
	p.bus, err = bus.Connect(t.Context(), bus.Config{URL: p.nats.URL, Token: p.nats.Token, Name: "shop"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(p.bus.Close)
	conn, err := nats.Connect(p.nats.URL, nats.Token(p.nats.Token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	p.js, err = jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, p.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	p.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: mode, Partitions: partitions})
	p.apply(1, theTeaClub)
	return p
}

// control publishes a control event to all partitions.
func (p *place) control(program, kind, id string, body proto.Message) {
	p.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	require.NoError(p.t, err)
	require.NoError(p.t, publish.All(p.t.Context(), p.bus, batch))
}

// controlFor publishes a control event for one account.
func (p *place) controlFor(account, source, kind, id string, body proto.Message) {
	p.t.Helper()
	m, err := publish.ControlFor(account, publish.ControlEvent{Program: "tea", Source: source, Kind: kind, ID: id, Body: body})
	require.NoError(p.t, err)
	require.NoError(p.t, publish.All(p.t.Context(), p.bus, []bus.Outgoing{m}))
}

func (p *place) apply(revision int32, text string) {
	p.t.Helper()
	p.control("tea", "revised", fmt.Sprint("revised/", revision), &controlv1.ProgramRevised{
		Program: "tea", Revision: revision, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(text)}},
	})
}

// pass takes the clocks of all partitions to a time.
func (p *place) pass(at string) {
	p.t.Helper()
	p.control("house", "clock", "clock/"+at, &controlv1.ClockPassed{Time: timestamppb.New(moment(at))})
}

// sent is an event as the bus has stored it.
type sent struct {
	account, identity string
	sequence          uint64
}

// send publishes one event of an order under an id.
func (p *place) send(kind, account, id string, body proto.Message) sent {
	p.t.Helper()
	data, err := proto.Marshal(body)
	require.NoError(p.t, err)
	event := cloudevent.Event{
		ID: id, Source: "//till", Type: string(body.ProtoReflect().Descriptor().FullName()), ContentType: cloudevent.ContentTypeProtobuf,
	}
	p.ids++
	subject := bus.OrderSubject("tea", "till", kind, account)
	sequence, err := p.bus.Publish(p.t.Context(), bus.Outgoing{
		Subject: subject, Header: nats.Header(event.Headers()), Data: data, ID: fmt.Sprint("m/", p.ids),
	})
	require.NoError(p.t, err)
	return sent{account, "event-" + bus.EventID(subject+" "+event.Source, id, data), sequence}
}

// refuses lets the ledger refuse an event, as it tells all who read EVENTS.
func (p *place) refuses(e sent) {
	p.t.Helper()
	p.controlFor(e.account, "accrual", "refused", e.identity, &controlv1.EventRefused{
		Program: "tea", Account: e.account, StreamSequence: e.sequence, Identity: e.identity, Reason: "POISON_EVENT",
	})
}

// pays lets an account pay an order at noon of a day, in cents.
func (p *place) pays(account, order, day string, amount int64) sent {
	p.t.Helper()
	return p.send("paid", account, "paid/"+order, &ordersv1.OrderPaid{
		OrderId: order, Currency: "USD", OccurredAt: timestamppb.New(moment(day).Add(12 * time.Hour)),
		Lines: []*ordersv1.Line{{Sku: "tea", Quantity: 1, AmountMinor: amount}},
	})
}

func (p *place) returns(account, order, day string, amount int64) sent {
	p.t.Helper()
	return p.send("returned", account, "returned/"+order, &ordersv1.OrderReturned{
		OrderId: order, ReturnId: "r1", Currency: "USD", OccurredAt: timestamppb.New(moment(day).Add(12 * time.Hour)),
		Lines: []*ordersv1.ReturnedLine{{LineId: "1", AmountMinor: &amount}},
	})
}

// size says how a service works; what is zero is as in production.
type size struct{ lanes, batch int }

// service is one replica of tier, with the client of who calls it.
type service struct {
	*tier.Service
	p       *place
	db      *mongo.Database
	grpc    tierv1.TierServiceClient
	secrets rpc.Secrets
	stop    func()
}

// database makes a name for a database of this test.
func (p *place) database() string {
	p.t.Helper()
	_, name := testkit.Mongo(p.t)
	return name
}

// run makes a service on a database and lets it work until it is stopped or the test ends.
func (p *place) run(database string, s size) *service {
	p.t.Helper()
	secrets := rpc.NewSecrets()
	cfg := tier.Config{
		MongoURI: p.uri, Database: database, NATS: bus.Server{URL: p.nats.URL, Token: p.nats.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions, Lanes: max(s.lanes, 1), BatchItems: 512,
		BatchIdle: 2 * time.Millisecond, QueueItems: 2048,
	}
	if s.batch > 0 {
		cfg.BatchItems = s.batch
	}
	made := &service{p: p, secrets: secrets}
	var err error
	made.Service, err = tier.New(p.t.Context(), cfg, process.Deps{
		Log: testkit.Logger(p.t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{},
	})
	require.NoError(p.t, err)
	conn, err := rpc.Dial(made.Address(), secrets[rpc.Operator])
	require.NoError(p.t, err)
	made.grpc = tierv1.NewTierServiceClient(conn)
	client, err := mongo.Connect(options.Client().ApplyURI(p.uri))
	require.NoError(p.t, err)
	made.db = client.Database(database)
	ctx, cancel := context.WithCancel(p.t.Context())
	var running sync.WaitGroup
	var ended error
	running.Go(func() { ended = made.Run(ctx) })
	made.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if ended != nil && !errors.Is(ended, context.Canceled) {
			p.t.Errorf("the service ended with %v", ended)
		}
	})
	p.t.Cleanup(func() {
		require.NoError(p.t, conn.Close())
		made.stop()
		require.NoError(p.t, made.Close(context.WithoutCancel(p.t.Context())))
		require.NoError(p.t, client.Disconnect(context.WithoutCancel(p.t.Context())))
	})
	return made
}

// drained waits until nothing is left to do.
func (s *service) drained() {
	s.p.t.Helper()
	testkit.Eventually(s.p.t, func() bool {
		p, err := s.Progress(s.p.t.Context())
		return err == nil && p.Drained()
	}, "drained")
	require.NoError(s.p.t, s.Broken())
}

// counted waits until the service has counted what it refused and knew already, which it does a moment after the commit.
func (s *service) counted(refused, duplicates int64) {
	s.p.t.Helper()
	testkit.Eventually(s.p.t, func() bool {
		c := s.Counts()
		return c.Refused == refused && c.Duplicates == duplicates
	}, fmt.Sprintf("%d refused and %d duplicates", refused, duplicates))
}

// member asks where an account stands, now when at is empty.
func (s *service) member(account, at string) *tierv1.MemberTier {
	s.p.t.Helper()
	in := &tierv1.GetMemberTierRequest{Program: "tea", Account: account}
	if at != "" {
		in.At = timestamppb.New(moment(at))
	}
	answer, err := s.grpc.GetMemberTier(s.p.t.Context(), in)
	require.NoError(s.p.t, err, "account %s at %q", account, at)
	return answer.GetMemberTier()
}

// history reads an account's lines, two a page.
func (s *service) history(account string) []string {
	s.p.t.Helper()
	var told []string
	in := &tierv1.ListTierHistoryRequest{Program: "tea", Account: account, PageSize: 2}
	for {
		answer, err := s.grpc.ListTierHistory(s.p.t.Context(), in)
		require.NoError(s.p.t, err)
		for _, l := range answer.GetLines() {
			told = append(told, fmt.Sprintf("%d %s %s>%s %d/%d %s %s%s%s", l.GetSeq(), l.GetEffectiveAt().AsTime().Format(time.DateOnly), l.GetFrom(),
				l.GetTo(), l.GetQualifyingMinor(), l.GetReachMinor(), l.GetCause(), l.GetOrderId(), l.GetEvent(), short(l.GetGrantId())))
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return told
		}
	}
}

func short(grant string) string {
	if grant == "" {
		return ""
	}
	return "grant"
}

// bytes reads everything that a service keeps of accounts, in the order of ids.
func (s *service) bytes() map[string][]bson.Raw {
	s.p.t.Helper()
	all := map[string][]bson.Raw{}
	for _, name := range []string{"standings", "orders", "heard", "history", "refusals"} {
		cursor, err := s.db.Collection(name).Find(s.p.t.Context(), bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		require.NoError(s.p.t, err)
		var list []bson.Raw
		require.NoError(s.p.t, cursor.All(s.p.t.Context(), &list))
		all[name] = list
	}
	return all
}

// facts reads what was told to FACTS, by subject.
func (p *place) facts(filter string) []*tierFact {
	p.t.Helper()
	consumer, err := p.js.OrderedConsumer(p.t.Context(), bus.Facts, jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}})
	require.NoError(p.t, err)
	var list []*tierFact
	for {
		m, err := consumer.Next(jetstream.FetchMaxWait(300 * time.Millisecond))
		if err != nil {
			return list
		}
		list = append(list, &tierFact{m.Subject(), m.Data()})
	}
}

type tierFact struct {
	subject string
	data    []byte
}

func moment(text string) time.Time {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC()
		}
	}
	panic("no time: " + text)
}
