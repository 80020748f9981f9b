package trading

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/contract"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
)

// ask has the ledger do a trade. The same trade again is the same command.
func (d *Desk) ask(ctx context.Context, t trade.Trade) (trade.Outcome, error) {
	e, err := d.command(ctx, t)
	if err != nil {
		return trade.Outcome{}, contract.Trouble(ctx, err)
	}
	out := trade.Outcome{
		Entry: e.GetKey(), Points: money.Points(e.GetCommand().GetPoints()), EffectiveAt: e.GetEffectiveAt().AsTime(),
	}
	for _, b := range e.GetAfter().GetBalances() {
		if moved := e.GetMovements(); len(moved) > 0 && moved[0].GetUnit() == b.GetUnit() { // other units are only counted
			out.Unit, out.Active = b.GetUnit(), money.Points(b.GetActive())
		}
	}
	if t.Kind == trade.Authorization {
		out.Deadline = e.GetHold().GetDeadline().AsTime()
	}
	return out, nil
}

func (d *Desk) command(ctx context.Context, t trade.Trade) (*accrualv1.Entry, error) {
	switch t.Kind {
	case trade.Award:
		answer, err := d.Ledger.AwardPoints(ctx, &accrualv1.AwardPointsRequest{
			Program: t.Program, Account: t.Account, Points: int64(t.Points), Issuer: t.Partner, Reason: t.Reason, IdempotencyKey: t.LedgerKey(),
		})
		return answer.GetEntry(), err
	case trade.Authorization:
		answer, err := d.Ledger.HoldPoints(ctx, &accrualv1.HoldPointsRequest{
			Program: t.Program, Account: t.Account, Points: int64(t.Points), Redeemer: t.Partner, Ttl: ttl(t.TTL), IdempotencyKey: t.LedgerKey(),
		})
		return answer.GetEntry(), err
	case trade.Capture:
		answer, err := d.Ledger.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{
			Program: t.Program, Account: t.Account, HoldId: t.Base, Points: int64(t.Points), IdempotencyKey: t.LedgerKey(),
		})
		return answer.GetEntry(), err
	case trade.Void:
		answer, err := d.Ledger.VoidHold(ctx, &accrualv1.VoidHoldRequest{
			Program: t.Program, Account: t.Account, HoldId: t.Base, IdempotencyKey: t.LedgerKey(),
		})
		return answer.GetEntry(), err
	case trade.Refund:
		answer, err := d.Ledger.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{
			Program: t.Program, Account: t.Account, CaptureId: t.Base, IdempotencyKey: t.LedgerKey(),
		})
		return answer.GetEntry(), err
	case trade.KindUnset:
	}
	panic("a trade without a kind was kept")
}

func ttl(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

// Balance is what an account can spend.
type Balance struct {
	Points money.Points
	Unit   string
	AsOf   time.Time
}

// Balance tells what an account can spend. ACCOUNT_NOT_FOUND.
func (d *Desk) Balance(ctx context.Context, program, account string) (Balance, error) {
	answer, err := d.Ledger.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: program, Account: account})
	if err != nil {
		return Balance{}, contract.Trouble(ctx, err)
	}
	a := answer.GetAccount()
	for _, b := range a.GetBalances() {
		if a.GetUnit() == "" || a.GetUnit() == b.GetUnit() { // others are only counted
			return Balance{money.Points(b.GetActive()), b.GetUnit(), a.GetClock().AsTime()}, nil
		}
	}
	schedule, err := d.Terms.Schedule(ctx, program)
	if err != nil {
		return Balance{}, err
	}
	return Balance{Unit: schedule.Latest().Program.Unit, AsOf: a.GetClock().AsTime()}, nil
}
