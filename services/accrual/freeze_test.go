package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func (s *service) freeze(who rpc.Name, key string, earning, spending bool) (*accrualv1.Entry, error) {
	answer, err := s.as(who).FreezeAccount(s.h.t.Context(), &accrualv1.FreezeAccountRequest{
		Program: "tea", Account: "ann", Earning: earning, Spending: spending, Reason: "LOOKED_INTO", IdempotencyKey: key,
	})
	return answer.GetEntry(), err
}

// TestAFrozenAccountNeitherEarnsNorSpends, also after a restart and when the accounts are made again from their entries; other
// accounts do.
func TestAFrozenAccountNeitherEarnsNorSpends(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 30_00))
	s.drained()
	e, err := s.freeze(rpc.Operator, "f1", true, true)
	require.NoError(t, err)
	require.True(t, e.GetFreeze().GetEarning())
	require.True(t, e.GetFreeze().GetSpending())
	again, err := s.freeze(rpc.Operator, "f1", true, true)
	require.NoError(t, err)
	require.Equal(t, e.GetKey(), again.GetKey())
	_, err = s.freeze(rpc.Operator, "f1", true, false)
	refused(t, err, reason.IdempotencyKeyReused)
	h.send(paid("ann", "o2", moment("2026-03-02"), 20_00))
	h.send(paid("ben", "o3", moment("2026-03-02"), 20_00))
	s.drained()
	s.stop()

	s = h.run(size{})
	s.drained()
	_, err = s.as(rpc.Reward).HoldPoints(t.Context(), hold("ann", "h1", 1))
	refused(t, err, reason.AccountFrozen)
	_, err = s.as(rpc.Partner).AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{Program: "tea", Account: "ann", Points: 1, IdempotencyKey: "a1"})
	refused(t, err, reason.AccountFrozen)
	require.EqualValues(t, 30, s.active("ann"))
	require.EqualValues(t, 20, s.active("ben"))
	frozen := s.account("ann").GetFrozen()
	require.True(t, frozen.GetEarning() && frozen.GetSpending(), "%v", frozen)
	require.Nil(t, s.account("ben").GetFrozen())
	said, err := s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "order/shop/o2/1"})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(said.GetSentences()), "when it was paid the account might not earn")

	_, err = s.freeze(rpc.Operator, "f2", false, true)
	require.NoError(t, err)
	h.send(paid("ann", "o4", moment("2026-03-03"), 5_00))
	s.drained()
	require.EqualValues(t, 35, s.active("ann"))
	_, err = s.as(rpc.Reward).HoldPoints(t.Context(), hold("ann", "h1", 1))
	refused(t, err, reason.AccountFrozen)
	_, err = s.freeze(rpc.Operator, "f3", false, false)
	require.NoError(t, err)
	_, err = s.as(rpc.Reward).HoldPoints(t.Context(), hold("ann", "h1", 1))
	require.NoError(t, err)
	_, err = s.as(rpc.Operator).FreezeAccount(t.Context(), &accrualv1.FreezeAccountRequest{Program: "tea", Account: "nobody", Earning: true, Reason: "LOOKED_INTO", IdempotencyKey: "f4"})
	refused(t, err, reason.AccountNotFound)
	s.requireSound()

	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}

// TestAPersonFreezesWhereThePeopleAreKnown: where the programme limits what people adjust, the operator's common token freezes nobody.
func TestAPersonFreezesWhereThePeopleAreKnown(t *testing.T) {
	t.Parallel()
	s := office(t, limited, nil)
	_, err := s.freeze(rpc.Operator, "f1", true, true)
	refused(t, err, reason.PersonNeeded)
	e, err := s.freeze(anna.Caller(), "f1", false, true)
	require.NoError(t, err)
	require.Equal(t, "operator/anna", e.GetCommand().GetCaller())
	require.Equal(t, "LOOKED_INTO", e.GetCommand().GetReason())
}
