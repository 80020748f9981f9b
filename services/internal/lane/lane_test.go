package lane_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// submit queues n items of one partition, numbered from 0.
func submit(t *testing.T, l *lane.Lane, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, l.Submit(t.Context(), lane.Item{Partition: 3, Bytes: 1, Payload: i}))
	}
}

// work lets a lane post n items of one partition to its end.
func work(t *testing.T, p *poster, n int) {
	t.Helper()
	l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
	submit(t, l, n)
	stop := start(t.Context(), l)
	<-p.done
	require.NoError(t, stop())
	require.Empty(t, p.faults)
	for i, number := range p.written[3] {
		require.Equal(t, i, number)
	}
	require.Len(t, p.written[3], n)
}

func TestHowABatchIsTriedAgain(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		items  int
		script []outcome
		sizes  []int
		waits  []time.Duration
	}{
		{name: "all goes well", items: 8, sizes: []int{8}},
		{
			name: "a lost race is run again at once, by halves", items: 8, script: []outcome{conflicts},
			sizes: []int{8, 4, 4}, waits: []time.Duration{0, 0},
		},
		{
			name: "lost twice, it is halved again, and grows one by one", items: 8, script: []outcome{conflicts, conflicts},
			sizes: []int{8, 4, 2, 3, 3}, waits: []time.Duration{0, 0, 0, 0},
		},
		{
			name: "a run of eight and more grows by a fourth", items: 60, script: []outcome{conflicts, conflicts, conflicts},
			sizes: []int{60, 30, 15, 7, 8, 10, 12, 15, 8}, waits: []time.Duration{0, 0, 1 * ms, 0, 0, 0, 0, 0},
		},
		{
			name: "lost again and again, it waits between the tries and ends at one item", items: 8,
			script: []outcome{conflicts, conflicts, conflicts, conflicts, conflicts},
			sizes:  []int{8, 4, 2, 1, 1, 1, 2, 3, 2}, waits: []time.Duration{0, 0, 1 * ms, 2 * ms, 4 * ms, 0, 0, 0},
		},
		{
			name: "for a lost race it waits 16 ms at most: the next try may win as well", items: 1,
			script: []outcome{conflicts, conflicts, conflicts, conflicts, conflicts, conflicts, conflicts, conflicts},
			sizes:  []int{1, 1, 1, 1, 1, 1, 1, 1, 1},
			waits:  []time.Duration{0, 0, 1 * ms, 2 * ms, 4 * ms, 8 * ms, 16 * ms, 16 * ms},
		},
		{
			name: "an unknown outcome is waited for", items: 2, script: []outcome{unknownAndLost},
			sizes: []int{2, 1, 1}, waits: []time.Duration{20 * ms, 0},
		},
		{
			name: "written, though nobody knew: the poster answers it", items: 2, script: []outcome{unknownAndWritten},
			sizes: []int{2, 1, 1}, waits: []time.Duration{20 * ms, 0},
		},
		{
			name: "trouble is waited for, twice as long each time, a second at most", items: 1,
			script: []outcome{troubled, troubled, troubled, troubled, troubled, troubled, troubled, troubled},
			sizes:  []int{1, 1, 1, 1, 1, 1, 1, 1, 1},
			waits:  []time.Duration{20 * ms, 40 * ms, 80 * ms, 160 * ms, 320 * ms, 640 * ms, time.Second, time.Second},
		},
		{
			name: "after a success the waits begin anew", items: 4, script: []outcome{troubled, commitsFirstHalf, troubled},
			sizes: []int{4, 2, 3, 1, 2}, waits: []time.Duration{20 * ms, 0, 20 * ms, 0},
		},
		{
			name: "what the poster hands back comes next", items: 5, script: []outcome{commitsFirstHalf, commitsFirstHalf},
			sizes: []int{5, 3, 2}, waits: []time.Duration{0, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoster(c.items, c.script...)
				work(t, p, c.items)
				require.Equal(t, c.sizes, p.sizes())
				require.Equal(t, c.waits, p.waits())
				require.Equal(t, p.failures, p.resets, "the cache is dropped after each failure")
			})
		})
	}
}

// TestALaneRemembersWhatWentThrough: where writes meet others, what comes later is not tried at its full size first.
func TestALaneRemembersWhatWentThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoster(14, conflicts, conflicts, conflicts, conflicts)
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
		submit(t, l, 8)
		stop := start(t.Context(), l)
		pass(t.Context(), time.Second)
		require.Equal(t, []int{8, 4, 2, 1, 1, 2, 3, 2}, p.sizes())
		p.mu.Lock()
		p.script = []outcome{conflicts, conflicts, conflicts}
		p.mu.Unlock()
		for i := 8; i < 14; i++ {
			require.NoError(t, l.Submit(t.Context(), lane.Item{Partition: 3, Bytes: 1, Payload: i}))
		}
		<-p.done
		require.NoError(t, stop())
		require.Empty(t, p.faults)
		require.Equal(t, []int{4, 2, 1, 1, 2, 3}, p.sizes()[8:])
	})
}

// TestAHalvedBatchIsOfFewPartitions: each partition adds documents of its own to what is written, and so to what can meet others.
func TestAHalvedBatchIsOfFewPartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const partitions, each = 4, 4
		p := newPoster(partitions*each, conflicts, conflicts)
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
		for i := range each {
			for partition := range partitions {
				require.NoError(t, l.Submit(t.Context(), lane.Item{Partition: partition, Bytes: 1, Payload: i}))
			}
		}
		stop := start(t.Context(), l)
		<-p.done
		require.NoError(t, stop())
		require.Empty(t, p.faults)
		require.Equal(t, []int{16, 8, 4, 5, 6, 1}, p.sizes())
		require.Equal(t, []int{4, 2, 1, 2, 2, 1}, p.partitions())
		for partition := range partitions {
			require.Equal(t, []int{0, 1, 2, 3}, p.written[partition])
		}
	})
}

func TestBatchesEndAtTheirLimits(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []int // bytes, of a batch's 10
		sizes   []int
	}{
		{name: "four items fit", weights: []int{1, 1, 1, 1}, sizes: []int{4}},
		{name: "the fifth begins a new batch", weights: []int{1, 1, 1, 1, 1}, sizes: []int{4, 1}},
		{name: "ten bytes fit", weights: []int{5, 5}, sizes: []int{2}},
		{name: "what would be the eleventh byte begins a new batch", weights: []int{5, 6, 1}, sizes: []int{1, 2}},
		{name: "an item above the limit goes alone", weights: []int{1, 30, 1}, sizes: []int{1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoster(len(c.weights))
				p.limits = lane.Limits{BatchItems: 4, BatchBytes: 10, QueueItems: 16, Idle: time.Millisecond}
				l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
				for i, bytes := range c.weights {
					require.NoError(t, l.TrySubmit(lane.Item{Bytes: bytes, Payload: i}))
				}
				stop := start(t.Context(), l)
				<-p.done
				require.NoError(t, stop())
				require.Empty(t, p.faults)
				require.Equal(t, c.sizes, p.sizes())
			})
		})
	}
}

func TestABatchWaitsForMoreNoLongerThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoster(1)
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
		submit(t, l, 1)
		begun := time.Now()
		stop := start(t.Context(), l)
		<-p.done
		require.Equal(t, p.limits.Idle, p.calls[0].at.Sub(begun))
		require.NoError(t, stop())
	})
}

// TestAFullQueueRefusesOrWaits: who asks is refused, what comes from the bus waits. No caller fills the queue alone.
func TestAFullQueueRefusesOrWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoster(5)
		p.limits.QueueItems = 2
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
		require.NoError(t, l.TrySubmit(lane.Item{Payload: 0, From: "ann"}))
		require.ErrorIs(t, l.TrySubmit(lane.Item{Payload: 9, From: "ann"}), reason.Overloaded, "the half of one caller is full")
		require.NoError(t, l.TrySubmit(lane.Item{Payload: 1, From: "bob"}))
		require.ErrorIs(t, l.TrySubmit(lane.Item{Payload: 9, From: "cid"}), reason.Overloaded)
		require.Equal(t, 2, l.Queued())
		require.NoError(t, l.Submit(t.Context(), lane.Item{Payload: 2}))
		require.NoError(t, l.Submit(t.Context(), lane.Item{Payload: 3}))

		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Submit(hurried, lane.Item{Payload: 9}), context.DeadlineExceeded)

		patient := make(chan error, 1)
		go func() { patient <- l.Submit(t.Context(), lane.Item{Payload: 4}) }()
		synctest.Wait()
		require.Empty(t, patient, "there is no room yet")
		stop := start(t.Context(), l)
		require.NoError(t, <-patient)
		<-p.done
		require.NoError(t, l.TrySubmit(lane.Item{Payload: 5, From: "ann"}), "there is room again")
		require.NoError(t, stop())
		require.ElementsMatch(t, []int{0, 1, 2, 3, 4}, p.written[0])
	})
}

// TestNeitherTheBusNorWhoAsksWaitsForAllOfTheOther: where both queues are full, a batch is half of each.
func TestNeitherTheBusNorWhoAsksWaitsForAllOfTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoster(20)
		p.limits.BatchItems, p.limits.QueueItems = 4, 100
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
		for i := range 16 { // 0 to 15 from the bus, 100 to 103 ask
			require.NoError(t, l.Submit(t.Context(), lane.Item{Payload: i}))
		}
		for i := range 4 {
			require.NoError(t, l.TrySubmit(lane.Item{Payload: 100 + i, From: "ann"}))
		}
		stop := start(t.Context(), l)
		<-p.done
		require.NoError(t, stop())
		asked := func(batch []lane.Item) int {
			n := 0
			for _, item := range batch {
				if item.Payload.(int) >= 100 {
					n++
				}
			}
			return n
		}
		require.InDelta(t, 2, asked(p.calls[0].items), 1, "%v", p.calls[0].items)
		require.Equal(t, 4, asked(p.calls[0].items)+asked(p.calls[1].items)+asked(p.calls[2].items), "who asks is done while the bus still waits")
	})
}

// postFunc is a poster made of one function.
type postFunc func(ctx context.Context, items []lane.Item) ([]lane.Item, error)

func (f postFunc) Post(ctx context.Context, items []lane.Item) ([]lane.Item, error) {
	return f(ctx, items)
}

func (postFunc) Reset() {}

func TestABrokenInvariantEndsTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &lane.Stop{Err: errors.New("account anna: postings do not balance")}
		calls := 0
		l := lane.New(postFunc(func(context.Context, []lane.Item) ([]lane.Item, error) {
			calls++
			return nil, errors.Join(errTrouble, broken)
		}), lane.DefaultLimits(), testkit.Logger(t), lane.Stats{})
		submit(t, l, 3)
		err := l.Run(t.Context())
		require.ErrorIs(t, err, broken.Err)
		require.ErrorContains(t, err, "account anna")
		require.Equal(t, 1, calls, "nothing more is tried")
	})
}

func TestTheEndOfItsContextEndsTheLane(t *testing.T) {
	for _, c := range []struct {
		name string
		post outcome // what every call comes to
	}{
		{name: "while it is in trouble", post: troubled},
		{name: "while it loses races", post: conflicts},
		{name: "while all goes well", post: commits},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoster(3)
				for range 1000 {
					p.script = append(p.script, c.post)
				}
				l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{})
				submit(t, l, 3)
				stop := start(t.Context(), l)
				pass(t.Context(), 10*time.Second)
				require.NoError(t, stop())
				calls := len(p.sizes())
				pass(t.Context(), 10*time.Second)
				require.Len(t, p.sizes(), calls, "nothing is posted after the end")
				require.Empty(t, p.faults)
			})
		})
	}
}

// pass lets the test's own time go by.
func pass(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

func TestABatchThatIsBeingPostedIsNeitherCutOffNorTriedAgainAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posting, finish := make(chan struct{}), make(chan struct{})
		calls := 0
		l := lane.New(postFunc(func(ctx context.Context, _ []lane.Item) ([]lane.Item, error) {
			calls++
			close(posting)
			<-finish
			return nil, ctx.Err()
		}), lane.DefaultLimits(), testkit.Logger(t), lane.Stats{})
		submit(t, l, 2)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		<-posting
		cancel()
		synctest.Wait()
		require.Empty(t, ended, "it waits for what is under way")
		close(finish)
		require.NoError(t, <-ended)
		require.Equal(t, 1, calls)
	})
}

func TestWhatTheLaneCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items, failures := 0, map[string]int{}
		p := newPoster(8, conflicts, commitsFirstHalf, troubled, commitsOnePart)
		l := lane.New(p, p.limits, testkit.Logger(t), lane.Stats{
			Batch: func(n int) { items += n }, Failure: func(kind string) { failures[kind]++ },
		})
		submit(t, l, 8)
		stop := start(t.Context(), l)
		<-p.done
		require.NoError(t, stop())
		require.Equal(t, 8, items)
		require.Equal(t, map[string]int{lane.Conflict: 1, lane.Trouble: 1}, failures)
	})
}
