package settling

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/contract"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Ask makes Deps.Totals of a client of accrual. What accrual refuses is refused here too; NOT_READY while it is gone.
func Ask(accrual accrualv1.AccrualServiceClient) func(ctx context.Context, program string, from, to calendar.Day) (Totals, error) {
	return func(ctx context.Context, program string, from, to calendar.Day) (Totals, error) {
		in := &accrualv1.GetControlTotalsRequest{Program: program, FromDay: from.String(), ToDay: to.String()}
		answer, err := accrual.GetControlTotals(ctx, in)
		if err != nil {
			return Totals{}, trouble(ctx, err)
		}
		f := answer.GetFinality()
		t := Totals{
			Final: answer.GetFinal(), Facts: f.GetFacts().GetSequence(), Entries: answer.GetEntries(),
			Bound: strings.ToLower(strings.TrimPrefix(f.GetBound().String(), "FINALITY_BOUND_")), Cells: map[clearing.Cell]money.Points{},
		}
		if f.GetFinalUntil() != nil {
			t.FinalUntil = f.GetFinalUntil().AsTime()
		}
		for _, total := range answer.GetTotals() {
			move, known := contract.Move(total.GetKind())
			if known && move == clearing.MoveUnset {
				continue // within one account
			}
			// A kind that is not known here differs from the books, which have none of it.
			cell := clearing.Cell{Move: move, Unit: total.GetUnit(), Issuer: total.GetIssuer(), Redeemer: total.GetRedeemer()}
			t.Cells[cell] += money.Points(total.GetPoints())
		}
		return t, nil
	}
}

// trouble is what is told where the ledger gave no totals: how the call ended, not why.
func trouble(ctx context.Context, err error) error {
	err = rpc.FromStatus(err)
	if _, refused := reason.Of(err); refused {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if code := status.Code(err); code == codes.Unavailable || code == codes.DeadlineExceeded {
		return reason.New(reason.NotReady, "", "the ledger does not answer, and nothing is closed without it; make the same call again")
	}
	return fmt.Errorf("ask the ledger for its totals: %w", err)
}
