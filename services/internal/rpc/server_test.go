package rpc_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// plain is a connection that shows no credential by itself.
func plain(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func TestARequestThatBreaksItsContractNamesEveryField(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{})
	_, err := client(t, house).ListEntries(t.Context(), &accrualv1.ListEntriesRequest{Program: "tea", PageSize: 201})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				require.NotEmpty(t, v.GetDescription())
				fields = append(fields, v.GetField())
			}
		}
	}
	require.Equal(t, []string{"account", "page_size"}, fields)
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok)
	require.Equal(t, reason.InvalidArgument, refusal.Reason)
	require.Equal(t, "account", refusal.Field)
}

func TestAStreamKeepsItsContractToo(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{verify: func(*accrualv1.VerifyLedgerRequest, grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
		return errStorage
	}})
	ledger := client(t, house)
	stream, err := ledger.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{Program: strings.Repeat("p", 65)})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorIs(t, rpc.FromStatus(err), reason.InvalidArgument)

	stream, err = ledger.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{Program: "tea"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.Internal, status.Code(err))
	require.NotContains(t, err.Error(), "password")
}

// TestTroubleOfTheStoreIsTriedAgain: what passes by itself is no inner fault, and the caller is told to come again.
func TestTroubleOfTheStoreIsTriedAgain(t *testing.T) {
	t.Parallel()
	asked := 0
	house := serve(t, &desk{account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		if asked++; asked < 3 {
			return nil, fmt.Errorf("load account password: %w", store.ErrUnknown)
		}
		return &accrualv1.GetAccountResponse{}, nil
	}})
	_, err := client(t, house).GetAccount(t.Context(), anAccount)
	require.NoError(t, err, "the policy of clients tries again")
	require.Equal(t, 3, asked)
	asked = -100
	_, err = client(t, house).GetAccount(t.Context(), anAccount)
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady)
	require.NotContains(t, err.Error(), "password")
}

func TestAPanicInAStreamIsNotTheEndOfTheHouse(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{
		verify: func(*accrualv1.VerifyLedgerRequest, grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
			panic("the cursor is nil")
		},
		account: answering(nil).account,
	})
	ledger := client(t, house)
	stream, err := ledger.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.Internal, status.Code(err))
	require.Contains(t, house.logs.String(), "the cursor is nil")
	_, err = ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
}

func TestEveryCallHasADeadline(t *testing.T) {
	t.Parallel()
	left := make(chan time.Duration, 3)
	house := serve(t, &desk{
		account: func(ctx context.Context, _ *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			deadline, _ := ctx.Deadline()
			left <- time.Until(deadline)
			return &accrualv1.GetAccountResponse{}, nil
		},
		verify: func(_ *accrualv1.VerifyLedgerRequest, out grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
			deadline, _ := out.Context().Deadline()
			left <- time.Until(deadline)
			return nil
		},
	})
	ledger := client(t, house)

	var said metadata.MD
	_, err := ledger.GetAccount(t.Context(), anAccount, grpc.Trailer(&said))
	require.NoError(t, err)
	require.InDelta(t, rpc.DefaultDeadline, <-left, float64(5*time.Second))
	require.Equal(t, []string{"10s"}, said.Get(rpc.TrailerDeadline), "it is stated")

	stream, err := ledger.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	said = stream.Trailer()
	require.InDelta(t, rpc.DefaultDeadline, <-left, float64(5*time.Second))
	require.Equal(t, []string{"10s"}, said.Get(rpc.TrailerDeadline))

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	_, err = ledger.GetAccount(ctx, anAccount, grpc.Trailer(&said))
	require.NoError(t, err)
	require.Greater(t, <-left, 50*time.Minute, "the caller's own deadline holds")
	require.Empty(t, said.Get(rpc.TrailerDeadline))
}

func TestACallThatOutlivesItsDeadlineSaysSo(t *testing.T) {
	t.Parallel()
	var begun sync.Map // accounts of the calls that came as far as the desk
	house := serve(t, &desk{account: func(ctx context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		begun.Store(in.GetAccount(), true)
		<-ctx.Done()
		return nil, errStorage
	}})
	accounts := client(t, house)
	// A call may end before it has begun on a machine that does much else: such a one says nothing, and the next has longer.
	for patience := 20 * time.Millisecond; ; patience *= 2 {
		account := patience.String()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := accounts.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: anAccount.GetProgram(), Account: account})
		cancel()
		if _, ok := begun.Load(account); ok {
			require.Equal(t, codes.DeadlineExceeded, status.Code(err))
			return
		}
	}
}

func TestAMessageBeyondTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	body := []byte(nil)
	house := serve(t, &desk{verify: func(_ *accrualv1.VerifyLedgerRequest, out grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
		return out.Send(&accrualv1.VerifyLedgerResponse{Checks: []*accrualv1.Check{{Detail: string(body)}}})
	}})
	conn := dial(t, house.addr, secrets[rpc.Operator])
	id := strings.Repeat("x", rpc.MessageBytesMax)
	_, err := accrualv1.NewAccrualServiceClient(conn).RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: id})
	require.Equal(t, codes.ResourceExhausted, status.Code(err), "a request")

	for size, want := range map[int]codes.Code{rpc.MessageBytesMax - 64: codes.OK, rpc.MessageBytesMax: codes.ResourceExhausted} {
		body = make([]byte, size)
		stream, err := accrualv1.NewAccrualServiceClient(conn).VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{})
		require.NoError(t, err)
		_, err = stream.Recv()
		require.Equal(t, want, status.Code(err), "an answer of %d bytes", size)
	}
}

func TestHeadersBeyondTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	ledger := client(t, house)
	for size, want := range map[int]codes.Code{8 << 10: codes.OK, 17 << 10: codes.Internal} {
		_, err := ledger.GetAccount(outgoing(t.Context(), "traceparent", strings.Repeat("x", size)), anAccount)
		require.Equal(t, want, status.Code(err), "%d bytes: %v", size, err)
	}
}

func TestReflectionNamesTheServices(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream, err := reflectionv1.NewServerReflectionClient(dial(t, house.addr, secrets[rpc.Operator])).ServerReflectionInfo(ctx)
	require.NoError(t, err)
	require.NoError(t, stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
	}))
	answer, err := stream.Recv()
	require.NoError(t, err)
	require.NoError(t, stream.CloseSend())
	var names []string
	for _, service := range answer.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	require.Contains(t, names, "laurel.accrual.v1.AccrualService")
	require.ElementsMatch(t, house.server.Services(), names)
}

func TestHealthFollowsTheChecks(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{})
	health := healthv1.NewHealthClient(plain(t, house.addr))
	ask := func(service string) healthv1.HealthCheckResponse_ServingStatus {
		answer, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return answer.GetStatus()
	}
	const serving, not = healthv1.HealthCheckResponse_SERVING, healthv1.HealthCheckResponse_NOT_SERVING
	require.Equal(t, serving, ask(""))
	require.Equal(t, serving, ask("laurel.accrual.v1.AccrualService"))

	house.health.Add("bus", func(context.Context) error { return errStorage })
	require.Equal(t, not, ask(""))
	require.Equal(t, not, ask("laurel.accrual.v1.AccrualService"))
	require.Equal(t, serving, ask(rpc.LivenessService), "what is not ready is alive all the same")
	_, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{Service: "laurel.tea.v1.TeaService"})
	require.Equal(t, codes.NotFound, status.Code(err))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch, err := health.Watch(ctx, &healthv1.HealthCheckRequest{})
	require.NoError(t, err)
	answer, err := watch.Recv()
	require.NoError(t, err)
	require.Equal(t, not, answer.GetStatus())
	house.health.Add("bus", func(context.Context) error { return nil })
	house.health.Poll(t.Context())
	answer, err = watch.Recv()
	require.NoError(t, err)
	require.Equal(t, serving, answer.GetStatus())
	require.NoError(t, house.stop(), "the watcher does not hold it up")
}

func TestCallsUnderWayAreFinishedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	house := serve(t, &desk{account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		close(begun)
		<-finish
		return &accrualv1.GetAccountResponse{}, nil
	}})
	answered := make(chan error, 1)
	ledger := client(t, house)
	go func() {
		_, err := ledger.GetAccount(t.Context(), anAccount)
		answered <- err
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- house.stop() }()
	probe := plain(t, house.addr)
	testkit.Eventually(t, func() bool {
		_, err := healthv1.NewHealthClient(probe).Check(t.Context(), &healthv1.HealthCheckRequest{})
		return status.Code(err) == codes.Unavailable
	}, "no new call is taken")
	close(finish)
	require.NoError(t, <-answered)
	require.NoError(t, <-stopped)
}

// TestWhoIsToldToStopBeforeItHasBegunStops without an error, and closes its listener.
func TestWhoIsToldToStopBeforeItHasBegunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		server, err := rpc.NewServer(rpc.Config{Callers: everybody(t), Health: &telemetry.Health{}, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		listener := listen(t)
		require.NoError(t, server.Serve(ctx, listener))
		_, err = net.Dial("tcp4", listener.Addr().String())
		require.Error(t, err)
	}
}
