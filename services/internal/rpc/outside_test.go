package rpc_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

type visitor struct{}

// counter answers partner companies, and keeps who came.
type counter struct {
	partnerv1.UnimplementedPartnerServiceServer
	came []any
}

func (c *counter) GetBalance(ctx context.Context, _ *partnerv1.GetBalanceRequest) (*partnerv1.GetBalanceResponse, error) {
	c.came = append(c.came, ctx.Value(visitor{}))
	return &partnerv1.GetBalanceResponse{}, nil
}

// outside serves the counter to partner companies, and returns a connection of one.
func outside(t *testing.T, c *counter, admit func(ctx context.Context, call rpc.Call) (context.Context, error)) *grpc.ClientConn {
	t.Helper()
	dir := t.TempDir()
	ca, err := devca.Open(dir, clock.System().Now())
	require.NoError(t, err)
	pair, err := ca.Server("server", "127.0.0.1")
	require.NoError(t, err)
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	house := openAs(t, listen(t), rpc.Config{Outside: &rpc.Outside{
		TLS: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}}, Admit: admit,
	}}, func(to grpc.ServiceRegistrar) { partnerv1.RegisterPartnerServiceServer(to, c) })
	text, err := os.ReadFile(filepath.Join(dir, devca.CertFile))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	conn, err := grpc.NewClient(house.addr, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots})))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func TestWhoComesFromOutsideIsAdmittedByTheBytesThatCame(t *testing.T) {
	t.Parallel()
	c := &counter{}
	var calls []rpc.Call
	client := partnerv1.NewPartnerServiceClient(outside(t, c, func(ctx context.Context, call rpc.Call) (context.Context, error) {
		calls = append(calls, call)
		return context.WithValue(ctx, visitor{}, "ann"), nil
	}))
	in := &partnerv1.GetBalanceRequest{Account: "ann"}
	_, err := client.GetBalance(t.Context(), in)
	require.NoError(t, err)
	body, err := proto.Marshal(in)
	require.NoError(t, err)
	require.Equal(t, []rpc.Call{{Method: partnerv1.PartnerService_GetBalance_FullMethodName, Scope: rpc.ScopeRead, Body: body}}, calls)
	require.Equal(t, []any{"ann"}, c.came, "the method has the context that admitted the call")
}

func TestWhoIsNotAdmittedFromOutsideReachesNoMethod(t *testing.T) {
	t.Parallel()
	c := &counter{}
	conn := outside(t, c, func(ctx context.Context, _ rpc.Call) (context.Context, error) {
		return ctx, reason.New(reason.NotSignedIn, "", "who are you?")
	})
	_, err := partnerv1.NewPartnerServiceClient(conn).GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
	require.Equal(t, codes.Unauthenticated, status.Code(err))
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotSignedIn)
	_, err = accrualv1.NewAccrualServiceClient(conn).GetAccount(t.Context(), anAccount)
	require.Equal(t, codes.Unimplemented, status.Code(err), "there is nothing else behind this door")
	require.Empty(t, c.came)
}

// bytesCodec sends bytes as they are.
type bytesCodec struct{ encoding.Codec }

func (bytesCodec) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (bytesCodec) Unmarshal(_ []byte, _ any) error { return nil }
func (bytesCodec) Name() string                    { return "proto" }

// TestWhatCannotBeReadOrIsTooLargeIsRefused: the first after it was admitted, the other before anybody looks at it.
func TestWhatCannotBeReadOrIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	c, asked := &counter{}, 0
	conn := outside(t, c, func(ctx context.Context, _ rpc.Call) (context.Context, error) {
		asked++
		return ctx, nil
	})
	send := func(body []byte) error {
		return conn.Invoke(t.Context(), partnerv1.PartnerService_GetBalance_FullMethodName, &body, &body, grpc.ForceCodec(bytesCodec{}))
	}
	require.ErrorIs(t, rpc.FromStatus(send([]byte("\xff\xff"))), reason.InvalidArgument)
	require.Equal(t, 1, asked)
	require.Equal(t, codes.ResourceExhausted, status.Code(send(make([]byte, rpc.OutsideBytesMax+1))))
	require.Equal(t, 1, asked)
	require.ErrorIs(t, rpc.FromStatus(send(nil)), reason.InvalidArgument, "a request is checked behind this door too")
	require.Empty(t, c.came)
}

// TestADoorForOutsideHasMethodsOfPartnersAlone: it does not begin to serve with another one, nor with one that streams.
func TestADoorForOutsideHasMethodsOfPartnersAlone(t *testing.T) {
	t.Parallel()
	for fault, service := range map[string]*grpc.ServiceDesc{
		"has no scope in the table of access": {
			ServiceName: "laurel.accrual.v1.AccrualService", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{MethodName: "GetAccount"}},
		},
		"PartnerService streams": {
			ServiceName: "laurel.partner.v1.PartnerService", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{StreamName: "GetBalance", ServerStreams: true}},
		},
	} {
		server, err := rpc.NewServer(rpc.Config{
			Outside: &rpc.Outside{TLS: &tls.Config{MinVersion: tls.VersionTLS13}}, Health: &telemetry.Health{}, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		server.RegisterService(service, struct{}{})
		err = server.Serve(t.Context(), listen(t))
		require.ErrorContains(t, err, fault)
	}
}
