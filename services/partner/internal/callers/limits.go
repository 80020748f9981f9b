package callers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often one credential may call, by each replica.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits of guessing.
const (
	// failuresMax is how many calls may fail within failuresWithin, by remote and by key, before they are told to wait. A
	// call that shows a valid credential is never held up by those that do not: nobody can lock out another.
	failuresMax    = 20
	failuresWithin = 5 * time.Minute
	// trackedMax bounds how many remotes and keys are remembered.
	trackedMax = 10_000
)

// rates hold a bucket for each credential. Only known ones get here, so there are few. Safe for many goroutines.
type rates struct {
	rate    Rate
	mu      sync.Mutex // guards buckets
	buckets map[string]*rate.Limiter
}

func newRates(r Rate) *rates { return &rates{rate: r, buckets: map[string]*rate.Limiter{}} }

// take takes one call out of a bucket, and returns how long to wait if there is none.
func (r *rates) take(key string, now time.Time) time.Duration {
	r.mu.Lock()
	bucket, ok := r.buckets[key]
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(r.rate.PerSecond), r.rate.Burst)
		r.buckets[key] = bucket
	}
	r.mu.Unlock()
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// failures count calls that showed no valid credential. Safe for many goroutines.
type failures struct {
	mu    sync.Mutex             // guards times
	times map[string][]time.Time // the last failuresMax of each, oldest first
}

func newFailures() *failures { return &failures{times: map[string][]time.Time{}} }

// note counts a failure under each name, and returns how long to wait if there were too many under any. An empty name,
// "key/", counts for none.
func (f *failures) note(now time.Time, names ...string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var wait time.Duration
	for _, name := range names {
		if name[len(name)-1] == '/' {
			continue
		}
		f.make(now)
		times := f.times[name]
		if len(times) == failuresMax {
			if left := times[0].Add(failuresWithin).Sub(now); left > 0 {
				wait = max(wait, left)
			}
			times = times[1:]
		}
		f.times[name] = append(times, now)
	}
	return wait
}

// make makes room: names whose last failure is long ago are forgotten, and, if that is not enough, all are.
func (f *failures) make(now time.Time) {
	if len(f.times) < trackedMax {
		return
	}
	for name, times := range f.times {
		if now.Sub(times[len(times)-1]) > failuresWithin {
			delete(f.times, name)
		}
	}
	if len(f.times) >= trackedMax {
		clear(f.times)
	}
}
