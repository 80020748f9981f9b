package faults

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// accrualRolls scales accrual from one replica to three, restarts each in order with work under way, and goes back to one. Nobody who
// tries again sees an error, and none of them takes longer than callers may notice.
func accrualRolls(x *trial) {
	const (
		drainedMax = 10 * time.Second
		underWay   = 512
		slowerMax  = 2
	)
	w := x.raiseApart(ground{}, 1, func(string) []string { return nil })
	replicas := []string{"accrual", "accrual/2", "accrual/3"}
	l := w.quiet(x.volume)
	var bursts [][]bus.Outgoing
	for range replicas {
		var burst []bus.Outgoing
		for n := range underWay {
			burst = append(burst, l.order(member(n%x.volume.members), 1))
		}
		bursts = append(bursts, burst)
	}
	l.paid = nil // nothing is given back that has not been sent
	l.start()
	pause(x.t.Context(), time.Duration(x.volume.seconds)*time.Second/4)
	steady := l.p99()

	x.mustFire("accrual was scaled to three", 1)
	w.apart.start("accrual/2")
	w.apart.start("accrual/3")
	w.apart.up()
	testkit.Eventually(x.t, func() bool { return w.owners() == len(replicas) }, "three replicas share the partitions")
	x.fired("accrual was scaled to three")
	longest := time.Duration(0)
	for n, name := range replicas {
		x.mustFire(name+" was restarted", 1)
		require.NoError(x.t, l.publish(x.t.Context(), bursts[n]))
		took := w.apart.stop(name)
		longest = max(longest, took)
		x.within(drainedMax, took, "the stop")
		w.apart.start(name)
		w.apart.up()
		testkit.Eventually(x.t, func() bool { return w.owners() == len(replicas) }, "three replicas share the partitions again")
		x.fired(name + " was restarted")
	}
	x.mustFire("accrual was scaled to one", 1)
	for _, name := range replicas[1:] {
		longest = max(longest, w.apart.stop(name))
	}
	testkit.Eventually(x.t, func() bool { return w.owners() == 1 }, "one replica has all partitions")
	x.fired("accrual was scaled to one")
	w.holds(l)
	w.heldByOne(16)
	l.onlyTrouble()
	rolled := l.p99()
	x.note("stopped within %.1f s; p99 of calls %d ms, %d ms before; %d partitions were handed over", longest.Seconds(), rolled.Milliseconds(),
		steady.Milliseconds(), int(w.metric("laurel_accrual_handed_partitions_total")))
	x.within(slowerMax*steady, rolled, "the p99 of calls")
}

// owners counts the replicas of accrual that have partitions, all of which are somebody's.
func (w *world) owners() int {
	b := w.books()
	defer b.close()
	var list []struct{ Owner string }
	if all(w.t.Context(), b.of("accrual").Collection("partitions"), &list) != nil {
		return 0
	}
	owners := map[string]bool{}
	for _, p := range list {
		if p.Owner == "" {
			return 0
		}
		owners[p.Owner] = true
	}
	return len(owners)
}
