package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// headerPassed is on a call that a replica has passed on: it is not passed on again.
const headerPassed = "laurel-passed"

// elsewhere is an error of a handler that has done nothing because another replica must: at this address.
type elsewhere interface {
	error
	Address() string
}

// passer makes calls anew at the replica that owns what they are about, in the name of whoever made them: with the
// credential that they showed, which every replica of a service knows.
type passer struct {
	to dialing // how replicas of the service are reached

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
}

// pass makes a call at another replica if err says so, and returns its answer; else err as it is.
func (p *passer) pass(ctx context.Context, method string, request any, err error) (any, error) {
	var away elsewhere
	if !errors.As(err, &away) || away.Address() == "" || len(metadata.ValueFromIncomingContext(ctx, headerPassed)) > 0 {
		return nil, err
	}
	answer, fault := answerOf(method)
	if fault != nil {
		return nil, fault
	}
	conn, fault := p.conn(away.Address())
	if fault != nil {
		return nil, fault
	}
	said := metadata.Pairs(headerPassed, "true")
	said.Set(authorization, metadata.ValueFromIncomingContext(ctx, authorization)...)
	var trailer metadata.MD
	if fault := conn.Invoke(metadata.NewOutgoingContext(ctx, said), method, request, answer, grpc.Trailer(&trailer)); fault != nil {
		return nil, fault // the owner's own status: it speaks to the caller
	}
	if replayed := trailer.Get(TrailerReplayed); len(replayed) > 0 {
		Replayed(ctx)
	}
	return answer, nil
}

// conn returns the connection to a replica; they are few, and stay.
func (p *passer) conn(addr string) (*grpc.ClientConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if conn := p.conns[addr]; conn != nil {
		return conn, nil
	}
	conn, err := connect(addr, p.to)
	if err != nil {
		return nil, err
	}
	if p.conns == nil {
		p.conns = map[string]*grpc.ClientConn{}
	}
	p.conns[addr] = conn
	return conn, nil
}

func (p *passer) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, conn := range p.conns {
		errs = append(errs, conn.Close())
	}
	p.conns = nil
	return errors.Join(errs...)
}

// answerOf makes an empty answer of a method: /package.Service/Method.
func answerOf(method string) (proto.Message, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", method, err)
	}
	described, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no method", method)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(described.Output().FullName())
	if err != nil {
		return nil, fmt.Errorf("find the answer of %s: %w", method, err)
	}
	return kind.New().Interface(), nil
}
