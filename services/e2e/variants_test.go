package e2e

import (
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSameLedgerAnotherWay replays the slice in other batches, on other lanes, and killed half way: the ledger is the
// same to the last hash.
func TestSameLedgerAnotherWay(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	for name, flags := range map[string][]string{
		"one lane":                       {"--lanes", "1"},
		"four lanes":                     {"--lanes", "4"},
		"four lanes, batches of sixteen": {"--lanes", "4", "--batch", "16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			r := sliceReplay(t)
			r.flags = append(slices.Clip(r.flags), flags...)
			requireAsClean(t, want, h.figures(h.replay(r)), h.open())
		})
	}
	t.Run("killed half way", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		p := h.start(sliceReplay(t))
		h.reaches(p, want.summary.After.Entries/2)
		p.signal(syscall.SIGKILL)
		require.Equal(t, syscall.SIGKILL, p.wait().signal)
		requireAsClean(t, want, h.figures(h.replay(sliceReplay(t))), h.open())
	})
}

// TestBatchesOfOne gives each event a transaction of its own, which takes long: so it has the beginning of the slice.
func TestBatchesOfOne(t *testing.T) {
	t.Parallel()
	r := sliceReplay(t)
	r.orders = slice(t, 250)
	h := newHouse(t)
	want := clean{summary: h.figures(h.replay(r))}
	l := h.open()
	want.hashes, want.dead = l.hashes(t), l.dead(t)

	one := newHouse(t)
	r.flags = append(slices.Clip(r.flags), "--batch", "1", "--lanes", "4")
	requireAsClean(t, want, one.figures(one.replay(r)), one.open())
}
