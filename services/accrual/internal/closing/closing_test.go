package closing_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/closing"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const partitions = 3

// desk is accrual's database as lanes and relays leave it, without any that run.
type desk struct {
	t *testing.T
	*closing.Closer
	parts map[int]store.Partition
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	uri, database := testkit.Mongo(t)
	base, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close(context.WithoutCancel(t.Context()))) })
	kept, err := storage.Open(t.Context(), base)
	require.NoError(t, err)
	require.NoError(t, base.Ensure(t.Context(), store.PartitionsCollection(), outbox.Collection()))
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	const streamBytes = 16 << 20
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes}))
	return &desk{t: t, Closer: &closing.Closer{Storage: kept, Bus: b, Partitions: partitions}, parts: map[int]store.Partition{}}
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

// pass takes a partition's clock to a day, and makes its document where there is none.
func (d *desk) pass(partition, to int) {
	d.t.Helper()
	ctx, base := d.t.Context(), d.Storage.Store()
	parts, err := base.LoadPartitions(ctx, []int{partition})
	require.NoError(d.t, err)
	p := parts[partition]
	p.Clock = day(to)
	require.NoError(d.t, base.MovePartitions(ctx, []store.Partition{p}))
	p.Version++
	d.parts[partition] = p
}

// due makes an account of a partition on which something falls due, or moves when it does.
func (d *desk) due(partition int, from ledger.Seq, on time.Time) {
	d.t.Helper()
	a := ledger.NewAccount("tea", ledger.AccountID(fmt.Sprint("a", partition)))
	a.Version = from + 1
	ctx := d.t.Context()
	require.NoError(d.t, d.Storage.Write(ctx, storage.Writes{Accounts: []storage.AccountWrite{{Account: a, From: from, Partition: partition, Due: on}}}))
}

// facts puts facts of a type into the outbox, one chunk for each day.
func (d *desk) facts(partition int, kind string, days ...int) {
	d.t.Helper()
	part := d.parts[partition]
	for _, n := range days {
		event := cloudevent.Event{ID: fmt.Sprint(n), Source: "laurel/accrual", Type: kind, Time: day(n)}
		m := outbox.Message{Subject: "facts.x", ID: event.ID}
		for name, values := range event.Headers() {
			m.Header = append(m.Header, outbox.Header{Name: name, Value: values[0]})
		}
		chunks := outbox.Cut(&part, bus.Facts, []outbox.Message{m}, day(1))
		require.NoError(d.t, outbox.Insert(d.t.Context(), d.Storage.Store(), chunks))
	}
	d.parts[partition] = part
}

func (d *desk) requireFinal(until time.Time, bound closing.Bound, partition int) {
	d.t.Helper()
	f, err := d.Finality(d.t.Context())
	require.NoError(d.t, err)
	require.Equal(d.t, closing.Finality{Until: until, Bound: bound, Partition: partition}, f)
}

const posted = "laurel.accrual.v1.EntryPosted"

func TestTheLedgerIsFinalUpToTheSlowestOfClocksSweepsAndFacts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.requireFinal(time.Time{}, closing.BoundClock, 0)
	d.pass(0, 20)
	d.pass(1, 18)
	d.requireFinal(time.Time{}, closing.BoundClock, 2) // it has not even begun
	d.pass(2, 19)
	d.requireFinal(day(18), closing.BoundClock, 1)

	d.due(0, 0, day(19))
	d.requireFinal(day(18), closing.BoundClock, 1) // what is due later does not matter
	d.due(2, 0, day(15))
	d.requireFinal(day(15), closing.BoundDue, 2)
	d.due(2, 1, time.Time{})
	d.requireFinal(day(18), closing.BoundClock, 1)

	d.facts(1, "laurel.accrual.v1.EventRefused", 3) // moves no points
	d.requireFinal(day(18), closing.BoundClock, 1)
	d.facts(0, posted, 19, 12, 17)
	d.requireFinal(day(12), closing.BoundFacts, 0)
	d.facts(2, "?", 30)
	d.facts(2, "", 30) // cannot be read
	d.requireFinal(time.Time{}, closing.BoundFacts, 2)
}

func TestNothingIsFinalWhileVeryManyFactsWait(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for p := range partitions {
		d.pass(p, 20)
	}
	days := make([]int, 64)
	for i := range days {
		days[i] = 25
	}
	d.facts(1, posted, days...)
	d.requireFinal(day(20), closing.BoundClock, 0)
	d.facts(2, posted, 25)
	d.requireFinal(time.Time{}, closing.BoundFacts, 2)
}
