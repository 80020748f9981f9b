package faults

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// row is what is told of one fault.
type row struct {
	id, what string
	fired    int
	events   int // acknowledged by the bus
	calls    int // answered
	failed   int // attempts that were not
	entries  int
	recovery time.Duration // the longest
	took     time.Duration
	notes    []string
	verdict  string
}

func (r *row) figures() string {
	text := fmt.Sprintf("%d times; %d events and %d calls acknowledged, %d attempts failed, %d entries", r.fired, r.events, r.calls, r.failed, r.entries)
	if r.recovery > 0 {
		text += fmt.Sprintf("; up again after at most %.1f s", r.recovery.Seconds())
	}
	if len(r.notes) > 0 {
		text += "; " + strings.Join(r.notes, "; ")
	}
	return text
}

// writeReport writes the table of docs/operating/reliability.md.
func writeReport(t *testing.T, rows []*row) {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%s, seed %d, %s/%s, %d CPUs.\n\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), *seed, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	out.WriteString("| fault | what is done | times | acknowledged: events, calls | failed attempts | entries | up again after | took | figures | verdict |\n")
	out.WriteString("|---|---|--:|--:|--:|--:|--:|--:|---|---|\n")
	for _, r := range rows {
		recovery := "–"
		if r.recovery > 0 {
			recovery = fmt.Sprintf("%.1f s", r.recovery.Seconds())
		}
		fmt.Fprintf(&out, "| %s | %s | %d | %d, %d | %d | %d | %s | %.0f s | %s | %s |\n",
			r.id, r.what, r.fired, r.events, r.calls, r.failed, r.entries, recovery, r.took.Seconds(), strings.Join(r.notes, "; "), r.verdict)
	}
	fmt.Print("\n" + out.String())
	if *report != "" {
		require.NoError(t, os.WriteFile(*report, []byte(out.String()), 0o600))
	}
}
