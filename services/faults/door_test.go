package faults

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// doors are tried so often by who asks too much.
const tooMuchTimes = 20

// tooMuchComesIn sends what is too large to every door, under load: each refuses it with a reason, and nobody else notices.
func tooMuchComesIn(x *trial) {
	const growMax = 64 << 20
	w := x.raise(ground{})
	l := w.load(x.volume)
	pause(x.t.Context(), 2*time.Second)
	before, grown := w.rss(), int64(0)
	tries := []struct {
		name string
		try  func(n int)
	}{
		{"a message beyond max_payload", l.beyondPayload},
		{"a message beyond what a stream takes, a header of 64 KiB", l.beyondStream},
		{"a call of 5 MiB", l.hugeCall},
		{"an order of 10,000 lines, as a call", l.longOrder},
		{"a header of 64 KiB, as a call", l.hugeHeader},
	}
	for _, c := range tries {
		x.mustFire(c.name, 1)
		for n := range tooMuchTimes {
			c.try(n)
			grown = max(grown, w.rss()-before)
		}
		x.fired(c.name)
	}
	orders := l.longOrders()
	x.mustFire("orders of 10,000 lines, as events", 1)
	letters := w.letters(orders)
	for id, header := range letters {
		require.Equal(x.t, "TOO_LARGE", header[0].Get("Laurel-Reason"), "%s: %s", id, header[0].Get("Laurel-Message"))
	}
	require.Len(x.t, letters, orders)
	x.fired("orders of 10,000 lines, as events")
	grown = max(grown, w.rss()-before)
	l.deadMax = orders
	w.up(l, time.Now())
	w.holds(l)
	l.onlyTrouble()
	x.note("each %d times, memory +%d MiB", tooMuchTimes, grown>>20)
	if grown > growMax {
		x.t.Errorf("memory grew by %d MiB, at most %d", grown>>20, growMax>>20)
	}
}

// beyondPayload: nats.go refuses it by what the server has told; one that writes it all the same is cut off by the server, and
// nobody else is.
func (l *load) beyondPayload(n int) {
	w := l.w
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()), nats.NoReconnect())
	require.NoError(w.t, err)
	defer conn.Close()
	require.ErrorIs(w.t, conn.Publish("orders.club.shop.paid.x", make([]byte, conn.MaxPayload()+1)), nats.ErrMaxPayload)
	_, err = l.bus.Publish(w.t.Context(), bus.Outgoing{Subject: bus.OrderSubject(programme, "shop", "paid", "x"), Data: make([]byte, 2<<20), ID: fmt.Sprint("huge-", n)})
	require.ErrorIs(w.t, err, reason.TooLarge)
}

func (l *load) beyondStream(n int) {
	w := l.w
	out := bus.Outgoing{Subject: bus.OrderSubject(programme, "shop", "paid", "x"), Data: []byte("{}"), ID: fmt.Sprint("head-", n), Header: nats.Header{"x-note": {strings.Repeat("n", 64<<10)}}}
	_, err := l.bus.Publish(w.t.Context(), out)
	require.ErrorIs(w.t, err, reason.TooLarge)
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(w.t, err)
	stream, err := js.Stream(w.t.Context(), bus.Events)
	require.NoError(w.t, err)
	limit := stream.CachedInfo().Config.MaxMsgSize
	if limit <= 0 || int64(limit) >= conn.MaxPayload() {
		return // the stream takes what the server takes
	}
	_, err = js.Publish(w.t.Context(), "orders.club.shop.paid.x", make([]byte, limit+1))
	var refusal *jetstream.APIError
	require.ErrorAs(w.t, err, &refusal)
}

func (l *load) accrual() accrualv1.AccrualServiceClient {
	d := l.w.open()
	require.NotNil(l.w.t, d)
	return accrualv1.NewAccrualServiceClient(d.operator["accrual"])
}

func (l *load) hugeCall(int) {
	_, err := l.accrual().GetAccount(l.w.t.Context(), &accrualv1.GetAccountRequest{Program: programme, Account: strings.Repeat("x", 5<<20)}, grpc.MaxCallSendMsgSize(8<<20))
	require.Equal(l.w.t, codes.ResourceExhausted, status.Code(err), "%v", err)
}

func manyLines() []*ordersv1.Line {
	const lines = 10_000
	all := make([]*ordersv1.Line, lines)
	for i := range all {
		all[i] = &ordersv1.Line{Sku: "assam", Quantity: 1, AmountMinor: 100}
	}
	return all
}

func (l *load) longOrder(int) {
	_, err := l.accrual().PreviewOrder(l.w.t.Context(), &accrualv1.PreviewOrderRequest{Program: programme, Account: member(0), Merchant: "shop", Currency: "EUR", Lines: manyLines()})
	require.ErrorIs(l.w.t, rpc.FromStatus(err), reason.InvalidArgument)
}

func (l *load) hugeHeader(int) {
	ctx := metadata.AppendToOutgoingContext(l.w.t.Context(), "x-note", strings.Repeat("n", 64<<10))
	_, err := l.accrual().GetAccount(ctx, &accrualv1.GetAccountRequest{Program: programme, Account: member(0)})
	require.Error(l.w.t, err)
	require.NotEqual(l.w.t, codes.Unknown, status.Code(err), "%v", err)
	ctx, cancel := context.WithTimeout(l.w.t.Context(), callMax)
	defer cancel()
	_, err = l.accrual().GetAccount(ctx, &accrualv1.GetAccountRequest{Program: programme, Account: member(0)})
	require.NoError(l.w.t, err, "the next call on the same connection")
}

// longOrders publishes orders of 10,000 lines, and returns how many there were.
func (l *load) longOrders() int {
	body := `{"order_id":"long-%d","occurred_at":%q,"currency":"EUR","lines":[` +
		strings.TrimSuffix(strings.Repeat(`{"sku":"t","amount_minor":"1"},`, 10_000), ",") + `]}`
	for n := range tooMuchTimes {
		id := fmt.Sprint("long-", n)
		err := l.publish(l.w.t.Context(), []bus.Outgoing{{
			Subject: bus.OrderSubject(programme, "shop", "paid", member(0)), Data: fmt.Appendf(nil, body, n, now().Format(time.RFC3339Nano)), ID: id,
			Header: nats.Header{"ce-specversion": {"1.0"}, "ce-id": {id}, "ce-source": {"shop"}, "ce-type": {"laurel.orders.v1.OrderPaid"}, "content-type": {"application/json"}},
		}})
		require.NoError(l.w.t, err)
	}
	return tooMuchTimes
}
