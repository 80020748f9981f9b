package registry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Begins is when a revision begins by the wall clock, as far as the registry can tell: its own time, but not before it was
// applied. The first is there from the beginning of time.
func (r Revision) Begins() time.Time {
	switch {
	case r.Number == 1:
		return time.Time{}
	case r.Effective.After(r.AppliedAt):
		return r.Effective
	}
	return r.AppliedAt
}

// InForce returns which of the revisions, given newest first, is in force at a time: the newest that has begun. 0: none.
func InForce(newestFirst []Revision, at time.Time) int {
	for _, r := range newestFirst {
		if !r.Begins().After(at) {
			return r.Number
		}
	}
	return 0
}

// With returns the newest revision that has the files of an ask, given newest first. 0: none.
func With(newestFirst []Revision, a Ask) int {
	digest := DigestOf(a.Files)
	for _, r := range newestFirst {
		if r.Digest == digest {
			return r.Number
		}
	}
	return 0
}

// Warning is what whoever applies a revision should know beforehand.
type Warning struct{ Path, Message string }

// Warnings tells what a revision does beside what its changes say. NewestFirst are the revisions that there are, now is the
// wall clock.
func Warnings(newestFirst []Revision, a Ask, changes []program.Change, now time.Time) []Warning {
	var list []Warning
	add := func(path, format string, args ...any) {
		list = append(list, Warning{path, fmt.Sprintf(format, args...)})
	}
	if len(newestFirst) == 0 {
		return nil
	}
	begins := a.Effective
	if begins.Before(now) {
		begins = now
	}
	if !a.Effective.IsZero() && a.Effective.Before(now) {
		add("effective_at", "it lies in the past: a revision never holds from before it was published")
	}
	if known := With(newestFirst, a); known > 0 && known != newestFirst[0].Number && a.RollbackOf == 0 {
		add("", "these are the files of revision %d: a rollback to it would say so in the history", known)
	}
	for _, r := range newestFirst {
		if at := r.Begins(); at.After(now) && !at.Before(begins) {
			add("effective_at", "revision %d, which was to begin at %s, never will: the newer revision is in force then",
				r.Number, at.Format(time.RFC3339))
		}
	}
	for _, c := range changes {
		if text := aside(c); text != "" && !slices.ContainsFunc(list, func(w Warning) bool { return w.Message == text }) {
			add(c.Path, "%s", text)
		}
	}
	return list
}

// aside is what is not seen from a change itself.
func aside(c program.Change) string {
	tier, isTier := strings.CutPrefix(c.Path, "ladder.tiers.")
	switch {
	case c.Path == "expiry":
		return "points that were earned before keep the day on which they lapse"
	case c.Path == "earning.pending_days":
		return "points that were earned before keep the day on which they become active"
	case isTier && c.Kind == program.ChangeRemoved:
		return fmt.Sprintf("whoever holds tier %s is moved to one that fits by the next review, or by an order before it",
			strings.TrimSuffix(tier, ".from"))
	case strings.HasPrefix(c.Path, "ladder.") && c.Path != "ladder.notice_days":
		return "tiers follow the new ladder from the next order or review of each account on"
	case strings.HasPrefix(c.Path, "earning."):
		return "orders that occurred before the revision begins keep the points of their own revision, also when they are returned later"
	}
	return ""
}
