package keeping

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

// Enrolment is who is to be enrolled.
type Enrolment struct {
	Member membership.ID
	Kind   membership.Kind
	// Account is that of another, or empty or the member's own id.
	Account membership.ID
	Role    membership.Role // in another's account
}

// Enrol enrols a member. Reasons: UNKNOWN_PROGRAMME, MEMBER_EXISTS; and those of membership.Member.Admit.
func (k *Keeper) Enrol(ctx context.Context, c Command, e Enrolment) (membership.Member, error) {
	known, err := k.Known(ctx, c.Program)
	if err != nil {
		return membership.Member{}, err
	}
	if !known {
		return membership.Member{}, reason.New(reason.UnknownProgram, "program", "there is no programme %s", c.Program)
	}
	if e.Account == "" {
		e.Account = e.Member
	}
	return member(k.do(ctx, c, e.Account, func(ctx context.Context, at time.Time) (change, error) {
		row, err := k.Storage.Member(ctx, c.Program, e.Member)
		if err != nil {
			return change{}, err
		}
		if row.Found() {
			return change{}, reason.New(reason.MemberExists, "member", "%s was enrolled already, with account %s", e.Member, row.Value.Account)
		}
		var todo change
		var enrolled membership.Member
		if e.Account == e.Member {
			enrolled, err = membership.Open(e.Member, e.Kind, at)
		} else {
			enrolled, todo, err = k.admit(ctx, c.Program, e, at)
		}
		if err != nil {
			return change{}, err
		}
		todo.Members = append(todo.Members, row.With(enrolled))
		return about(todo, enrolled, enrolled), nil
	}))
}

func (k *Keeper) admit(ctx context.Context, program string, e Enrolment, at time.Time) (membership.Member, change, error) {
	row, err := k.Storage.Member(ctx, program, e.Account)
	if err != nil {
		return membership.Member{}, change{}, err
	}
	if !row.Found() {
		return membership.Member{}, change{}, noAccount(e.Account)
	}
	joined, owner, err := row.Value.Admit(membership.Joining{ID: e.Member, Kind: e.Kind, Role: e.Role, At: at})
	var todo change
	todo.Members = append(todo.Members, row.With(owner))
	return joined, todo, err
}

// SetRole gives a member of an account another role. Reasons: MEMBER_NOT_FOUND, OWN_ACCOUNT.
func (k *Keeper) SetRole(ctx context.Context, c Command, account, id membership.ID, role membership.Role) (membership.Member, error) {
	return member(k.do(ctx, c, account, func(ctx context.Context, _ time.Time) (change, error) {
		row, err := k.of(ctx, c.Program, account, id)
		if err != nil {
			return change{}, err
		}
		changed, err := row.Value.WithRole(role)
		if err != nil {
			return change{}, err
		}
		var todo change
		todo.Members = append(todo.Members, row.With(changed))
		return about(todo, changed), nil
	}))
}

// Leave takes a member out of another's account into one of their own. Reasons: MEMBER_NOT_FOUND, OWN_ACCOUNT.
func (k *Keeper) Leave(ctx context.Context, c Command, account, id membership.ID) (membership.Member, error) {
	return member(k.do(ctx, c, account, func(ctx context.Context, at time.Time) (change, error) {
		row, err := k.of(ctx, c.Program, account, id)
		if err != nil {
			return change{}, err
		}
		owner, err := k.Storage.Member(ctx, c.Program, account)
		if err == nil && !owner.Found() {
			err = fmt.Errorf("account %s has members, and nobody it is named after", account)
		}
		if err != nil {
			return change{}, err
		}
		left, remaining, err := row.Value.Leave(owner.Value, at)
		if err != nil {
			return change{}, err
		}
		var todo change
		todo.Members = append(todo.Members, row.With(left), owner.With(remaining))
		return about(todo, left, left), nil
	}))
}

// of reads a member who must belong to an account.
func (k *Keeper) of(ctx context.Context, program string, account, id membership.ID) (storage.Row[membership.Member], error) {
	row, err := k.Storage.Member(ctx, program, id)
	if err == nil && (!row.Found() || row.Value.Account != account) {
		err = reason.New(reason.MemberNotFound, "member", "account %s has no member %s", account, id)
	}
	return row, err
}

// about completes a change whose answer is one member, and which has enrolled these.
func about(todo change, answer membership.Member, enrolled ...membership.Member) change {
	todo.Answer.Members, todo.enrolled = []membership.Member{answer}, enrolled
	return todo
}

func member(a storage.Answer, err error) (membership.Member, error) {
	if err != nil || len(a.Members) == 0 {
		return membership.Member{}, err
	}
	return a.Members[0], nil
}

func noAccount(id membership.ID) error {
	return reason.New(reason.AccountNotFound, "account", "nobody was enrolled with account %s; enrol whom it is named after first", id)
}
