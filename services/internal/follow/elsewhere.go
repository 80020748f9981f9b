package follow

import (
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Elsewhere says that another replica owns the partition that a call is about. Nothing was done; the call may be made there.
type Elsewhere struct {
	address string
	refusal *reason.Error
}

// Error tells it to whoever does not know better than to come again.
func (e *Elsewhere) Error() string { return e.refusal.Error() }

// Unwrap gives the refusal that a caller sees where the call cannot be passed on: NOT_READY, try again.
func (e *Elsewhere) Unwrap() error { return e.refusal }

// Address is where the owner's gRPC is; empty: it is not known yet.
func (e *Elsewhere) Address() string { return e.address }

func (f *Follower) elsewhere(partition int) error {
	return &Elsewhere{
		address: f.leases.Owner(partition),
		refusal: reason.New(reason.NotReady, "", "another replica of %s has this account, or is taking it over; try again", f.cfg.Service),
	}
}
