package lane

import (
	"errors"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Kinds of failure of a try that will be made again.
const (
	Conflict = "conflict" // another writer was faster
	Unknown  = "unknown"  // it is not known whether the commit happened
	Trouble  = "trouble"  // anything else that may pass
)

// Failures lists the kinds.
func Failures() []string { return []string{Conflict, Unknown, Trouble} }

// Stats receives what a lane did; both functions may be nil.
type Stats struct {
	Batch   func(items int)   // a batch became durable
	Failure func(kind string) // a try failed and will be made again
}

func (s Stats) batch(n int) {
	if s.Batch != nil {
		s.Batch(n)
	}
}

func (s Stats) failure(err error) {
	if s.Failure == nil {
		return
	}
	switch {
	case errors.Is(err, store.ErrConflict):
		s.Failure(Conflict)
	case errors.Is(err, store.ErrUnknown):
		s.Failure(Unknown)
	default:
		s.Failure(Trouble)
	}
}
