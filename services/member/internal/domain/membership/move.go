package membership

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Joining is a member who is to be enrolled with the account of another.
type Joining struct {
	ID   ID
	Kind Kind
	Role Role
	At   time.Time
}

// Admit enrols a member with this one's account, and returns the member who joined and this one, as they are then.
func (m Member) Admit(j Joining) (Member, Member, error) {
	switch {
	case !m.HasOwnAccount():
		return Member{}, m, reason.New(reason.AccountNotFound, "account", "%s has no account of their own: they belong to account %s", m.ID, m.Account)
	case j.Role == RoleUnset:
		return Member{}, m, reason.New(reason.InvalidArgument, "role", "a member of another's account is an owner, an admin, a buyer or a viewer")
	case j.Kind != m.Kind:
		return Member{}, m, reason.New(reason.MemberKindMismatch, "kind", "account %s is that of a %s, and so are its members", m.ID, m.Kind).
			With("kind", m.Kind)
	case m.People >= PeopleMax:
		return Member{}, m, reason.New(reason.TooManyMembers, "account", "account %s has %d members; no more are taken", m.ID, m.People).
			With("members_max", PeopleMax)
	}
	m.People++
	return Member{ID: j.ID, Account: m.ID, Kind: j.Kind, Role: j.Role, EnrolledAt: j.At, Enrolments: 1}, m, nil
}

// WithRole gives a member another role. Whom the account is named after stays its owner.
func (m Member) WithRole(r Role) (Member, error) {
	switch {
	case r == RoleUnset:
		return m, reason.New(reason.InvalidArgument, "role", "a member is an owner, an admin, a buyer or a viewer")
	case m.HasOwnAccount() && r != Owner:
		return m, ownAccount(m, "stays its owner")
	}
	m.Role = r
	return m, nil
}

// Leave takes a member out of another's account into one of their own, and returns the member and the owner of the account
// that was left, as they are then.
func (m Member) Leave(owner Member, at time.Time) (Member, Member, error) {
	if m.HasOwnAccount() {
		return m, owner, ownAccount(m, "does not leave it")
	}
	m.Account, m.Role, m.EnrolledAt, m.People = m.ID, Owner, at, 1
	m.Enrolments++
	owner.People--
	return m, owner, nil
}

func ownAccount(m Member, what string) error {
	return reason.New(reason.OwnAccount, "member", "account %s is named after its member, who %s", m.ID, what)
}
