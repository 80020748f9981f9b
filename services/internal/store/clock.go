package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	// clockEvery is how often WatchClock looks.
	clockEvery = 15 * time.Second
	// skewMax is by how much a clock and mongod's may differ: the clocks of two services then differ by twice as much at most.
	skewMax = time.Second
	// askedMax is how long the question may take: half of it may be wrong with the answer.
	askedMax = time.Second
)

// errSlow is why an answer tells nothing.
var errSlow = errors.New("the answer took too long to tell the time")

// WatchClock compares a clock with mongod's until ctx ends, shows the difference in seconds, and warns where the clocks of two services
// may differ by more than 2 s. A mongod that does not answer changes nothing: whoever uses it says so.
func (s *Store) WatchClock(ctx context.Context, now func() time.Time, shown prometheus.Gauge, log *slog.Logger) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		if skew, err := s.skew(ctx, now); err == nil {
			shown.Set(skew.Seconds())
			if skew.Abs() > skewMax {
				log.WarnContext(ctx, "this machine's clock and mongod's differ", "mongod_ahead", skew.Round(time.Millisecond), "most", skewMax)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// skew tells how far the clock of the primary is ahead of the one that now reads; less than half of what the call takes may be
// wrong with it.
func (s *Store) skew(ctx context.Context, now func() time.Time) (time.Duration, error) {
	var hello struct {
		LocalTime time.Time `bson:"localTime"`
	}
	before := now()
	if err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return 0, fmt.Errorf("ask mongod what time it is: %w", err)
	}
	took := now().Sub(before)
	if took.Abs() > askedMax {
		return 0, errSlow
	}
	return hello.LocalTime.Sub(before.Add(took / 2)), nil
}
