package redemption

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Reserved follows once the points are set aside and one is taken from the stock.
func (r Redemption) Reserved(hold, code string) Redemption {
	r.State, r.Hold, r.Code = Capturing, hold, code
	return r
}

// Abandoned follows when it cannot be had although points are, or may be, set aside. Hold is empty while nobody knows.
func (r Redemption) Abandoned(hold string, why *reason.Error) Redemption {
	r.State, r.Hold, r.Refusal = Voiding, hold, why
	return r
}

// Ended follows when nothing is held: the ledger would not set the points aside, has them back, or did not spend them.
func (r Redemption) Ended(why *reason.Error) Redemption {
	r.State, r.Code, r.Refusal = Refused, "", why
	return r
}

// Captured follows once the points are spent.
func (r Redemption) Captured(capture string, at time.Time) Redemption {
	r.State, r.Capture, r.FulfilledAt = Fulfilled, capture, at
	return r
}

// Lapsed is the refusal of one whose points were not spent in time.
func Lapsed() *reason.Error {
	return reason.New(reason.RedemptionLapsed, "", "the points were set aside, and not spent in time; they are the account's again")
}

// GivenUp tells if it has waited too long for its points to be set aside.
func (r Redemption) GivenUp(at time.Time) bool {
	return r.State == Holding && at.After(r.BegunAt.Add(GiveUpAfter))
}

// Canceling follows when it is to be cancelled. REDEMPTION_NOT_CANCELLABLE if its terms do not allow it, or not any more;
// the metadata tell why.
func (r Redemption) Canceling(by Call, at time.Time) (Redemption, error) {
	until, ever := r.CancellableUntil()
	switch {
	case r.State != Fulfilled:
		return r, notCancellable("it is %s", publicState(r.State)).With("state", publicState(r.State))
	case !ever:
		return r, notCancellable("its terms do not allow it")
	case !r.RevealedAt.IsZero():
		return r, notCancellable("its code was shown on %s", stamp(r.RevealedAt)).With("revealed_at", stamp(r.RevealedAt))
	case !at.Before(until):
		return r, notCancellable("it could be until %s", stamp(until)).With("cancellable_until", stamp(until))
	}
	r.State, r.Cancel, r.Refusal = Refunding, by, nil
	return r, nil
}

func notCancellable(format string, args ...any) *reason.Error {
	return reason.New(reason.RedemptionNotCancellable, "redemption_id", "the redemption cannot be cancelled: "+format, args...)
}

// publicState is what callers see of a state.
func publicState(s State) string {
	switch s {
	case Holding, Capturing, Voiding:
		return "pending"
	case Refunding:
		return "cancelling"
	default:
		return s.String()
	}
}

// Refunded follows once the points are back; refused is set if the ledger would not, because somebody else had given them
// back.
func (r Redemption) Refunded(at time.Time, refused *reason.Error) Redemption {
	r.State, r.Code, r.CanceledAt, r.Elsewhere = Canceled, "", at, refused != nil
	return r
}

// Kept follows when the ledger refuses to give the points back: it stays the member's.
func (r Redemption) Kept(why *reason.Error) Redemption {
	r.State, r.Cancel, r.Refusal = Fulfilled, Call{}, why
	return r
}

// Revealed follows when its code is shown, which is noted before. REDEMPTION_HAS_NO_CODE if there is none to show.
func (r Redemption) Revealed(at time.Time) (Redemption, error) {
	if r.State != Fulfilled || r.Code == "" {
		return r, reason.New(reason.RedemptionHasNoCode, "redemption_id", "there is no code to show: it is a %s, and %s", r.Kind, publicState(r.State)).
			With("kind", r.Kind).With("state", publicState(r.State))
	}
	if r.RevealedAt.IsZero() {
		r.RevealedAt = at
	}
	return r, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
