package follow

import (
	"context"
	"maps"
	"slices"
)

// deal says which lane works on each partition: the owned ones go round in turn, so that no lane has two more of them than
// another. The others are nobody's work here; they go where their number leads, so that whatever asks for one finds a lane.
func deal(owned []int, partitions, lanes int) []int {
	to := make([]int, partitions)
	for p := range to {
		to[p] = p % lanes
	}
	for rank, p := range slices.Sorted(slices.Values(owned)) {
		to[p] = rank % lanes
	}
	return to
}

// deal gives partitions to other lanes where the owned ones ask for it. It waits until no lane posts: so a partition is never
// in two lanes at a time. What still waits in the lane that had it before is dropped there, as what is another replica's is;
// the reader, which stands still meanwhile, delivers it again from the mark.
func (f *Follower) deal(ctx context.Context, owned []int) error {
	to := deal(owned, f.cfg.Partitions, f.cfg.Lanes)
	if slices.Equal(to, *f.dealt.Load()) {
		return nil
	}
	for _, p := range f.posters {
		if err := p.hold(ctx); err != nil {
			return err
		}
		defer p.release()
	}
	found, tried := map[int]bool{}, map[int]bool{}
	for _, p := range f.posters {
		maps.Copy(found, p.found)
		maps.Copy(tried, p.tried)
	}
	for i, p := range f.posters {
		p.serve(ofLane(to, i), found, tried)
	}
	f.dealt.Store(&to)
	return nil
}

// ofLane lists the partitions of a lane.
func ofLane(dealt []int, lane int) []int {
	var own []int
	for p, to := range dealt {
		if to == lane {
			own = append(own, p)
		}
	}
	return own
}

// hold waits until the poster is between two posts, and keeps it there until release.
func (p *Poster) hold(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Poster) release() { <-p.turn }

// serve gives a poster that is held its partitions, with what this process knows of them, whichever lane had them.
func (p *Poster) serve(partitions []int, found, tried map[int]bool) {
	others := func(partition int, _ bool) bool { return !slices.Contains(partitions, partition) }
	p.Partitions, p.found, p.tried = partitions, maps.Clone(found), maps.Clone(tried)
	maps.DeleteFunc(p.found, others)
	maps.DeleteFunc(p.tried, others)
	p.stale.Store(true)
}
