package alias

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Linking is a member who is to be known by an alias.
type Linking struct {
	Member string
	Has    int // how many aliases the member has had
	At     time.Time
}

// Link links an alias that stands as found, the zero Alias where it does not exist. Fresh is false for one that leads to
// the member already.
func Link(ref Ref, found Alias, l Linking) (linked Alias, fresh bool, _ error) {
	switch {
	case ref.Kind == Account:
		return found, false, reason.New(reason.InvalidArgument, "alias.kind", "an account is known by its id; it takes no link")
	case found.State() != StateUnset && found.Member != l.Member:
		return found, false, reason.New(reason.AliasTaken, "alias", "this %s belongs to somebody else", ref.Kind)
	case found.State() == Blocked:
		return found, false, found.blocked()
	case found.State() == Active:
		return found, false, nil
	case l.Has >= MemberMax:
		return found, false, reason.New(reason.TooManyAliases, "member", "%s has had %d aliases; no more are taken", l.Member, l.Has).
			With("aliases_max", MemberMax)
	}
	return Alias{Ref: ref, Member: l.Member, LinkedAt: l.At}, true, nil
}

// Block ends the use of an alias.
func (a Alias) Block(c Cause, at time.Time) (Alias, error) {
	switch {
	case c == CauseUnset:
		return a, reason.New(reason.InvalidArgument, "reason", "say why it is blocked")
	case a.State() == Blocked:
		return a, a.blocked()
	}
	a.Cause, a.BlockedAt = c, at
	return a, nil
}

// Replace links another alias in the place of this one, and returns the old one and the new one. Found is how the other one
// stands, l.Has how many aliases the member has had. What is blocked already keeps its cause.
func (a Alias) Replace(by Ref, found Alias, c Cause, l Linking) (Alias, Alias, error) {
	switch {
	case c == CauseUnset:
		return a, found, reason.New(reason.InvalidArgument, "reason", "say why it is replaced")
	case by.Kind != a.Kind || by.Scope != a.Scope || by.Value == a.Value:
		return a, found, reason.New(reason.InvalidArgument, "replacement", "an alias is replaced by another one of the same kind and scope")
	case a.ReplacedBy != "":
		return a, found, reason.New(reason.AliasReplaced, "alias", "another %s took its place already; replace that one", a.Kind)
	case found.State() != StateUnset:
		return a, found, reason.New(reason.AliasTaken, "replacement", "this %s is in use already", by.Kind)
	}
	l.Member = a.Member
	other, _, err := Link(by, found, l)
	if err != nil {
		return a, found, err
	}
	if a.State() == Active {
		a.Cause, a.BlockedAt = c, l.At
	}
	a.ReplacedBy = by.Value
	return a, other, nil
}

// UsableAt refuses the use of an alias that was blocked by then: ALIAS_BLOCKED.
func (a Alias) UsableAt(at time.Time) error {
	if a.State() == Blocked && !at.Before(a.BlockedAt) {
		return a.blocked()
	}
	return nil
}

func (a Alias) blocked() error {
	return reason.New(reason.AliasBlocked, "alias", "this %s is %s and leads to nobody since %s", a.Kind, a.Cause, a.BlockedAt.UTC().Format(time.RFC3339Nano)).
		With("block_reason", a.Cause).With("blocked_at", a.BlockedAt.UTC().Format(time.RFC3339Nano))
}
