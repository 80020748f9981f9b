package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func TestPartitionsAreMadeOnceAndReadBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := house(t)
	var replicas errgroup.Group
	for range 4 {
		replicas.Go(func() error {
			_, err := s.LoadPartitions(t.Context(), []int{0, 1, 2})
			return err
		})
	}
	require.NoError(t, replicas.Wait())
	parts, err := s.LoadPartitions(t.Context(), []int{1, 2})
	require.NoError(t, err)
	require.Len(t, parts, 2)
	fresh := parts[1]
	require.Equal(t, store.Partition{
		ID: 1, Format: 1, Epoch: 1, Outbox: map[string]int64{}, Revisions: []store.Revision{}, Mark: fresh.Mark, Clock: fresh.Clock,
	}, fresh)
	require.True(t, fresh.Clock.IsZero())
	require.True(t, fresh.Mark.Time.IsZero())
	require.Zero(t, fresh.Mark.Sequence)

	day := time.Date(1997, 1, 1, 12, 0, 0, 345e6, time.UTC)
	whole := store.Partition{
		ID: 1, Format: 1, Version: 0, Epoch: 2, Clock: day, Events: true, Opened: true, Refused: 3, Owner: "replica-1",
		Mark:      store.Mark{Sequence: 1 << 40, Time: day, ID: "id", Created: day.Add(-time.Hour)},
		Outbox:    map[string]int64{"FACTS": 7, "DEAD": 1},
		Revisions: []store.Revision{{Program: "shop", Number: 1}, {Program: "shop", Number: 2, Effective: day}},
		Attempt:   &store.Attempt{From: 7, To: 9, Limit: 3, Deaths: 1, Computing: true, Suspect: true},
	}
	require.NoError(t, s.MovePartitions(t.Context(), []store.Partition{whole}))
	parts, err = s.ReadPartitions(t.Context(), []int{0, 1, 7})
	require.NoError(t, err)
	require.Len(t, parts, 2, "7 is not there, and reading makes none")
	whole.Version = 1
	require.Equal(t, whole, parts[1])
	require.Equal(t, int64(0), parts[0].Version, "the others stay")
}

func TestACloneSharesNothing(t *testing.T) {
	p := store.Partition{
		Outbox: map[string]int64{"FACTS": 1}, Revisions: []store.Revision{{Number: 1}}, Attempt: &store.Attempt{From: 1},
	}
	c := p.Clone()
	require.Equal(t, p, c)
	require.Equal(t, int64(2), c.NextChunk("FACTS"))
	require.Equal(t, int64(1), c.NextChunk("DEAD"))
	c.Revisions[0].Number, c.Attempt.From = 9, 9
	require.Equal(t, map[string]int64{"FACTS": 1}, p.Outbox)
	require.Equal(t, 1, p.Revisions[0].Number)
	require.Equal(t, uint64(1), p.Attempt.From)
	var first store.Partition
	require.Equal(t, int64(1), first.NextChunk("FACTS"), "a partition without an outbox begins one")
}

// TestOfTwoMoversOfOneVersionOneLoses plays two processes that both believe they own the partition.
func TestOfTwoMoversOfOneVersionOneLoses(t *testing.T) {
	for _, c := range []struct {
		name  string
		moved []int // by the second, who carries the first version of all of them
	}{
		{name: "the same partition", moved: []int{3}},
		{name: "one of several partitions", moved: []int{2, 3, 4}},
	} {
		t.Run(c.name+", one after the other", func(t *testing.T) {
			t.Parallel()
			s := house(t)
			stale := load(t, s, 2, 3, 4)
			require.NoError(t, move(t.Context(), s, "first", 1, stale[3]))
			require.ErrorIs(t, move(t.Context(), s, "second", 2, pick(stale, c.moved)...), store.ErrConflict)
			requireMoved(t, s, []string{"first"}, 3)
		})
		t.Run(c.name+", at once", func(t *testing.T) {
			t.Parallel()
			s := house(t)
			stale := load(t, s, 2, 3, 4)
			begun, decided := make(chan struct{}), make(chan struct{})
			var slow errgroup.Group
			slow.Go(func() error {
				return s.Transact(t.Context(), func(ctx context.Context) error {
					if _, err := s.Collection("things").InsertOne(ctx, thing("second", 2)); err != nil {
						return err
					}
					close(begun) // its snapshot is taken
					<-decided
					return s.MovePartitions(ctx, pick(stale, c.moved))
				})
			})
			<-begun
			require.NoError(t, move(t.Context(), s, "first", 1, stale[3]))
			close(decided)
			require.ErrorIs(t, slow.Wait(), store.ErrConflict)
			requireMoved(t, s, []string{"first"}, 3)
		})
	}
}

func load(t *testing.T, s *store.Store, ids ...int) map[int]store.Partition {
	t.Helper()
	parts, err := s.LoadPartitions(t.Context(), ids)
	require.NoError(t, err)
	return parts
}

func pick(parts map[int]store.Partition, ids []int) []store.Partition {
	var some []store.Partition
	for _, id := range ids {
		some = append(some, parts[id])
	}
	return some
}

// move writes a thing and moves partitions, as one transaction.
func move(ctx context.Context, s *store.Store, name string, seq int, parts ...store.Partition) error {
	return s.Transact(ctx, func(ctx context.Context) error {
		if _, err := s.Collection("things").InsertOne(ctx, thing(name, seq)); err != nil {
			return err
		}
		return s.MovePartitions(ctx, parts)
	})
}

// requireMoved holds what was written, and that one partition alone has moved, once.
func requireMoved(t *testing.T, s *store.Store, written []string, moved int) {
	t.Helper()
	require.Equal(t, written, ids(t, s))
	for id, p := range load(t, s, 2, 3, 4) {
		want := int64(0)
		if id == moved {
			want = 1
		}
		require.Equal(t, want, p.Version, "partition %d", id)
	}
}

func TestAPartitionThatIsNotThereCannotBeMoved(t *testing.T) {
	t.Parallel()
	s := house(t)
	require.ErrorIs(t, s.MovePartitions(t.Context(), []store.Partition{{ID: 5, Format: 1, Epoch: 1}}), store.ErrConflict)
	require.NoError(t, s.MovePartitions(t.Context(), nil), "nothing to move")
}

// TestManyMoversLoseNothing lets many writers move one partition, each again until it has won ten times: as many
// things are there as moves were told to have happened.
func TestManyMoversLoseNothing(t *testing.T) {
	t.Parallel()
	s := house(t)
	load(t, s, 0)
	var lost atomic.Int64
	var writers errgroup.Group
	for w := range 4 {
		writers.Go(func() error {
			for won := 0; won < 10; {
				parts, err := s.ReadPartitions(t.Context(), []int{0})
				if err != nil {
					return err
				}
				err = move(t.Context(), s, fmt.Sprintf("%d/%d", w, won), w*100+won, parts[0])
				switch {
				case err == nil:
					won++
				case errors.Is(err, store.ErrConflict):
					lost.Add(1)
				default:
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, writers.Wait())
	require.Equal(t, int64(40), load(t, s, 0)[0].Version)
	require.Len(t, ids(t, s), 40)
	t.Logf("%d races were lost", lost.Load())
}
