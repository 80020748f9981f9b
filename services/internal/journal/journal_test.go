package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var message = rapid.Custom(func(t *rapid.T) bus.Stored {
	return bus.Stored{
		Subject: rapid.String().Draw(t, "subject"), Sequence: rapid.Uint64Range(1, 1<<62).Draw(t, "sequence"),
		Time:   time.Unix(0, rapid.Int64Range(0, 1<<62).Draw(t, "time")).UTC(),
		Header: []byte(rapid.StringN(1, 100, -1).Draw(t, "header")), Data: rapid.SliceOfN(rapid.Byte(), 1, 500).Draw(t, "data"),
	}
})

// TestAPageGivesBackWhatWasPutIntoIt, to the byte, however many pages it takes.
func TestAPageGivesBackWhatWasPutIntoIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(message, 1, 50).Draw(t, "messages")
		for range rapid.SampledFrom([]int{0, 0, 0, 1500}).Draw(t, "more") {
			want = append(want, bus.Stored{Subject: "events.1.control", Sequence: 7, Time: time.Unix(1, 0).UTC(), Header: []byte("NATS/1.0"), Data: []byte("{}")})
		}
		pages := journal.Pack(want)
		var got []bus.Stored
		for _, p := range pages {
			messages, err := p.Unpack()
			require.NoError(t, err)
			for _, m := range messages {
				require.LessOrEqual(t, p.First, m.Sequence)
				got = append(got, m.Stored())
			}
		}
		require.Equal(t, want, got)
	})
}

// TestAPageIsSmall: orders of a shop are much alike.
func TestAPageIsSmall(t *testing.T) {
	t.Parallel()
	var all []bus.Stored
	plain := 0
	for i := range 500 {
		m := bus.Stored{
			Subject: fmt.Sprintf("events.%d.orders.tea.shop.paid.acc%d", i%16, i), Sequence: uint64(i + 1), Time: time.Unix(int64(i), 0), //nolint:gosec // counts from 1
			Header: []byte(strings.Repeat("ce-type: laurel.orders.v1.OrderPaid\r\n", 8)),
			Data:   fmt.Appendf(nil, `{"order":"o-%d","lines":[{"sku":"assam","quantity":1,"amount":"%d.00"}],"occurred_at":"2026-01-02T03:04:%02dZ"}`, i, i%50, i%60),
		}
		plain += len(m.Subject) + len(m.Header) + len(m.Data)
		all = append(all, m)
	}
	pages := journal.Pack(all)
	require.Len(t, pages, 1)
	require.Less(t, len(pages[0].Packed), plain/5)
}

// TestAJournalIsReadInOrder: lanes and replicas write pages that lie across each other.
func TestAJournalIsReadInOrder(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	s, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close(t.Context())) })
	require.NoError(t, s.Ensure(t.Context(), journal.Collection()))
	const lanes, pages, each = 3, 40, 7
	for lane := range lanes {
		for page := range pages {
			var some []bus.Stored
			for i := range each {
				sequence := (page*each+i)*lanes + lane + 1
				some = append(some, bus.Stored{Subject: "events.0.orders", Sequence: uint64(sequence), Time: time.Unix(1, 0), Data: []byte("x")}) //nolint:gosec // counts from 1
			}
			packed := journal.Pack(some)
			require.NoError(t, s.Transact(t.Context(), func(ctx context.Context) error { return journal.Insert(ctx, s, packed) }))
		}
	}
	r, err := journal.Read(t.Context(), s.Collection(journal.Name))
	require.NoError(t, err)
	defer r.Close(t.Context())
	for want := int64(1); ; want++ {
		m, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			require.EqualValues(t, lanes*pages*each+1, want)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want, m.Sequence)
	}
}
