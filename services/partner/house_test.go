package partner_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
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
	streamBytes = 16 << 20
	// nobody listens there: what needs the ledger is tested where there is one, in services/e2e/partners.
	nobody = "127.0.0.1:1"
)

var morning = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

const tea = `
programme: tea
zone: UTC
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
partners:
  air: {name: Laurel Air, roles: [issue], category: airline, until: 2026-03-01}
  sea: {roles: [issue, redeem], category: ferry, redemption_price: 0.008, fee: 2.5}
`

// service is partner without a ledger and without a door, with a client, for the programme tea.
type service struct {
	*partner.Service
	partnerv1.PartnerKeyServiceClient
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
	control(t, b, "house", "opened", &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_WALL, Partitions: partitions})
	control(t, b, "tea", "revised", &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(tea)}},
	})
	s := &service{secrets: rpc.NewSecrets()}
	s.Service, err = partner.New(t.Context(), partner.Config{
		MongoURI: uri, Database: database, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0", Callers: s.secrets.List(),
		Accrual: nobody, AccrualToken: s.secrets[rpc.Partner], Partitions: partitions, CallsPerSecond: 100,
		Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, process.Deps{
		Log: testkit.Logger(t), Clock: clock.At(morning), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{},
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
	s.PartnerKeyServiceClient = partnerv1.NewPartnerKeyServiceClient(testkit.Dial(t, s.Address(), s.secrets[rpc.Operator]))
	return s
}

func control(t *testing.T, b *bus.Bus, program, kind string, body proto.Message) {
	t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: kind, Body: body}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), b, batch))
}
