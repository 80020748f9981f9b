package redeem

import (
	"context"
	"iter"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/verify"
)

// ownPage is how many entries one answer of the ledger holds.
const ownPage = 200

// Verify holds a programme's redemptions against the ledger, and its stock against the redemptions. NOT_READY while the
// ledger does not answer.
func (p *Process) Verify(ctx context.Context, program string) ([]verify.Check, error) {
	checks, err := verify.Run(ctx, p.Storage, p.ledger, program)
	return checks, p.notReady(ctx, err)
}

// Own implements verify.Ledger.
func (l *ledger) Own(ctx context.Context, program, id string) iter.Seq2[redemption.Entry, error] {
	return func(yield func(redemption.Entry, error) bool) {
		request := &accrualv1.ListOwnEntriesRequest{Program: program, KeyPrefix: id, PageSize: ownPage}
		for {
			answer, err := l.ownPage(ctx, request)
			if err != nil {
				yield(redemption.Entry{}, err)
				return
			}
			for _, e := range answer.GetEntries() {
				if !yield(entryFromProto(e), nil) {
					return
				}
			}
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return
			}
		}
	}
}

func (l *ledger) ownPage(ctx context.Context, request *accrualv1.ListOwnEntriesRequest) (*accrualv1.ListOwnEntriesResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	answer, err := l.accrual.ListOwnEntries(ctx, request)
	return answer, verdict("list own entries", err)
}

func entryFromProto(e *accrualv1.Entry) redemption.Entry {
	key := e.GetKey()[strings.LastIndexByte(e.GetKey(), '/')+1:]
	out := redemption.Entry{
		Redemption: key, Key: e.GetKey(), Account: e.GetAccount(), Redeemer: e.GetHold().GetRedeemer(),
		Points: money.Points(e.GetCommand().GetPoints()),
	}
	if id, attempt, deed, ours := redemption.ParseKey(key); ours {
		out.Redemption, out.Attempt, out.Deed = id, attempt, deed
	}
	return out
}

// Open implements verify.Ledger.
func (l *ledger) Open(ctx context.Context, program, account, hold string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	answer, err := l.accrual.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: program, Account: account})
	refused, err := refusal(verdict("ask for account "+account, err, reason.AccountNotFound))
	if err != nil || refused != nil {
		return false, err
	}
	for _, h := range answer.GetAccount().GetHolds() {
		if h.GetHoldId() == hold {
			return true, nil
		}
	}
	return false, nil
}
