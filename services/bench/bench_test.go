package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestAFigureIsHeldAgainstItsTarget(t *testing.T) {
	t.Parallel()
	r := Result{Size: "small"}
	r.add("informs", 1e9, "ms")
	r.hold(Figure{Name: "fast", Value: 20, Unit: "s", Relation: atMost, Target: 20})
	r.hold(Figure{Name: "much", Value: 5, Unit: "entries/s", Relation: atLeast, Target: 5})
	require.True(t, r.Met())
	r.hold(Figure{Name: "slow", Value: 20.01, Unit: "s", Relation: atMost, Target: 20})
	require.False(t, r.Met())
	require.Contains(t, r.Table(), "MISSED")
	r = Result{}
	r.hold(Figure{Name: "little", Value: 4.9, Unit: "entries/s", Relation: atLeast, Target: 5})
	require.False(t, r.Met())
}

// TestTheShopTellsWhatALedgerWould: the same facts each time, each account's entries without a gap, in the order of days.
func TestTheShopTellsWhatALedgerWould(t *testing.T) {
	t.Parallel()
	const orders = 2*bus.BatchMessagesMax + 1
	told := func() []bus.Outgoing {
		var all []bus.Outgoing
		require.NoError(t, newShop(50, calendar.Date(2023, time.January, 1)).facts(orders, func(batch []bus.Outgoing) error {
			require.LessOrEqual(t, len(batch), bus.BatchMessagesMax)
			all = append(all, batch...)
			return nil
		}))
		return all
	}
	facts := told()
	require.Equal(t, facts, told())
	require.Len(t, facts, orders)
	seqs, day := map[string]int64{}, ""
	for _, f := range facts {
		var posted accrualv1.EntryPosted
		require.NoError(t, proto.Unmarshal(f.Data, &posted))
		e := posted.GetEntry()
		seqs[e.GetAccount()]++
		require.Equal(t, seqs[e.GetAccount()], e.GetSeq())
		require.LessOrEqual(t, day, posted.GetEffectiveDay())
		day = posted.GetEffectiveDay()
		sum := int64(0)
		for _, l := range posted.GetOrder().GetLines() {
			sum += l.GetBaseMinor()
		}
		require.Equal(t, e.GetOrder().GetBaseMinor(), sum)
	}
	require.Greater(t, len(seqs), 40)
}
