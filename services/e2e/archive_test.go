package e2e

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	doors "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestAHouseIsArchived takes out of the streams what all services have applied. The house goes on, also when it is started again, and
// no service is read anew from what is left; one that is restored with the archive can be, and comes to the same figures.
func TestAHouseIsArchived(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	programme := write(t, "tea.yaml", teaWithTiers)
	p := h.serve(programme)
	// What a partition has read last stays in its stream. So there is a second round, behind which the first is old for every one.
	h.says([]string{"orders", "publish", manyOrders(t, "first", 400, 400)})
	testkit.Eventually(t, func() bool { return h.stream(bus.Facts).State.LastSeq >= 400 }, "the first round is told")
	h.says([]string{"orders", "publish", manyOrders(t, "then", 400, 400)})
	archive := filepath.Join(t.TempDir(), "archive")
	questions := [][]string{{"-o", "csv", "analytics", "report", "pareto"}, {"-o", "json", "tier", "ladder"}, {"-o", "json", "account", "entries", "acc7"}}
	testkit.Eventually(t, func() bool { // services come to the end of the streams one after the other
		h.ctl("archive", archive, "--keep", "1s", "--take-out") // refused while an outbox has not left
		return h.archived(bus.Events) >= 400 && h.archived(bus.Facts) >= 400
	}, "the first round is taken out")
	h.rests()
	want := h.figuresOf(questions)
	requireStops(t, h, p)
	o := h.run(programs.laurel, "rebuild", "--service", "analytics", "--data", h.data, "--home", h.home).wait()
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "FACTS was archived up to sequence")

	p = h.serve(programme)
	require.Equal(t, want, h.figuresOf(questions))
	h.says([]string{"ledger", "verify"}, `^800 entries of 400 accounts$`)
	h.says([]string{"member", "enrol", "mia"})
	h.says([]string{"orders", "publish", manyOrders(t, "second", 40, 40)})
	h.becomes(`^ paid +taken`, "orders", "status", "shop/second-39")
	h.says([]string{"programme", "history"}, `^ +1 .*in force$`)
	h.rests()
	backup := filepath.Join(t.TempDir(), "backup")
	h.says([]string{"backup", backup})
	verified := h.says([]string{"ledger", "verify"}).out
	want = h.figuresOf(questions)
	requireStops(t, h, p)

	is := newHouse(t)
	o = is.run(programs.laurel, "restore", backup, "--archive", archive, "--data", is.data, "--home", is.home).wait()
	require.Zero(t, o.code, "%v", o)
	for _, service := range []string{"analytics", "tier", "partner"} {
		o = is.run(programs.laurel, "rebuild", "--service", service, "--data", is.data, "--home", is.home).wait()
		require.Zero(t, o.code, "%s: %v", service, o)
	}
	p = is.serve(programme)
	require.Equal(t, want, is.figuresOf(questions))
	require.Equal(t, entriesLine(verified), entriesLine(is.says([]string{"ledger", "verify"}).out))
	requireStops(t, is, p)
}

// stream is what the house's bus says of one of its streams.
func (h *house) stream(name string) *jetstream.StreamInfo {
	h.t.Helper()
	place, err := doors.Read(h.doors())
	require.NoError(h.t, err)
	s, err := dialBus(h.t, place.NATS.URL, place.NATS.Token).Stream(h.t.Context(), name)
	require.NoError(h.t, err)
	return s.CachedInfo()
}

// archived is up to where a stream of the house was taken out.
func (h *house) archived(stream string) int {
	h.t.Helper()
	upTo, _ := strconv.Atoi(h.stream(stream).Config.Metadata["laurel_archived"]) // nothing: 0
	return upTo
}
