// Package contract writes members and aliases as laurel.member.v1 and laurel.control.v1 have them, and reads them from
// there. From may fail, to may not.
package contract

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

var kinds = map[membership.Kind]memberv1.MemberKind{
	membership.Consumer: memberv1.MemberKind_MEMBER_KIND_CONSUMER,
	membership.Business: memberv1.MemberKind_MEMBER_KIND_BUSINESS,
	membership.Dealer:   memberv1.MemberKind_MEMBER_KIND_DEALER,
}

var roles = map[membership.Role]memberv1.Role{
	membership.Owner:  memberv1.Role_ROLE_OWNER,
	membership.Admin:  memberv1.Role_ROLE_ADMIN,
	membership.Buyer:  memberv1.Role_ROLE_BUYER,
	membership.Viewer: memberv1.Role_ROLE_VIEWER,
}

var aliasKinds = map[alias.Kind]memberv1.AliasKind{
	alias.Card:           memberv1.AliasKind_ALIAS_KIND_CARD,
	alias.CustomerNumber: memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER,
	alias.EmailHash:      memberv1.AliasKind_ALIAS_KIND_EMAIL_HASH,
	alias.PhoneHash:      memberv1.AliasKind_ALIAS_KIND_PHONE_HASH,
	alias.Token:          memberv1.AliasKind_ALIAS_KIND_TOKEN,
	alias.Device:         memberv1.AliasKind_ALIAS_KIND_DEVICE,
	alias.Account:        memberv1.AliasKind_ALIAS_KIND_ACCOUNT,
}

var causes = map[alias.Cause]memberv1.BlockReason{
	alias.Lost:    memberv1.BlockReason_BLOCK_REASON_LOST,
	alias.Stolen:  memberv1.BlockReason_BLOCK_REASON_STOLEN,
	alias.Damaged: memberv1.BlockReason_BLOCK_REASON_DAMAGED,
	alias.Closed:  memberv1.BlockReason_BLOCK_REASON_CLOSED,
	alias.Misused: memberv1.BlockReason_BLOCK_REASON_MISUSED,
}

var states = map[alias.State]memberv1.AliasState{
	alias.Active:  memberv1.AliasState_ALIAS_STATE_ACTIVE,
	alias.Blocked: memberv1.AliasState_ALIAS_STATE_BLOCKED,
}

// KindFrom reads a kind; KindUnset for one that is not known.
func KindFrom(k memberv1.MemberKind) membership.Kind { return key(kinds, k) }

// RoleFrom reads a role; RoleUnset for one that is not known.
func RoleFrom(r memberv1.Role) membership.Role { return key(roles, r) }

// CauseFrom reads why an alias is blocked; CauseUnset for what is not known.
func CauseFrom(c memberv1.BlockReason) alias.Cause { return key(causes, c) }

func key[D, P comparable](table map[D]P, value P) D {
	for d, p := range table {
		if p == value {
			return d
		}
	}
	var unset D
	return unset
}

// RefFrom reads and checks an alias.
func RefFrom(a *memberv1.Alias) (alias.Ref, error) {
	return alias.ParseRef(key(aliasKinds, a.GetKind()), a.GetScope(), a.GetValue())
}

// Member writes a member.
func Member(program string, m membership.Member) *memberv1.Member {
	return &memberv1.Member{
		Program: program, Member: string(m.ID), Account: string(m.Account), Kind: kinds[m.Kind], Role: roles[m.Role],
		EnrolledAt: moment(m.EnrolledAt),
	}
}

// Ref writes an alias.
func Ref(r alias.Ref) *memberv1.Alias {
	return &memberv1.Alias{Kind: aliasKinds[r.Kind], Scope: r.Scope, Value: r.Value}
}

// Alias writes an alias with whom it belongs to.
func Alias(a alias.Alias) *memberv1.LinkedAlias {
	linked := &memberv1.LinkedAlias{
		Alias: Ref(a.Ref), Member: a.Member, State: states[a.State()], LinkedAt: moment(a.LinkedAt),
		BlockReason: causes[a.Cause], BlockedAt: moment(a.BlockedAt),
	}
	if a.ReplacedBy != "" {
		linked.ReplacedBy = Ref(alias.Ref{Kind: a.Kind, Scope: a.Scope, Value: a.ReplacedBy})
	}
	return linked
}

func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
