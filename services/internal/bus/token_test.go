package bus_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

func TestEachControlTokenFallsIntoItsPartition(t *testing.T) {
	for _, n := range []int{1, 4, 16, 64} {
		tokens := bus.ControlTokens("cdnow", n)
		require.Len(t, tokens, n)
		for i, control := range tokens {
			require.Equal(t, control, token.Of(control), "a token is its own id")
			require.Equal(t, i, bus.Partition("cdnow", control, n))
		}
	}
}

// TestPartitionIsTheServers asks a real nats-server where it puts 1,000 accounts.
func TestPartitionIsTheServers(t *testing.T) {
	t.Parallel()
	const accounts = 1000
	_, b := house(t)
	id := rapid.OneOf(
		rapid.StringMatching(`[0-9]{5}`), rapid.StringMatching(`[a-zA-Z0-9_-]{1,40}`), rapid.StringN(0, 30, 60))
	batch := make([]bus.Outgoing, accounts)
	for i := range batch {
		program, account := id.Example(i), id.Example(accounts+i)
		batch[i] = bus.Outgoing{Subject: bus.OrderSubject(program, "shop", "paid", account)}
	}
	publish(t, b, batch)
	k := readAll(t, b, accounts)
	for i, m := range k.applied {
		program, account := id.Example(i), id.Example(accounts+i)
		require.Equal(t, program, m.Program)
		require.Equal(t, account, m.Account)
		require.NoError(t, m.Malformed)
		require.Equal(t, bus.Partition(program, account, bus.Partitions), m.Partition,
			"programme %q, account %q", program, account)
	}
}

func TestControlEventForAllReachesEachPartitionOnce(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	var batch []bus.Outgoing
	for _, token := range bus.ControlTokens("cdnow", bus.Partitions) {
		batch = append(batch, bus.Outgoing{Subject: bus.ControlSubject("cdnow", "laurel", "revision", token)})
	}
	publish(t, b, batch)
	k := readAll(t, b, bus.Partitions)
	for p, m := range k.applied {
		require.Equal(t, p, m.Partition)
		require.Equal(t, bus.ClassControl, m.Class)
		require.Equal(t, batch[p].Subject, m.Subject)
	}
}

func TestSubjects(t *testing.T) {
	require.Equal(t, "orders.cdnow.shop.paid.00004", bus.OrderSubject("cdnow", "shop", "paid", "00004"))
	require.Equal(t, "control.cdnow.laurel.clock.~YS5i", bus.ControlSubject("cdnow", "laurel", "clock", "a.b"))
	require.Equal(t, "facts.cdnow.accrual.earned.00004", bus.FactSubject("cdnow", "accrual", "earned", "00004"))
	require.Equal(t, "dead.cdnow.shop.paid.~", bus.DeadSubject("cdnow", "shop", "paid", ""))
}

func ExamplePartition() {
	fmt.Println(bus.Partition("cdnow", "00004", bus.Partitions))
	// Output: 2
}
