package follow

import (
	"context"
	"time"
)

// watchEvery is how often is looked at what costs a question to the store.
const watchEvery = 15 * time.Second

// skewMax is by how much the clocks of the services and of mongod may differ before somebody should look.
const skewMax = 2 * time.Second

// watch keeps those metrics up to date that cost a question, until ctx ends. A store that does not answer changes nothing:
// whoever uses it says so.
func (f *Follower) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if skew, err := f.deps.Store.Skew(ctx, f.deps.Clock.Now); err == nil {
			f.metrics.skew.Set(skew.Seconds())
			if skew.Abs() > skewMax {
				f.deps.Log.WarnContext(ctx, "this machine's clock and mongod's differ", "mongod_ahead", skew.Round(time.Millisecond), "most", skewMax)
			}
		}
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
