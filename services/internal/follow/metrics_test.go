package follow_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// shows is what a metric of the last replica says, added up over its labels; of a histogram, how much was observed.
func (p *place) shows(name string) float64 {
	p.t.Helper()
	families, err := p.shown.Gather()
	require.NoError(p.t, err)
	for _, f := range families {
		if f.GetName() != "laurel_diary_"+name {
			continue
		}
		sum := 0.0
		for _, m := range f.GetMetric() {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
		return sum
	}
	p.t.Fatalf("%s is not shown", name)
	return 0
}

// TestWhatWaitsGrowsOld: while a message cannot be applied its age grows, though nothing is left in the stream; once it is
// applied nothing is old, however long ago that was. A service that has stopped says so.
func TestWhatWaitsGrowsOld(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	p.order("ann", "o-1")
	well := make(chan struct{})
	r := p.run(bus.Events, func(m follow.Message) error {
		if m.Order == nil {
			return nil
		}
		if m.Order.Ref.Order == "o-2" {
			return &lane.Stop{Err: errors.New("the diary is torn")}
		}
		select {
		case <-well:
			return nil
		default:
			return errors.New("not now")
		}
	})
	testkit.Eventually(t, func() bool { return p.shows("mark_age_seconds") > 0.2 && p.shows("lag_messages") == 0 }, "it waits for a lane")
	testkit.Eventually(t, func() bool { return p.shows("batch_failures_total") > 0 }, "tries are counted")
	require.Zero(t, p.shows("stopped"))
	close(well)
	r.drained(t)
	require.Zero(t, p.shows("mark_age_seconds"))
	require.Zero(t, p.shows("bus_went_back_total"))
	require.Equal(t, partitions, int(p.shows("owned_partitions")))
	require.Positive(t, p.shows("batch_items"))
	require.Positive(t, p.shows("commit_seconds"))
	require.Greater(t, p.shows("phase_seconds_total"), 0.1, "it has waited longer than that before it tried again")
	testkit.Eventually(t, func() bool { return p.shows("clock_skew_seconds") != 0 }, "the clock of mongod was asked for")
	require.Less(t, p.shows("clock_skew_seconds"), 5.0, "it is the same machine's")

	p.order("ann", "o-2")
	testkit.Eventually(t, func() bool { return p.shows("stopped") == 1 }, "it says that it has stopped")
	testkit.Eventually(t, func() bool { return p.shows("mark_age_seconds") > 0.1 }, "what is not applied grows old all the same")
}
