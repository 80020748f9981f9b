package store

// DeathsMax is how often a process may die on a run before it is halved, and on one message alone before it is refused.
const DeathsMax = 3

// Attempt is the run of messages that is being computed for the first time in a process. A message that kills the
// process leaves it behind, so that the next process narrows down which one it was. Values are immutable.
type Attempt struct {
	From uint64 `bson:"from"` // first message of the run
	To   uint64 `bson:"to"`   // last message of the first run that somebody died on
	// Limit is the greatest number of messages in a run.
	Limit  int `bson:"limit"`
	Deaths int `bson:"deaths"`
	// Computing is true from before the run is computed until after it: only a death between the two counts.
	Computing bool `bson:"computing"`
	// Suspect is true once somebody has died: the partition is computed alone until To is passed.
	Suspect bool `bson:"suspect"`
}

// Found returns what a process that begins makes of the attempt that it finds: one more death if it was being computed,
// and a run of half the length after DeathsMax.
func (a *Attempt) Found() *Attempt {
	if a == nil || !a.Computing {
		return a
	}
	next := *a
	next.Computing, next.Suspect = false, true
	next.Deaths++
	if next.Deaths >= DeathsMax && next.Limit > 1 {
		next.Limit, next.Deaths = next.Limit/2, 0
	}
	return &next
}

// Begin returns the attempt to note before a run of messages is computed.
func (a *Attempt) Begin(first, last uint64, messages int) *Attempt {
	if !a.IsSuspect() {
		return &Attempt{From: first, To: last, Limit: messages, Computing: true}
	}
	next := *a
	if next.From != first {
		next.From, next.Deaths = first, 0
	}
	next.Computing = true
	return &next
}

// End returns the attempt to note once the run was computed.
func (a *Attempt) End() *Attempt {
	if a == nil {
		return nil
	}
	next := *a
	next.Computing = false
	return &next
}

// Passed returns what is left of the attempt when the mark has moved: nothing, unless a suspect run is not behind it.
func (a *Attempt) Passed(mark uint64) *Attempt {
	if !a.IsSuspect() || mark >= a.To {
		return nil
	}
	return a.End()
}

// IsSuspect tells whether the partition must be computed alone.
func (a *Attempt) IsSuspect() bool { return a != nil && a.Suspect }

// Poisoned tells whether the message has killed the process alone too often.
func (a *Attempt) Poisoned(sequence uint64) bool {
	return a.IsSuspect() && a.From == sequence && a.Limit == 1 && a.Deaths >= DeathsMax
}
