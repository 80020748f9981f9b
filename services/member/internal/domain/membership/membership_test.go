package membership_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func TestAnIDHasNothingPersonalInIt(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		want error
	}{
		"a number":                  {id: "4711"},
		"a word":                    {id: "ann-b_2"},
		"signs":                     {id: "shop/4711#3"},
		"as long as may be":         {id: strings.Repeat("x", 128)},
		"nothing":                   {want: reason.InvalidArgument},
		"too long":                  {id: strings.Repeat("x", 129), want: reason.InvalidArgument},
		"an e-mail address":         {id: "ann@example.com", want: reason.InvalidArgument},
		"a name of two words":       {id: "Ann Bee", want: reason.InvalidArgument},
		"a name in another script":  {id: "Анна", want: reason.InvalidArgument},
		"a line end":                {id: "ann\n", want: reason.InvalidArgument},
		"what is not text":          {id: "\xff", want: reason.InvalidArgument},
		"the sign that ends ASCII":  {id: "\x7f", want: reason.InvalidArgument},
		"a blank at its end alone?": {id: "ann ", want: reason.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := membership.ParseID("member", c.id)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				refusal, _ := reason.Of(err)
				require.Equal(t, "member", refusal.Field)
				return
			}
			require.NoError(t, err)
			require.Equal(t, membership.ID(c.id), id)
		})
	}
}

func TestNamesAreReadAsTheyAreWritten(t *testing.T) {
	for _, k := range []membership.Kind{membership.KindUnset, membership.Consumer, membership.Business, membership.Dealer} {
		require.Equal(t, k, membership.ParseKind(k.String()))
	}
	for _, r := range []membership.Role{membership.RoleUnset, membership.Owner, membership.Admin, membership.Buyer, membership.Viewer} {
		require.Equal(t, r, membership.ParseRole(r.String()))
	}
	require.Equal(t, membership.KindUnset, membership.ParseKind("person"))
	require.Equal(t, membership.RoleUnset, membership.ParseRole("boss"))
	require.Equal(t, "unset", membership.Kind(99).String())
}

// opened is a member with an account of their own.
func opened(t *testing.T, id membership.ID, kind membership.Kind) membership.Member {
	t.Helper()
	m, err := membership.Open(id, kind, day)
	require.NoError(t, err)
	return m
}

func TestACompanyTakesItsPeopleIn(t *testing.T) {
	company := opened(t, "acme", membership.Business)
	require.True(t, company.HasOwnAccount())
	_, err := membership.Open("x", membership.KindUnset, day)
	require.ErrorIs(t, err, reason.InvalidArgument)

	bob, company, err := company.Admit(membership.Joining{ID: "bob", Kind: membership.Business, Role: membership.Buyer, At: day})
	require.NoError(t, err)
	require.Equal(t, membership.Member{
		ID: "bob", Account: "acme", Kind: membership.Business, Role: membership.Buyer, EnrolledAt: day, Enrolments: 1,
	}, bob)
	require.Equal(t, 2, company.People)

	full := company
	full.People = membership.PeopleMax
	for name, c := range map[string]struct {
		into    membership.Member
		joining membership.Joining
		want    reason.Reason
	}{
		"a consumer":           {company, membership.Joining{ID: "eve", Kind: membership.Consumer, Role: membership.Buyer}, reason.MemberKindMismatch},
		"without a role":       {company, membership.Joining{ID: "eve", Kind: membership.Business}, reason.InvalidArgument},
		"one more than fits":   {full, membership.Joining{ID: "eve", Kind: membership.Business, Role: membership.Buyer}, reason.TooManyMembers},
		"to one of its people": {bob, membership.Joining{ID: "eve", Kind: membership.Business, Role: membership.Buyer}, reason.AccountNotFound},
	} {
		_, unchanged, err := c.into.Admit(c.joining)
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, c.into, unchanged, name)
	}
}

func TestRolesAndLeaving(t *testing.T) {
	ann := opened(t, "ann", membership.Consumer)
	bob, ann, err := ann.Admit(membership.Joining{ID: "bob", Kind: membership.Consumer, Role: membership.Viewer, At: day})
	require.NoError(t, err)
	bob, err = bob.WithRole(membership.Owner)
	require.NoError(t, err)
	require.Equal(t, membership.Owner, bob.Role)
	_, err = bob.WithRole(membership.RoleUnset)
	require.ErrorIs(t, err, reason.InvalidArgument)
	_, err = ann.WithRole(membership.Buyer)
	require.ErrorIs(t, err, reason.OwnAccount)
	same, err := ann.WithRole(membership.Owner)
	require.NoError(t, err)
	require.Equal(t, ann, same)

	later := day.AddDate(0, 1, 0)
	bob.Aliases = 3
	left, remaining, err := bob.Leave(ann, later)
	require.NoError(t, err)
	require.Equal(t, membership.Member{
		ID: "bob", Account: "bob", Kind: membership.Consumer, Role: membership.Owner, EnrolledAt: later, Enrolments: 2, Aliases: 3, People: 1,
	}, left)
	require.Equal(t, 1, remaining.People)
	_, _, err = left.Leave(remaining, later)
	require.ErrorIs(t, err, reason.OwnAccount)
}
