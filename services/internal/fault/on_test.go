//go:build fault

package fault_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// victimEnv makes this test binary a process that meets each point twice and says so.
const victimEnv = "LAUREL_TEST_FAULT_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimEnv) == "" {
		os.Exit(m.Run())
	}
	for range 2 {
		for _, name := range fault.Points() {
			fault.Point(name)
			_, _ = os.Stdout.WriteString(name + "\n") // read by the test
		}
	}
}

func TestAPointEndsTheProcessAsKill9Would(t *testing.T) {
	points := fault.Points()
	for _, c := range []struct {
		name, fault string
		survived    int // points passed before the end
		killed      bool
	}{
		{name: "no point is named", survived: 2 * len(points)},
		{name: "the first time", fault: points[2] + ":1", survived: 2, killed: true},
		{name: "without a number, the first time", fault: points[2], survived: 2, killed: true},
		{name: "the second time", fault: points[2] + ":2", survived: len(points) + 2, killed: true},
		{name: "more often than it is met", fault: points[2] + ":3", survived: 2 * len(points)},
		{name: "a point that is not known", fault: "after_lunch:1", survived: 2 * len(points)},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), victimEnv+"=1", "LAUREL_FAULT="+c.fault)
			out, err := cmd.Output()
			require.Len(t, strings.Fields(string(out)), c.survived)
			if !c.killed {
				require.NoError(t, err)
				return
			}
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			status, ok := exit.Sys().(syscall.WaitStatus)
			require.True(t, ok)
			require.Equal(t, syscall.SIGKILL, status.Signal())
			require.Contains(t, string(exit.Stderr), "kill -9")
		})
	}
}

func TestAPointWaitsAsLongAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Setenv("LAUREL_FAULT_SLOW", fault.AfterCompute+":500ms")
		begun := time.Now()
		fault.Point(fault.AfterRead)
		require.Zero(t, time.Since(begun))
		fault.Point(fault.AfterCompute)
		fault.Point(fault.AfterCompute)
		require.Equal(t, time.Second, time.Since(begun))
		t.Setenv("LAUREL_FAULT_SLOW", fault.AfterCompute+":half")
		require.Panics(t, func() { fault.Point(fault.AfterCompute) })
	})
}
