package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// TestC7WhatMembersGiveIsCreditedAndMatched: half is added up to 100 points, by all gifts of all accounts together; the totals are those
// of the ledger, also when it was made again from its entries.
func TestC7WhatMembersGiveIsCreditedAndMatched(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + "causes: {trees: {name: Trees for the Valley, match: {share: 0.5, cap: 100}}, water: {}}\n")
	s := h.run(size{lanes: 2})
	h.pass("2026-03-01T00:00:00Z")
	var all []letter
	for n := range 7 {
		all = append(all, paid(fmt.Sprint("m", n), fmt.Sprint("o", n), moment("2026-03-01"), 100_00))
	}
	h.publish(all...)
	s.drained()
	give := func(account, key, cause string, points int64) (*accrualv1.Entry, error) {
		answer, err := s.as(rpc.Operator).DonatePoints(t.Context(), &accrualv1.DonatePointsRequest{
			Program: "tea", Account: account, Cause: cause, Points: points, Reason: "GIFT", IdempotencyKey: key,
		})
		return answer.GetEntry(), err
	}
	causes := func() []string {
		answer, err := s.as(rpc.Operator).ListCauses(t.Context(), &accrualv1.ListCausesRequest{Program: "tea"})
		require.NoError(t, err)
		var list []string
		for _, c := range answer.GetCauses() {
			require.Equal(t, c.GetCreditedPoints(), c.GetDonatedPoints()+c.GetMatchedPoints())
			list = append(list, fmt.Sprintf("%s: %d + %d", c.GetName(), c.GetDonatedPoints(), c.GetMatchedPoints()))
		}
		return list
	}
	require.Equal(t, []string{"Trees for the Valley: 0 + 0", "water: 0 + 0"}, causes())
	for n := range 7 {
		e, err := give(fmt.Sprint("m", n), fmt.Sprint("g", n), "trees", 25)
		require.NoError(t, err)
		again, err := give(fmt.Sprint("m", n), fmt.Sprint("g", n), "trees", 25)
		require.NoError(t, err)
		require.Equal(t, e.GetHash(), again.GetHash())
	}
	require.Equal(t, []string{"Trees for the Valley: 175 + 87", "water: 0 + 0"}, causes(), "rounded down once")
	_, err := give("m0", "g8", "trees", 75)
	require.NoError(t, err)
	_, err = give("m1", "g9", "water", 5)
	require.NoError(t, err)
	require.Equal(t, []string{"Trees for the Valley: 250 + 100", "water: 5 + 0"}, causes())
	_, err = give("m0", "g10", "trees", 1)
	refused(t, err, reason.InsufficientPoints)
	_, err = give("m1", "g10", "whales", 1)
	refused(t, err, reason.UnknownCause)
	_, err = s.as(rpc.Partner).DonatePoints(t.Context(), &accrualv1.DonatePointsRequest{Program: "tea", Account: "m1", Cause: "trees", Points: 1, IdempotencyKey: "p"})
	refused(t, err, reason.NotAllowed)
	require.Zero(t, s.active("m0"))
	s.requireSound()
	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}
