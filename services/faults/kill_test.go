package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// elsewhere are points that no house under this load meets: a replay, the closing of a month, and a redemption whose reward is sold
// out in its midst, are killed at theirs by the whole-house tests (services/e2e), with every test run.
func elsewhere() []string {
	return append(fault.SettlementPoints(), fault.AfterOrdersPublish, fault.BeforeVoid, fault.AfterVoid)
}

// visits is how often a point is met at least in the seconds that a house lives here.
func visits(point string) int64 {
	switch point {
	case fault.AfterRevisionInsert, fault.AfterRevisionPublish, fault.BeforeRefund, fault.AfterRefund:
		return 1
	default:
		return 8
	}
}

// killedAtEachPoint kills the house at each named point under load, one life after the other, and lets the last one work off
// what is left.
func killedAtEachPoint(x *trial) {
	const livesMax = time.Minute // until a point is met
	faulty := filepath.Join(programs.dir, "faulty", "laurel")
	require.NoError(x.t, testkit.Build(x.t.Context(), faulty, "-tags", "fault", commands+"laurel/cmd/laurel"))
	points := slices.DeleteFunc(slices.Concat(fault.Points(), fault.RedemptionPoints(), fault.TradePoints()), func(point string) bool {
		return slices.Contains(elsewhere(), point)
	})
	x.random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	w := x.raise(ground{})
	v := x.volume
	v.perSecond, v.seconds, v.members = v.perSecond/3, 3600, v.members/5 // until it is told to end
	l := w.load(v)
	for n, point := range points {
		what := "killed at " + point
		x.mustFire(what, 1)
		_ = w.laurel.cmd.Process.Kill() // the life before, unless it is dead
		<-w.laurel.done
		w.revise(n)
		hit := 1 + x.random.Int64N(visits(point))
		w.serveBy(faulty, fmt.Sprintf("LAUREL_FAULT=%s:%d", point, hit))
		begun := time.Now()
		for !w.laurel.ended() && time.Since(begun) < livesMax {
			pause(x.t.Context(), loadTick)
		}
		if w.laurel.ended() && w.laurel.killed() && strings.Contains(w.laurel.err.String(), fmt.Sprintf("fault point %s, hit %d: kill -9", point, hit)) {
			x.fired(what)
			continue
		}
		x.t.Logf("not met: %s, hit %d\n%s", point, hit, w.laurel.lastWords())
	}
	_ = w.laurel.cmd.Process.Kill()
	<-w.laurel.done
	healed := time.Now()
	w.serve()
	w.up(l, healed)
	l.enough()
	w.holds(l)
	x.note("at %d points; not at %s (services/e2e)", len(points), strings.Join(elsewhere(), ", "))
}

// houseIsRestarted: what is in flight when the house is told to stop is finished or not begun. That callers notice nothing takes replicas:
// services/e2e replaces them one by one.
func houseIsRestarted(x *trial) {
	const drainedMax = 10 * time.Second
	w := x.raise(ground{})
	x.mustFire("the house was restarted", x.times)
	l := w.load(x.volume)
	every := time.Duration(x.volume.seconds) * time.Second / time.Duration(x.times)
	longest := time.Duration(0)
	for range x.times {
		pause(x.t.Context(), time.Duration(x.random.Int64N(int64(every))))
		took := w.laurel.stop()
		longest = max(longest, took)
		x.within(drainedMax, took, "the stop")
		require.Zero(x.t, w.laurel.cmd.ProcessState.ExitCode(), w.laurel.lastWords())
		healed := time.Now()
		w.serve()
		x.fired("the house was restarted")
		w.up(l, healed)
	}
	w.holds(l)
	l.onlyTrouble("Canceled", "Unauthenticated") // of doors that are opened anew
	x.note("stopped within %.1f s", longest.Seconds())
}

// revise gives the house another revision of its programme, which it offers when it starts.
func (w *world) revise(n int) {
	w.t.Helper()
	text := strings.Replace(theClub, "currency: EUR", fmt.Sprintf("name: The club as of %d\ncurrency: EUR", n), 1)
	require.NoError(w.t, os.WriteFile(w.file, []byte(text), 0o600))
}
