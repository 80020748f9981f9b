package accrual_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestMidnightPassesOnceADay: at each day boundary of the programme's zone, in each partition, over the night in which the
// clocks are put forward as well, however many replicas there are; within a day nothing more.
func TestMidnightPassesOnceADay(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(strings.Replace(theTeaClub, "zone: UTC", "zone: Europe/Berlin", 1))
	at := clock.At(time.Date(2100, 3, 27, 22, 30, 0, 0, time.UTC)) // 23:30 in Berlin
	one := h.run(size{shares: true, clock: at})
	h.run(size{shares: true, clock: at, with: one})
	var want []string
	for _, step := range []struct {
		later    time.Duration
		midnight string // in UTC; empty: none more
	}{
		{0, "2100-03-26T23:00:00Z"}, {29 * time.Minute, ""}, {time.Minute, "2100-03-27T23:00:00Z"}, {22 * time.Hour, ""},
		{time.Hour, "2100-03-28T22:00:00Z"}, {24 * time.Hour, "2100-03-29T22:00:00Z"},
	} {
		at.Advance(step.later)
		if step.midnight == "" {
			continue // it would stand before the next one
		}
		want = append(want, step.midnight)
		testkit.Eventually(t, func() bool { return len(h.midnights(partitions-1)) >= len(want) }, "midnight "+step.midnight)
	}
	for partition := range partitions {
		require.Equal(t, want, h.midnights(partition), "partition %d", partition)
	}
}

// midnights are the times that were passed in a partition.
func (h *standing) midnights(partition int) []string {
	h.t.Helper()
	messages, err := h.bus.ControlEvents(h.t.Context(), partition, "clock", 0)
	require.NoError(h.t, err)
	var list []string
	for _, m := range messages {
		var body controlv1.ClockPassed
		require.NoError(h.t, proto.Unmarshal(m.Data, &body))
		list = append(list, body.GetTime().AsTime().Format(time.RFC3339))
	}
	return list
}
