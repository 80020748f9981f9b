package accrual_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// question asks something and returns why it was not answered.
type question func(ctx context.Context, c accrualv1.AccrualServiceClient) error

func eventStatus(in *accrualv1.GetEventStatusRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		_, err := c.GetEventStatus(ctx, in)
		return err
	}
}

func deadLetters(in *accrualv1.ListDeadLettersRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		_, err := c.ListDeadLetters(ctx, in)
		return err
	}
}

func proposals(in *accrualv1.ListAdjustmentProposalsRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		_, err := c.ListAdjustmentProposals(ctx, in)
		return err
	}
}

func expiring(in *accrualv1.ListExpiringPointsRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		_, err := c.ListExpiringPoints(ctx, in)
		return err
	}
}

func watched(in *accrualv1.WatchAccountRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		stream, err := c.WatchAccount(ctx, in)
		if err != nil {
			return err
		}
		for err == nil {
			_, err = stream.Recv()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

func TestBadQuestionsGetTheirReason(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.publish(paid("ann", "1", time.Now().UTC(), 5_000))
	s.drained()
	long := strings.Repeat("x", 300)
	far := &typev1.Position{Stream: bus.Events, Sequence: 1 << 40}
	for name, c := range map[string]struct {
		ask  question
		want reason.Reason
	}{
		"status: no programme":         {eventStatus(&accrualv1.GetEventStatusRequest{Merchant: "shop", OrderId: "1"}), reason.InvalidArgument},
		"status: no merchant":          {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", OrderId: "1"}), reason.InvalidArgument},
		"status: neither":              {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop"}), reason.InvalidArgument},
		"status: both":                 {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: "1", ActionId: "1"}), reason.InvalidArgument},
		"status: order too long":       {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: long}), reason.InvalidArgument},
		"status: another stream":       {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: "1", After: &typev1.Position{Stream: bus.Facts, Sequence: 1}}), reason.InvalidArgument},
		"status: beyond the end":       {eventStatus(&accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: "1", After: far}), reason.PositionUnknown},
		"letters: programme too long":  {deadLetters(&accrualv1.ListDeadLettersRequest{Program: long}), reason.InvalidArgument},
		"letters: page too long":       {deadLetters(&accrualv1.ListDeadLettersRequest{PageSize: 201}), reason.InvalidArgument},
		"letters: page below zero":     {deadLetters(&accrualv1.ListDeadLettersRequest{PageSize: -1}), reason.InvalidArgument},
		"letters: no token of ours":    {deadLetters(&accrualv1.ListDeadLettersRequest{PageToken: "nonsense"}), reason.InvalidArgument},
		"proposals: no programme":      {proposals(&accrualv1.ListAdjustmentProposalsRequest{}), reason.InvalidArgument},
		"proposals: unknown programme": {proposals(&accrualv1.ListAdjustmentProposalsRequest{Program: "coffee"}), reason.UnknownProgram},
		"proposals: page too long":     {proposals(&accrualv1.ListAdjustmentProposalsRequest{Program: "tea", PageSize: 201}), reason.InvalidArgument},
		"proposals: no token of ours":  {proposals(&accrualv1.ListAdjustmentProposalsRequest{Program: "tea", PageToken: "nonsense"}), reason.InvalidArgument},
		"expiring: no account":         {expiring(&accrualv1.ListExpiringPointsRequest{Program: "tea"}), reason.InvalidArgument},
		"expiring: unknown programme":  {expiring(&accrualv1.ListExpiringPointsRequest{Program: "coffee", Account: "ann"}), reason.AccountNotFound},
		"expiring: unknown account":    {expiring(&accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "zoe"}), reason.AccountNotFound},
		"expiring: too far ahead":      {expiring(&accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", HorizonDays: 3661}), reason.InvalidArgument},
		"expiring: into the past":      {expiring(&accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", HorizonDays: -1}), reason.InvalidArgument},
		"expiring: beyond the end":     {expiring(&accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", After: far}), reason.PositionUnknown},
		"watch: no account":            {watched(&accrualv1.WatchAccountRequest{Program: "tea"}), reason.InvalidArgument},
		"watch: account too long":      {watched(&accrualv1.WatchAccountRequest{Program: "tea", Account: long}), reason.InvalidArgument},
		"watch: unknown programme":     {watched(&accrualv1.WatchAccountRequest{Program: "coffee", Account: "ann"}), reason.AccountNotFound},
		"watch: unknown account":       {watched(&accrualv1.WatchAccountRequest{Program: "tea", Account: "zoe"}), reason.AccountNotFound},
		"watch: before the beginning":  {watched(&accrualv1.WatchAccountRequest{Program: "tea", Account: "ann", AfterSeq: new(int64(-1))}), reason.InvalidArgument},
		"watch: beyond the end":        {watched(&accrualv1.WatchAccountRequest{Program: "tea", Account: "ann", AfterSeq: new(int64(99))}), reason.InvalidArgument},
		"verify: unknown programme":    {verified(&accrualv1.VerifyLedgerRequest{Program: "coffee"}), reason.UnknownProgram},
		"verify: tiers of all":         {verified(&accrualv1.VerifyLedgerRequest{Tiers: true}), reason.InvalidArgument},
		"verify: since all":            {verified(&accrualv1.VerifyLedgerRequest{SinceCheckpoint: true}), reason.InvalidArgument},
		"verify: checkpoint of all":    {verified(&accrualv1.VerifyLedgerRequest{SetCheckpoint: true}), reason.InvalidArgument},
		"verify: since nothing":        {verified(&accrualv1.VerifyLedgerRequest{Program: "tea", SinceCheckpoint: true}), reason.NoCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, rpc.FromStatus(c.ask(t.Context(), s.grpc)), c.want)
		})
	}
}

func verified(in *accrualv1.VerifyLedgerRequest) question {
	return func(ctx context.Context, c accrualv1.AccrualServiceClient) error {
		stream, err := c.VerifyLedger(ctx, in)
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	}
}
