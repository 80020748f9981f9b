package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// TrailerReplayed is "true" on the answer to a call that came before under its idempotency key.
const TrailerReplayed = "laurel-replayed"

// Replayed marks the answer of the call that ctx belongs to as one that was given before. Outside of a call it does nothing.
func Replayed(ctx context.Context) {
	_ = grpc.SetTrailer(ctx, metadata.Pairs(TrailerReplayed, "true")) // it only informs
}
