package settling

import (
	"context"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/contract"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Ask makes Deps.Totals of a client of accrual. What accrual refuses is refused here too; NOT_READY while it is gone.
func Ask(accrual accrualv1.AccrualServiceClient) func(ctx context.Context, program string, from, to calendar.Day) (Totals, error) {
	return func(ctx context.Context, program string, from, to calendar.Day) (Totals, error) {
		in := &accrualv1.GetControlTotalsRequest{Program: program, FromDay: from.String(), ToDay: to.String()}
		answer, err := accrual.GetControlTotals(ctx, in)
		if err != nil {
			return Totals{}, contract.Trouble(ctx, err)
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
			cell := clearing.Cell{Move: move, Unit: total.GetUnit(), Issuer: total.GetIssuer(), Redeemer: contract.Redeemer(total.GetKind(), total.GetRedeemer())}
			t.Cells[cell] += money.Points(total.GetPoints())
		}
		return t, nil
	}
}
