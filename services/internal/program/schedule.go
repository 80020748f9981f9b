package program

import (
	"slices"
	"time"
)

// Known is a revision of a programme and from when it holds.
type Known struct {
	Revision int
	// Effective is the first instant at which the revision holds; zero for the first: from the beginning of time.
	Effective time.Time
	Program   *Program
}

// Schedule is the revisions of one programme that are known at one place of the log, rising by revision.
// Unit, currency and zone are the same in all of them.
type Schedule []Known

// In returns the revision in force at a time: the newest that has begun.
// The zero Known: no revision is known.
func (s Schedule) In(t time.Time) Known {
	for i, k := range slices.Backward(s) {
		if i == 0 || !k.Effective.After(t) {
			return k
		}
	}
	return Known{}
}

// Latest returns the newest revision known, begun or not.
func (s Schedule) Latest() Known {
	if len(s) == 0 {
		return Known{}
	}
	return s[len(s)-1]
}

// Revision returns a revision by its number; the zero Known if it is not in the schedule.
func (s Schedule) Revision(number int) Known {
	for _, k := range s {
		if k.Revision == number {
			return k
		}
	}
	return Known{}
}

// Until returns when the revision after k begins; false: k is in force from then on for ever.
func (s Schedule) Until(k Known) (time.Time, bool) {
	var until time.Time
	for _, later := range s {
		if later.Revision > k.Revision && (until.IsZero() || later.Effective.Before(until)) {
			until = later.Effective
		}
	}
	return until, !until.IsZero()
}
