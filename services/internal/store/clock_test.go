package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// TestAClockThatDiffersIsShownAndSaid: two services whose clocks are more than 2 s apart cannot both be within 1 s of mongod's.
func TestAClockThatDiffersIsShownAndSaid(t *testing.T) {
	t.Parallel()
	s := house(t)
	const none = 9999
	for _, c := range []struct {
		name   string
		behind time.Duration // mongod is ahead by it
		took   time.Duration // by that clock, more than it really did
		shown  float64
		said   bool
	}{
		{name: "the same", shown: 0},
		{name: "little behind", behind: 700 * time.Millisecond, shown: 0.7},
		{name: "behind", behind: 1300 * time.Millisecond, shown: 1.3, said: true},
		{name: "ahead", behind: -1300 * time.Millisecond, shown: -1.3, said: true},
		{name: "hours ahead", behind: -2 * time.Hour, shown: -7200, said: true},
		{name: "an answer that takes long tells nothing", behind: 1300 * time.Millisecond, took: 1100 * time.Millisecond, shown: none},
		{name: "a clock that is set back meanwhile tells nothing", behind: -time.Hour, took: -2 * time.Hour, shown: none},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			asked := 0
			now := func() time.Time {
				asked++
				if asked == 1 {
					return time.Now().Add(-c.behind)
				}
				stop() // it looks once
				return time.Now().Add(c.took - c.behind)
			}
			gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "skew"})
			gauge.Set(none)
			var log bytes.Buffer
			s.WatchClock(ctx, now, gauge, slog.New(slog.NewTextHandler(&log, nil)))
			require.InDelta(t, c.shown, testutil.ToFloat64(gauge), 0.25)
			require.Equal(t, c.said, bytes.Contains(log.Bytes(), []byte("clock and mongod's differ")), log.String())
		})
	}
}
