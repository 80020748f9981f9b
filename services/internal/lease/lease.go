// Package lease shares the partitions of a service among its replicas. Each replica says every half second that it lives; all
// of them reckon in the same way who should work on what (share.go); each takes what is free or whose owner has fallen
// silent, hands over what should be another's, and leaves nothing behind when it stops in order.
//
// A lease only spares double work. What makes it safe is the partition document: its owner stands in it, and changing the
// owner moves its version, so that whoever held it before can commit nothing more, however late they wake up (design 6).
package lease

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

const (
	// beatEvery is how often a replica says that it lives, and looks at the others.
	beatEvery = 500 * time.Millisecond
	// silence is after how long without a word a replica counts as gone. With beatEvery, a busy machine and a batch that is
	// tried again, a partition is worked on again within 5 s.
	silence = 2500 * time.Millisecond
	// leaveTimeout bounds what a stop waits for while partitions are given back.
	leaveTimeout = 3 * time.Second
)

// Config says which replica this is.
type Config struct {
	// Address is where other replicas reach its gRPC: host:port.
	Address    string
	Partitions int
}

// Keeper keeps the leases of one replica. Run it once; all else is safe for many goroutines.
type Keeper struct {
	id      string
	cfg     Config
	store   *store.Store
	log     *slog.Logger
	changed func()

	mu     sync.Mutex
	mine   map[int]bool
	owners map[int]string // addresses of others by partition, as of the last look
	counts Counts
}

// Counts are what a replica has done about leases since it began.
type Counts struct {
	Taken  int64 // from nobody, or from a replica that was silent
	Handed int64 // to another replica
}

// New prepares the collection of replicas and names this one anew. Changed is called, from Run, whenever the set of owned
// partitions is another.
func New(ctx context.Context, s *store.Store, cfg Config, log *slog.Logger, changed func()) (*Keeper, error) {
	if err := s.Ensure(ctx, replicas()); err != nil {
		return nil, fmt.Errorf("prepare the leases: %w", err)
	}
	return &Keeper{
		id: rand.Text(), cfg: cfg, store: s, log: log, changed: changed, mine: map[int]bool{}, owners: map[int]string{},
	}, nil
}

// ID names this replica; another at each start.
func (k *Keeper) ID() string { return k.id }

// Owns tells whether a partition is this replica's, as of its last look: the partition document alone knows.
func (k *Keeper) Owns(partition int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mine[partition]
}

// Owned lists the partitions of this replica, as of its last look.
func (k *Keeper) Owned() []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.mine))
}

// Owner tells where the owner of a partition is reached, as of the last look; empty: it is free, or our own.
func (k *Keeper) Owner(partition int) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.owners[partition]
}

// Counts tells what this replica has done.
func (k *Keeper) Counts() Counts {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.counts
}

// Run keeps the leases until ctx ends. Trouble with the store is told and tried again: what was owned stays so until
// somebody else has taken it.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "leases not looked at, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// look says that this replica lives, takes and hands over what it should, and notes who has what.
func (k *Keeper) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if err := k.beat(ctx); err != nil {
		return err
	}
	live, err := k.live(ctx)
	if err != nil {
		return err
	}
	parts, err := k.partitions(ctx)
	if err != nil {
		return err
	}
	wanted := share(slices.Sorted(maps.Keys(live)), k.cfg.Partitions)
	mine, owners := map[int]bool{}, map[int]string{}
	for id := range k.cfg.Partitions {
		owner := parts[id].Owner
		_, alive := live[owner]
		switch to := wanted[id]; {
		case owner == k.id && to != k.id:
			if owner, err = k.hand(ctx, parts[id], to); err != nil {
				return err
			}
		case !alive && to == k.id:
			if owner, err = k.take(ctx, parts[id]); err != nil {
				return err
			}
		}
		if owner == k.id {
			mine[id] = true
		} else {
			owners[id] = live[owner]
		}
	}
	k.note(mine, owners)
	return nil
}

func (k *Keeper) note(mine map[int]bool, owners map[int]string) {
	k.mu.Lock()
	same := maps.Equal(k.mine, mine)
	k.mine, k.owners = mine, owners
	k.mu.Unlock()
	if !same {
		k.log.Info("this replica's partitions are others", "replica", k.id, "owned", slices.Sorted(maps.Keys(mine)))
		k.changed()
	}
}

// take makes a partition ours that is free or whose owner is silent, and returns who has it then. Whoever else moved it
// in the meantime is not silent: the next look sees more.
func (k *Keeper) take(ctx context.Context, p store.Partition) (string, error) {
	moved, err := k.store.OwnPartition(ctx, p, k.id)
	if err != nil || !moved {
		return p.Owner, err
	}
	k.count(func(c *Counts) { c.Taken++ })
	return k.id, nil
}

// hand gives one of ours to another replica, or to nobody, and returns who has it then. What is under way here fails at
// its commit and has had no effect.
func (k *Keeper) hand(ctx context.Context, p store.Partition, to string) (string, error) {
	for {
		p.Attempt = p.Attempt.End() // it is no death
		moved, err := k.store.OwnPartition(ctx, p, to)
		if err != nil {
			return k.id, err
		}
		if moved {
			k.count(func(c *Counts) { c.Handed++ })
			return to, nil
		}
		now, err := k.store.ReadPartitions(ctx, []int{p.ID}) // our own lane has moved it
		if err != nil || now[p.ID].Owner != k.id {
			return now[p.ID].Owner, err
		}
		p = now[p.ID]
	}
}

func (k *Keeper) count(f func(*Counts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(&k.counts)
}

// Leave gives all partitions to those who stay, and says that this replica is gone. Nothing may work on them any more.
func (k *Keeper) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := k.gone(ctx); err != nil {
		return err
	}
	live, err := k.live(ctx)
	if err != nil {
		return err
	}
	parts, err := k.partitions(ctx)
	if err != nil {
		return err
	}
	wanted := share(slices.Sorted(maps.Keys(live)), k.cfg.Partitions)
	for id, p := range parts {
		if p.Owner != k.id {
			continue
		}
		if _, err := k.hand(ctx, p, wanted[id]); err != nil {
			return err
		}
	}
	k.note(map[int]bool{}, map[int]string{})
	return nil
}
