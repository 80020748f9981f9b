package testkit

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// What no request may hold.
const (
	tooLongBytes = 300 << 10 // a file of a programme may have 256 KiB, everything else much less
	tooMany      = 5_001     // elements of a list, or of a page
	noEnum       = 9_999
)

// mandatory are the fields that no request may lack which has them, but for those named by lenient.
var mandatory = []string{"program", "account", "member", "merchant", "idempotency_key", "id", "key", "files"}

// RequireContract sends to every method of Laurel's that the server at an address has what its request may not hold: nothing
// at all where something is needed, and in each field, however deep, a text that is too long, too many elements, a value that
// the enum does not have, a page of no size. Each must be refused with INVALID_ARGUMENT and name the field. Lenient names
// fields that may be empty, as Request.field. It returns the methods that it called.
func RequireContract(t testing.TB, addr, secret string, lenient ...string) []string {
	t.Helper()
	conn := Dial(t, addr, secret)
	var called []string
	for _, name := range methodsOf(t, conn) {
		if !strings.HasPrefix(name, "/laurel.") {
			continue
		}
		service, method, _ := strings.Cut(name[1:], "/")
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		require.NoError(t, err)
		in := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method)).Input()
		var missing []string
		for _, field := range mandatory {
			if in.Fields().ByName(protoreflect.Name(field)) != nil && !slices.Contains(lenient, string(in.Name())+"."+field) {
				missing = append(missing, field)
			}
		}
		if len(missing) > 0 {
			requireViolations(t, conn, name, dynamicpb.NewMessage(in), missing...)
		}
		for path, request := range faulty(in, nil) {
			requireViolations(t, conn, name, request, path)
		}
		called = append(called, name)
	}
	require.NotEmpty(t, called)
	return called
}

func requireViolations(t testing.TB, conn *grpc.ClientConn, method string, in proto.Message, fields ...string) {
	t.Helper()
	err := callWith(t, conn, method, in)
	require.ErrorIs(t, rpc.FromStatus(err), reason.InvalidArgument, "%s without a good %s", method, fields)
	var named []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				named = append(named, v.GetField())
			}
		}
	}
	for _, field := range fields {
		require.Contains(t, named, field, "%s: %v", method, err)
	}
}

// callWith calls a method of any kind with one message, and returns how its first answer went.
func callWith(t testing.TB, conn *grpc.ClientConn, method string, in proto.Message) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callMax)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	require.NoError(t, err)
	_ = stream.SendMsg(in) // RecvMsg tells why
	_ = stream.CloseSend()
	return stream.RecvMsg(&emptypb.Empty{})
}

// faulty makes requests that hold one wrong field each, by its path. Above are the messages that it is in.
func faulty(in protoreflect.MessageDescriptor, above []protoreflect.FullName) map[string]*dynamicpb.Message {
	requests := map[string]*dynamicpb.Message{}
	if slices.Contains(above, in.FullName()) || strings.HasPrefix(string(in.FullName()), "google.") {
		return requests
	}
	above = append(slices.Clip(above), in.FullName())
	for i := range in.Fields().Len() {
		f := in.Fields().Get(i)
		name := string(f.Name())
		if f.IsList() {
			m := dynamicpb.NewMessage(in)
			list := m.Mutable(f).List()
			for range tooMany {
				list.Append(list.NewElement())
			}
			requests[name] = m
		}
		if f.Message() != nil {
			for path, inner := range faulty(f.Message(), above) {
				m := dynamicpb.NewMessage(in)
				if f.IsList() {
					m.Mutable(f).List().Append(protoreflect.ValueOfMessage(inner))
					requests[name+"[0]."+path] = m
					continue
				}
				m.Set(f, protoreflect.ValueOfMessage(inner))
				requests[name+"."+path] = m
			}
			continue
		}
		value, path := wrong(f), name
		if !value.IsValid() {
			continue
		}
		m := dynamicpb.NewMessage(in)
		if f.IsList() {
			m.Mutable(f).List().Append(value)
			path += "[0]"
		} else {
			m.Set(f, value)
		}
		requests[path] = m
	}
	return requests
}

// wrong is a value that a field may not have; not valid where any will do.
func wrong(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(strings.Repeat("x", tooLongBytes))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(make([]byte, tooLongBytes))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(noEnum)
	case protoreflect.Int32Kind:
		if f.Name() == "page_size" {
			return protoreflect.ValueOfInt32(-1)
		}
	default:
	}
	return protoreflect.Value{}
}
