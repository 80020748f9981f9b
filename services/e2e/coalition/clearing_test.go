package coalition

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// workedExample is E2: 100 points of A and 50 of B, 120 spent at C, 30 at A.
func (h *standing) workedExample() {
	h.t.Helper()
	h.pass("2026-03-02")
	h.award("ann", "a", 100)
	h.award("ann", "b", 50)
	h.spend("ann", "c", 120)
	h.spend("ann", "a", 30)
}

// net is where each partner stands, in minor units.
func net(s *partnerv1.Settlement) map[string]int64 {
	positions := map[string]int64{}
	for _, p := range s.GetNet() {
		positions[p.GetPartner()] = p.GetNetMinor()
	}
	return positions
}

// TestE2ClearsToTheCent: three partners call by their door, each with a certificate of its own. A owes 0.80 and B 0.16 of
// the 0.96 that C is owed, B owes A 0.30; A -0.50, B -0.46, C +0.96.
func TestE2ClearsToTheCent(t *testing.T) {
	t.Parallel()
	h := open(t, e2)
	d := h.desk()
	h.pass("2026-03-02")
	a, b, c := d.caller("a"), d.caller("b"), d.caller("c")
	a.award("ann", 100)
	b.award("ann", 50)
	c.redeem("ann", 120)
	a.redeem("ann", 30)
	account, err := h.ledger.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	require.NoError(t, err)
	require.Zero(t, account.GetAccount().GetBalances()[0].GetActive(), "30 of B's were left, and were spent at A")

	_, err = d.close("2026-03")
	require.ErrorIs(t, err, reason.SettlementNotFinal)
	refusal, _ := reason.Of(err)
	require.Equal(t, "clock", refusal.Metadata["bound"])
	h.pass("2026-04-01")
	s := d.mustClose("2026-03")
	require.EqualValues(t, 1, s.GetNumber())
	require.Equal(t, map[string]int64{"a": -50, "b": -46, "c": 96}, net(s))
	gross := map[string]int64{}
	for _, g := range s.GetGross() {
		gross[g.GetDebtor()+" owes "+g.GetCreditor()] = g.GetAmountMinor()
	}
	require.Equal(t, map[string]int64{"a owes c": 80, "b owes c": 16, "b owes a": 30}, gross)

	show, err := d.GetStatement(t.Context(), &partnerv1.GetStatementRequest{
		Program: "tea", Period: "2026-03", Partner: "c", Format: partnerv1.StatementFormat_STATEMENT_FORMAT_HTML,
	})
	require.NoError(t, err)
	require.Equal(t, "Café C", show.GetStatement().GetPartnerName())
	require.Len(t, show.GetStatement().GetLines(), 2)
	require.Contains(t, string(show.GetDocument().GetContent()), "You get 0.96 EUR.")
	require.Equal(t, "tea-2026-03-c.html", show.GetDocument().GetName())
	_, err = d.GetStatement(t.Context(), &partnerv1.GetStatementRequest{Program: "tea", Period: "2026-03", Partner: "d"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.StatementNotFound)
	_, err = d.GetSettlement(t.Context(), &partnerv1.GetSettlementRequest{Program: "tea", Period: "2026-04"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.SettlementNotFound)

	d.requireSound(1)
}

// requireSound wants the books to be the ledger's, and so many settlements to be what the books come to.
func (d *desk) requireSound(settlements int) {
	d.h.t.Helper()
	report, err := d.Verify(d.h.t.Context(), "tea")
	require.NoError(d.h.t, err)
	require.Empty(d.h.t, report.Breaches)
	require.Equal(d.h.t, settlements, report.Settlements)
	require.NotZero(d.h.t, report.Entries)
}

// TestOfManyCallersOneCloses: eight callers of two replicas at once.
func TestOfManyCallersOneCloses(t *testing.T) {
	t.Parallel()
	h := open(t, e2)
	desks := []*desk{h.desk(), h.desk()}
	h.workedExample()
	h.pass("2026-04-01")
	var callers sync.WaitGroup
	got, errs := make([]*partnerv1.Settlement, 8), make([]error, 8)
	for i := range got {
		callers.Go(func() { got[i], errs[i] = desks[i%2].close("2026-03") })
	}
	callers.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		require.Equal(t, got[0].GetDigest(), got[i].GetDigest())
	}
	require.Len(t, h.documents("settlements")["settlements"], 1)
}

// TestARefundTakesBackWhatWasOwed: it comes in a later month, after the price has changed.
func TestARefundTakesBackWhatWasOwed(t *testing.T) {
	t.Parallel()
	h := open(t, e2)
	d := h.desk()
	h.pass("2026-03-02")
	h.award("ann", "a", 100)
	capture := h.spend("ann", "c", 100)
	h.pass("2026-04-01")
	require.Equal(t, map[string]int64{"a": -80, "c": 80}, net(d.mustClose("2026-03")))
	h.apply(strings.ReplaceAll(e2, "0.008", "0.02"))
	h.pass("2026-04-02")
	h.refund("ann", capture)
	h.spend("ann", "c", 10)
	h.pass("2026-05-01")
	s := d.mustClose("2026-04")
	require.Equal(t, map[string]int64{"a": 60, "c": -60}, net(s), "80 come back, 20 are owed anew")
	d.requireSound(2)
}
