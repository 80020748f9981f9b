// Package rewards tests the reward service with a real accrual: what is bought, by many at once, what is left when a process
// dies, and that both books agree.
package rewards

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/reward"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20
	// lease is short, so that no test waits for one.
	lease = 300 * time.Millisecond
	// patience is how long a call may take on a machine that does much else.
	patience = 3 * time.Minute
)

const theTeaClub = `
programme: tea
zone: ZONE
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
returns: {wait_days: 30}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: gold, from: 100.00}]
`

// standing is the place of one test: databases and a nats-server of its own, an accrual, and the programme tea.
type standing struct {
	t        *testing.T
	uri      string
	database string // of reward
	db       *mongo.Database
	nats     *testkit.NATSServer
	bus      *bus.Bus
	secrets  rpc.Secrets
	books    string // accrual's database
	ledger   *accrual.Service
	away     func() // stops accrual
	accrual  accrualv1.AccrualServiceClient
	clock    *clock.Manual // nil: the machine's
	serial   *atomic.Int64
	shared   bool // other rewards are beside this one
}

func open(t *testing.T) *standing {
	t.Helper()
	return openAt(t, nil)
}

// openAt has its services live by a clock, which stands about now. A zone is chosen in which it is about noon: a house
// without midnight commands stays within the day.
func openAt(t *testing.T, hands *clock.Manual) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t), secrets: rpc.NewSecrets(), clock: hands, serial: &atomic.Int64{}}
	noon := fmt.Sprintf("Etc/GMT%+d", clock.System().Now().Hour()-12)
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	h.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_WALL, Partitions: partitions})
	h.control("tea", "revised", "revised/1", &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(strings.Replace(theTeaClub, "ZONE", noon, 1))}},
	})
	_, h.books = testkit.Mongo(t)
	h.keep(testkit.Address(t)) // it comes back there
	h.accrual = accrualv1.NewAccrualServiceClient(testkit.Dial(t, h.ledger.Address(), h.secrets[rpc.Operator]))
	testkit.Eventually(t, func() bool {
		p, err := h.ledger.Progress(t.Context())
		return err == nil && p.Drained()
	}, "accrual knows the programme")
	return h
}

// keep starts accrual, which listens at an address.
func (h *standing) keep(address string) {
	h.t.Helper()
	var err error
	testkit.Eventually(h.t, func() bool {
		h.ledger, err = accrual.New(h.t.Context(), accrual.Config{
			MongoURI: h.uri, Database: h.books, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: address, Callers: h.secrets.List(),
			Partitions: partitions, Lanes: 2, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
		}, h.deps())
		return !errors.Is(err, syscall.EADDRINUSE) // another test may have been on the port for a moment
	}, "the port is free")
	require.NoError(h.t, err)
	h.away = h.run(h.ledger)
}

func (h *standing) deps() process.Deps {
	hands := clock.System()
	if h.clock != nil {
		hands = h.clock
	}
	return process.Deps{Log: testkit.Logger(h.t), Clock: hands, Registry: prometheus.NewRegistry(), Health: &telemetry.Health{}}
}

func (h *standing) control(program, kind, id string, body proto.Message) {
	h.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}

// run lets a service work until what it returns is called, or the test ends.
func (h *standing) run(s process.Service) func() {
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = s.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		require.NoError(h.t, err)
		require.NoError(h.t, s.Close(context.WithoutCancel(h.t.Context())))
	})
	h.t.Cleanup(stop)
	return stop
}

// service is one replica of reward, with a client.
type service struct {
	*reward.Service
	rewardv1.RewardServiceClient
	h    *standing
	stop func()
}

// config is how a replica of reward is set, that asks accrual at an address.
func (h *standing) config(accrual string) reward.Config {
	return reward.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0", Callers: h.secrets.List(),
		Accrual: accrual, AccrualToken: h.secrets[rpc.Reward], Partitions: partitions, Lease: lease,
	}
}

// serve starts a replica of reward.
func (h *standing) serve() *service { return h.serveWith(h.config(h.ledger.Address())) }

func (h *standing) serveWith(cfg reward.Config) *service {
	h.t.Helper()
	made, err := reward.New(h.t.Context(), cfg, h.deps())
	require.NoError(h.t, err)
	s := &service{Service: made, h: h, stop: h.run(made)}
	s.RewardServiceClient = rewardv1.NewRewardServiceClient(testkit.Dial(h.t, made.Address(), h.secrets[rpc.Operator]))
	return s
}

// patient is the context of a call on a machine that does much else.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// key is another idempotency key each time, for all that stand beside each other.
func (h *standing) key() string { return fmt.Sprint("key-", h.serial.Add(1)) }

// give awards points to an account.
func (h *standing) give(account string, points int64) {
	h.t.Helper()
	_, err := h.accrual.AwardPoints(patient(h.t), &accrualv1.AwardPointsRequest{
		Program: "tea", Account: account, Points: points, ExpiryDay: "never", IdempotencyKey: h.key(),
	})
	require.NoError(h.t, err)
}

// has is what an account can spend, and what is held of it.
func (h *standing) has(account string) (active, held int64) {
	h.t.Helper()
	answer, err := h.accrual.GetAccount(patient(h.t), &accrualv1.GetAccountRequest{Program: "tea", Account: account}, grpc.WaitForReady(true))
	require.NoError(h.t, err)
	b := answer.GetAccount().GetBalances()[0]
	require.Len(h.t, answer.GetAccount().GetHolds(), min(1, int(b.GetHeld())), "a hold is where points are held")
	return b.GetActive(), b.GetHeld()
}

// gift is terms of a thing for so many points.
func gift(points int64) *rewardv1.Terms {
	return &rewardv1.Terms{Kind: rewardv1.RewardKind_REWARD_KIND_GIFT, Name: "a pot", Points: points}
}

// voucher is terms of a code for so many points.
func voucher(points int64) *rewardv1.Terms {
	return &rewardv1.Terms{Kind: rewardv1.RewardKind_REWARD_KIND_VOUCHER, Name: "a voucher", Points: points}
}

// put puts a reward into the catalogue, with so many in stock, or codes.
func (s *service) put(id string, terms *rewardv1.Terms, items int) *rewardv1.Reward {
	s.h.t.Helper()
	answer, err := s.PutReward(patient(s.h.t), &rewardv1.PutRewardRequest{Program: "tea", Reward: id, Terms: terms, IdempotencyKey: s.h.key()})
	require.NoError(s.h.t, err)
	switch {
	case items == 0:
	case terms.GetKind() == rewardv1.RewardKind_REWARD_KIND_VOUCHER:
		codes := make([]string, items)
		for i := range codes {
			codes[i] = fmt.Sprintf("%s-code-%d", id, i+1)
		}
		_, err = s.AddCodes(patient(s.h.t), &rewardv1.AddCodesRequest{Program: "tea", Reward: id, Codes: codes, IdempotencyKey: s.h.key()})
	default:
		_, err = s.AddStock(patient(s.h.t), &rewardv1.AddStockRequest{Program: "tea", Reward: id, Items: int64(items), IdempotencyKey: s.h.key()})
	}
	require.NoError(s.h.t, err)
	return answer.GetReward()
}

// redeem asks for a reward.
// While the ledger is too slow for that, it asks again under the same key, as it is told.
func (s *service) redeem(account, id, key string, opts ...grpc.CallOption) (*rewardv1.Redemption, error) {
	ctx, cancel := context.WithTimeout(s.h.t.Context(), patience)
	defer cancel()
	for {
		answer, err := s.RedeemReward(ctx, &rewardv1.RedeemRewardRequest{Program: "tea", Account: account, Reward: id, IdempotencyKey: key}, opts...)
		if err = rpc.FromStatus(err); !errors.Is(err, reason.NotReady) {
			return answer.GetRedemption(), err
		}
	}
}

// cancel asks for the points back.
func (s *service) cancel(id, key string) (*rewardv1.Redemption, error) {
	answer, err := s.CancelRedemption(patient(s.h.t), &rewardv1.CancelRedemptionRequest{Program: "tea", RedemptionId: id, IdempotencyKey: key})
	return answer.GetRedemption(), rpc.FromStatus(err)
}

// left is how many of a reward are left.
func (s *service) left(id string) int64 {
	s.h.t.Helper()
	answer, err := s.GetReward(patient(s.h.t), &rewardv1.GetRewardRequest{Program: "tea", Reward: id})
	require.NoError(s.h.t, err)
	return answer.GetReward().GetStock().GetLeft()
}

// refused wants a call to be refused for a reason.
func refused(t *testing.T, err error, want reason.Reason) {
	t.Helper()
	require.ErrorIs(t, err, want)
}

// message is what a call was refused with.
func message(t *testing.T, err error) string {
	t.Helper()
	refusal, ok := reason.Of(err)
	require.True(t, ok, "%v", err)
	return refusal.Message
}

// count counts documents of reward's.
func (h *standing) count(collection string, filter bson.M) int64 {
	h.t.Helper()
	n, err := h.db.Collection(collection).CountDocuments(h.t.Context(), filter)
	require.NoError(h.t, err)
	return n
}

// told lists what FACTS tells of a redemption, in its order: redeemed, cancelled.
func (h *standing) told(redemption string) []string {
	h.t.Helper()
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token))
	require.NoError(h.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(h.t, err)
	stream, err := js.Stream(h.t.Context(), bus.Facts)
	require.NoError(h.t, err)
	info, err := stream.Info(h.t.Context())
	require.NoError(h.t, err)
	kinds := []string{}
	for n := uint64(1); n <= info.State.LastSeq; n++ {
		m, err := stream.GetMsg(h.t.Context(), n)
		require.NoError(h.t, err)
		if kind, ours := strings.CutPrefix(m.Header.Get("ce-id"), "tea/"+redemption+"/"); ours {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
