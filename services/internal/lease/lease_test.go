package lease_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/lease"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const partitions = 16

// house is the database of a service.
type house struct {
	t             *testing.T
	uri, database string
	store         *store.Store
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	h.uri, h.database = testkit.Mongo(t)
	h.store = h.open()
	require.NoError(t, h.store.Ensure(t.Context(), store.PartitionsCollection()))
	return h
}

func (h *house) open() *store.Store {
	h.t.Helper()
	s, err := store.Open(h.t.Context(), h.uri, h.database)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, s.Close(context.WithoutCancel(h.t.Context()))) })
	return s
}

// replica keeps leases until it dies or leaves.
type replica struct {
	*lease.Keeper
	t   *testing.T
	die func() // without a word
}

func (h *house) replica(address string) *replica {
	h.t.Helper()
	k, err := lease.New(h.t.Context(), h.open(), lease.Config{Address: address, Partitions: partitions}, testkit.Logger(h.t), func() {})
	require.NoError(h.t, err)
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = k.Run(ctx) })
	r := &replica{k, h.t, sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})}
	h.t.Cleanup(r.die)
	return r
}

func (r *replica) leave() {
	r.t.Helper()
	r.die()
	require.NoError(r.t, r.Leave(r.t.Context()))
}

// owners are the ids that stand in the partition documents, each with its partitions.
func (h *house) owners() map[string][]int {
	h.t.Helper()
	cursor, err := h.store.Collection(store.PartitionsName).Find(h.t.Context(), bson.M{})
	require.NoError(h.t, err)
	var list []store.Partition
	require.NoError(h.t, cursor.All(h.t.Context(), &list))
	by := map[string][]int{}
	for _, p := range list {
		by[p.Owner] = append(by[p.Owner], p.ID)
	}
	return by
}

// shared waits until these replicas, and nobody else, have equal shares of everything, and know it.
func (h *house) shared(replicas ...*replica) {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		owners := h.owners()
		for _, r := range replicas {
			own := owners[r.ID()]
			slices.Sort(own)
			if len(own) < partitions/len(replicas) || !slices.Equal(own, r.Owned()) {
				return false
			}
		}
		return len(owners) == len(replicas)
	}, "equal shares")
}

// TestReplicasShareThePartitions: as they come, die and leave.
func TestReplicasShareThePartitions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.replica("127.0.0.1:1")
	h.shared(one)
	two, three := h.replica("127.0.0.1:2"), h.replica("127.0.0.1:3")
	h.shared(one, two, three)
	theirs := two.Owned()[0]
	testkit.Eventually(t, func() bool { return one.Owner(theirs) == "127.0.0.1:2" }, "where the owner is")
	require.Empty(t, two.Owner(theirs))

	began := time.Now()
	two.die()
	h.shared(one, three)
	require.Positive(t, one.Counts().Taken+three.Counts().Taken-partitions, "taken from the dead")
	t.Log("taken over after", time.Since(began))

	one.leave()
	require.NotContains(t, h.owners(), one.ID(), "nothing is left behind")
	h.shared(three)
	three.leave()
	require.Equal(t, []int{partitions}, []int{len(h.owners()[""])}, "the last one leaves them to nobody")
}

// TestWhoWakesUpLateCommitsNothing: its partition was taken while it slept.
func TestWhoWakesUpLateCommitsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sleeper := h.replica("127.0.0.1:1")
	h.shared(sleeper)
	s := h.store
	before, err := s.ReadPartitions(t.Context(), []int{7})
	require.NoError(t, err)
	sleeper.die()
	h.shared(h.replica("127.0.0.1:2"))

	err = s.Transact(t.Context(), func(ctx context.Context) error {
		return s.MovePartitions(ctx, []store.Partition{before[7]})
	})
	require.ErrorIs(t, err, store.ErrConflict)
}

// TestHandingOverIsNoDeath: what was being computed when a partition went to another replica is under no suspicion.
func TestHandingOverIsNoDeath(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.replica("127.0.0.1:1")
	h.shared(one)
	s := h.store
	all := make([]int, partitions)
	for i := range all {
		all[i] = i
	}
	parts, err := s.ReadPartitions(t.Context(), all)
	require.NoError(t, err)
	for _, p := range parts {
		p.Attempt = p.Attempt.Begin(1, 9, 9)
		require.NoError(t, s.MovePartitions(t.Context(), []store.Partition{p}))
	}
	two := h.replica("127.0.0.1:2")
	h.shared(one, two)
	parts, err = s.ReadPartitions(t.Context(), two.Owned())
	require.NoError(t, err)
	for _, p := range parts {
		require.False(t, p.Attempt.Computing, "partition %d", p.ID)
	}
}
