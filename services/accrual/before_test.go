package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
)

// TestAnAuditTellsBeforeAndAfterTheCommands: what callers asked for is in the sums and not in Before, what fell due later is
// in neither, and all of it is verified.
func TestAnAuditTellsBeforeAndAfterTheCommands(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.publish(paid("ann", "o1", moment("2026-01-10"), 4000), paid("zoe", "o2", moment("2026-01-10"), 900))
	h.pass("2026-02-01T00:00:00Z")
	s.drained()
	plain := s.audit()
	require.Equal(t, plain.Figures, plain.Before)

	s.award("zoe", "a1", 50)
	held, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h1", 30))
	require.NoError(t, err)
	_, err = s.grpc.CaptureHold(t.Context(), &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), Points: 25, IdempotencyKey: "c1"})
	require.NoError(t, err)
	_, err = s.grpc.HoldPoints(t.Context(), hold("zoe", "h2", 7))
	require.NoError(t, err)
	h.pass("2027-02-01T00:00:00Z")
	s.drained()

	question := accrual.Question{Program: "tea", Unit: "points", Until: moment("2026-02-01")}
	audit, err := s.Audit(t.Context(), question)
	require.NoError(t, err)
	require.True(t, audit.OK(), "%+v", audit.Checks)
	require.Equal(t, plain.Figures, audit.Before)
	require.EqualValues(t, 25, audit.Figures.Points.Redeemed)
	require.EqualValues(t, 7, audit.Figures.Points.Held)
	require.Zero(t, audit.Figures.Points.Expired)
	require.Equal(t, plain.Figures.Points.Earned+50, audit.Figures.Points.Earned)
	require.EqualValues(t, 4, audit.Figures.Entries-plain.Figures.Entries)
	require.Greater(t, audit.Entries, audit.Figures.Entries, "what lapsed behind it is verified all the same")
	last := audit.Months[len(audit.Months)-1]
	require.Equal(t, "2026-02-01", last.First.String())
	require.EqualValues(t, 25, last.Redeemed)

	var standings []accrual.Standing
	require.NoError(t, s.Standings(t.Context(), question, func(a accrual.Standing) error {
		standings = append(standings, a)
		return nil
	}))
	require.Equal(t, []accrual.Standing{{Account: "ann", Active: 40, Tier: "bronze"}, {Account: "zoe", Active: 9, Tier: "bronze"}}, standings)
}
