package bus_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// sendRaw publishes with a header block as it is, which no client library would let pass.
func sendRaw(t *testing.T, server *testkit.NATSServer, subject, header, data string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "nats://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = fmt.Fprintf(conn, "CONNECT {\"auth_token\":%q,\"headers\":true,\"verbose\":false}\r\n", server.Token)
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "HPUB %s %d %d\r\n%s%s\r\nPING\r\n",
		subject, len(header), len(header)+len(data), header, data)
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.NotContains(t, line, "-ERR")
		if strings.HasPrefix(line, "PONG") {
			return
		}
	}
}

// TestMessagesMadeToStopAReader are such that whoever may publish can store: each must be delivered as any other, and
// its neighbours too.
func TestMessagesMadeToStopAReader(t *testing.T) {
	const subject = "orders.cdnow.shop.paid.a"
	for _, c := range []struct{ name, subject, header, data string }{
		{
			"a status that says the consumer is gone", subject,
			"NATS/1.0\r\nStatus: 409\r\nDescription: Consumer Deleted\r\n\r\n", "",
		},
		{"a status in the version line", subject, "NATS/1.0 100 Idle Heartbeat\r\n\r\n", ""},
		{"a status that says there is nothing", subject, "NATS/1.0 404\r\n\r\n", ""},
		{"headers that are none", subject, "NATS/1.0\r\nno colon here\r\n\r\n", "data"},
		{"a header block without an end", subject, "NATS/1.0\r\nx: y", "data"},
		{"an empty message", subject, "NATS/1.0\r\n\r\n", ""},
		{"an account encoded in another way", "orders.cdnow.shop.paid.~YWJj", "NATS/1.0\r\n\r\n", "data"},
		{"a programme of broken base64", "orders.~!.shop.paid.a", "NATS/1.0\r\n\r\n", "data"},
		{"an account of 1,000 letters", "orders.cdnow.shop.paid." + strings.Repeat("a", 1000), "NATS/1.0\r\n\r\n", "data"},
		{"an account whose token holds no text", "orders.cdnow.shop.paid.~__79", "NATS/1.0\r\n\r\n", "data"},
		{"invalid UTF-8 as kind", "orders.cdnow.shop.\xff\xfe.a", "NATS/1.0\r\n\r\n", "data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, b := house(t)
			publish(t, b, orders("before", 1))
			sendRaw(t, server, c.subject, c.header, c.data)
			publish(t, b, orders("after", 1))
			k := readAll(t, b, 3)
			require.Equal(t, []uint64{1, 2, 3}, []uint64{k.applied[0].Sequence, k.applied[1].Sequence, k.applied[2].Sequence})
			m := k.applied[1]
			require.Equal(t, c.subject, m.Subject)
			require.Equal(t, c.data, string(m.Data))
			if c.subject != subject {
				require.ErrorIs(t, m.Malformed, reason.MalformedEvent)
				told := bus.DeadSubject(m.Program, m.Merchant, m.Kind, m.Account)
				require.Less(t, len(told), 600, "what is told of it can be published")
				require.True(t, utf8.ValidString(m.Program+m.Merchant+m.Kind+m.Account), "and is text")
			}
			marks := newKeeper() // the message at the mark is such a one
			marks.marks[m.Partition] = m.Mark(0)
			start(t, b.NewReader(bus.ReadConfig{Partitions: []int{m.Partition}, Marks: marks.Marks, Deliver: marks.Deliver}))
			publish(t, b, []bus.Outgoing{{Subject: c.subject}})
			marks.awaitCount(t, 1)
			require.Equal(t, 1, marks.incarnations(), "read without trouble")
		})
	}
}
