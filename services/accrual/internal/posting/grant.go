package posting

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// grantOf is the grant of a message, or its early end, as the ledger takes it.
func grantOf(m follow.Message) ledger.Grant {
	return ledger.Grant{Given: m.Grant.Given, Ends: m.Grant.Ends, OccurredAt: m.Grant.At, EventID: m.EventID, Source: m.EventSource}
}

func grantKey(m follow.Message) storage.KeyRef {
	return storage.KeyRef{Program: m.Program, Key: grantOf(m).Key(ledger.AccountID(m.Account))}
}

// grant lets the ledger decide on a granted tier, once.
func (b *batch) grant(ctx context.Context, m follow.Message) error {
	s, err := b.stage(ctx, m, m.Grant.At)
	if s == nil || err != nil {
		return err
	}
	if b.taken[grantKey(m)].Key != "" {
		b.outcome.Duplicates++
		return nil
	}
	g := grantOf(m)
	g.Position = s.position
	verdict, err := ledger.TakeGrant(s.account, g, s.schedule, s.t)
	if err != nil {
		return b.refuseFor(m, err)
	}
	if verdict.Repeats != "" {
		b.outcome.Duplicates++
		return nil
	}
	b.taken[grantKey(m)] = ledger.Taken{Key: verdict.Entry.Key, Account: verdict.Entry.Account}
	s.account = verdict.Account
	return b.post(s.holding, storage.EntryWrite{Entry: verdict.Entry}, told{})
}
