package rpc_test

import (
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// contract reads the methods of Laurel's services from the committed image, whatever this program is built with.
func contract(t *testing.T) map[string]*descriptorpb.MethodDescriptorProto {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	raw, err := os.ReadFile("../../../proto/laurel.binpb")
	require.NoError(t, err)
	var image descriptorpb.FileDescriptorSet
	require.NoError(t, proto.Unmarshal(raw, &image))
	methods := map[string]*descriptorpb.MethodDescriptorProto{}
	for _, file := range image.GetFile() {
		for _, service := range file.GetService() {
			if !strings.HasPrefix(file.GetPackage(), "laurel.") {
				continue
			}
			for _, m := range service.GetMethod() {
				methods["/"+file.GetPackage()+"."+service.GetName()+"/"+m.GetName()] = m
			}
		}
	}
	require.Contains(t, methods, accrualv1.AccrualService_GetAccount_FullMethodName)
	return methods
}

// TestTheTableHasEveryMethodOnce holds the table against the contract: no method without a row, no row without a method.
func TestTheTableHasEveryMethodOnce(t *testing.T) {
	t.Parallel()
	want := slices.Collect(maps.Keys(contract(t)))
	var have []string
	for _, rule := range rpc.Access() {
		for _, name := range rule.Callers {
			require.Contains(t, rpc.Names(), name, rule.Method)
		}
		if rule.Open {
			require.True(t, strings.HasPrefix(rule.Method, "/grpc.health.v1.Health/"), "%s is open", rule.Method)
		}
		if strings.HasPrefix(rule.Method, "/laurel.") {
			require.Equal(t, rule.Scope == "", rule.Allows(rpc.Operator), "%s: who keeps the house may do all in it", rule.Method)
			require.True(t, rule.Scope == "" || len(rule.Callers) == 0, "%s: a door for partners is for nobody else", rule.Method)
			have = append(have, rule.Method)
		}
	}
	require.ElementsMatch(t, want, have)
}

// all registers every service of Laurel that this program is built with; its methods answer UNIMPLEMENTED.
func all(to grpc.ServiceRegistrar) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if service := file.Services().Get(i); strings.HasPrefix(string(service.FullName()), "laurel.") {
				to.RegisterService(unimplemented(service), struct{}{})
			}
		}
		return true
	})
}

func unimplemented(service protoreflect.ServiceDescriptor) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: string(service.FullName()), HandlerType: (*any)(nil), Metadata: service.ParentFile().Path()}
	for i := range service.Methods().Len() {
		name := string(service.Methods().Get(i).Name())
		desc.Streams = append(desc.Streams, grpc.StreamDesc{
			StreamName: name, ServerStreams: true, ClientStreams: true,
			Handler: func(any, grpc.ServerStream) error { return status.Error(codes.Unimplemented, name) },
		})
	}
	return desc
}

// TestEveryMethodAnswersWhomTheTableNames calls every method of the contract as every caller, on a server that has them
// all. Each service is tested too, as it is built.
func TestEveryMethodAnswersWhomTheTableNames(t *testing.T) {
	t.Parallel()
	house := open(t, listen(t), everybody(t), all)
	called := testkit.RequireAccess(t, house.addr, secrets)
	require.ElementsMatch(t, house.server.Methods(), called)
	require.Subset(t, called, slices.Collect(maps.Keys(contract(t))))
}

func TestWhoIsKnownAndMayNotIsToldSo(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	_, err := accrualv1.NewAccrualServiceClient(dial(t, house.addr, secrets[rpc.Tier])).GetAccount(t.Context(), anAccount)
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok)
	require.Equal(t, reason.NotAllowed, refusal.Reason)
	require.Equal(t, map[string]string{"caller": "tier", "method": accrualv1.AccrualService_GetAccount_FullMethodName}, refusal.Metadata)
}

// TestAMethodWithoutARowIsNotServed registers a service that the table does not know.
func TestAMethodWithoutARowIsNotServed(t *testing.T) {
	t.Parallel()
	server, err := rpc.NewServer(rpc.Config{Callers: everybody(t), Health: &telemetry.Health{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "laurel.tea.v1.TeaService", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "PourTea"}},
	}, struct{}{})
	listener := listen(t)
	require.ErrorContains(t, server.Serve(t.Context(), listener), "/laurel.tea.v1.TeaService/PourTea has no row in the table of access")
	_, err = net.Dial("tcp4", listener.Addr().String())
	require.Error(t, err, "the door is shut")
}
