package tier_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
)

// TestWhatTheLedgerRefusesIsTakenBack: an event that only the ledger could know to be wrong has counted, until the ledger's
// word stands in the log.
func TestWhatTheLedgerRefusesIsTakenBack(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 100_00)
	poison := p.pays("ann", "o2", "2025-01-11", 2000_00)
	p.pays("ann", "o2", "2025-01-12", 600_00) // with other content: refused, as long as there is the other
	p.returns("ann", "o2", "2025-01-13", 100_00)
	s.drained()
	require.Equal(t, "gold", s.member("ann", "").GetTier())
	s.counted(1, 0)

	p.refuses(poison)
	p.pays("ann", "o3", "2025-01-20", 1_00)
	s.drained()
	require.Equal(t, "silver", s.member("ann", "").GetTier())
	require.EqualValues(t, 601_00, s.member("ann", "").GetQualifyingMinor(), "100 of o1, 500 of o2 as it was paid then, 1 of o3")
	require.Equal(t, []string{
		"1 2025-01-10 >bronze 10000/0 first o1paid",
		"2 2025-01-11 bronze>gold 210000/200000 reached o2paid",
		"3 2025-01-13 gold>silver 60000/200000 refused o2paid",
	}, s.history("ann"))
	require.Equal(t, "gold", s.member("ann", "2025-01-12T00:00:00Z").GetTier(), "what was told stays told")
	facts := p.facts("facts.*.facts.tea.tier.changed.ann")
	var last tierv1.TierChanged
	require.NoError(t, proto.Unmarshal(facts[len(facts)-1].data, &last))
	require.Equal(t, "refused", last.GetLine().GetCause())

	before := s.bytes()
	p.refuses(poison) // the ledger may say it twice
	p.pays("ann", "o2", "2025-01-11", 2000_00)
	s.drained()
	after := s.bytes()
	require.Equal(t, before["orders"], after["orders"], "it comes again and stays refused")
	require.Equal(t, before["history"], after["history"])
}

// TestWhatIsTakenBackMayBeAll: an account of which nothing is left has no tier, and is nobody until something else comes.
func TestWhatIsTakenBackMayBeAll(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.refuses(p.pays("ann", "o1", "2025-01-10", 2000_00))
	s.drained()
	require.Empty(t, s.member("ann", "").GetTier())
	p.apply(2, theTeaClub+"enrolment: explicit\n")
	p.pays("ann", "o2", "2025-01-11", 2000_00)
	s.drained()
	require.Empty(t, s.member("ann", "").GetTier(), "she is not enrolled")
	counts, err := s.grpc.CountTiers(t.Context(), &tierv1.CountTiersRequest{Program: "tea", After: p.end()})
	require.NoError(t, err)
	require.Empty(t, counts.GetCounts())
}
