package replay

import (
	"context"
	"errors"
	"fmt"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
)

// previewAmount is what the order of the preview comes to, in units of the currency.
const previewAmount = "100"

// preview asks the ledger what an order would earn the account of the story, over gRPC as a shop would. Nothing is told of it
// where there is no story, or where the programme would refuse such an order.
func (r *run) preview(ctx context.Context, account string) (report.Preview, error) {
	if account == "" {
		return report.Preview{}, nil
	}
	amount, err := money.ParseAmount(previewAmount, r.program.Currency)
	if err != nil {
		return report.Preview{}, fmt.Errorf("preview an order: %w", err)
	}
	conn, err := rpc.Dial(r.house.Accrual.Address(), r.house.Secrets[rpc.Operator])
	if err != nil {
		return report.Preview{}, fmt.Errorf("preview an order: %w", err)
	}
	answer, err := accrualv1.NewAccrualServiceClient(conn).PreviewOrder(ctx, &accrualv1.PreviewOrderRequest{
		Program: r.program.ID, Account: account, Merchant: "shop", Currency: string(r.program.Currency),
		Lines: []*ordersv1.Line{{LineId: "1", Quantity: 1, AmountMinor: int64(amount)}},
	})
	err = errors.Join(rpc.FromStatus(err), conn.Close())
	if _, refused := reason.Of(err); refused {
		return report.Preview{}, nil
	}
	if err != nil {
		return report.Preview{}, fmt.Errorf("preview an order: %w", err)
	}
	p := report.Preview{Amount: amount, Earns: money.Points(answer.GetPoints())}
	if r.program.Ladder != nil {
		p.Tier = answer.GetTierReached()
	}
	return p, nil
}
