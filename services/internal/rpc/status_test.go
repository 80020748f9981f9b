package rpc_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func TestEveryReasonCrossesTheWireWhole(t *testing.T) {
	t.Parallel()
	codesOf := map[reason.Kind]codes.Code{
		reason.Invalid: codes.InvalidArgument, reason.NotFound: codes.NotFound, reason.Conflict: codes.AlreadyExists,
		reason.State: codes.FailedPrecondition, reason.Exhausted: codes.ResourceExhausted,
		reason.Unauthenticated: codes.Unauthenticated, reason.PermissionDenied: codes.PermissionDenied,
		reason.Unavailable: codes.Unavailable,
	}
	for _, info := range reason.Table() {
		t.Run(string(info.Reason), func(t *testing.T) {
			t.Parallel()
			sent := reason.New(info.Reason, "lines[3].amount_minor", "%d asked, %d left", 300, 250).With("asked", 300)
			house := serve(t, &desk{redrive: func(context.Context, *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
				return nil, fmt.Errorf("redrive: %w", sent)
			}})
			_, err := client(t, house).RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "x"})
			require.Equal(t, codesOf[info.Kind], status.Code(err))
			got, ok := reason.Of(rpc.FromStatus(err))
			require.True(t, ok, "no refusal in %v", err)
			require.Equal(t, sent, got)
			require.ErrorIs(t, got, info.Reason)
			waits := info.Retry && (info.Kind == reason.Exhausted || info.Kind == reason.Unavailable)
			require.Equal(t, waits, hasRetryInfo(err))
			limits := info.Reason == reason.PartnerLimitExceeded || info.Reason == reason.AdjustmentLimit
			require.Equal(t, limits, hasQuotaFailure(err))
		})
	}
}

func hasRetryInfo(err error) bool {
	for _, detail := range status.Convert(err).Details() {
		if _, ok := detail.(*errdetails.RetryInfo); ok {
			return true
		}
	}
	return false
}

func hasQuotaFailure(err error) bool {
	for _, detail := range status.Convert(err).Details() {
		if quota, ok := detail.(*errdetails.QuotaFailure); ok {
			return quota.GetViolations()[0].GetDescription() == status.Convert(err).Message()
		}
	}
	return false
}

func TestWhatIsInsideStaysInside(t *testing.T) {
	t.Parallel()
	elsewhere := status.Error(codes.PermissionDenied, "what another service said")
	cases := []struct {
		name string
		desk *desk
		log  string
	}{
		{"an error of the store", answering(errStorage), "password wrong"},
		{"a status that came from another call", answering(fmt.Errorf("ask tier: %w", elsewhere)), "what another service said"},
		{"a panic", &desk{account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			panic("the index is -1")
		}}, "the index is -1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			house := serve(t, c.desk)
			_, err := client(t, house).GetAccount(t.Context(), anAccount)
			s := status.Convert(err)
			require.Equal(t, codes.Internal, s.Code())
			require.Regexp(t, `^something went wrong inside; the log tells more under id [A-Z2-7]{26}$`, s.Message())
			require.Empty(t, s.Details())
			id := s.Message()[len(s.Message())-26:]
			require.Contains(t, house.logs.String(), "id="+id)
			require.Contains(t, house.logs.String(), c.log)
			require.Equal(t, err, rpc.FromStatus(err), "there is no refusal in it")
		})
	}
}

func TestAStatusOfTheHandlerItselfGoesThrough(t *testing.T) {
	t.Parallel()
	house := serve(t, &desk{})
	_, err := client(t, house).ListDeadLetters(t.Context(), &accrualv1.ListDeadLettersRequest{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
}

func TestFromStatusLeavesOtherErrorsAlone(t *testing.T) {
	t.Parallel()
	require.NoError(t, rpc.FromStatus(nil))
	require.Equal(t, errStorage, rpc.FromStatus(errStorage))
	foreign, err := status.New(codes.NotFound, "no such bucket").WithDetails(&errdetails.ErrorInfo{Reason: "X", Domain: "cloud"})
	require.NoError(t, err)
	_, ok := reason.Of(rpc.FromStatus(foreign.Err()))
	require.False(t, ok, "the domain is another")
	wrapped := fmt.Errorf("show the account: %w", foreign.Err())
	require.ErrorIs(t, rpc.FromStatus(wrapped), wrapped)
}
