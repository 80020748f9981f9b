package keeping

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

// Link makes a member known by an alias. Reasons: MEMBER_NOT_FOUND; and those of alias.Link.
func (k *Keeper) Link(ctx context.Context, c Command, id membership.ID, ref alias.Ref) (alias.Alias, error) {
	answer, err := k.do(ctx, c, id, func(ctx context.Context, at time.Time) (change, error) {
		owner, err := k.Storage.Member(ctx, c.Program, id)
		if err != nil {
			return change{}, err
		}
		if !owner.Found() {
			return change{}, noMember(id)
		}
		row, err := k.Storage.Alias(ctx, c.Program, ref)
		if err != nil {
			return change{}, err
		}
		linked, fresh, err := alias.Link(ref, row.Value, alias.Linking{Member: string(id), Has: owner.Value.Aliases, At: at})
		if err != nil {
			return change{}, err
		}
		var todo change
		todo.Answer.Aliases = []alias.Alias{linked}
		if fresh {
			todo.Aliases = []storage.Row[alias.Alias]{row.With(linked)}
			todo.Members = []storage.Row[membership.Member]{oneMore(owner)}
		}
		return todo, nil
	})
	return first(answer.Aliases), err
}

// Block ends the use of an alias. Reasons: ALIAS_NOT_FOUND, ALIAS_BLOCKED.
func (k *Keeper) Block(ctx context.Context, c Command, ref alias.Ref, cause alias.Cause) (alias.Alias, error) {
	answer, err := k.do(ctx, c, membership.ID(ref.Value), func(ctx context.Context, at time.Time) (change, error) {
		row, err := k.linked(ctx, c.Program, ref)
		if err != nil {
			return change{}, err
		}
		blocked, err := row.Value.Block(cause, at)
		if err != nil {
			return change{}, err
		}
		var todo change
		todo.Aliases = []storage.Row[alias.Alias]{row.With(blocked)}
		todo.Answer.Aliases = []alias.Alias{blocked}
		return todo, nil
	})
	return first(answer.Aliases), err
}

// Replacement is an alias that takes the place of another.
type Replacement struct {
	Old, New alias.Ref
	Cause    alias.Cause
}

// Replace links an alias in the place of another, and returns the old one and the new one. Reasons: ALIAS_NOT_FOUND; and
// those of alias.Alias.Replace.
func (k *Keeper) Replace(ctx context.Context, c Command, r Replacement) (alias.Alias, alias.Alias, error) {
	answer, err := k.do(ctx, c, membership.ID(r.Old.Value), func(ctx context.Context, at time.Time) (change, error) {
		row, err := k.linked(ctx, c.Program, r.Old)
		if err != nil {
			return change{}, err
		}
		owner, err := k.Storage.Member(ctx, c.Program, membership.ID(row.Value.Member))
		if err != nil {
			return change{}, err
		}
		found, err := k.Storage.Alias(ctx, c.Program, r.New)
		if err != nil {
			return change{}, err
		}
		old, replacement, err := row.Value.Replace(r.New, found.Value, r.Cause, alias.Linking{Has: owner.Value.Aliases, At: at})
		if err != nil {
			return change{}, err
		}
		var todo change
		todo.Aliases = []storage.Row[alias.Alias]{row.With(old), found.With(replacement)}
		todo.Members = []storage.Row[membership.Member]{oneMore(owner)}
		todo.Answer.Aliases = []alias.Alias{old, replacement}
		return todo, nil
	})
	if err != nil || len(answer.Aliases) < 2 {
		return alias.Alias{}, alias.Alias{}, err
	}
	return answer.Aliases[0], answer.Aliases[1], nil
}

// linked reads an alias that must be there.
func (k *Keeper) linked(ctx context.Context, program string, ref alias.Ref) (storage.Row[alias.Alias], error) {
	row, err := k.Storage.Alias(ctx, program, ref)
	if err == nil && !row.Found() {
		err = noAlias(ref)
	}
	return row, err
}

// oneMore counts an alias that is linked. The count is also what makes two linkers of one member's aliases meet.
func oneMore(owner storage.Row[membership.Member]) storage.Row[membership.Member] {
	m := owner.Value
	m.Aliases++
	return owner.With(m)
}

func first(list []alias.Alias) alias.Alias {
	if len(list) == 0 {
		return alias.Alias{}
	}
	return list[0]
}

func noMember(id membership.ID) error {
	return reason.New(reason.MemberNotFound, "member", "nobody was enrolled as %s", id)
}

func noAlias(ref alias.Ref) error {
	return reason.New(reason.AliasNotFound, "alias", "nobody is known by this %s", ref.Kind)
}
