package follow

import "time"

// Phase is what a lane spends its time on: together they are all of it.
type Phase string

// Phases of a batch, in their order.
const (
	PhaseWait    Phase = "wait"    // for items, or before another try
	PhaseLoad    Phase = "load"    // reading what the batch needs
	PhaseCompute Phase = "compute" // deciding on each item
	PhasePack    Phase = "pack"    // writing out what will be stored
	PhaseCommit  Phase = "commit"  // the transaction
)

// phaseOutbox is the relays', beside the lanes.
const phaseOutbox Phase = "outbox"

// watch tells in which phases time goes by, one after the other. Its owner's goroutine alone uses it.
type watch struct {
	now   func() time.Time
	spent func(Phase, time.Duration) // nil: nobody asks
	since time.Time                  // when the phase began that runs; zero: none has
}

// ended gives a phase the time since the one before ended.
func (w *watch) ended(phase Phase) {
	if w.spent == nil {
		return
	}
	now := w.now()
	if !w.since.IsZero() {
		w.spent(phase, now.Sub(w.since))
	}
	w.since = now
}
