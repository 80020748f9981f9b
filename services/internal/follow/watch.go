package follow

import (
	"context"
	"time"
)

// watchEvery is how often is looked at what costs a question to the store.
const watchEvery = 15 * time.Second

// watch keeps those metrics up to date that cost a question, until ctx ends. A store that does not answer changes nothing:
// whoever uses it says so.
func (f *Follower) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		for _, look := range f.deps.Watch {
			look(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
