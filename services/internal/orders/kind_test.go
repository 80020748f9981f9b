package orders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// The words stand in subjects, keys and stored entries: none may ever change.
func TestEveryKindHasItsWord(t *testing.T) {
	words := map[orders.Kind]string{
		orders.Placed: "placed", orders.Paid: "paid", orders.Shipped: "shipped", orders.Returned: "returned",
		orders.Canceled: "cancelled", orders.Payment: "payment", orders.Lapsed: "lapsed",
	}
	for kind := orders.Placed; kind <= orders.Lapsed; kind++ {
		require.Equal(t, words[kind], kind.String())
		parsed, err := orders.ParseKind(words[kind])
		require.NoError(t, err)
		require.Equal(t, kind, parsed)
	}
	require.Empty(t, orders.KindUnset.String())
	require.Empty(t, (orders.Lapsed + 1).String())
}

func TestWhatIsNoKindIsRefused(t *testing.T) {
	for _, word := range []string{"", "Paid", "canceled", "refunded", " paid"} {
		_, err := orders.ParseKind(word)
		require.ErrorIs(t, err, reason.UnknownEventType, "%q", word)
	}
}

func TestEveryOutcomeHasItsWord(t *testing.T) {
	require.Equal(t, "takes", orders.Takes.String())
	require.Equal(t, "repeats", orders.Repeats.String())
	require.Equal(t, "waits", orders.Waits.String())
	require.Empty(t, orders.OutcomeUnset.String())
	require.Empty(t, (orders.Waits + 1).String())
}
