package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

func TestControlEventsOfAKindInTheirOrder(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	found, err := b.ControlEvents(t.Context(), 0, "revised", 0)
	require.NoError(t, err)
	require.Empty(t, found)

	control := func(program, source, kind, id string) []bus.Outgoing {
		var batch []bus.Outgoing
		for _, token := range bus.ControlTokens(program, bus.Partitions) {
			batch = append(batch, bus.Outgoing{
				Subject: bus.ControlSubject(program, source, kind, token), Data: []byte(id), ID: program + source + id + token,
			})
		}
		return batch
	}
	publish(t, b, control("tea", "laurel", "revised", "1"))
	publish(t, b, control("house", "laurel", "clock", "midnight"))
	publish(t, b, orders("order", 50))
	publish(t, b, control("coffee", "programme", "revised", "1"))
	publish(t, b, control("tea", "programme", "revised", "2"))
	for _, partition := range []int{0, 7} {
		found, err = b.ControlEvents(t.Context(), partition, "revised", 0)
		require.NoError(t, err)
		var told []string
		for _, m := range found {
			require.Equal(t, partition, m.Partition)
			require.NoError(t, m.Malformed)
			told = append(told, m.Class+" "+m.Program+" "+m.Merchant+" "+m.Kind+" "+string(m.Data))
		}
		require.Equal(t, []string{
			"control tea laurel revised 1", "control coffee programme revised 1", "control tea programme revised 2",
		}, told)
		require.Less(t, found[0].Sequence, found[1].Sequence)
		require.NotEmpty(t, found[0].ID)
		require.False(t, found[0].Time.IsZero())
	}
}
