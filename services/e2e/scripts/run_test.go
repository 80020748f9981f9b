package scripts

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// replayed runs scripts/run.sh with stand-ins for Go and the house, and returns what the house was asked for.
func (h *house) replayed(settings ...string) string {
	h.t.Helper()
	h.env = append(h.env, append(settings, "MONGODB_URI=given")...)
	code, _, stderr := h.run("run.sh")
	require.Zero(h.t, code, stderr)
	return h.said()
}

func newRun(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.program("go", "")
	require.NoError(t, os.WriteFile(filepath.Join(h.home, "bin", "laurel"), []byte("#!/bin/bash\necho \"laurel $*\" >>$LOG\n"), 0o700))
	return h
}

// fetched has the CDNOW purchases stand where the scripts keep them.
func (h *house) fetched() {
	h.t.Helper()
	dir := filepath.Join(h.home, "data", "cdnow")
	require.NoError(h.t, os.MkdirAll(dir, 0o750))
	for _, name := range []string{"CDNOW_master.txt", "CDNOW_sample.txt", "cdnow.csv", "cdnow-sample.csv"} { // what is made comes last
		content, err := os.ReadFile(filepath.Join(os.Getenv("LAUREL_CDNOW"), name))
		require.NoError(h.t, err, "run `make test`, which fetches the CDNOW purchases")
		require.NoError(h.t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
}

func TestARunOfThePurchasesAsksForSixDays(t *testing.T) {
	t.Parallel()
	h := newRun(t)
	h.fetched()
	require.Contains(t, h.replayed(), " --until 1998-07-01T00:00Z --at 1997-04-01T00:00Z,1997-07-01T00:00Z,1998-01-01T00:00Z,"+
		"1998-02-01T00:00Z,1998-04-01T00:00Z,1998-07-01T00:00Z ")
}

func TestARunAsksForTheDaysThatItIsTold(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string][]string{
		" --clock=events --spend ": {},
		" --clock=events --at 2026-01-01T00:00Z,2026-02-01T00:00Z --spend ": {"AT=2026-01-01T00:00Z,2026-02-01T00:00Z"},
		" --clock=events --until 2026-03-01T00:00Z --spend ":                {"UNTIL=2026-03-01T00:00Z"},
	} {
		h := newRun(t)
		orders := filepath.Join(h.home, "mine.csv")
		require.NoError(t, os.WriteFile(orders, nil, 0o600))
		require.Contains(t, h.replayed(append(settings, "ORDERS="+orders)...), want)
	}
}
