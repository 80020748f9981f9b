package parts_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// TestMidnightPassesOnceADay: at each day boundary of the programme's zone, in each partition, over the night in which the
// clocks are put forward as well; within a day nothing more.
func TestMidnightPassesOnceADay(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	mongoURI, suffix := testkit.Mongo(t)
	nats := testkit.NATS(t)
	h, err := parts.Build(t.Context(), parts.Options{
		Dir: t.TempDir(), MongoURI: mongoURI, Suffix: suffix, NATSURL: nats.URL, NATSToken: nats.Token, Listen: "127.0.0.1:0", Lanes: 1, Batch: 64,
		Log: testkit.Logger(t), Stage: func(format string, args ...any) { t.Logf(format, args...) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.WithoutCancel(t.Context()))) })
	require.NoError(t, h.Open(t.Context(), controlv1.ClockMode_CLOCK_MODE_EVENTS))
	h.Run(t.Context())

	wall := clock.At(time.Date(2025, 3, 29, 22, 30, 0, 0, time.UTC)) // 23:30 in Berlin
	ctx, stop := context.WithCancel(t.Context())
	var keeping sync.WaitGroup
	keeping.Go(func() { h.KeepMidnight(ctx, wall, berlin) })
	defer keeping.Wait()
	defer stop()
	var want []string
	for _, step := range []struct {
		later    time.Duration
		midnight string // in UTC; empty: none more
	}{
		{0, "2025-03-28T23:00:00Z"}, {29 * time.Minute, ""}, {time.Minute, "2025-03-29T23:00:00Z"}, {22 * time.Hour, ""},
		{time.Hour, "2025-03-30T22:00:00Z"}, {24 * time.Hour, "2025-03-31T22:00:00Z"},
	} {
		wall.Advance(step.later)
		if step.midnight == "" {
			continue // it would stand before the next one
		}
		want = append(want, step.midnight)
		testkit.Eventually(t, func() bool { return len(midnights(t, h, bus.Partitions-1)) >= len(want) }, "midnight "+step.midnight)
	}
	for partition := range bus.Partitions {
		require.Equal(t, want, midnights(t, h, partition), "partition %d", partition)
	}
}

// midnights are the times that were passed in a partition.
func midnights(t *testing.T, h *parts.House, partition int) []string {
	t.Helper()
	messages, err := h.Bus.ControlEvents(t.Context(), partition, "clock", 0)
	require.NoError(t, err)
	var list []string
	for _, m := range messages {
		var body controlv1.ClockPassed
		require.NoError(t, proto.Unmarshal(m.Data, &body))
		list = append(list, fmt.Sprint(body.GetTime().AsTime().Format(time.RFC3339)))
	}
	return list
}
