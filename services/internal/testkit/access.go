package testkit

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// callMax is how long one of the calls of RequireAccess may take.
const callMax = 30 * time.Second

// RequireAccess calls every method of the server at an address, which it asks the server for, as every caller, as somebody
// with a secret that nobody has, and without one. What it wants is what the table of access says. Requests are empty: one
// that is let in may well be refused for that. It returns the methods that it called.
func RequireAccess(t testing.TB, addr string, secrets rpc.Secrets) []string {
	t.Helper()
	table := map[string]rpc.Rule{}
	for _, rule := range rpc.Access() {
		table[rule.Method] = rule
	}
	methods := methodsOf(t, Dial(t, addr, secrets[rpc.Operator]))
	require.NotEmpty(t, methods)
	bare, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bare.Close()) })
	strangers := map[string]*grpc.ClientConn{"nobody": bare, "a stranger": Dial(t, addr, rpc.NewSecrets()[rpc.Operator])}
	callers := map[rpc.Name]*grpc.ClientConn{}
	for _, name := range rpc.Names() {
		callers[name] = Dial(t, addr, secrets[name])
	}
	for _, method := range methods {
		rule, ok := table[method]
		require.True(t, ok, "%s has no row", method)
		for who, conn := range strangers {
			err := callEmpty(t, conn, method)
			if !rule.Open {
				require.ErrorIs(t, err, reason.NotSignedIn, "%s calls %s", who, method)
				continue
			}
			requireLetIn(t, err, method, who)
		}
		for name, conn := range callers {
			err := callEmpty(t, conn, method)
			if !rule.Allows(name) {
				require.ErrorIs(t, err, reason.NotAllowed, "%s calls %s", name, method)
				continue
			}
			requireLetIn(t, err, method, string(name))
		}
	}
	return methods
}

// Dial is a connection of a caller that ends with the test.
func Dial(t testing.TB, addr, secret string) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(addr, secret)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func requireLetIn(t testing.TB, err error, method, who string) {
	t.Helper()
	require.NotErrorIs(t, err, reason.NotSignedIn, "%s calls %s", who, method)
	require.NotErrorIs(t, err, reason.NotAllowed, "%s calls %s", who, method)
	require.NotContains(t, []codes.Code{codes.Unavailable, codes.DeadlineExceeded}, status.Code(err), "%s calls %s", who, method)
}

// callEmpty calls a method of any kind with one empty message, and returns how its first answer went.
func callEmpty(t testing.TB, conn *grpc.ClientConn, method string) error {
	t.Helper()
	return rpc.FromStatus(callWith(t, conn, method, &emptypb.Empty{}))
}

// methodsOf asks a server for the methods of all its services.
func methodsOf(t testing.TB, conn *grpc.ClientConn) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callMax)
	defer cancel()
	stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	require.NoError(t, err)
	ask := func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		require.NoError(t, stream.Send(request))
		answer, err := stream.Recv()
		require.NoError(t, err)
		return answer
	}
	var methods []string
	listed := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	for _, service := range listed.GetListServicesResponse().GetService() {
		files := ask(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.GetName()},
		}).GetFileDescriptorResponse().GetFileDescriptorProto()
		for _, raw := range files {
			methods = append(methods, methodsIn(t, raw, service.GetName())...)
		}
	}
	require.NoError(t, stream.CloseSend())
	return slices.Compact(slices.Sorted(slices.Values(methods)))
}

func methodsIn(t testing.TB, raw []byte, service string) []string {
	t.Helper()
	var file descriptorpb.FileDescriptorProto
	require.NoError(t, proto.Unmarshal(raw, &file))
	var methods []string
	for _, s := range file.GetService() {
		if strings.Join([]string{file.GetPackage(), s.GetName()}, ".") != service {
			continue
		}
		for _, m := range s.GetMethod() {
			methods = append(methods, "/"+service+"/"+m.GetName())
		}
	}
	return methods
}
