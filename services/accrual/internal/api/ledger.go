package api

import (
	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
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
	report, err := s.deps.Verify(ctx, in.GetProgram(), func(entries, accounts int64) {
		// A caller who has gone ends ctx, which ends the verification.
		_ = out.Send(&accrualv1.VerifyLedgerResponse{Entries: entries, Accounts: accounts})
	})
	if err != nil {
		return err
	}
	last := &accrualv1.VerifyLedgerResponse{Entries: report.Entries, Accounts: report.Accounts, Done: true, Ok: report.OK()}
	for _, c := range report.Checks {
		last.Checks = append(last.Checks, &accrualv1.Check{Name: c.Name, Ok: c.OK, Detail: clean(c.Detail)})
	}
	return out.Send(last)
}
