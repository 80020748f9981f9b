package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func (s *service) extend(who rpc.Name, key, before, to string) (*accrualv1.Entry, error) {
	answer, err := s.as(who).ExtendExpiry(s.h.t.Context(), &accrualv1.ExtendExpiryRequest{
		Program: "tea", Account: "ann", BeforeDay: before, ExpiryDay: to, Reason: "STORE_CLOSED", IdempotencyKey: key,
	})
	return answer.GetEntry(), err
}

// TestPointsAreGivenALaterDay: those that would have been gone live on until then, also when the house is made again from its entries;
// how many a person may do it for, their role says.
func TestPointsAreGivenALaterDay(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(limited)
	s := h.run(size{people: []rpc.Person{anna, ben}})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 300_00))
	s.drained()
	gone := s.account("ann").GetLots()[0].GetExpiryDay()
	at := moment(gone)
	day := func(days int) string { return at.AddDate(0, 0, days).Format("2006-01-02") }

	_, err := s.extend(rpc.Operator, "x0", day(1), day(60))
	refused(t, err, reason.PersonNeeded)
	_, err = s.extend(anna.Caller(), "x1", day(1), day(60))
	refused(t, err, reason.AdjustmentLimit)
	for _, c := range []struct {
		before, to string
		want       reason.Reason
	}{
		{day(0), day(60), reason.NothingToExtend}, {day(60), day(1), reason.InvalidArgument}, {"2026-01-02", "2026-02-01", reason.InvalidArgument},
	} {
		_, err = s.extend(ben.Caller(), "x2", c.before, c.to)
		refused(t, err, c.want)
	}
	e, err := s.extend(ben.Caller(), "x3", day(1), day(60))
	require.NoError(t, err)
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_EXTEND, e.GetKind())
	require.Empty(t, e.GetPostings(), "nothing moved")
	again, err := s.extend(ben.Caller(), "x3", day(1), day(60))
	require.NoError(t, err)
	require.Equal(t, e.GetHash(), again.GetHash())
	require.Equal(t, day(60), s.account("ann").GetLots()[0].GetExpiryDay())
	h.pass(day(59) + "T00:00:00Z")
	s.drained()
	require.EqualValues(t, 300, s.active("ann"))
	h.pass(day(60) + "T00:00:00Z")
	s.drained()
	require.Zero(t, s.active("ann"))
	s.requireSound()
	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}

// TestASecondPersonGivesManyPointsALaterDay: what is beyond a person's role is proposed, for as many points as there are, and another approves it.
func TestASecondPersonGivesManyPointsALaterDay(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(limited)
	s := h.run(size{people: []rpc.Person{anna, ben}})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 300_00))
	s.drained()
	at := moment(s.account("ann").GetLots()[0].GetExpiryDay())
	day := func(days int) string { return at.AddDate(0, 0, days).Format("2006-01-02") }
	propose := func(who rpc.Name, key, before, to string) (*accrualv1.AdjustmentProposal, error) {
		answer, err := s.as(who).ProposeExtension(t.Context(), &accrualv1.ProposeExtensionRequest{
			Program: "tea", Account: "ann", BeforeDay: before, ExpiryDay: to, Reason: "STORE_CLOSED", IdempotencyKey: key,
		})
		return answer.GetProposal(), err
	}
	_, err := propose(rpc.Operator, "p0", day(1), day(60))
	refused(t, err, reason.PersonNeeded)
	_, err = propose(anna.Caller(), "p0", day(0), day(60))
	refused(t, err, reason.NothingToExtend)
	p, err := propose(anna.Caller(), "p1", day(1), day(60))
	require.NoError(t, err)
	require.EqualValues(t, 300, p.GetPoints())
	require.Equal(t, []string{day(1), day(60)}, []string{p.GetBeforeDay(), p.GetExpiryDay()})
	_, err = propose(anna.Caller(), "p1", day(1), day(61))
	refused(t, err, reason.IdempotencyKeyReused)
	_, err = s.approve(anna.Caller(), p.GetProposalId())
	refused(t, err, reason.SecondPersonNeeded)
	require.Equal(t, day(0), s.account("ann").GetLots()[0].GetExpiryDay(), "nothing has happened yet")

	h.send(paid("ann", "o2", moment("2026-03-01"), 100_00))
	s.drained()
	_, err = s.approve(ben.Caller(), p.GetProposalId())
	refused(t, err, reason.AdjustmentLimit)
	same, err := propose(anna.Caller(), "p1", day(1), day(60))
	require.NoError(t, err)
	require.EqualValues(t, 300, same.GetPoints(), "what was proposed stands")
	p, err = propose(anna.Caller(), "p2", day(1), day(60))
	require.NoError(t, err)
	require.EqualValues(t, 400, p.GetPoints())
	done, err := s.approve(ben.Caller(), p.GetProposalId())
	require.NoError(t, err)
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_EXTEND, done.GetEntry().GetKind())
	require.Equal(t, "operator/anna", done.GetEntry().GetCommand().GetCaller())
	require.Equal(t, "operator/ben", done.GetEntry().GetCommand().GetApprover())
	again, err := s.approve(ben.Caller(), p.GetProposalId())
	require.NoError(t, err)
	require.Equal(t, done.GetEntry().GetHash(), again.GetEntry().GetHash())
	kept, err := propose(anna.Caller(), "p2", day(1), day(60))
	require.NoError(t, err)
	require.Equal(t, accrualv1.ProposalState_PROPOSAL_STATE_DONE, kept.GetState(), "told again when nothing is left to extend")
	for _, l := range s.account("ann").GetLots() {
		require.Equal(t, day(60), l.GetExpiryDay())
	}
	s.requireSound()
}
