package reward_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/reward"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 16 << 20
	// nobody listens there: what needs the ledger is tested where there is one, in services/e2e/rewards.
	nobody = "127.0.0.1:1"
)

// service is reward without a ledger, with a client, for the programme tea.
type service struct {
	*reward.Service
	rewardv1.RewardServiceClient
	secrets rpc.Secrets
}

func open(t *testing.T) *service {
	t.Helper()
	uri, database := testkit.Mongo(t)
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	control(t, b, &controlv1.ProgramRevised{Program: "tea", Revision: 1})
	s := &service{secrets: rpc.NewSecrets()}
	s.Service, err = reward.New(t.Context(), reward.Config{
		MongoURI: uri, Database: database, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0", Callers: s.secrets.List(),
		Accrual: nobody, AccrualToken: s.secrets[rpc.Reward], Partitions: partitions, Lease: time.Second,
	}, reward.Deps{
		Log: testkit.Logger(t), Clock: clock.At(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), Registry: prometheus.NewRegistry(),
		Health: &telemetry.Health{},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { err = s.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		require.NoError(t, err)
		require.NoError(t, s.Close(context.WithoutCancel(t.Context())))
	})
	s.RewardServiceClient = rewardv1.NewRewardServiceClient(testkit.Dial(t, s.Address(), s.secrets[rpc.Operator]))
	return s
}

func control(t *testing.T, b *bus.Bus, body proto.Message) {
	t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "programme", Kind: "revised", ID: "revised/1", Body: body}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), b, batch))
}
