package reference

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// refuser refuses every call, with the reason that the call names.
type refuser struct {
	accrualv1.UnimplementedAccrualServiceServer
}

// RedriveDeadLetter is a write, so that the client does not try it again.
func (refuser) RedriveDeadLetter(_ context.Context, in *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
	return nil, reason.New(reason.Reason(in.GetId()), "", "refused")
}

// codeOf asks a real server which code a caller sees.
func codeOf(t *testing.T) func(reason.Reason) codes.Code {
	t.Helper()
	secrets := rpc.NewSecrets()
	callers, err := rpc.ParseCallers(secrets.List())
	require.NoError(t, err)
	server, err := rpc.NewServer(rpc.Config{Callers: callers, Health: &telemetry.Health{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	accrualv1.RegisterAccrualServiceServer(server, refuser{})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	conn, err := rpc.Dial(listener.Addr().String(), secrets[rpc.Operator])
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		stop()
		require.NoError(t, <-done)
	})
	client := accrualv1.NewAccrualServiceClient(conn)
	return func(r reason.Reason) codes.Code {
		_, err := client.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: string(r)})
		require.ErrorIs(t, rpc.FromStatus(err), r)
		return status.Code(err)
	}
}

// canonical are the codes as the gRPC documents write them; Go's own names differ.
var canonical = map[codes.Code]string{
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.Unauthenticated: "UNAUTHENTICATED", codes.PermissionDenied: "PERMISSION_DENIED", codes.Unavailable: "UNAVAILABLE",
}

func TestReasons(t *testing.T) {
	code := codeOf(t)
	var table bytes.Buffer
	table.WriteString("| reason | gRPC code | again | what it means |\n|---|---|---|---|\n")
	for _, info := range reason.Table() {
		again := ""
		if info.Retry {
			again = "yes"
		}
		name := canonical[code(info.Reason)]
		require.NotEmpty(t, name, "%s has no code of its own", info.Reason)
		fmt.Fprintf(&table, "| `%s` | `%s` | %s | %s |\n", info.Reason, name, again, info.Doc)
	}
	page(t, "reasons.md", table.Bytes())
}
