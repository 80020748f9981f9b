package accrual_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const byName = "enrolment: explicit\n"

func TestAnAccountIsOpenedByAnEnrolment(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub + theActions + byName)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(paid("ann", "1", now, 5_000), action("ann", "review", "r", `{"stars": 5}`, now), paid("bob", "2", now, 5_000))
	s.drained()
	letters := s.letters()
	require.Len(t, letters, 3)
	for _, l := range letters {
		require.Equal(t, string(reason.AccountNotEnrolled), l.GetReason())
		require.Equal(t, "account", l.GetField())
	}
	_, err := s.grpc.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.AccountNotFound)
	in := previewOf("ann", purchase("3", now, 5_000))
	_, err = s.grpc.PreviewOrder(t.Context(), in)
	require.ErrorIs(t, rpc.FromStatus(err), reason.AccountNotEnrolled)
	in.Account = ""
	told, err := s.grpc.PreviewOrder(t.Context(), in)
	require.NoError(t, err, "a newcomer is enrolled first")
	require.EqualValues(t, 50, told.GetPoints())

	h.publish(enrolment("ann", "ann", now), enrolment("ann", "ann", now), enrolment("ann", "ben", now))
	s.drained()
	slices.SortFunc(letters, func(a, b *accrualv1.DeadLetter) int { return cmp.Compare(a.GetStreamSequence(), b.GetStreamSequence()) })
	for _, l := range letters {
		_, err := s.grpc.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: l.GetId()})
		require.NoError(t, err)
	}
	h.publish(enrolment("ann", "ann", now))
	s.drained()
	require.EqualValues(t, 100, s.active("ann"))
	var keys []string
	for _, e := range s.entries("ann") {
		keys = append(keys, e.GetKey())
	}
	require.Equal(t, []string{"enrol/ann/ann", "enrol/ann/ben", "order/shop/1/1", "action/app/r"}, keys)
	first := s.entries("ann")[0]
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_STATE, first.GetKind())
	require.Equal(t, "ann", first.GetEnrolment().GetMember())
	require.Equal(t, "consumer", first.GetEnrolment().GetKind())
	require.Equal(t, "service/member", first.GetActor())
	require.Empty(t, first.GetPostings())
	require.Len(t, s.letters(), 4, "bob is still not enrolled")
	s.requireSound()
}

func TestWithoutEnrolmentByNameTheFirstEventOpensAnAccount(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub + theActions)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(paid("ann", "1", now, 5_000), enrolment("ann", "ann", now), enrolment("ann", "ann", now), enrolment("bob", "bob", now), paid("bob", "2", now, 6_000))
	s.drained()
	require.Len(t, s.entries("ann"), 2)
	require.Len(t, s.entries("bob"), 2)
	require.EqualValues(t, 60, s.active("bob"))
	require.Empty(t, s.letters())

	// A later revision that enrols by name closes nobody out.
	h.publish(action("eva", "visit", "v", `{}`, now))
	s.drained()
	h.apply(theTeaClub + theActions + byName)
	s.drained()
	now = time.Now().UTC()
	h.publish(paid("ann", "3", now, 1_000), paid("eva", "4", now, 1_000), paid("dan", "5", now, 1_000))
	s.drained()
	require.EqualValues(t, 60, s.active("ann"))
	require.Len(t, s.letters(), 2, "eva only has an action, dan nothing at all")
	s.requireSound()
}

func TestABadEnrolmentIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(
		enrolment("ann", "ann", now).on(bus.ControlSubject("tea", "member", "enrolled", "bob")),
		enrolment("ann", "", now), enrolment("ann", "ann", now).on(bus.ControlSubject("coffee", "member", "enrolled", "ann")),
	)
	s.drained()
	answer, err := s.grpc.ListDeadLetters(t.Context(), &accrualv1.ListDeadLettersRequest{PageSize: 200})
	require.NoError(t, err)
	var reasons []string
	for _, l := range answer.GetDeadLetters() {
		reasons = append(reasons, l.GetReason()+" "+l.GetField())
	}
	require.ElementsMatch(t, []string{"ACCOUNT_MISMATCH account", "INVALID_FIELD member", "ACCOUNT_MISMATCH account"}, reasons)
	s.requireSound()
}

// In a replay nothing but orders, actions and clocks moves time: who is enrolled before its first day is there from the
// beginning of time, and changes nothing of what comes.
func TestAnEnrolmentMovesNoClock(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + byName)
	s := h.run(size{})
	h.publish(enrolment("ann", "ann", time.Now().UTC()), paid("ann", "1", moment("1997-01-05"), 5_000), enrolment("ann", "ben", time.Now().UTC()))
	s.drained()
	s.requireSound()
	entries := s.entries("ann")
	require.Len(t, entries, 3)
	require.Nil(t, entries[0].GetEffectiveAt())
	require.Equal(t, moment("1997-01-05"), entries[1].GetEffectiveAt().AsTime())
	require.Equal(t, moment("1997-01-05"), entries[2].GetEffectiveAt().AsTime())
	require.Len(t, s.audit().Months, 1)
	accounts := h.documents("accounts")
	_, err := s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, accounts, h.documents("accounts"))
}
