// Package api is reward's gRPC door: it answers laurel.reward.v1.RewardService. Who may call and how errors travel is the
// rpc room's business; what a command comes to is keeping's and redeem's.
package api

import (
	"context"
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/keeping"
	"github.com/laurel-loyalty/laurel/services/reward/internal/redeem"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
)

// pageDefault is how long a page is when the caller does not say; the contract bounds it by 200.
const pageDefault = 50

// Server implements RewardService. Safe for many goroutines.
type Server struct {
	rewardv1.UnimplementedRewardServiceServer
	keeper  *keeping.Keeper
	process *redeem.Process
	storage *storage.Storage
}

// New makes the service; register it on an rpc.Server.
func New(keeper *keeping.Keeper, process *redeem.Process, s *storage.Storage) *Server {
	return &Server{keeper: keeper, process: process, storage: s}
}

// keyed is what every write has.
type keyed interface {
	proto.Message
	GetProgram() string
	GetIdempotencyKey() string
}

// command names a write by who calls, its key, and all that it asks: two requests are the same if their bytes are.
func command(ctx context.Context, in keyed) (storage.Command, error) {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(in)
	if err != nil {
		return storage.Command{}, fmt.Errorf("write down a request: %w", err)
	}
	method := string(in.ProtoReflect().Descriptor().FullName())
	return storage.Command{Program: in.GetProgram(), Call: redemption.Call{
		Caller: string(rpc.Caller(ctx)), Key: in.GetIdempotencyKey(), Content: sha256.Sum256(append([]byte(method+"\x00"), content...)),
	}}, nil
}

func pageSize(asked int32) int {
	if asked == 0 {
		return pageDefault
	}
	return int(asked)
}
