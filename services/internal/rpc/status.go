package rpc

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// codeOf is the code of a kind of reason.
func codeOf(k reason.Kind) codes.Code {
	switch k {
	case reason.Invalid:
		return codes.InvalidArgument
	case reason.NotFound:
		return codes.NotFound
	case reason.Conflict:
		return codes.AlreadyExists
	case reason.State:
		return codes.FailedPrecondition
	case reason.Exhausted:
		return codes.ResourceExhausted
	case reason.Unauthenticated:
		return codes.Unauthenticated
	case reason.PermissionDenied:
		return codes.PermissionDenied
	case reason.Unavailable:
		return codes.Unavailable
	case reason.KindUnset:
	}
	return codes.Unknown
}

// quotas are the refusals of what somebody has agreed to, or was given, as the most that they may do.
var quotas = []reason.Reason{reason.PartnerLimitExceeded, reason.AdjustmentLimit}

// toStatus writes a refusal as a status: the code of its kind, ErrorInfo with reason and metadata, BadRequest where it
// names a field, QuotaFailure where a limit of the caller's is met, RetryInfo where waiting alone may help.
func toStatus(e *reason.Error) *status.Status { return toStatusAfter(e, retryDelay) }

// toStatusAfter is toStatus, and asks to wait so long.
func toStatusAfter(e *reason.Error, wait time.Duration) *status.Status {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: string(e.Reason), Domain: domain, Metadata: e.Metadata}}
	if e.Field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: e.Field, Description: e.Message, Reason: string(e.Reason)},
		}})
	}
	if slices.Contains(quotas, e.Reason) {
		details = append(details, &errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: e.Field, Description: e.Message}}})
	}
	info, _ := reason.Lookup(e.Reason) // what is not in the table has no kind
	code := codeOf(info.Kind)
	if info.Retry && (code == codes.ResourceExhausted || code == codes.Unavailable) {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	return withDetails(status.New(code, e.Message), details...)
}

func withDetails(s *status.Status, details ...protoadapt.MessageV1) *status.Status {
	full, err := s.WithDetails(details...)
	if err != nil {
		return s // only for a message that does not encode, such as one of invalid UTF-8: the code still tells
	}
	return full
}

// ownStatus returns the status of an error that a caller may see as it is: one that a handler returned itself, not one
// that is buried in the chain and speaks of another call; or the end of the call's own time.
func ownStatus(ctx context.Context, err error) (*status.Status, bool) {
	if e, ok := reason.Of(err); ok {
		return toStatus(e), true
	}
	// Not errors.As: a wrapped status belongs to a call that we made, and may hold what is not the caller's business.
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return s.GRPCStatus(), true
	}
	if cause := ctx.Err(); cause != nil {
		return status.FromContextError(cause), true
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return status.New(codes.DeadlineExceeded, "a part of the house did not answer in time"), true
	}
	return nil, false
}

// AskedToWait is how long the answer to a call asks to wait before the same call is made again; false: it does not ask for that.
func AskedToWait(err error) (time.Duration, bool) {
	s, _ := status.FromError(err)
	for _, detail := range s.Details() {
		if again, ok := detail.(*errdetails.RetryInfo); ok {
			return again.GetRetryDelay().AsDuration(), true
		}
	}
	return 0, false
}

// FromStatus is what a caller sees of an error: the refusal, where the status carries one, else the error as it is.
func FromStatus(err error) error {
	s, ok := status.FromError(err)
	if !ok || err == nil {
		return err
	}
	var refusal *reason.Error
	field := ""
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == domain {
				refusal = &reason.Error{Reason: reason.Reason(d.GetReason()), Message: s.Message(), Metadata: d.GetMetadata()}
			}
		case *errdetails.BadRequest:
			if violations := d.GetFieldViolations(); len(violations) > 0 {
				field = violations[0].GetField()
			}
		}
	}
	if refusal == nil {
		return err
	}
	refusal.Field = field
	return refusal
}
