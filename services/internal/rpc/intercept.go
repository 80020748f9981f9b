package rpc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// guard is what every call passes, from outside in: the caller is known and may call, panics and errors become statuses,
// the call has a deadline, the request keeps its contract.
type guard struct {
	// admit names the caller in the context, or refuses.
	admit     func(ctx context.Context, method string) (context.Context, error)
	rules     map[string]Rule
	validator protovalidate.Validator
	passer    *passer
	log       *slog.Logger
}

// unary guards a call of one request and one answer.
func (g *guard) unary(ctx context.Context, request any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := g.admit(ctx, call.FullMethod)
	if err != nil {
		return nil, err
	}
	var answer any
	err = g.caught(ctx, call.FullMethod, func() error {
		bounded, cancel := bounded(ctx, call.FullMethod, func(said metadata.MD) {
			_ = grpc.SetTrailer(ctx, said) // it only informs
		})
		defer cancel()
		err := g.check(request)
		if err == nil {
			answer, err = g.passer.settle(bounded, call.FullMethod, request, next)
		}
		return g.told(bounded, call.FullMethod, err)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// stream guards a call with streams; each message that comes in is checked.
func (g *guard) stream(server any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := g.admit(stream.Context(), call.FullMethod)
	if err != nil {
		return err
	}
	return g.caught(ctx, call.FullMethod, func() error {
		bounded, cancel := bounded(ctx, call.FullMethod, stream.SetTrailer)
		defer cancel()
		return g.told(bounded, call.FullMethod, next(server, &guarded{stream, bounded, g}))
	})
}

// caught runs f and makes an answer of a panic: one call that is wrong is not the end of the house.
func (g *guard) caught(ctx context.Context, method string, f func() error) error {
	var err error
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = g.inner(ctx, method, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		err = f()
	}()
	return err
}

// guarded is a stream with a deadline whose messages are checked.
type guarded struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // grpc's own interface asks for it
	guard *guard
}

// Context returns the stream's context, which has a deadline.
func (s *guarded) Context() context.Context { return s.ctx }

// RecvMsg receives and checks one message.
func (s *guarded) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.guard.check(m)
}

// bounded gives a call without a deadline the default one, and says so; in the trailer, for a header would make the call
// one that is not tried again. Watching has no end of its own.
func bounded(ctx context.Context, method string, tell func(metadata.MD)) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || endless(method) {
		return ctx, func() {}
	}
	tell(metadata.Pairs(TrailerDeadline, DefaultDeadline.String()))
	return context.WithTimeout(ctx, DefaultDeadline)
}

// endless tells whether a method is one that watches: it tells for as long as somebody listens, and bounds itself.
func endless(method string) bool {
	_, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return strings.HasPrefix(name, "Watch")
}

// check holds a request against the rules of its contract.
func (g *guard) check(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	err := g.validator.Validate(message)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) || len(invalid.Violations) == 0 {
		return fmt.Errorf("check %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return violated(invalid).Err()
}

// violated names every field that breaks its rule; the message speaks of the first.
func violated(invalid *protovalidate.ValidationError) *status.Status {
	bad := &errdetails.BadRequest{}
	for _, v := range invalid.Violations {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: protovalidate.FieldPathString(v.Proto.GetField()), Description: v.Proto.GetMessage(),
			Reason: string(reason.InvalidArgument),
		})
	}
	first := bad.GetFieldViolations()[0]
	text := first.GetField() + ": " + first.GetDescription()
	return withDetails(status.New(codes.InvalidArgument, text),
		&errdetails.ErrorInfo{Reason: string(reason.InvalidArgument), Domain: domain}, bad)
}

// told turns an error into what the caller is told.
func (g *guard) told(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	if s, ok := ownStatus(ctx, err); ok {
		return s.Err()
	}
	if store.Trouble(err) {
		g.log.WarnContext(ctx, "call not answered", "method", method, "caller", Caller(ctx), "error", err)
		return toStatus(reason.New(reason.NotReady, "", "the store did not answer; make the same call again")).Err()
	}
	return g.inner(ctx, method, "error", err)
}

// inner logs what is not for callers under an id, and answers with the id.
func (g *guard) inner(ctx context.Context, method string, attributes ...any) error {
	id := rand.Text()
	g.log.With(attributes...).ErrorContext(ctx, "call failed", "method", method, "caller", Caller(ctx), "id", id)
	return status.Errorf(codes.Internal, "something went wrong inside; the log tells more under id %s", id)
}
