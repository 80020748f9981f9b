package follow_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// share starts a replica that shares the partitions with others.
func (p *place) share(address string) *replica {
	p.t.Helper()
	p.address = address
	defer func() { p.address = "" }()
	return p.run(bus.Events, nil)
}

// own waits until a replica owns so many partitions.
func (r *replica) own(t *testing.T, n int) {
	t.Helper()
	testkit.Eventually(t, func() bool { return len(r.Owned()) == n }, fmt.Sprint(n, " partitions"))
}

// TestReplicasWorkOnTheirOwnPartitions: each message counts once while replicas come and go in the middle of the load,
// none works on what is another's, and calls are told where to go.
func TestReplicasWorkOnTheirOwnPartitions(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	p.control("tea", "revised", "revised/1", revision(1))
	orders := 0
	load := func() {
		for range 60 {
			p.order(fmt.Sprint("member-", orders%12), fmt.Sprint("o-", orders))
			orders++
		}
	}
	one := p.share("127.0.0.1:1")
	one.own(t, partitions)
	load()
	two := p.share("127.0.0.1:2")
	two.own(t, partitions/2)
	load()
	one.drained(t)
	before := one.Counts().Messages
	require.Positive(t, before)
	require.Positive(t, two.Counts().Messages)

	theirs := two.Owned()[0]
	err := one.Call(t.Context(), follow.Asked{Partition: theirs, Payload: "by one"})
	require.ErrorIs(t, err, reason.NotReady)
	var away *follow.Elsewhere
	require.ErrorAs(t, err, &away)
	require.Equal(t, "127.0.0.1:2", away.Address())
	require.NoError(t, two.Call(t.Context(), follow.Asked{Partition: theirs, Payload: "by two"}))

	three := p.share("127.0.0.1:3")
	load()
	testkit.Eventually(t, func() bool {
		a, b, c := len(one.Owned()), len(two.Owned()), len(three.Owned())
		return min(a, b, c) == 1 && a+b+c == partitions
	}, "each has a partition, and one has two")
	for _, r := range []*replica{one, two, three} {
		testkit.Eventually(t, func() bool { return slices.Equal(r.Dealt(), follow.Deal(r.Owned(), partitions, 2)) }, "its lanes share what it owns")
	}
	two.stop()
	load()
	testkit.Eventually(t, func() bool { return len(one.Owned())+len(three.Owned()) == partitions }, "what was two's")
	one.drained(t)
	three.drained(t)
	lines := p.lines()
	for i := range orders {
		require.Equal(t, 1, lines[fmt.Sprint("order o-", i)], "order %d", i)
	}
	require.Equal(t, 1, lines["work"])
	one.stop()
	three.own(t, partitions)
	said, err := p.bus.End(t.Context(), bus.Events)
	require.NoError(t, err)
	told, err := p.bus.End(t.Context(), bus.Facts)
	require.NoError(t, err)
	require.Equal(t, said, told, "each message was told once")
}

// TestWhatWasTakenAwayIsLeftAlone: the partition document alone says whose it is, whatever a replica still believes.
func TestWhatWasTakenAwayIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	one := p.share("127.0.0.1:1")
	one.own(t, partitions)
	one.drained(t)
	s := p.open()
	_, err := s.Collection("replicas").InsertOne(t.Context(), bson.M{
		"_id": "another", "address": "127.0.0.1:2", "beat": time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	testkit.Eventually(t, func() bool {
		parts, err := s.ReadPartitions(t.Context(), one.Owned())
		if err != nil {
			return false
		}
		for id, part := range parts {
			if moved, err := s.OwnPartition(t.Context(), part, "another"); err != nil || !moved {
				return false
			}
			require.ErrorIs(t, one.Call(t.Context(), follow.Asked{Partition: id, Payload: "not ours"}), reason.NotReady, "partition %d", id)
		}
		return true
	}, "all is another's")
	require.Zero(t, p.lines()["work"])
}

// TestWhoAsksIsToldOnce that another replica has the partition, though the rest of the batch fails and is tried again.
func TestWhoAsksIsToldOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.open()
	require.NoError(t, s.Ensure(t.Context(), follow.Collections()...))
	require.NoError(t, s.Ensure(t.Context(), store.Collection{Name: "lines", Schema: store.Object(bson.A{"_id", "what"}, bson.M{})}))
	parts, err := s.LoadPartitions(t.Context(), []int{0, 1})
	require.NoError(t, err)
	_, err = s.OwnPartition(t.Context(), parts[0], "me")
	require.NoError(t, err)
	_, err = s.OwnPartition(t.Context(), parts[1], "another")
	require.NoError(t, err)

	trouble := errors.New("not now")
	poster := follow.NewPoster(follow.PosterDeps{
		Store: s, Programs: follow.NewPrograms(s), Clock: clock.System(), Log: testkit.Logger(t), Partitions: []int{0, 1}, Replica: "me",
		Handler:   &diary{store: s, fail: func(follow.Message) error { return trouble }},
		Committed: func(follow.Outcome) {}, Read: func(map[int]store.Partition) {}, Reread: func() {},
	})
	told := 0
	items := []lane.Item{
		{Partition: 1, Payload: "theirs", Lost: func() { told++ }},
		{Partition: 0, Payload: follow.Message{Partition: 0, Sequence: 1}},
	}
	for range 4 { // as a lane does
		left, err := poster.Post(t.Context(), items)
		if err == nil {
			items = left
			continue
		}
		require.ErrorIs(t, err, trouble)
		poster.Reset()
	}
	require.Len(t, items, 1)
	require.Equal(t, 1, told)
}
