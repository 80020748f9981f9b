package api

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// VerifyLedger implements AccrualService. UNKNOWN_PROGRAMME for a programme of which nothing is known: "all is well" would
// be true of it, and misleading.
func (s *Server) VerifyLedger(in *accrualv1.VerifyLedgerRequest, out grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
	ctx := out.Context()
	if in.GetProgram() != "" {
		known, err := s.deps.Programs.Knows(ctx, in.GetProgram())
		if err != nil {
			return err
		}
		if !known {
			return reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", in.GetProgram())
		}
	}
	if in.GetTiers() && in.GetProgram() == "" {
		return reason.New(reason.InvalidArgument, "tiers", "tiers are those of one programme; name it")
	}
	if field := checkpointField(in); field != "" && in.GetProgram() == "" {
		return reason.New(reason.InvalidArgument, field, "a checkpoint is that of one programme; name it")
	}
	report, err := s.deps.Verify(ctx, in.GetProgram(), verify.Options{
		Since: in.GetSinceCheckpoint(), Keep: in.GetSetCheckpoint(),
		Progress: func(entries, accounts int64) {
			// A caller who has gone ends ctx, which ends the verification.
			_ = out.Send(&accrualv1.VerifyLedgerResponse{Entries: entries, Accounts: accounts})
		},
	})
	if err != nil {
		return err
	}
	if in.GetTiers() {
		if err := s.tellTiers(in.GetProgram(), out); err != nil {
			return err
		}
	}
	last := &accrualv1.VerifyLedgerResponse{
		Entries: report.Entries, Accounts: report.Accounts, Done: true, Ok: report.OK(), Notes: report.Notes,
		Since: checkpointToProto(report.Since), Set: checkpointToProto(report.Set),
	}
	for _, c := range report.Checks {
		last.Checks = append(last.Checks, &accrualv1.Check{Name: c.Name, Ok: c.OK, Detail: clean(c.Detail)})
	}
	return out.Send(last)
}

// checkpointField names the field that speaks of a checkpoint; empty: none does.
func checkpointField(in *accrualv1.VerifyLedgerRequest) string {
	switch {
	case in.GetSinceCheckpoint():
		return "since_checkpoint"
	case in.GetSetCheckpoint():
		return "set_checkpoint"
	}
	return ""
}

func checkpointToProto(c *storage.Checkpoint) *accrualv1.LedgerCheckpoint {
	if c == nil {
		return nil
	}
	return &accrualv1.LedgerCheckpoint{VerifiedAt: timestamppb.New(c.At), Entries: c.Entries, Accounts: c.Accounts}
}

// tiersPage is how many tiers one message tells.
const tiersPage = 2000

// tellTiers tells the tier of each account of a programme. An account that cannot be read is named by the checks already.
func (s *Server) tellTiers(program string, out grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
	var page []*accrualv1.LedgerTier
	err := s.deps.Storage.ScanAccounts(out.Context(), program, func(a storage.Stored, err error) error {
		if err != nil || a.Ladder.Tier == "" {
			return nil //nolint:nilerr // the checks have named what cannot be read
		}
		if page = append(page, &accrualv1.LedgerTier{Account: string(a.ID), Tier: a.Ladder.Tier}); len(page) < tiersPage {
			return nil
		}
		told := page
		page = nil
		return out.Send(&accrualv1.VerifyLedgerResponse{Tiers: told})
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return out.Send(&accrualv1.VerifyLedgerResponse{Tiers: page})
}
