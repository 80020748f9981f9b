package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// TestWhateverHappensAccountsAddUp: after any moves, every member belongs to an account that is there, whose kind they are
// of, whom it is named after is its owner, and its count of people is right.
func TestWhateverHappensAccountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := map[membership.ID]membership.Member{}
		some := rapid.SampledFrom([]membership.ID{"a", "b", "c", "d", "e"})
		at := day
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			id, other := some.Draw(t, "who"), some.Draw(t, "whose")
			at = at.Add(time.Hour)
			move(t, members, id, other, at)
			holds(t, members)
		}
	})
}

func move(t *rapid.T, members map[membership.ID]membership.Member, id, other membership.ID, at time.Time) {
	kinds := []membership.Kind{membership.KindUnset, membership.Consumer, membership.Business}
	roles := []membership.Role{membership.RoleUnset, membership.Owner, membership.Buyer, membership.Viewer}
	m, known := members[id]
	owner, hasOwner := members[other]
	kind, role := rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom(roles).Draw(t, "role")
	switch {
	case !known && (id == other || !hasOwner):
		if opened, err := membership.Open(id, kind, at); err == nil {
			members[id] = opened
		}
	case !known:
		if joined, taken, err := owner.Admit(membership.Joining{ID: id, Kind: kind, Role: role, At: at}); err == nil {
			members[id], members[other] = joined, taken
		}
	case rapid.Bool().Draw(t, "leave"):
		if left, remaining, err := m.Leave(members[m.Account], at); err == nil {
			members[m.Account], members[id] = remaining, left
		}
	default:
		if changed, err := m.WithRole(role); err == nil {
			members[id] = changed
		}
	}
}

func holds(t *rapid.T, members map[membership.ID]membership.Member) {
	people := map[membership.ID]int{}
	for id, m := range members {
		people[m.Account]++
		owner := members[m.Account]
		require.True(t, owner.HasOwnAccount(), "%s belongs to an account that is there: %+v", id, m)
		require.Equal(t, owner.Kind, m.Kind)
		require.NotEqual(t, membership.RoleUnset, m.Role)
		if m.HasOwnAccount() {
			require.Equal(t, membership.Owner, m.Role)
		}
	}
	for id, m := range members {
		require.Equal(t, people[id], m.People, "people of %s", id)
	}
}
