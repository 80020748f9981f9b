// Package membership says who belongs to which account: the members of a programme, their kinds and roles, and the moves
// between accounts. What members are known by is package alias's; who they are as people stands nowhere.
package membership

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// PeopleMax is how many members one account may have.
const PeopleMax = 1000

// idBytesMax is how long an id may be.
const idBytesMax = 128

// ID names a member, or an account: an account is named after the member that it was opened for.
type ID string

// ParseID takes letters, digits and signs of ASCII without blanks, 1 to 128. There is no @ among them, so that nobody makes
// an e-mail address an id. INVALID_ARGUMENT for anything else.
func ParseID(field, text string) (ID, error) {
	if text == "" || len(text) > idBytesMax {
		return "", reason.New(reason.InvalidArgument, field, "an id has 1 to %d characters, this one has %d", idBytesMax, len(text))
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '@' {
			return "", reason.New(reason.InvalidArgument, field, "an id has letters, digits and signs of ASCII alone, no blank and no @")
		}
	}
	return ID(text), nil
}

// Kind is what kind of member an account was opened for.
type Kind uint8

// Kinds of members.
const (
	KindUnset Kind = iota
	Consumer
	Business
	Dealer
)

var kindNames = [...]string{"unset", "consumer", "business", "dealer"}

// String returns the kind's name, as it is stored.
func (k Kind) String() string { return name(kindNames[:], uint8(k)) }

// ParseKind is the inverse of String; KindUnset for what is none.
func ParseKind(text string) Kind { return Kind(index(kindNames[:], text)) }

// Role is what a member may do with the account.
type Role uint8

// Roles, from most to least.
const (
	RoleUnset Role = iota
	Owner
	Admin
	Buyer
	Viewer
)

var roleNames = [...]string{"unset", "owner", "admin", "buyer", "viewer"}

// String returns the role's name, as it is stored.
func (r Role) String() string { return name(roleNames[:], uint8(r)) }

// ParseRole is the inverse of String; RoleUnset for what is none.
func ParseRole(text string) Role { return Role(index(roleNames[:], text)) }

func name(names []string, value uint8) string {
	if int(value) >= len(names) {
		return names[0]
	}
	return names[value]
}

func index(names []string, text string) int {
	for i, n := range names {
		if n == text {
			return i
		}
	}
	return 0
}

// Member is one member of a programme. Its methods return what it becomes and change nothing.
type Member struct {
	ID      ID
	Account ID
	Kind    Kind
	Role    Role // of an own account: Owner
	// EnrolledAt is since when the member belongs to the account.
	EnrolledAt time.Time
	// Enrolments counts the accounts that the member has been enrolled with, this one included.
	Enrolments int
	// Aliases counts what the member has ever been linked to; 0 <= Aliases <= alias.MemberMax.
	Aliases int
	// People counts the members of the account that is named after this one; 0 while the member is in another's.
	People int
}

// HasOwnAccount tells whether the account is named after the member.
func (m Member) HasOwnAccount() bool { return m.Account == m.ID }

// Open enrols a member with an account of their own.
func Open(id ID, kind Kind, at time.Time) (Member, error) {
	if kind == KindUnset {
		return Member{}, reason.New(reason.InvalidArgument, "kind", "a member is a consumer, a business or a dealer")
	}
	return Member{ID: id, Account: id, Kind: kind, Role: Owner, EnrolledAt: at, Enrolments: 1, People: 1}, nil
}
