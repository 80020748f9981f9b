package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secrets are those of all servers here.
var secrets = rpc.NewSecrets()

// everybody is who shows one of them.
func everybody(t *testing.T) rpc.Callers {
	t.Helper()
	callers, err := rpc.ParseCallers(secrets.List())
	require.NoError(t, err)
	return callers
}

// desk is a service whose methods do what a test tells them.
type desk struct {
	accrualv1.UnimplementedAccrualServiceServer
	account func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error)
	redrive func(context.Context, *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error)
	award   func(context.Context, *accrualv1.AwardPointsRequest) (*accrualv1.AwardPointsResponse, error)
	verify  func(*accrualv1.VerifyLedgerRequest, grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error
}

func (d *desk) GetAccount(ctx context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
	return d.account(ctx, in)
}

func (d *desk) RedriveDeadLetter(ctx context.Context, in *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
	return d.redrive(ctx, in)
}

func (d *desk) AwardPoints(ctx context.Context, in *accrualv1.AwardPointsRequest) (*accrualv1.AwardPointsResponse, error) {
	return d.award(ctx, in)
}

func (d *desk) VerifyLedger(in *accrualv1.VerifyLedgerRequest, out grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
	return d.verify(in, out)
}

// logs keeps what a server logs. It is safe for many.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// served is a server that answers on loopback until the test ends, or until stop.
type served struct {
	server *rpc.Server
	addr   string
	health *telemetry.Health
	logs   *logs
	stop   func() error
}

func serve(t *testing.T, d *desk) *served {
	t.Helper()
	return serveFor(t, everybody(t), d)
}

func serveFor(t *testing.T, callers rpc.Callers, d *desk) *served {
	t.Helper()
	return open(t, listen(t), callers, func(to grpc.ServiceRegistrar) { accrualv1.RegisterAccrualServiceServer(to, d) })
}

func serveOn(t *testing.T, listener net.Listener, d *desk) *served {
	t.Helper()
	return open(t, listener, everybody(t), func(to grpc.ServiceRegistrar) { accrualv1.RegisterAccrualServiceServer(to, d) })
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

func open(t *testing.T, listener net.Listener, callers rpc.Callers, register func(grpc.ServiceRegistrar)) *served {
	t.Helper()
	return openAs(t, listener, rpc.Config{Callers: callers}, register)
}

func openAs(t *testing.T, listener net.Listener, cfg rpc.Config, register func(grpc.ServiceRegistrar)) *served {
	t.Helper()
	s := &served{addr: listener.Addr().String(), health: &telemetry.Health{}, logs: &logs{}}
	cfg.Health, cfg.Logger = s.health, slog.New(slog.NewTextHandler(s.logs, nil))
	var err error
	s.server, err = rpc.NewServer(cfg)
	require.NoError(t, err)
	register(s.server)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, listener) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	return s
}

func dial(t *testing.T, addr, token string) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(addr, token)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func client(t *testing.T, s *served) accrualv1.AccrualServiceClient {
	t.Helper()
	return accrualv1.NewAccrualServiceClient(dial(t, s.addr, secrets[rpc.Operator]))
}

var (
	anAccount  = &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"}
	errStorage = errors.New("mongod at 10.0.0.7 says no: password wrong")
)

// answering makes a desk whose GetAccount ends in err.
func answering(err error) *desk {
	return &desk{account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		return &accrualv1.GetAccountResponse{}, err
	}}
}

func outgoing(ctx context.Context, pairs ...string) context.Context {
	return metadata.NewOutgoingContext(ctx, metadata.Pairs(pairs...))
}
