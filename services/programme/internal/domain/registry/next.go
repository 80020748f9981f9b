package registry

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Ask is what somebody wants to become the next revision.
type Ask struct {
	Program    string
	Actor, Key string
	Base       int // the newest revision that the actor knew of
	Files      []program.File
	Effective  time.Time // zero: at once
	RollbackOf int       // 0: none
}

// Digest is that of what is asked for: what an idempotency key stands for. The base is no part of it: it says what the
// actor knew, not what it wants.
func (a Ask) Digest() Digest {
	h := newHash("ask")
	files := DigestOf(a.Files)
	h.text(string(files[:]))
	h.number(int64(a.RollbackOf))
	if a.Effective.IsZero() {
		return h.sum()
	}
	h.number(a.Effective.UnixMilli())
	return h.sum()
}

// Answers tells whether a revision is what an ask with its key has made: it was repeated. IDEMPOTENCY_KEY_REUSED if the key
// came with other content.
func (r Revision) Answers(a Ask) error {
	if r.Asked != a.Digest() {
		return reason.New(reason.IdempotencyKeyReused, "idempotency_key",
			"it made revision %d of programme %s, from other files or for another time; take another key", r.Number, r.Program).
			With("revision", r.Number)
	}
	return nil
}

// Newest is the newest revision of a programme and what it says. The zero Newest: there is none.
type Newest struct {
	Revision
	Says *program.Program
}

// known is the revision as those see it who read the log.
func (n Newest) known() program.Known { return program.Known{Revision: n.Number, Program: n.Says} }

// Next decides on an ask whose files say this. It returns the revision to insert; or the newest, and true, where the ask
// wants what is there. PLAN_OUTDATED if the actor did not know the newest; INVALID_PROGRAMME, INVALID_ARGUMENT or
// TOO_MANY_REVISIONS if there can be no such revision.
func (n Newest) Next(a Ask, says *program.Program, now time.Time) (Revision, bool, error) {
	if a.Base != n.Number {
		return Revision{}, false, reason.New(reason.PlanOutdated, "base_revision",
			"it was planned on revision %d, and the newest of programme %s is revision %d", a.Base, a.Program, n.Number).
			With("base_revision", a.Base).With("newest", n.Number)
	}
	if n.Has(a, now) {
		return n.Revision, true, nil
	}
	if err := n.Check(a, says, now); err != nil {
		return Revision{}, false, err
	}
	files := Sorted(a.Files)
	return Revision{
		Program: a.Program, Number: n.Number + 1, Effective: a.Effective, AppliedAt: now, Actor: a.Actor, Key: a.Key,
		Asked: a.Digest(), RollbackOf: a.RollbackOf, Files: files, Digest: DigestOf(files),
	}, false, nil
}

// Has tells whether the newest revision is what is asked for: the same files for the same time. One that should hold at
// once is there when the newest has begun.
func (n Newest) Has(a Ask, now time.Time) bool {
	if n.Number == 0 || n.Digest != DigestOf(a.Files) {
		return false
	}
	return a.Effective.Equal(n.Effective) || a.Effective.IsZero() && !n.Effective.After(now)
}

// Check refuses what cannot be the next revision, whoever asks.
func (n Newest) Check(a Ask, says *program.Program, now time.Time) error {
	if says.ID != a.Program {
		return reason.New(reason.InvalidProgram, "program", "the files are programme %s, applied as %s", says.ID, a.Program)
	}
	if n.Number >= RevisionsMax {
		return reason.New(reason.TooManyRevisions, "", "programme %s has %d revisions", a.Program, n.Number)
	}
	if err := n.checkTime(a, now); err != nil {
		return err
	}
	if refusal := (program.Known{Revision: n.Number + 1, Program: says}).Follows(n.known()); refusal != nil {
		return refusal
	}
	return nil
}

func (n Newest) checkTime(a Ask, now time.Time) error {
	switch latest := now.AddDate(aheadYearsMax, 0, 0); {
	case a.Effective.IsZero():
		return nil
	case n.Number == 0:
		return reason.New(reason.InvalidArgument, "effective_at", "the first revision holds from the beginning of time; leave it out")
	case a.Effective.After(latest):
		return reason.New(reason.InvalidArgument, "effective_at", "it lies at %s; write a time before %s",
			a.Effective.Format(time.RFC3339), latest.Format(time.RFC3339))
	}
	return nil
}
