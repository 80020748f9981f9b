package e2e

import (
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSameLedgerAnotherWay replays the sample in other batches, on other lanes, and killed half way: the ledger is the
// same to the last hash.
func TestSameLedgerAnotherWay(t *testing.T) {
	t.Parallel()
	sample := replay{orders: cdnow(t, "cdnow-sample.csv"), programme: withTiers, until: end}
	h := newHouse(t)
	want := clean{summary: h.figures(h.replay(sample))}
	want.hashes = h.open().hashes(t)
	require.EqualValues(t, 6_919, want.summary.After.Orders)
	require.EqualValues(t, 2_357, want.summary.After.Accounts)

	for name, flags := range map[string][]string{
		"one lane":                       {"--lanes", "1"},
		"four lanes, batches of sixteen": {"--lanes", "4", "--batch", "16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			r := sample
			r.flags = flags
			requireAsClean(t, want, h.figures(h.replay(r)), h.open())
		})
	}
	t.Run("killed half way", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		p := h.start(sample)
		h.reaches(p, want.summary.After.Entries/2)
		p.signal(syscall.SIGKILL)
		require.Equal(t, syscall.SIGKILL, p.wait().signal)
		requireAsClean(t, want, h.figures(h.replay(sample)), h.open())
	})
}

// TestBatchesOfOne gives each event a transaction of its own, which takes long: so it has the beginning of the slice.
func TestBatchesOfOne(t *testing.T) {
	t.Parallel()
	r := sliceReplay(t)
	r.orders = slice(t, 300)
	h := newHouse(t)
	want := clean{summary: h.figures(h.replay(r))}
	want.hashes = h.open().hashes(t)
	for name, lanes := range map[string]string{"one lane": "1", "four lanes": "4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			r := r
			r.flags = append(slices.Clip(r.flags), "--batch", "1", "--lanes", lanes)
			requireAsClean(t, want, h.figures(h.replay(r)), h.open())
		})
	}
}
