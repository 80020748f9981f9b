// Package api is member's gRPC door: it answers laurel.member.v1.MemberService. Who may call and how errors travel is the
// rpc room's business; what a command comes to is keeping's.
package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/member/internal/keeping"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

// pageDefault is how long a page is when the caller does not say; the contract bounds it by 200.
const pageDefault = 50

// Server implements MemberService. Safe for many goroutines.
type Server struct {
	memberv1.UnimplementedMemberServiceServer
	keeper  *keeping.Keeper
	storage *storage.Storage
}

// New makes the service; register it on an rpc.Server.
func New(keeper *keeping.Keeper, s *storage.Storage) *Server {
	return &Server{keeper: keeper, storage: s}
}

// keyed is what every write has.
type keyed interface {
	GetProgram() string
	GetIdempotencyKey() string
}

// command names a write by who calls, the method, and all that it asks.
func command(ctx context.Context, in keyed, content ...string) keeping.Command {
	return keeping.Command{Program: in.GetProgram(), Caller: string(rpc.Caller(ctx)), Key: in.GetIdempotencyKey(), Content: content}
}

func timeFromProto(t *timestamppb.Timestamp, field string) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, reason.New(reason.InvalidArgument, field, "%s", err)
	}
	return t.AsTime(), nil
}
