package sweep_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/sweep"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// errAway is trouble that passes.
var errAway = errors.New("the store is away")

// ledger is what a sweep works on: things that fall due, by partition. A thing is its number and no longer due once it
// was submitted and made durable. Safe for many goroutines.
type ledger struct {
	mu     sync.Mutex
	clocks map[int]time.Time
	due    map[int]map[int]time.Time // by partition and number
	done   map[int][]int             // in the order of submission
	held   []func()                  // made durable by release, if hold is set
	hold   bool
	asked  int           // how often Due was called
	pages  []int         // how many things each call of Due gave, where it gave any
	times  []time.Time   // when Due was called
	fails  map[int]error // by the number of the call of Due, from 1
	refuse map[int]error // by the number of the call of Submit, from 1
	tried  int
}

func newLedger() *ledger {
	return &ledger{clocks: map[int]time.Time{}, due: map[int]map[int]time.Time{}, done: map[int][]int{}}
}

// at is a minute of the ledger's day.
func at(minute int) time.Time {
	return time.Date(1997, 1, 1, 0, minute, 0, 0, time.UTC)
}

// add makes n more things of a partition fall due at a time.
func (l *ledger) add(partition, n int, when time.Time) {
	if l.due[partition] == nil {
		l.due[partition] = map[int]time.Time{}
	}
	for range n {
		l.due[partition][len(l.due[partition])] = when
	}
}

func (l *ledger) Clocks() map[int]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.clocks)
}

func (l *ledger) Due(_ context.Context, partition int, upTo time.Time, limit int) ([]int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	l.times = append(l.times, time.Now())
	if err := l.fails[l.asked]; err != nil {
		return nil, err
	}
	var list []int
	for number, when := range l.due[partition] {
		if !when.After(upTo) {
			list = append(list, number)
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		return cmp.Or(l.due[partition][a].Compare(l.due[partition][b]), a-b)
	})
	list = list[:min(len(list), limit)]
	if len(list) > 0 {
		l.pages = append(l.pages, len(list))
	}
	return list, nil
}

func (l *ledger) Submit(_ context.Context, partition, number int, done func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried++
	if err := l.refuse[l.tried]; err != nil {
		return err
	}
	durable := func() {
		if _, still := l.due[partition][number]; still { // a thing may be submitted again before it is durable
			delete(l.due[partition], number)
			l.done[partition] = append(l.done[partition], number)
		}
		done()
	}
	if l.hold {
		l.held = append(l.held, durable)
		return nil
	}
	durable()
	return nil
}

// doneNow is what has been done by partition.
func (l *ledger) doneNow() map[int][]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.done)
}

// askedNow is how often somebody looked for what is due.
func (l *ledger) askedNow() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// release makes durable what was held.
func (l *ledger) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, durable := range l.held {
		durable()
	}
	l.held = nil
}

// start sweeps until what it returns is called, which gives what Run returned.
func (l *ledger) start(t *testing.T, partitions ...int) func() error {
	t.Helper()
	s := &sweep.Sweeper[int]{
		Partitions: partitions, Clocks: l.Clocks, Due: l.Due, Submit: l.Submit, Log: testkit.Logger(t),
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	synctest.Wait()
	return sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
}

// pass lets the test's own time go by.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
	synctest.Wait()
}

func TestMoreThanAPageIsDoneWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.clocks = map[int]time.Time{0: at(9), 1: at(9)}
		l.add(0, 3, at(1))
		l.add(1, 1200, at(1))
		begun := time.Now()
		stop := l.start(t, 0, 1)
		require.Equal(t, []int{3, 512, 512, 176}, l.pages)
		require.Len(t, l.doneNow()[0], 3)
		require.Len(t, l.doneNow()[1], 1200)
		require.True(t, slices.IsSorted(l.doneNow()[1]), "the earliest first")
		require.Equal(t, begun, time.Now(), "no tick is waited for")
		require.NoError(t, stop())
	})
}

func TestNothingIsDonePastTheClock(t *testing.T) {
	for _, c := range []struct {
		name   string
		clocks map[int]time.Time
		done   int
	}{
		{name: "the clock is not known", clocks: map[int]time.Time{}},
		{name: "the clock has not begun", clocks: map[int]time.Time{4: {}}},
		{name: "the clock of another partition is further", clocks: map[int]time.Time{4: at(1), 5: at(9)}, done: 1},
		{name: "what falls due at the clock is due", clocks: map[int]time.Time{4: at(2)}, done: 2},
		{name: "the clock is a millisecond before the third", clocks: map[int]time.Time{4: at(3).Add(-time.Millisecond)}, done: 2},
		{name: "all is due", clocks: map[int]time.Time{4: at(3)}, done: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				l.clocks = c.clocks
				for minute := 1; minute <= 3; minute++ {
					l.add(4, 1, at(minute))
				}
				stop := l.start(t, 4)
				pass(t, 10*time.Second)
				require.Len(t, l.doneNow()[4], c.done)
				require.Equal(t, c.done > 0, l.askedNow() > 0, "without a clock nothing is looked for")
				l.mu.Lock()
				l.clocks = map[int]time.Time{4: at(3)}
				l.mu.Unlock()
				pass(t, time.Second)
				require.Equal(t, []int{0, 1, 2}, l.doneNow()[4], "the clock has moved on")
				require.NoError(t, stop())
			})
		})
	}
}

func TestARoundWaitsUntilAllOfItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.clocks = map[int]time.Time{0: at(9)}
		l.add(0, 600, at(1))
		l.hold = true
		stop := l.start(t, 0)
		pass(t, time.Hour)
		require.Equal(t, 1, l.askedNow(), "what was submitted is not looked for again")
		require.Len(t, l.held, 512)
		last := l.held[511]
		l.held = l.held[:511]
		l.release()
		pass(t, time.Hour)
		require.Equal(t, 1, l.askedNow(), "one is not durable yet")
		last()
		synctest.Wait()
		require.Equal(t, 2, l.askedNow())
		require.Len(t, l.held, 88)
		l.release()
		require.NoError(t, stop())
		require.Len(t, l.doneNow()[0], 600)
	})
}

func TestASweepGoesOnAfterAnError(t *testing.T) {
	for _, c := range []struct {
		name   string
		fails  map[int]error
		refuse map[int]error
		after  time.Duration // when all is done
	}{
		{name: "what is due cannot be read", fails: map[int]error{1: errAway, 2: errAway}, after: 2 * time.Second},
		{name: "the second partition cannot be read", fails: map[int]error{2: errAway}, after: time.Second},
		{name: "the third thing cannot be queued", refuse: map[int]error{3: errAway}, after: time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				l.clocks = map[int]time.Time{0: at(9), 1: at(9)}
				l.add(0, 2, at(1))
				l.add(1, 2, at(1))
				l.fails, l.refuse = c.fails, c.refuse
				stop := l.start(t, 0, 1)
				pass(t, c.after-time.Millisecond)
				require.Less(t, len(l.doneNow()[0])+len(l.doneNow()[1]), 4, "an error is not tried again at once")
				pass(t, time.Millisecond)
				require.Equal(t, map[int][]int{0: {0, 1}, 1: {0, 1}}, l.doneNow())
				require.NoError(t, stop())
			})
		})
	}
}

func TestASweepEndsWithItsContext(t *testing.T) {
	for _, c := range []struct {
		name string
		hold bool
	}{
		{name: "while it waits for the next tick"},
		{name: "while it waits for what is not durable yet", hold: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				l.clocks = map[int]time.Time{0: at(9)}
				l.add(0, 2, at(1))
				l.hold = c.hold
				stop := l.start(t, 0)
				require.NoError(t, stop())
				l.release() // what becomes durable later finds nobody waiting, and blocks nobody
				asked := l.askedNow()
				pass(t, time.Minute)
				require.Equal(t, asked, l.askedNow())
			})
		})
	}
}

// TestExactlyWhatIsDueIsDone draws what falls due and how far the clocks have come.
func TestExactlyWhatIsDueIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// rapid would ask for the test's deadline, which a bubble's own time does not have.
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) {
			l, want := newLedger(), map[int]int{}
			for p := range 3 {
				clock := rapid.IntRange(0, 20).Draw(rt, fmt.Sprint("clock of ", p))
				l.clocks[p] = at(clock)
				for _, minute := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 30).Draw(rt, fmt.Sprint("due in ", p)) {
					l.add(p, 1, at(minute))
					if minute <= clock {
						want[p]++
					}
				}
			}
			stop := l.start(t, 0, 1, 2)
			require.NoError(rt, stop())
			for p := range 3 {
				require.Len(rt, l.doneNow()[p], want[p], "partition %d", p)
			}
		})
	})
}
