package posting

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// revised makes a revision known to the partition, from this place of the log on. The first one holds from the beginning
// of time, a later one never from before this message.
func (b *batch) revised(m Message) error {
	part := b.parts[m.Partition]
	schedule := b.schedule(m.Partition, m.Program)
	latest := schedule.Latest()
	if m.Revised.Number <= latest.Revision {
		b.outcome.Duplicates++ // revisions are numbered by one writer: it said so before
		return nil
	}
	if refusal := follows(latest, m.Revised); refusal != nil {
		return b.refuse(m, refusal)
	}
	known := store.Revision{Program: m.Program, Number: m.Revised.Number}
	if latest.Revision > 0 {
		// Strictly later than the clock: what falls due at the clock's own instant, often midnight, is the old revision's,
		// whether it was swept before this message or not.
		known.Effective = later(m.Revised.Effective, part.Clock.Add(time.Millisecond))
		b.changes.Review = append(b.changes.Review, storage.ReviewWrite{
			Program: m.Program, Partition: m.Partition, From: known.Effective,
		})
	}
	part.Revisions = append(slices.Clone(part.Revisions), known)
	b.parts[m.Partition] = part
	b.changes.Revisions = append(b.changes.Revisions, storage.Revision{
		ID: storage.RevisionID(m.Program, m.Revised.Number), Program: m.Program, Number: m.Revised.Number, Files: m.Revised.Files,
	})
	b.poster.Programs.keep(m.Program, m.Revised.Number, m.Revised.Program)
	delete(b.schedules, scheduleKey{m.Partition, m.Program})
	return nil
}

// follows refuses a revision that leaves a gap, or changes what accounts are kept in.
func follows(latest program.Known, r *Revised) *reason.Error {
	if r.Number != latest.Revision+1 {
		return reason.New(reason.UnsupportedRevision, "revision", "revision %d does not follow revision %d", r.Number, latest.Revision)
	}
	if latest.Program == nil {
		return nil
	}
	was, is := latest.Program, r.Program
	switch {
	case was.Currency != is.Currency:
		return reason.New(reason.InvalidProgram, "currency", "it was %s and cannot become %s", was.Currency, is.Currency)
	case was.Zone.String() != is.Zone.String():
		return reason.New(reason.InvalidProgram, "zone", "it was %s and cannot become %s", was.Zone, is.Zone)
	case was.Unit != is.Unit:
		return reason.New(reason.InvalidProgram, "unit", "it was %s and cannot become %s", was.Unit, is.Unit)
	}
	return nil
}
