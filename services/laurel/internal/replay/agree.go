package replay

import (
	"context"
	"fmt"
	"strings"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// disagreeMax is how many accounts a check names.
const disagreeMax = 5

// tiersAgree compares the tiers of the ledger with those of the tier service, account for account, and counts the accounts
// that were told of a drop to come. Both services have drained, so both speak of the end of the log.
func (r *run) tiersAgree(ctx context.Context) (accrual.Check, int64, error) {
	check, noticed := accrual.Check{Name: "tiers_agree"}, int64(0)
	ledger := map[string]string{}
	err := r.house.Accrual.Tiers(ctx, r.program.ID, func(account, in string) error {
		ledger[account] = in
		return nil
	})
	if err != nil {
		return check, 0, fmt.Errorf("read the tiers of the ledger: %w", err)
	}
	var named []string
	accounts, differ := int64(0), int64(0)
	note := func(account, inLedger, inTier string) {
		if differ++; len(named) < disagreeMax {
			named = append(named, fmt.Sprintf("%s is %q in the ledger and %q in tier", account, inLedger, inTier))
		}
	}
	err = r.house.Tier.Standings(ctx, r.program.ID, func(s tier.Standing) error {
		if accounts++; s.Noticed {
			noticed++
		}
		if ledger[s.Account] != s.Tier {
			note(s.Account, ledger[s.Account], s.Tier)
		}
		delete(ledger, s.Account)
		return nil
	})
	if err != nil {
		return check, 0, fmt.Errorf("read the tiers of the tier service: %w", err)
	}
	for account, in := range ledger {
		note(account, in, "")
	}
	if check.OK = differ == 0; check.OK {
		check.Detail = fmt.Sprintf("%d accounts have the tier of the ledger in the tier service as well", accounts)
		return check, noticed, nil
	}
	check.Detail = fmt.Sprintf("%d accounts differ: %s", differ, strings.Join(named, "; "))
	return check, noticed, nil
}

// clearingAgrees holds partner's books, month by month, against the control totals of the ledger, and each settlement
// against the books that it was made of.
func (r *run) clearingAgrees(ctx context.Context, a accrual.Audit) (accrual.Check, error) {
	check := accrual.Check{Name: "clearing_agrees"}
	books, err := r.house.Partner.Verify(ctx, r.program.ID)
	if err != nil {
		return check, fmt.Errorf("verify partner's books: %w", err)
	}
	if len(books.Breaches) > 0 {
		check.Detail = strings.Join(books.Breaches, "; ")
		return check, nil
	}
	check.OK = books.Entries == a.Entries
	check.Detail = fmt.Sprintf("%d entries of %d months are in partner's books as in the ledger, which has %d; %d settlements are what they come to, and clear to zero",
		books.Entries, books.Months, a.Entries, books.Settlements)
	return check, nil
}
