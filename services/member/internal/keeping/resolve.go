package keeping

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// Resolved is where an alias leads.
type Resolved struct {
	Account membership.ID
	Member  *membership.Member // nil: nobody, or nobody in particular
	Alias   *alias.Alias       // nil for an account
}

// Resolve says to whom an alias leads that was used at a time. Reasons: ALIAS_NOT_FOUND, ALIAS_BLOCKED.
func (k *Keeper) Resolve(ctx context.Context, program string, ref alias.Ref, at time.Time) (Resolved, error) {
	if ref.Kind == alias.Account {
		return k.account(ctx, program, membership.ID(ref.Value))
	}
	row, err := k.linked(ctx, program, ref)
	if err != nil {
		return Resolved{}, err
	}
	if at.IsZero() {
		at = k.Clock.Now()
	}
	if err := row.Value.UsableAt(at); err != nil {
		return Resolved{}, err
	}
	owner, err := k.Storage.Member(ctx, program, membership.ID(row.Value.Member))
	if err != nil {
		return Resolved{}, err
	}
	if !owner.Found() {
		return Resolved{}, fmt.Errorf("an alias of kind %s leads to %s, who is not there", ref.Kind, row.Value.Member)
	}
	return Resolved{Account: owner.Value.Account, Member: &owner.Value, Alias: &row.Value}, nil
}

// account answers an account as it is: whether one that nobody was enrolled with may begin with its first order is the
// programme's to say, and the ledger's to see.
func (k *Keeper) account(ctx context.Context, program string, id membership.ID) (Resolved, error) {
	row, err := k.Storage.Member(ctx, program, id)
	if err != nil {
		return Resolved{}, err
	}
	found := Resolved{Account: id}
	if row.Found() && row.Value.HasOwnAccount() && row.Value.People == 1 {
		found.Member = &row.Value
	}
	return found, nil
}
