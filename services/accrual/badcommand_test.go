package accrual_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestABadCommandNamesItsField(t *testing.T) {
	t.Parallel()
	s := open(t, wall).run(size{})
	ctx := t.Context()
	award := func(in *accrualv1.AwardPointsRequest) error {
		in.Program, in.Account, in.IdempotencyKey = "tea", "ann", "k"
		_, err := s.grpc.AwardPoints(ctx, in)
		return err
	}
	holding := func(in *accrualv1.HoldPointsRequest) error {
		_, err := s.grpc.HoldPoints(ctx, in)
		return err
	}
	capture := func(in *accrualv1.CaptureHoldRequest) error {
		_, err := s.grpc.CaptureHold(ctx, in)
		return err
	}
	void := func(in *accrualv1.VoidHoldRequest) error {
		_, err := s.grpc.VoidHold(ctx, in)
		return err
	}
	refund := func(in *accrualv1.RefundCaptureRequest) error {
		_, err := s.grpc.RefundCapture(ctx, in)
		return err
	}
	adjust := func(in *accrualv1.AdjustPointsRequest) error {
		_, err := s.grpc.AdjustPoints(ctx, in)
		return err
	}
	for name, c := range map[string]struct {
		err   error
		field string
	}{
		"an award of nothing":              {award(&accrualv1.AwardPointsRequest{}), "points"},
		"an award below zero":              {award(&accrualv1.AwardPointsRequest{Points: -5}), "points"},
		"an issuer that is no name":        {award(&accrualv1.AwardPointsRequest{Points: 5, Issuer: "A b"}), "issuer"},
		"an activation day that is none":   {award(&accrualv1.AwardPointsRequest{Points: 5, ActivationDay: "2026-02-30"}), "activation_day"},
		"an expiry day in other words":     {award(&accrualv1.AwardPointsRequest{Points: 5, ExpiryDay: "soon"}), "expiry_day"},
		"an expiry day that is none":       {award(&accrualv1.AwardPointsRequest{Points: 5, ExpiryDay: "2026-13-01"}), "expiry_day"},
		"a reason in small letters":        {award(&accrualv1.AwardPointsRequest{Points: 5, Reason: "gift"}), "reason"},
		"a hold without a programme":       {holding(&accrualv1.HoldPointsRequest{Account: "ann", Points: 1, IdempotencyKey: "k"}), "program"},
		"a hold without an account":        {holding(&accrualv1.HoldPointsRequest{Program: "tea", Points: 1, IdempotencyKey: "k"}), "account"},
		"a hold without a key":             {holding(&accrualv1.HoldPointsRequest{Program: "tea", Account: "ann", Points: 1}), "idempotency_key"},
		"a hold of nothing":                {holding(hold("ann", "k", 0)), "points"},
		"a key with an @":                  {holding(hold("ann", "k@x", 1)), "idempotency_key"},
		"a hold for no time":               {holding(timed(hold("ann", "k", 1), 0)), "ttl"},
		"a hold for a year":                {holding(timed(hold("ann", "k", 1), 365*24*time.Hour)), "ttl"},
		"a capture of no hold":             {capture(&accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", IdempotencyKey: "k"}), "hold_id"},
		"a capture below zero":             {capture(&accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: "h", Points: -1, IdempotencyKey: "k"}), "points"},
		"a void of no hold":                {void(&accrualv1.VoidHoldRequest{Program: "tea", Account: "ann", IdempotencyKey: "k"}), "hold_id"},
		"a void without a key":             {void(&accrualv1.VoidHoldRequest{Program: "tea", Account: "ann", HoldId: "h"}), "idempotency_key"},
		"a refund of no capture":           {refund(&accrualv1.RefundCaptureRequest{Program: "tea", Account: "ann", IdempotencyKey: "k"}), "capture_id"},
		"an adjustment by nothing":         {adjust(&accrualv1.AdjustPointsRequest{Program: "tea", Account: "ann", Reason: "MISTAKE", IdempotencyKey: "k"}), "points"},
		"an adjustment without any reason": {adjust(&accrualv1.AdjustPointsRequest{Program: "tea", Account: "ann", Points: 1, IdempotencyKey: "k"}), "reason"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, c.err, reason.InvalidArgument)
			require.Equal(t, c.field, refusalOf(t, c.err).Field)
		})
	}
	require.Empty(t, s.h.documents("entries"))
}

func timed(r *accrualv1.HoldPointsRequest, ttl time.Duration) *accrualv1.HoldPointsRequest {
	r.Ttl = durationpb.New(ttl)
	return r
}
