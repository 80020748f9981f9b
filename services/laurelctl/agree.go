package laurelctl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	// disagreeMax is how many accounts the check names.
	disagreeMax = 5
	// In a house that works on, one service may be a moment ahead of the other, so accounts that differ are asked for again:
	// so often, so long after. More than lagMax accounts are no matter of a moment.
	agreeRounds = 10
	agreeAgain  = 200 * time.Millisecond
	lagMax      = 1000
)

// twoTiers is one account's tier in the ledger and in the tier service; empty: none.
type twoTiers struct{ ledger, service string }

// tiersAgree compares the tiers of a programme inside the ledger with those of the tier service, account for account.
func (w *world) tiersAgree(ctx context.Context, a *accrual, t *tiers, ledger map[string]string) (*accrualv1.Check, error) {
	differ, accounts, err := t.differing(ctx, ledger)
	if err != nil {
		return nil, err
	}
	for round := 0; round < agreeRounds && len(differ) > 0 && len(differ) <= lagMax; round++ {
		if err := pause(ctx, agreeAgain); err != nil {
			return nil, err
		}
		for account := range differ {
			now, err := askBoth(ctx, a, t, account)
			if err != nil {
				return nil, err
			}
			if differ[account] = now; now.ledger == now.service {
				delete(differ, account)
			}
		}
	}
	check := &accrualv1.Check{Name: "tiers_agree", Ok: len(differ) == 0}
	if check.GetOk() {
		check.Detail = fmt.Sprintf("%d accounts have the tier of the ledger in the tier service as well", accounts)
		return check, nil
	}
	var named []string
	for _, account := range slices.Sorted(maps.Keys(differ))[:min(len(differ), disagreeMax)] {
		named = append(named, fmt.Sprintf("%s is %q in the ledger and %q in tier", account, differ[account].ledger, differ[account].service))
	}
	check.Detail = fmt.Sprintf("%d accounts differ: %s", len(differ), strings.Join(named, "; "))
	return check, nil
}

// differing lists all tiers of the service beside those of the ledger, and returns who differs, and how many were compared.
func (t *tiers) differing(ctx context.Context, ledger map[string]string) (map[string]twoTiers, int, error) {
	differ, left := map[string]twoTiers{}, maps.Clone(ledger)
	in := &tierv1.ListTiersRequest{Program: t.program, PageSize: 2000}
	accounts := len(ledger)
	for {
		answer, err := t.ListTiers(ctx, in)
		if err != nil {
			return nil, 0, err
		}
		for _, x := range answer.GetAccounts() {
			if left[x.GetAccount()] != x.GetTier() {
				differ[x.GetAccount()] = twoTiers{left[x.GetAccount()], x.GetTier()}
			}
			delete(left, x.GetAccount())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			break
		}
	}
	for account, tier := range left {
		differ[account] = twoTiers{ledger: tier}
	}
	return differ, accounts, nil
}

// askBoth asks the ledger and the tier service for one account.
func askBoth(ctx context.Context, a *accrual, t *tiers, account string) (twoTiers, error) {
	inLedger, err := a.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: t.program, Account: account})
	if err = unlessUnknown(err); err != nil {
		return twoTiers{}, err
	}
	inTier, err := t.GetMemberTier(ctx, &tierv1.GetMemberTierRequest{Program: t.program, Account: account})
	return twoTiers{inLedger.GetAccount().GetTier(), inTier.GetMemberTier().GetTier()}, unlessUnknown(err)
}

// unlessUnknown is an error, unless it says that there is no such account.
func unlessUnknown(err error) error {
	if e, ok := reason.Of(rpc.FromStatus(err)); ok && e.Reason == reason.AccountNotFound {
		return nil
	}
	return err
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
