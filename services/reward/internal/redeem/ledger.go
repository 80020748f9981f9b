package redeem

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// callMax is how long a call to the ledger may take before it counts as one whose outcome nobody knows.
const callMax = 5 * time.Second

// ledger asks accrual. Every call that moves points has a key that follows from the redemption: its repeat is the same
// call, whoever makes it and whenever. A *reason.Error is accrual's verdict, and the call has changed nothing; any other
// error leaves open what it has done.
type ledger struct {
	accrual accrualv1.AccrualServiceClient
}

func newLedger(conn *grpc.ClientConn) *ledger {
	return &ledger{accrualv1.NewAccrualServiceClient(conn)}
}

// Standing is what an account has and where it stands.
type Standing struct {
	Tier     string
	Segments []string
	Active   money.Points
}

// standing asks for an account. ACCOUNT_NOT_FOUND if there is none.
func (l *ledger) standing(ctx context.Context, program, account string) (Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	answer, err := l.accrual.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: program, Account: account})
	if err != nil {
		return Standing{}, verdict("ask for account "+account, err, reason.AccountNotFound)
	}
	s := Standing{Tier: answer.GetAccount().GetTier(), Segments: answer.GetAccount().GetSegments()}
	for _, b := range answer.GetAccount().GetBalances() {
		if unit := answer.GetAccount().GetUnit(); unit == "" || unit == b.GetUnit() { // others are only counted
			s.Active += money.Points(b.GetActive())
		}
	}
	return s, nil
}

// hold sets a redemption's points aside and returns the name of that.
func (l *ledger) hold(ctx context.Context, r redemption.Redemption) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	answer, err := l.accrual.HoldPoints(ctx, &accrualv1.HoldPointsRequest{
		Program: r.Program, Account: r.Account, Points: int64(r.Points), Redeemer: r.Redeemer,
		Ttl: durationpb.New(redemption.HoldFor), IdempotencyKey: r.Key(redemption.DeedHold),
	})
	return answer.GetHoldId(), verdict("hold points for "+r.ID, err,
		reason.AccountNotFound, reason.UnknownProgram, reason.InsufficientPoints, reason.TooManyHolds)
}

// capture spends the points of the hold and returns the name of that. HOLD_NOT_FOUND: they were not spent, and are free.
func (l *ledger) capture(ctx context.Context, r redemption.Redemption) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	answer, err := l.accrual.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{
		Program: r.Program, Account: r.Account, HoldId: r.Hold, IdempotencyKey: r.Key(redemption.DeedCapture),
	})
	return answer.GetCaptureId(), verdict("capture the hold of "+r.ID, err, reason.HoldNotFound)
}

// void makes the points of a hold active again. HOLD_NOT_FOUND: they are already.
func (l *ledger) void(ctx context.Context, r redemption.Redemption, hold string) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	_, err := l.accrual.VoidHold(ctx, &accrualv1.VoidHoldRequest{
		Program: r.Program, Account: r.Account, HoldId: hold, IdempotencyKey: r.Key(redemption.DeedVoid),
	})
	return verdict("void the hold of "+r.ID, err, reason.HoldNotFound)
}

// refund gives spent points back. CAPTURE_REFUNDED: somebody else has.
func (l *ledger) refund(ctx context.Context, r redemption.Redemption) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	_, err := l.accrual.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{
		Program: r.Program, Account: r.Account, CaptureId: r.Capture, IdempotencyKey: r.Key(redemption.DeedRefund),
	})
	return verdict("refund "+r.ID, err,
		reason.CaptureRefunded, reason.RefundTooLate, reason.TooManyRefunds, reason.AmountOutOfRange)
}

// verdict lets those refusals through that decide a call. Anything else, from no answer to a credential that is not
// known, is trouble: the call is made again.
func verdict(doing string, err error, verdicts ...reason.Reason) error {
	if err == nil {
		return nil
	}
	if refusal, ok := reason.Of(rpc.FromStatus(err)); ok && slices.Contains(verdicts, refusal.Reason) {
		return refusal
	}
	return fmt.Errorf("%s: %w", doing, &trouble{err})
}

// trouble is a call to the ledger whose outcome nobody knows. It hides reasons and statuses, which would speak to our
// caller of a call that was ours.
type trouble struct{ err error }

// Error tells what happened.
func (t *trouble) Error() string { return t.err.Error() }
