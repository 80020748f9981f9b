package rpc

import (
	"google.golang.org/protobuf/protoadapt"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// WithDetails is a refusal that tells callers more than a refusal holds: messages of the service's own contract, behind
// those that every refusal has. Details travel in the headers: keep them to a few KiB.
func WithDetails(e *reason.Error, details ...protoadapt.MessageV1) error {
	return withDetails(toStatus(e), details...).Err()
}
