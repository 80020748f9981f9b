package follow_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

var (
	ann = follow.Account{Program: "tea", ID: "ann"}
	eve = follow.Account{Program: "tea", ID: "eve"} // of another partition
)

// end is where EVENTS ends.
func (p *place) end() *typev1.Position {
	p.t.Helper()
	sequence, err := p.bus.End(p.t.Context(), bus.Events)
	require.NoError(p.t, err)
	return &typev1.Position{Sequence: sequence}
}

// briefly asks with little time.
func briefly(t *testing.T, f *follow.Follower, to *typev1.Position, accounts ...follow.Account) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	return f.After(ctx, to, accounts...)
}

func TestAReadWaitsUntilItsPositionIsApplied(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	require.NotEqual(t, bus.Partition("tea", "ann", partitions), bus.Partition("tea", "eve", partitions))
	p.control("house", "opened", "opened", opened())
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	r := p.run(bus.Events, func(m follow.Message) error {
		if m.Order != nil {
			<-gate
		}
		return nil
	})
	t.Cleanup(release)
	before := p.end()
	require.NoError(t, r.After(t.Context(), before), "as soon as it is applied")
	p.order("ann", "o-1")
	to := p.end()
	require.NoError(t, briefly(t, r.Follower, nil, ann), "without a position")
	require.NoError(t, briefly(t, r.Follower, before, ann), "what is applied")
	require.NoError(t, briefly(t, r.Follower, to, eve), "nothing of it is eve's")
	for name, accounts := range map[string][]follow.Account{"ann": {ann}, "eve and ann": {eve, ann}, "all": nil} {
		err := briefly(t, r.Follower, to, accounts...)
		require.ErrorIs(t, err, reason.NotYetApplied, name)
		refusal, _ := reason.Of(err)
		require.Equal(t, "EVENTS", refusal.Metadata["stream"])
	}
	p.order("ann", "o-2")
	p.order("eve", "o-3")
	require.ErrorIs(t, briefly(t, r.Follower, p.end(), ann), reason.NotYetApplied, "what is ann's stands before the position")
	waited := make(chan error, 3)
	end := p.end()
	go func() { waited <- r.After(t.Context(), end, ann) }()
	go func() { waited <- r.After(t.Context(), to, ann) }()
	go func() { waited <- r.After(t.Context(), to) }()
	release()
	for range cap(waited) {
		require.NoError(t, <-waited)
	}
	require.Equal(t, 1, p.lines()["order o-1"])
	require.NoError(t, briefly(t, r.Follower, end, ann), "her last order is applied")
}

func TestAPositionThatTheStreamDoesNotHoldIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	r := p.run(bus.Events, nil)
	beyond := p.end()
	beyond.Sequence++
	require.ErrorIs(t, r.After(t.Context(), beyond, ann), reason.PositionUnknown)
	require.ErrorIs(t, r.After(t.Context(), &typev1.Position{Stream: "FACTS", Sequence: 1}, ann), reason.InvalidArgument)
}

// TestAnotherReplicaMayApplyThePosition: the one that is asked stands still, the other goes on.
func TestAnotherReplicaMayApplyThePosition(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	gate := make(chan struct{})
	stuck := p.run(bus.Events, func(follow.Message) error {
		<-gate
		return nil
	})
	t.Cleanup(func() { close(gate) })
	p.order("ann", "o-1")
	p.run(bus.Events, nil)
	require.NoError(t, stuck.After(t.Context(), p.end()))
}

// TestClocksAreThoseOfTheStoreWhoeverMovedThem: what falls due is looked for by them. Whoever was too slow has nothing left to
// commit, as after a commit whose answer was lost, and knows of the other's all the same.
func TestClocksAreThoseOfTheStoreWhoeverMovedThem(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	slow := p.run(bus.Events, func(follow.Message) error {
		<-gate
		return nil
	})
	noon := time.Date(2025, time.March, 1, 12, 0, 0, 0, time.UTC)
	p.control("house", "clock", "noon", &controlv1.ClockPassed{Time: timestamppb.New(noon)})
	fast := p.run(bus.Events, nil)
	come := func(r *replica) func() bool {
		return func() bool { return len(r.Clocks()) == partitions && !r.Behind(noon) }
	}
	testkit.Eventually(t, come(fast), "the other has come to noon")
	require.False(t, come(slow)())
	open()
	testkit.Eventually(t, come(slow), "the slow one knows that it is noon")
	require.Equal(t, fast.Applied(), slow.Applied())
}

func TestWhoHasStoppedApplyingSaysSo(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	r := p.run(bus.Events, func(m follow.Message) error {
		if m.Order != nil {
			return &lane.Stop{Err: errors.New("the books do not balance")}
		}
		return nil
	})
	p.order("ann", "o-1")
	require.ErrorIs(t, r.After(t.Context(), p.end(), ann), reason.NotReady)
}
