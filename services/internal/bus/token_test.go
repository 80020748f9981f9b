package bus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestTokenOf(t *testing.T) {
	for _, c := range []struct{ name, id, token string }{
		{"a plain id is its own token", "00004", "00004"},
		{"dash and underscore are plain", "Order_7-b", "Order_7-b"},
		{"a dot is carried encoded", "a.b", "~YS5i"},
		{"wildcards are carried encoded", "*>", "~Kj4"},
		{"a tilde is carried encoded", "~YS5i", "~fllTNWk"},
		{"a blank is carried encoded", "a b", "~YSBi"},
		{"letters beyond ASCII are carried encoded", "é", "~w6k"},
		{"an empty id has a token too", "", "~"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.token, bus.Token(c.id))
			id, err := bus.FromToken(c.token)
			require.NoError(t, err)
			require.Equal(t, c.id, id)
		})
	}
}

func TestTokensThatTokenWouldNotMakeAreRefused(t *testing.T) {
	for _, c := range []struct{ name, token string }{
		{"a plain id, encoded", "~YWJj"},
		{"not base64url", "~***"},
		{"base64 with padding", "~YS5iYw=="},
		{"base64 with bits left over", "~YS5j" + "Y"},
		{"neither plain nor encoded", "a+b"},
		{"empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := bus.FromToken(c.token)
			require.ErrorIs(t, err, reason.MalformedEvent)
		})
	}
}

func TestTokenIsReversibleAndSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.StringMatching(`[~.*> a-z]{0,8}`)).Draw(t, "id")
		token := bus.Token(id)
		back, err := bus.FromToken(token)
		require.NoError(t, err)
		require.Equal(t, id, back)
		require.NotEmpty(t, token)
		require.False(t, strings.ContainsAny(token, ".*> \t\r\n\x00"), "token %q", token)
	})
}

func TestEachControlTokenFallsIntoItsPartition(t *testing.T) {
	for _, n := range []int{1, 4, 16, 64} {
		tokens := bus.ControlTokens("cdnow", n)
		require.Len(t, tokens, n)
		for i, token := range tokens {
			require.Equal(t, token, bus.Token(token), "a token is its own id")
			require.Equal(t, i, bus.Partition("cdnow", token, n))
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
