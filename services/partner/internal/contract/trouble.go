package contract

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Trouble is what a caller is told when the ledger gives no verdict: its refusal, that the caller went away, NOT_READY while it
// does not answer; how the call ended, not why.
func Trouble(ctx context.Context, err error) error {
	err = rpc.FromStatus(err)
	if _, refused := reason.Of(err); refused {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if code := status.Code(err); code == codes.Unavailable || code == codes.DeadlineExceeded {
		return reason.New(reason.NotReady, "", "the ledger does not answer; make the same call again")
	}
	return fmt.Errorf("ask the ledger: %w", err)
}
