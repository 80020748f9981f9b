package follow

import "context"

// Deal tells which lane works on each partition.
func Deal(owned []int, partitions, lanes int) []int { return deal(owned, partitions, lanes) }

// DealAnew deals as if so many partitions were owned, whatever is.
func (f *Follower) DealAnew(ctx context.Context, owned []int) error { return f.deal(ctx, owned) }

// Dealt is the lane of each partition.
func (f *Follower) Dealt() []int { return *f.dealt.Load() }

// Reread begins again behind the marks.
func (f *Follower) Reread() { f.askReread() }
