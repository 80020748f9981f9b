package follow

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// revised makes a revision known to the partition, from this place of the log on. The first one holds from the beginning
// of time, a later one never from before this message. The message comes back with what became of it.
func (p *Parts) revised(m Message) Message {
	part, r := p.parts[m.Partition], *m.Revised
	m.Revised = &r
	latest := p.Schedule(m.Partition, m.Program).Latest()
	if r.Number <= latest.Revision {
		r.Repeated = true // revisions are numbered by one writer: it said so before
		return m
	}
	if m.Refusal = (program.Known{Revision: r.Number, Program: r.Program}).Follows(latest); m.Refusal != nil {
		return m
	}
	if latest.Revision > 0 {
		// Strictly later than the clock: what falls due at the clock's own instant, often midnight, is the old revision's,
		// whether it was swept before this message or not.
		r.From = later(r.Effective, part.Clock.Add(time.Millisecond))
	}
	part.Revisions = append(slices.Clone(part.Revisions), store.Revision{Program: m.Program, Number: r.Number, Effective: r.From})
	p.parts[m.Partition] = part
	p.revisions = append(p.revisions, Revision{
		ID: RevisionID(m.Program, r.Number), Program: m.Program, Number: r.Number, Files: r.Files,
	})
	p.programs.keep(m.Program, r.Number, r.Program)
	delete(p.schedules, scheduleKey{m.Partition, m.Program})
	return m
}
