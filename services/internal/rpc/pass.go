package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// headerPassed is on a call that a replica has passed on: it is not passed on again.
const headerPassed = "laurel-passed"

const (
	// handOverMax is how long a call waits while its partition changes hands: at a stop in order that takes a beat of the leases,
	// half a second, and what the store takes. A replica that died is taken over later; its callers try again themselves.
	handOverMax = 2 * time.Second
	// handOverFirst is how long after the first try the second one comes; each further one comes after twice as long.
	handOverFirst = 50 * time.Millisecond
)

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

// settle has a call answered here, or by the replica that it belongs to. While its partition changes hands it belongs to nobody
// who answers: then it is made anew for a while, so that a caller does not notice.
func (p *passer) settle(ctx context.Context, method string, request any, here grpc.UnaryHandler) (any, error) {
	answer, err := here(ctx, request)
	away := elsewhereOf(ctx, err)
	if away == nil {
		return answer, err
	}
	described, fault := describe(method)
	if fault != nil {
		return nil, fault
	}
	wait, cancel := context.WithTimeout(ctx, handOverMax)
	defer cancel()
	for pause := handOverFirst; ; pause *= 2 {
		if away.Address() != "" {
			answer, err = p.pass(ctx, away.Address(), method, described, request)
			if status.Code(err) != codes.Unavailable || !repeatable(described) {
				return answer, err
			}
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-wait.Done():
			again.Stop()
			return nil, err
		}
		answer, err = here(ctx, request)
		if away = elsewhereOf(ctx, err); away == nil {
			return answer, err
		}
	}
}

// elsewhereOf is what an error says of another replica; nil: nothing, or the call has been passed on already.
func elsewhereOf(ctx context.Context, err error) elsewhere {
	var away elsewhere
	if !errors.As(err, &away) || len(metadata.ValueFromIncomingContext(ctx, headerPassed)) > 0 {
		return nil
	}
	return away
}

// pass makes a call at another replica, and returns its answer; an error is the owner's own status: it speaks to the caller.
func (p *passer) pass(ctx context.Context, to, method string, described protoreflect.MethodDescriptor, request any) (any, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(described.Output().FullName())
	if err != nil {
		return nil, fmt.Errorf("find the answer of %s: %w", method, err)
	}
	conn, err := p.conn(to)
	if err != nil {
		return nil, err
	}
	said := metadata.Pairs(headerPassed, "true")
	said.Set(authorization, metadata.ValueFromIncomingContext(ctx, authorization)...)
	answer := kind.New().Interface()
	var trailer metadata.MD
	if err := conn.Invoke(metadata.NewOutgoingContext(ctx, said), method, request, answer, grpc.Trailer(&trailer)); err != nil {
		return nil, err
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

// describe finds what a method takes and answers: /package.Service/Method.
func describe(method string) (protoreflect.MethodDescriptor, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", method, err)
	}
	described, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no method", method)
	}
	return described, nil
}
