package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

var shop = bus.Merchant{Program: "cdnow", Name: "shop"}

// into is what nats-server makes of what a merchant publishes in its own account.
func into(batch []bus.Outgoing) []bus.Outgoing {
	for i := range batch {
		batch[i].Subject = bus.ClassIntake + strings.TrimPrefix(batch[i].Subject, bus.ClassOrders)
	}
	return batch
}

// taker keeps what it takes, and fails when a test wants it to.
type taker struct {
	mu    sync.Mutex
	taken []bus.Message
	fails int
}

func (k *taker) take(_ context.Context, run []bus.Message, _ uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fails > 0 {
		k.fails--
		return errors.New("not now")
	}
	k.taken = append(k.taken, run...)
	return nil
}

func (k *taker) ids() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, m := range k.taken {
		all = append(all, m.ID)
	}
	return all
}

// startTaking reads an intake until it is stopped, or the test ends.
func startTaking(t *testing.T, b *bus.Bus, k *taker) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.ReadIntake(ctx, shop.Intake(), k.take) }()
	stop := sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func waiting(t *testing.T, b *bus.Bus) uint64 {
	t.Helper()
	state, err := b.State(t.Context(), shop.Intake())
	require.NoError(t, err)
	return state.Messages
}

// TestAnIntakeHoldsWhatIsNotTaken: in its order, until it is taken, over failures and the loss of the server.
func TestAnIntakeHoldsWhatIsNotTaken(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	for range 2 {
		require.NoError(t, b.EnsureIntakes(t.Context(), layout(), mebibyte, []bus.Merchant{shop}))
	}
	names, err := b.Intakes(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"INTAKE=cdnow=shop"}, names)

	first, second := orders("first", 700), orders("second", 30)
	want := ids(first, second)
	publish(t, b, into(first))
	end, err := b.End(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Zero(t, end, "EVENTS has none of it")
	k := &taker{fails: 2}
	stop := startTaking(t, b, k)
	testkit.Eventually(t, func() bool { return waiting(t, b) == 0 }, "all is taken, and taken out")
	require.Equal(t, want[:700], k.ids())
	for _, m := range k.taken {
		require.Equal(t, bus.Partition("cdnow", m.Account, bus.Partitions), m.Partition)
		require.Equal(t, bus.OrderSubject("cdnow", "shop", "paid", m.Account), m.Subject)
	}
	stop()

	publish(t, b, into(second[:10]))
	server.Kill(t)
	testkit.Eventually(t, func() bool { return !b.Connected() }, "the bus is away")
	startTaking(t, b, k)
	server.Restart(t)
	testkit.Eventually(t, b.Connected, "the bus is back")
	publish(t, b, into(second[10:]))
	testkit.Eventually(t, func() bool { return waiting(t, b) == 0 }, "the rest is taken")
	require.Equal(t, want, k.ids())
}

func TestAnIntakeThatIsNotThereIsToldOf(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	require.ErrorIs(t, b.ReadIntake(t.Context(), shop.Intake(), (&taker{}).take), bus.ErrNoIntake)
	names, err := b.Intakes(t.Context())
	require.NoError(t, err)
	require.Empty(t, names)
	other := layout()
	require.NoError(t, b.EnsureIntakes(t.Context(), other, mebibyte, []bus.Merchant{shop}))
	other.Partitions = 8
	require.ErrorContains(t, b.EnsureIntakes(t.Context(), other, mebibyte, []bus.Merchant{shop}), "partitions is fixed")
}

// TestNobodyTakesAnothersPlace: two merchants publish under one id, and each counts; the same one twice counts once.
func TestNobodyTakesAnothersPlace(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	m := bus.Message{Subject: "orders.cdnow.shop.paid.a", Header: nats.Header{
		"Nats-Expected-Stream": {"X"}, "nats-expected-last-sequence": {"7"}, "Nats-Msg-Id": {"one"}, "Ce-Id": {"1"},
	}, ID: "one"}
	theirs := m
	theirs.Subject = "orders.cdnow.other.paid.a"
	out := m.Onward(shop.Intake())
	require.Equal(t, nats.Header{"Ce-Id": {"1"}}, out.Header, "what was asked of another stream is not asked of this one")
	for i, c := range []struct {
		out  bus.Outgoing
		want uint64
	}{{out, 1}, {theirs.Onward("INTAKE=cdnow=other"), 2}, {out, 1}} {
		sequence, err := b.Publish(t.Context(), c.out)
		require.NoError(t, err)
		require.Equal(t, c.want, sequence, fmt.Sprint(i))
	}
	for _, long := range []int{100, 3000, 4060} {
		m.Subject = "orders.cdnow.shop.paid." + strings.Repeat("a", long)
		_, err := b.PublishAsIs(t.Context(), m.Onward(shop.Intake()))
		require.NoError(t, err)
	}
}
