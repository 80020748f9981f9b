package tier_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// end is the position behind which EVENTS holds nothing.
func (p *place) end() *typev1.Position {
	p.t.Helper()
	end, err := p.bus.End(p.t.Context(), bus.Events)
	require.NoError(p.t, err)
	return &typev1.Position{Sequence: end}
}

// TestAReadSeesWhatWasPublished: each read that is asked for what stands up to a position waits for it.
func TestAReadSeesWhatWasPublished(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{lanes: 2})
	for i := range 10 {
		account := fmt.Sprint("m", i)
		p.pays(account, fmt.Sprint("o", i), "2025-01-10", 600_00)
		got, err := s.grpc.GetMemberTier(t.Context(), &tierv1.GetMemberTierRequest{Program: "tea", Account: account, After: p.end()})
		require.NoError(t, err)
		require.Equal(t, "silver", got.GetMemberTier().GetTier())
		p.pays(account, fmt.Sprint("p", i), "2025-01-10", 2000_00)
		lines, err := s.grpc.ListTierHistory(t.Context(), &tierv1.ListTierHistoryRequest{Program: "tea", Account: account, After: p.end()})
		require.NoError(t, err)
		require.Len(t, lines.GetLines(), 2)
		p.pays("one more "+account, fmt.Sprint("q", i), "2025-01-10", 1_00)
		counts, err := s.grpc.CountTiers(t.Context(), &tierv1.CountTiersRequest{Program: "tea", After: p.end()})
		require.NoError(t, err)
		require.EqualValues(t, i+1, counts.GetCounts()[0].GetAccounts())
		p.pays("again "+account, fmt.Sprint("r", i), "2025-01-10", 2000_00)
		list, err := s.grpc.ListTiers(t.Context(), &tierv1.ListTiersRequest{Program: "tea", After: p.end()})
		require.NoError(t, err)
		require.Equal(t, "again "+account, list.GetAccounts()[i].GetAccount())
		require.Equal(t, "gold", list.GetAccounts()[i].GetTier())
		p.apply(int32(i+2), theTeaClub+fmt.Sprint("name: Tea club ", i, "\n")) //nolint:gosec // ten
		p.pass(fmt.Sprintf("2025-01-%dT00:00:00Z", 11+i))
		steps, err := s.grpc.DescribeLadder(t.Context(), &tierv1.DescribeLadderRequest{Program: "tea", After: p.end()})
		require.NoError(t, err)
		require.EqualValues(t, i+2, steps.GetRevision())
	}
	unknown := &typev1.Position{Sequence: 1 << 40}
	for name, call := range map[string]asked{
		"get":     get(&tierv1.GetMemberTierRequest{Program: "tea", Account: "m1", After: unknown}),
		"history": history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: "m1", After: unknown}),
		"count":   count(&tierv1.CountTiersRequest{Program: "tea", After: unknown}),
		"list":    list(&tierv1.ListTiersRequest{Program: "tea", After: unknown}),
		"ladder":  describe(&tierv1.DescribeLadderRequest{Program: "tea", After: unknown}),
	} {
		require.ErrorIs(t, rpc.FromStatus(call(context.WithoutCancel(t.Context()), s.grpc)), reason.PositionUnknown, name)
	}
}
