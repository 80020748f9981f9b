package rpc_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func TestDialTakesAddressesOfThisMachineOnly(t *testing.T) {
	t.Parallel()
	for addr, problem := range map[string]string{
		"127.0.0.1:7010":       "",
		"[::1]:7010":           "",
		"localhost:7010":       "",
		"127.0.0.1":            "host:port",
		"":                     "host:port",
		"10.1.2.3:7010":        "not on this machine",
		"accrual.example:7010": "not on this machine",
	} {
		conn, err := rpc.Dial(addr, secrets[rpc.Operator])
		if problem != "" {
			require.ErrorContains(t, err, problem, addr)
			continue
		}
		require.NoError(t, err, addr)
		require.NoError(t, conn.Close())
	}
}

func TestReadsAreTriedAgainAndWritesWithoutAKeyAreNot(t *testing.T) {
	t.Parallel()
	var reads, writes atomic.Int32
	busy := reason.New(reason.NotReady, "", "mongod is starting")
	house := serve(t, &desk{
		account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			if reads.Add(1) < 3 {
				return nil, busy
			}
			return &accrualv1.GetAccountResponse{}, nil
		},
		redrive: func(context.Context, *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
			writes.Add(1)
			return nil, busy
		},
	})
	ledger := client(t, house)
	_, err := ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.EqualValues(t, 3, reads.Load())
	_, err = ledger.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "x"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady)
	require.EqualValues(t, 1, writes.Load())
}

// TestAWriteWithAKeyIsTriedAgainAndHasOneEffect: the answer to the first try is lost on its way. The second brings the same
// key, by which whoever answers knows it.
func TestAWriteWithAKeyIsTriedAgainAndHasOneEffect(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries, given := 0, map[string]int64{}
	house := serve(t, &desk{award: func(_ context.Context, in *accrualv1.AwardPointsRequest) (*accrualv1.AwardPointsResponse, error) {
		mu.Lock()
		defer mu.Unlock()
		tries++
		if _, known := given[in.GetIdempotencyKey()]; !known {
			given[in.GetIdempotencyKey()] = in.GetPoints()
		}
		if tries == 1 {
			return nil, reason.New(reason.NotReady, "", "the answer is lost")
		}
		return &accrualv1.AwardPointsResponse{Entry: &accrualv1.Entry{Key: "cmd/operator/" + in.GetIdempotencyKey()}}, nil
	}})
	answer, err := client(t, house).AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{
		Program: "tea", Account: "ann", Points: 50, IdempotencyKey: "gift",
	})
	require.NoError(t, err)
	require.Equal(t, "cmd/operator/gift", answer.GetEntry().GetKey())
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 2, tries)
	require.Equal(t, map[string]int64{"gift": 50}, given)
}

func TestAServerThatComesBackIsFoundAgain(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	ledger := client(t, house)
	_, err := ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.NoError(t, house.stop())

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = ledger.RedriveDeadLetter(ctx, &accrualv1.RedriveDeadLetterRequest{Id: "x"})
	require.Equal(t, codes.Unavailable, status.Code(err))

	listener, err := net.Listen("tcp4", house.addr)
	require.NoError(t, err)
	serveOn(t, listener, answering(nil))
	require.Eventually(t, func() bool {
		_, err := ledger.GetAccount(t.Context(), anAccount)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
}

// TestWhatMayBeRepeatedFollowsFromTheContract: reads by their verb, writes by their key.
func TestWhatMayBeRepeatedFollowsFromTheContract(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"GetTea": true, "ListTeas": true, "PreviewTea": true, "PourTea": false, "Get": false, "Getaway": false, "PourTeaOnce": true,
		"PourTeaByNumber": false, "PourTeas": false,
	} {
		method := teaService(t).Methods().ByName(protoreflect.Name(name))
		require.NotNil(t, method, name)
		require.Equal(t, want, rpc.Repeatable(method), name)
	}
}

// teaService has a method of each kind.
func teaService(t *testing.T) protoreflect.ServiceDescriptor {
	t.Helper()
	field := func(name string, kind descriptorpb.FieldDescriptorProto_Type) []*descriptorpb.FieldDescriptorProto {
		return []*descriptorpb.FieldDescriptorProto{{Name: &name, JsonName: &name, Number: new(int32(1)), Type: &kind}}
	}
	text, number := descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_INT64
	file := &descriptorpb.FileDescriptorProto{
		Name: new("tea.proto"), Package: new("tea"), Syntax: new("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: new("Tea"), Field: field("account", text)},
			{Name: new("Keyed"), Field: field("idempotency_key", text)},
			{Name: new("Numbered"), Field: field("idempotency_key", number)},
		},
	}
	service := &descriptorpb.ServiceDescriptorProto{Name: new("TeaService")}
	add := func(name, input string, stream bool) {
		service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
			Name: &name, InputType: &input, OutputType: new(".tea.Tea"), ClientStreaming: &stream,
		})
	}
	for _, name := range []string{"GetTea", "ListTeas", "PreviewTea", "PourTea", "Get", "Getaway"} {
		add(name, ".tea.Tea", false)
	}
	add("PourTeaOnce", ".tea.Keyed", false)
	add("PourTeaByNumber", ".tea.Numbered", false)
	add("PourTeas", ".tea.Keyed", true)
	file.Service = append(file.Service, service)
	built, err := protodesc.NewFile(file, nil)
	require.NoError(t, err)
	return built.Services().Get(0)
}

// writesWithoutKey change something and have no idempotency key; each says why that will do.
var writesWithoutKey = []string{
	accrualv1.AccrualService_RedriveDeadLetter_FullMethodName, // the letter is the key, until it is redriven once more
	analyticsv1.SegmentService_DefineSegment_FullMethodName,   // the name is the key: the same again is the same segment
	analyticsv1.SegmentService_DeleteSegment_FullMethodName,   // what is gone is gone
	analyticsv1.SegmentService_PublishSegment_FullMethodName,  // each change is told once
	analyticsv1.SegmentService_WithdrawSegment_FullMethodName, // what is withdrawn stays so
}

// TestEveryWriteHasAKey holds the contract to the rule that a write can be repeated.
func TestEveryWriteHasAKey(t *testing.T) {
	t.Parallel()
	var bare []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if m := methods.Get(j); strings.HasPrefix(string(m.FullName()), "laurel.") && !rpc.Repeatable(m) {
					bare = append(bare, "/"+string(m.Parent().FullName())+"/"+string(m.Name()))
				}
			}
		}
		return true
	})
	require.ElementsMatch(t, writesWithoutKey, bare)
}
