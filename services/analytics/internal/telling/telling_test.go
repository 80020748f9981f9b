package telling_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/segmenting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/telling"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// bought is what the copy holds once it has read an account's order.
func bought(account string) storage.Writes {
	day := calendar.Date(2025, time.January, 10)
	return storage.Writes{
		Orders:    []storage.OrderWrite{{Order: storage.Order{Program: "tea", Ref: orders.Ref{Merchant: "shop", Order: account}}, Account: account, Day: day, Base: 100, New: true}},
		Positions: []storage.PositionWrite{{Position: storage.Position{Program: "tea"}, EffectiveAt: day.Start(time.UTC), Through: day, Entries: 1, Currency: "USD"}},
	}
}

// TestACopyThatIsBuiltAnewIsWaitedFor: bob was told to be in the segment, and the copy has not come to him again. He has not left.
func TestACopyThatIsBuiltAnewIsWaitedFor(t *testing.T) {
	t.Parallel()
	uri, name := testkit.Mongo(t)
	db, err := store.Open(t.Context(), uri, name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close(context.WithoutCancel(t.Context()))) })
	kept, err := storage.Open(t.Context(), db)
	require.NoError(t, err)
	_, err = kept.InsertSegment(t.Context(), storage.Segment{Program: "tea", Name: "all", Condition: "true", DefinedAt: time.UnixMilli(1).UTC()})
	require.NoError(t, err)
	var told []storage.ToldWrite
	for _, account := range []string{"ann", "bob"} {
		told = append(told, storage.ToldWrite{Membership: storage.Membership{Program: "tea", Segment: "all", Account: account}, Told: storage.Told{In: true, Number: 1, Revision: 1}})
	}
	require.NoError(t, kept.Write(t.Context(), storage.Writes{Told: told}))
	require.NoError(t, kept.Write(t.Context(), bought("ann")))

	var mu sync.Mutex
	var waited []uint64
	reporter := reporting.New(kept, []int{0})
	teller := telling.New(telling.Deps{
		Storage: kept, Reporter: reporter, Segmenter: segmenting.New(kept, reporter, clock.At(time.UnixMilli(2)), segmenting.Knows{}), Log: slog.New(slog.DiscardHandler), Partitions: 1,
		End: func(context.Context) (uint64, error) { return 7, nil },
		After: func(ctx context.Context, to *typev1.Position) error { // the copy comes to the end of FACTS while it is waited for
			mu.Lock()
			defer mu.Unlock()
			if waited = append(waited, to.GetSequence()); len(waited) > 1 {
				return nil
			}
			return kept.Write(ctx, bought("bob"))
		},
		Call: func(_ context.Context, _ int, payload any) error {
			t.Errorf("told: %+v", payload)
			return nil
		},
	})
	_, err = teller.Publish(t.Context(), "tea", "all")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = teller.Run(ctx) })
	defer running.Wait()
	defer cancel()
	var p storage.Publication
	testkit.Eventually(t, func() bool {
		p, _, err = kept.Publication(t.Context(), "tea", "all")
		return err == nil && p.Told == p.Asked
	}, "told")
	require.EqualValues(t, 2, p.Customers)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, waited)
	require.EqualValues(t, 7, waited[0], "the end of FACTS")
}
