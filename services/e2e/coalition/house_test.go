// Package coalition tests the ledger and the partner service together: real calls, real facts, a clock that the test passes
// on, and settlements at the end.
package coalition

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
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
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/partner"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 32 << 20
)

// e2 are the agreements of the worked example (domain E2).
const e2 = `
programme: tea
name: Tea Club
zone: Europe/Berlin
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
partners:
  a: {name: Sky Air, roles: [issue, redeem], category: airline, redemption_price: 0.01}
  b: {name: Bank B, roles: [issue], category: bank}
  c: {name: Café C, roles: [redeem], category: cafe, redemption_price: 0.008}
`

// standing is the place of one test: databases and a nats-server of its own, with the house opened in it.
type standing struct {
	t             *testing.T
	uri, database string
	client        *mongo.Client
	nats          *testkit.NATSServer
	bus           *bus.Bus
	js            jetstream.JetStream
	secrets       rpc.Secrets
	accrual       *accrual.Service
	away          func() // stops accrual
	ledger        accrualv1.AccrualServiceClient
	ca            *devca.CA
	dir           string // of the CA
	door          devca.Pair
	revisions     int32
	serial        int
}

// open raises a house whose clock the test passes on, with the ledger at work.
func open(t *testing.T, programme string) *standing {
	t.Helper()
	return openAt(t, programme, "127.0.0.1:0")
}

// openAt has accrual listen at an address, to which it can come back.
func openAt(t *testing.T, programme, ledger string) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t), secrets: rpc.NewSecrets(), dir: t.TempDir()}
	h.uri, h.database = testkit.Mongo(t)
	var err error
	h.ca, err = devca.Open(h.dir, clock.System().Now())
	require.NoError(t, err)
	h.door, err = h.ca.Server("server", "127.0.0.1")
	require.NoError(t, err)
	h.client, err = mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		require.NoError(t, h.books().Drop(ctx))
		require.NoError(t, h.client.Disconnect(ctx))
	})
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h.js, err = jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	h.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_EVENTS, Partitions: partitions})
	h.apply(programme)
	h.keep(ledger)
	h.ledger = accrualv1.NewAccrualServiceClient(h.dial(h.accrual.Address()))
	return h
}

// keep starts accrual, which listens at an address.
func (h *standing) keep(address string) {
	h.t.Helper()
	var err error
	h.accrual, err = accrual.New(h.t.Context(), accrual.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: address,
		Callers: h.secrets.List(), Partitions: partitions, Lanes: 1, BatchItems: 512, BatchIdle: 2 * time.Millisecond, QueueItems: 2048,
	}, h.deps())
	require.NoError(h.t, err)
	h.away = h.run(h.accrual)
}

func (h *standing) deps() process.Deps {
	return process.Deps{Log: testkit.Logger(h.t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{}}
}

// dial connects as the operator.
func (h *standing) dial(address string) *grpc.ClientConn {
	h.t.Helper()
	conn, err := rpc.Dial(address, h.secrets[rpc.Operator])
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, conn.Close()) })
	return conn
}

// running is what runs a service until it is stopped.
type running interface {
	Run(ctx context.Context) error
	Close(ctx context.Context) error
}

// run lets a service work until what it returns is called, or the test ends.
func (h *standing) run(s running) func() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	var working sync.WaitGroup
	var err error
	working.Go(func() { err = s.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		working.Wait()
		require.NoError(h.t, err)
		require.NoError(h.t, s.Close(context.WithoutCancel(h.t.Context())))
	})
	h.t.Cleanup(stop)
	return stop
}

// books is the database of the partner service.
func (h *standing) books() *mongo.Database { return h.client.Database(h.database + "_partner") }

// control publishes a control event to all partitions.
func (h *standing) control(program, kind, id string, body proto.Message) {
	h.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}

// apply publishes the next revision of the tea club, effective at once.
func (h *standing) apply(text string) {
	h.t.Helper()
	h.revisions++
	h.control("tea", "revised", fmt.Sprint("revised/", h.revisions), &controlv1.ProgramRevised{
		Program: "tea", Revision: h.revisions, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(text)}},
	})
}

// pass takes the clocks to the beginning of a day in Berlin and waits until the ledger stands there.
func (h *standing) pass(day string) {
	h.t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(h.t, err)
	at, err := time.ParseInLocation(time.DateOnly, day, berlin)
	require.NoError(h.t, err)
	h.control("house", "clock", "clock/"+day, &controlv1.ClockPassed{Time: timestamppb.New(at)})
	testkit.Eventually(h.t, func() bool {
		p, err := h.accrual.Progress(h.t.Context())
		return err == nil && p.Drained()
	}, "the ledger has come to "+day)
}

// key is another idempotency key each time.
func (h *standing) key() string {
	h.serial++
	return fmt.Sprint("key-", h.serial)
}

// award gives points of an issuer that all lapse on one day.
func (h *standing) award(account, issuer string, points int64) {
	h.t.Helper()
	_, err := h.ledger.AwardPoints(h.t.Context(), &accrualv1.AwardPointsRequest{
		Program: "tea", Account: account, Points: points, Issuer: issuer, ExpiryDay: expiry, IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
}

// spend takes points at a redeemer, and returns the capture.
func (h *standing) spend(account, redeemer string, points int64) string {
	h.t.Helper()
	held, err := h.ledger.HoldPoints(h.t.Context(), &accrualv1.HoldPointsRequest{
		Program: "tea", Account: account, Points: points, Redeemer: redeemer, IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
	captured, err := h.ledger.CaptureHold(h.t.Context(), &accrualv1.CaptureHoldRequest{
		Program: "tea", Account: account, HoldId: held.GetHoldId(), IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
	return captured.GetCaptureId()
}

func (h *standing) refund(account, capture string) {
	h.t.Helper()
	_, err := h.ledger.RefundCapture(h.t.Context(), &accrualv1.RefundCaptureRequest{
		Program: "tea", Account: account, CaptureId: capture, IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
}

// expiry is the day on which all points of the tests lapse.
const expiry = "2027-04-01"

// desk is one replica of the partner service, with a client of its settlements.
type desk struct {
	*partner.Service
	partnerv1.SettlementServiceClient
	h    *standing
	stop func()
}

// build makes a partner service that does not run yet.
func (h *standing) build(batch int) *partner.Service {
	h.t.Helper()
	s, err := partner.New(h.t.Context(), partner.Config{
		MongoURI: h.uri, Database: h.books().Name(), NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0",
		Accrual: h.accrual.Address(), AccrualToken: h.secrets[rpc.Partner], Callers: h.secrets.List(), Partitions: partitions,
		Lanes: 2, BatchItems: cmp.Or(batch, 512), BatchIdle: 2 * time.Millisecond, QueueItems: 2048, CallsPerSecond: 1000,
		Door: "127.0.0.1:0", DoorCert: h.door.Cert, DoorKey: h.door.Key, ClientCA: filepath.Join(h.dir, devca.CertFile),
	}, h.deps())
	require.NoError(h.t, err)
	return s
}

// desk makes a partner service and lets it work.
func (h *standing) desk() *desk {
	h.t.Helper()
	s := h.build(0)
	return &desk{s, partnerv1.NewSettlementServiceClient(h.dial(s.Address())), h, h.run(s)}
}

// drained waits until the books hold all facts.
func (d *desk) drained() {
	d.h.t.Helper()
	testkit.Eventually(d.h.t, func() bool {
		p, err := d.Progress(d.h.t.Context())
		return err == nil && p.Drained()
	}, "the books hold all facts")
	require.NoError(d.h.t, d.Broken())
}

func (d *desk) close(period string) (*partnerv1.Settlement, error) {
	answer, err := d.CloseSettlement(d.h.t.Context(), &partnerv1.CloseSettlementRequest{Program: "tea", Period: period, IdempotencyKey: period})
	return answer.GetSettlement(), rpc.FromStatus(err)
}

func (d *desk) mustClose(period string) *partnerv1.Settlement {
	d.h.t.Helper()
	s, err := d.close(period)
	require.NoError(d.h.t, err)
	return s
}

// documents reads collections of the partner service whole, by collection and id. In which order sums have come into a book
// follows from how facts were cut into batches, and means nothing.
func (h *standing) documents(collections ...string) map[string][]bson.M {
	h.t.Helper()
	all := map[string][]bson.M{}
	for _, name := range collections {
		cursor, err := h.books().Collection(name).Find(h.t.Context(), bson.M{}, options.Find().SetSort(bson.M{"_id": 1}))
		require.NoError(h.t, err)
		var list []bson.M
		require.NoError(h.t, cursor.All(h.t.Context(), &list))
		for _, d := range list {
			if sums, ok := d["sums"].(bson.D); ok {
				d["sums"] = maps.Collect(fields(sums))
			}
		}
		all[name] = list
	}
	return all
}

func fields(d bson.D) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, e := range d {
			if !yield(e.Key, e.Value) {
				return
			}
		}
	}
}
