package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// friends let members send points to each other.
const friends = theTeaClub + "transfers: {max: 500, per_day: 600, fee: {share: 0.1}, older_than_days: 2}\n"

func (s *service) send(key, from, to string, points int64) (*accrualv1.Entry, error) {
	answer, err := s.as(rpc.Operator).TransferPoints(s.h.t.Context(), &accrualv1.TransferPointsRequest{
		Program: "tea", Account: from, To: to, Points: points, Reason: "GIFT", IdempotencyKey: key,
	})
	return answer.GetEntry(), err
}

// ended waits until a transfer has come to an end, and tells it.
func (s *service) ended(id string) *accrualv1.GetTransferResponse {
	s.h.t.Helper()
	var answer *accrualv1.GetTransferResponse
	testkit.Eventually(s.h.t, func() bool {
		var err error
		answer, err = s.as(rpc.Operator).GetTransfer(s.h.t.Context(), &accrualv1.GetTransferRequest{Program: "tea", TransferId: id})
		require.NoError(s.h.t, err)
		return answer.GetState() != accrualv1.TransferState_TRANSFER_STATE_IN_TRANSIT
	}, "transfer "+id+" to end")
	return answer
}

// TestPointsGoFromOneAccountToAnother, once, with their last day and for a fee, also when the house goes down while they are on
// their way; points that nobody can take come back, the fee with them.
func TestPointsGoFromOneAccountToAnother(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(friends)
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 1000_00))
	h.send(paid("ben", "o2", moment("2026-03-01"), 1_00))
	s.drained()
	_, err := s.send("t0", "ann", "ben", 10)
	refused(t, err, reason.PointsTooYoung)
	h.pass("2026-03-03T00:00:00Z")
	s.drained()

	sent, err := s.send("t1", "ann", "ben", 200)
	require.NoError(t, err)
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_TRANSFER_OUT, sent.GetKind())
	require.EqualValues(t, 20, sent.GetTransfer().GetFeePoints())
	s.stop() // the points are on their way
	s = h.run(size{})
	again, err := s.send("t1", "ann", "ben", 200)
	require.NoError(t, err)
	require.Equal(t, sent.GetHash(), again.GetHash())
	_, err = s.send("t1", "ann", "ben", 201)
	refused(t, err, reason.IdempotencyKeyReused)
	end := s.ended(sent.GetKey())
	require.Equal(t, accrualv1.TransferState_TRANSFER_STATE_ARRIVED, end.GetState())
	require.Equal(t, sent.GetMovements()[0].GetExpiryDay(), end.GetEnded().GetMovements()[0].GetExpiryDay())
	require.EqualValues(t, 780, s.active("ann"))
	require.EqualValues(t, 201, s.active("ben"))

	for _, c := range []struct {
		key, to string
		points  int64
		want    reason.Reason
	}{
		{"r1", "ann", 5, reason.InvalidArgument}, {"r2", "ben", 501, reason.TransferLimit}, {"r3", "ben", 401, reason.TransferLimit},
	} {
		_, err := s.send(c.key, "ann", c.to, c.points)
		refused(t, err, c.want)
	}
	_, err = s.send("r4", "nobody", "ann", 5)
	refused(t, err, reason.AccountNotFound)
	_, err = s.as(rpc.Operator).GetTransfer(t.Context(), &accrualv1.GetTransferRequest{Program: "tea", TransferId: "cmd/operator/r4"})
	refused(t, err, reason.TransferNotFound)

	for key, to := range map[string]string{"b1": "nobody", "b2": "ben"} {
		if to == "ben" {
			_, err = s.as(rpc.Operator).FreezeAccount(t.Context(), &accrualv1.FreezeAccountRequest{Program: "tea", Account: "ben", Earning: true, Reason: "LOOKED_INTO", IdempotencyKey: "f1"})
			require.NoError(t, err)
		}
		sent, err := s.send(key, "ann", to, 300)
		require.NoError(t, err)
		end := s.ended(sent.GetKey())
		require.Equal(t, accrualv1.TransferState_TRANSFER_STATE_GIVEN_BACK, end.GetState())
		require.Equal(t, map[string]string{"b1": "ACCOUNT_NOT_FOUND", "b2": "ACCOUNT_FROZEN"}[key], end.GetEnded().GetTransfer().GetRefused())
		require.Equal(t, "ann", end.GetEnded().GetAccount())
	}
	require.EqualValues(t, 780, s.active("ann"))
	require.EqualValues(t, 201, s.active("ben"))
	require.Empty(t, h.documents("transit"))
	s.requireSound()
	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}

// TestNobodySendsPointsWhereTheProgrammeSaysNothingOfIt: transfers are off unless there is a section.
func TestNobodySendsPointsWhereTheProgrammeSaysNothingOfIt(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 10_00))
	s.drained()
	_, err := s.send("t1", "ann", "ben", 1)
	refused(t, err, reason.TransfersNotAllowed)
	require.EqualValues(t, 10, s.active("ann"))
}

// TestASecondPersonLetsManyPointsGo: above the programme's amount the sender's entry names who proposed and who approved.
func TestASecondPersonLetsManyPointsGo(t *testing.T) {
	t.Parallel()
	s := office(t, limited+"transfers: {older_than_days: 0, approve_above: 50}\n", nil)
	s.awardBy(s.as(rpc.Partner), "ben", "b", 1)
	_, err := s.send("t0", "ann", "ben", 51)
	refused(t, err, reason.TransferNeedsApproval)
	_, err = s.send("t1", "ann", "ben", 50)
	require.NoError(t, err)
	ask := &accrualv1.ProposeTransferRequest{Program: "tea", Account: "ann", To: "ben", Points: 300, Reason: "GIFT", IdempotencyKey: "p1"}
	_, err = s.as(rpc.Operator).ProposeTransfer(t.Context(), ask)
	refused(t, err, reason.PersonNeeded)
	proposed, err := s.as(anna.Caller()).ProposeTransfer(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, "ben", proposed.GetProposal().GetTo())
	ask.To = "cora"
	_, err = s.as(anna.Caller()).ProposeTransfer(t.Context(), ask)
	refused(t, err, reason.IdempotencyKeyReused)
	id := proposed.GetProposal().GetProposalId()
	_, err = s.approve(anna.Caller(), id)
	refused(t, err, reason.SecondPersonNeeded)
	require.EqualValues(t, 950, s.active("ann"), "nothing has moved")
	done, err := s.approve(ben.Caller(), id)
	require.NoError(t, err)
	require.Equal(t, "operator/anna", done.GetEntry().GetCommand().GetCaller())
	require.Equal(t, "operator/ben", done.GetEntry().GetCommand().GetApprover())
	again, err := s.approve(ben.Caller(), id)
	require.NoError(t, err)
	require.Equal(t, done.GetEntry().GetHash(), again.GetEntry().GetHash())
	require.Equal(t, accrualv1.TransferState_TRANSFER_STATE_ARRIVED, s.ended(done.GetEntry().GetKey()).GetState())
	testkit.Eventually(t, func() bool { return s.active("ben") == 351 }, "both transfers to arrive")
	require.EqualValues(t, 650, s.active("ann"))
	s.requireSound()
}

// TestAnAccountWithTooMuchOfLateSendsNothing: how old its points are would take the lane too long to read.
func TestAnAccountWithTooMuchOfLateSendsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(friends)
	s := h.run(size{})
	var orders []letter
	for i := range 1001 {
		orders = append(orders, paid("ann", fmt.Sprint("o", i), moment("2026-03-01"), 1_00))
	}
	h.publish(orders...)
	h.pass("2026-03-02T00:00:00Z")
	s.drained()
	_, err := s.send("t1", "ann", "ben", 10)
	refused(t, err, reason.TransferLimit)
	h.pass("2026-03-05T00:00:00Z") // two days is what counts
	h.send(paid("ben", "b1", moment("2026-03-05"), 1_00))
	s.drained()
	sent, err := s.send("t2", "ann", "ben", 10)
	require.NoError(t, err)
	s.ended(sent.GetKey())
	require.EqualValues(t, 11, s.active("ben"))
	s.requireSound()
}
