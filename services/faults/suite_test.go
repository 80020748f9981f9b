package faults

import (
	"fmt"
	"hash/fnv"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// ordeal is one line of the list: something that breaks.
type ordeal struct {
	id   string // as it stands in the list of what may break
	what string // is done
	try  func(x *trial)
}

// list is all of them, in the order in which they are tried.
func list() []ordeal {
	return []ordeal{
		{"X1", "laurel is killed (kill -9) at each named point", killedAtEachPoint},
		{"X1-apart", "each service, a process of its own, is killed (kill -9) at each of its points", servicesAreKilled},
		{"X2", "mongod is killed five times, and started again 2 s later", mongodIsKilled},
		{"X3", "mongod is stopped (SIGSTOP) for 15 s", mongodSleeps},
		{"X4", "the primary steps down ten times, and 50 commits lose their connection", primaryStepsDown},
		{"X5", "a fifth of the transactions conflict, then a fifth of the writes within them; a twentieth is not confirmed (20 s each)", writesConflict},
		{"X6", "nats-server is killed five times", natsIsKilled},
		{"X7", "the power of the disk under nats-server is cut ten times", natsLosesPower},
		{"X8", "the power under mongod, or mongod and nats-server, is cut ten times", mongodLosesPower},
		{"X9", "in the store of EVENTS a byte is flipped, a block cut, consumers and the stream deleted", storesAreDamaged},
		{"X10", "each event comes one to five times, the accounts mixed, with and without ids, a fifth of the copies late", eventsComeAgainAndMixed},
		{"X11", "a hundredth of the events is poison of 12 kinds", poisonIsMixedIn},
		{"X12", "messages, calls, orders and headers that are too large come in", tooMuchComesIn},
		{"X13", "the disk gets low, and full; EVENTS and FACTS reach their limits", diskIsFull},
		{"X14", "the clocks of the services are hours apart, some swing, and mongod's is three hours ahead", clocksDiffer},
		{"X15", "analytics takes half a second for each batch, and fifty streams are not read", consumersAreSlow},
		{"X16", "the links to mongod and nats-server are cut, slow, reset, closed slowly, cut within a frame, a black hole", linksBreak},
		{"X16-apart", "the links by which reward and partner call accrual, and one replica of accrual another, break in the same ways", linksBetweenServicesBreak},
		{"X19", "the house is stopped in order (SIGTERM) under load and started again, five times", houseIsRestarted},
		{"X19-apart", "accrual goes from one replica to three, each is restarted in order (SIGTERM) with 512 events under way, and back to one", accrualRolls},
	}
}

// TestFaults tries what was asked for, one after the other.
func TestFaults(t *testing.T) {
	if *chosen == "" {
		t.Skip("run by make test-faults")
	}
	faults := choose(t, list(), *chosen)
	v := fullLoad
	if testing.Short() { // to try the suite itself
		v = volume{perSecond: 100, seconds: 6, members: 60}
	}
	var rows []*row
	defer func() { writeReport(t, rows) }()
	for _, f := range faults {
		t.Run(f.id, func(t *testing.T) {
			x := begin(t, f, v)
			rows = append(rows, x.row)
			defer x.end()
			f.try(x)
		})
	}
}

// choose picks faults by their names; X1 also means X1-apart.
func choose(t *testing.T, all []ordeal, names string) []ordeal {
	t.Helper()
	if names == "all" {
		return all
	}
	wanted, known := strings.Split(names, ","), map[string]bool{}
	some := slices.DeleteFunc(all, func(f ordeal) bool {
		base, _, _ := strings.Cut(f.id, "-")
		known[base], known[f.id] = true, true
		return !slices.Contains(wanted, f.id) && !slices.Contains(wanted, base)
	})
	for _, name := range wanted {
		require.True(t, known[name], "fault %s is not known", name)
	}
	return some
}

// TestASmallFault kills nats-server under a small load: what the suite stands on is tried with every test run.
func TestASmallFault(t *testing.T) {
	x := begin(t, ordeal{id: "X6", what: "nats-server is killed once"}, volume{perSecond: 60, seconds: 2, members: 20})
	defer x.end()
	x.times = 1
	natsIsKilled(x)
}

// trial is one fault that is being tried.
type trial struct {
	t      *testing.T
	random *mathrand.Rand
	row    *row
	volume volume
	times  int // how often something is broken
	began  time.Time
	firing map[string]int // what must happen, and how often it has not yet
	warned testkit.Output // by the servers
}

func begin(t *testing.T, f ordeal, v volume) *trial {
	t.Helper()
	name := fnv.New64a()
	_, _ = name.Write([]byte(f.id)) // so that one fault's choices do not depend on which others are tried
	t.Logf("%s: %s (seed %d)", f.id, f.what, *seed)
	return &trial{
		t: t, random: mathrand.New(mathrand.NewPCG(*seed, name.Sum64())), row: &row{id: f.id, what: f.what}, volume: v, times: 5,
		began: time.Now(), firing: map[string]int{},
	}
}

// mustFire says what has to happen in the trial: one in which it does not is no proof of anything, and has failed.
func (x *trial) mustFire(what string, times int) { x.firing[what] += times }

// fired says that it has happened.
func (x *trial) fired(what string) {
	x.firing[what]--
	x.row.fired++
	x.t.Logf("%6.1f s: %s", time.Since(x.began).Seconds(), what)
}

// end writes down what came of it.
func (x *trial) end() {
	for what, left := range x.firing {
		if left > 0 {
			x.t.Errorf("untested: %s did not happen, %d more were wanted", what, left)
		}
	}
	if x.row.fired == 0 && !x.t.Skipped() {
		x.t.Error("untested: nothing was broken")
	}
	x.row.took = time.Since(x.began)
	x.row.verdict = "passed"
	switch {
	case x.t.Skipped():
		x.row.verdict = "NOT RUN"
	case x.t.Failed():
		x.row.verdict = "FAILED"
	}
	x.t.Logf("%s %s: %s", x.row.id, x.row.verdict, x.row.figures())
}

// note adds a figure to what is told of the trial.
func (x *trial) note(format string, args ...any) {
	x.t.Helper()
	text := fmt.Sprintf(format, args...)
	x.t.Log(text)
	x.row.notes = append(x.row.notes, text)
}

// within holds a duration to its limit: one that is longer fails the trial, which goes on.
func (x *trial) within(limit, took time.Duration, what string) {
	x.t.Helper()
	if took > limit {
		x.t.Errorf("%s took %s, at most %s", what, took.Round(time.Millisecond), limit)
	}
}
