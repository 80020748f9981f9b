package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// OutsideBytesMax is the most that one request from outside may weigh. It is read before anybody knows who sent it.
const OutsideBytesMax = 1 << 20

// Outside makes a server one for callers who are not of the house: over TLS, and known by credentials of their own. Its
// methods are those whose row in the table of access has a scope.
type Outside struct {
	TLS *tls.Config
	// Admit says who calls, before the request is decoded: it gets the very bytes that came, which may be signed. It
	// returns what to put into the call's context. A refusal is told to the caller.
	Admit func(ctx context.Context, call Call) (context.Context, error)
}

// Call is one call from outside, as it came.
type Call struct {
	Method string // /package.Service/Method
	Scope  Scope  // what its row in the table of access asks for
	Body   []byte
}

// frame is a request that is not decoded yet.
type frame struct{ body []byte }

// framing is the codec of a server for outside: a frame takes the bytes as they came.
type framing struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (f framing) Unmarshal(data mem.BufferSlice, v any) error {
	if to, ok := v.(*frame); ok {
		to.body = data.Materialize()
		return nil
	}
	return f.CodecV2.Unmarshal(data, v)
}

func (o *Outside) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(credentials.NewTLS(o.TLS)), grpc.MaxRecvMsgSize(OutsideBytesMax),
		grpc.ForceServerCodecV2(framing{encoding.GetCodecV2(protocodec.Name)}),
	}
}

type admittedKey struct{}

// admitted tells if a call has passed Admit; health is open to all.
func (o *Outside) admitted(ctx context.Context, rule Rule) error {
	if rule.Open || ctx.Value(admittedKey{}) != nil {
		return nil
	}
	return toStatus(reason.New(reason.NotSignedIn, "", "this door does not answer that")).Err()
}

// wrapped has each method of a service ask Admit first.
func (o *Outside) wrapped(service *grpc.ServiceDesc, g *guard) *grpc.ServiceDesc {
	desc := *service
	desc.Methods = slices.Clone(service.Methods)
	for i, m := range service.Methods {
		method := "/" + service.ServiceName + "/" + m.MethodName
		desc.Methods[i].Handler = func(srv any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
			var f frame
			if err := decode(&f); err != nil {
				return nil, err // gRPC's own: too large, or the caller is gone
			}
			ctx, cancel := bounded(ctx, method, func(said metadata.MD) {
				_ = grpc.SetTrailer(ctx, said) // it only informs
			})
			defer cancel()
			call := Call{Method: method, Scope: g.rules[method].Scope, Body: f.body}
			err := g.caught(ctx, method, func() error {
				var err error
				ctx, err = o.Admit(ctx, call)
				return g.told(ctx, method, err)
			})
			if err != nil {
				return nil, err
			}
			return m.Handler(srv, context.WithValue(ctx, admittedKey{}, true), func(v any) error { return decoded(f.body, v) }, chain)
		}
	}
	return &desc
}

func decoded(body []byte, v any) error {
	message, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("decode into %T", v)
	}
	if err := proto.Unmarshal(body, message); err != nil {
		return toStatus(reason.New(reason.InvalidArgument, "", "the request cannot be read as %s", message.ProtoReflect().Descriptor().FullName())).Err()
	}
	return nil
}

// outsideOnly wants each method of a server for outside to have a scope, and none to stream: a stream would not be admitted.
func outsideOnly(services []*grpc.ServiceDesc, table map[string]Rule) error {
	var faults []error
	for _, service := range services {
		if len(service.Streams) > 0 {
			faults = append(faults, fmt.Errorf("%s streams, and callers from outside are admitted by one request", service.ServiceName))
		}
		for _, m := range service.Methods {
			if method := "/" + service.ServiceName + "/" + m.MethodName; table[method].Scope == "" {
				faults = append(faults, fmt.Errorf("%s has no scope in the table of access: nobody from outside may call it", method))
			}
		}
	}
	return errors.Join(faults...)
}

// RetryAfter is a refusal that asks the caller to wait so long.
func RetryAfter(e *reason.Error, wait time.Duration) error { return toStatusAfter(e, wait).Err() }
