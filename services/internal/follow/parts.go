package follow

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Parts are the partitions of a lane as a batch changes them. A batch must Touch every partition whose data it writes:
// only then is it fenced.
type Parts struct {
	programs  *Programs
	parts     map[int]store.Partition // changed copies
	moved     map[int]bool
	out       map[int]map[string][]outbox.Message // by partition and stream
	published int
	schedules map[scheduleKey]program.Schedule
	revisions []Revision       // to be kept
	read      []bus.Stored     // what the marks were moved over
	trace     cloudevent.Trace // of what is being decided on
}

type scheduleKey struct {
	partition int
	program   string
}

func newParts(programs *Programs, stored map[int]store.Partition) *Parts {
	p := &Parts{
		programs: programs, parts: make(map[int]store.Partition, len(stored)), moved: map[int]bool{},
		out: map[int]map[string][]outbox.Message{}, schedules: map[scheduleKey]program.Schedule{},
	}
	for id, part := range stored {
		p.parts[id] = part.Clone()
	}
	return p
}

// Get returns a partition as the batch has it.
func (p *Parts) Get(id int) store.Partition { return p.parts[id] }

// Passed tells whether the mark has passed a message already.
func (p *Parts) Passed(m Message) bool { return m.Sequence <= p.parts[m.Partition].Mark.Sequence }

// Touch fences a partition: the transaction fails if anybody else has moved it.
func (p *Parts) Touch(id int) { p.moved[id] = true }

// Refuse counts one more refusal that the service remembers: while there is none, none needs to be looked up.
func (p *Parts) Refuse(id int) {
	part := p.parts[id]
	part.Refused++
	p.parts[id] = part
	p.Touch(id)
}

// within has what f publishes carry a trace on.
func (p *Parts) within(t cloudevent.Trace, f func() error) error {
	p.trace = t
	defer func() { p.trace = cloudevent.Trace{} }()
	return f()
}

// Publish puts messages into the outbox of a partition, behind those of the batch before. They carry the trace of the
// message or call that is being decided on, where that has one.
func (p *Parts) Publish(id int, stream string, messages ...outbox.Message) {
	out := p.out[id]
	if out == nil {
		out = map[string][]outbox.Message{}
		p.out[id] = out
	}
	for _, m := range messages {
		out[stream] = append(out[stream], m.Within(p.trace))
	}
	p.published += len(messages)
	p.Touch(id)
}

// Schedule returns the revisions of a programme that a partition has passed; nil if it knows none.
func (p *Parts) Schedule(id int, programID string) program.Schedule {
	key := scheduleKey{id, programID}
	s, ok := p.schedules[key]
	if !ok {
		s = p.programs.Schedule(p.parts[id], programID)
		p.schedules[key] = s
	}
	return s
}

// changed returns the partition documents to be moved, and the chunks that leave with them. Stored are the documents as
// they are: noting an attempt may have moved them since they were loaded.
func (p *Parts) changed(stored map[int]store.Partition, now time.Time) ([]store.Partition, []outbox.Chunk) {
	var parts []store.Partition
	var chunks []outbox.Chunk
	for id := range p.moved {
		part := p.parts[id]
		part.Version, part.Recorded = stored[id].Version, recorded(stored[id], now)
		for _, stream := range slices.Sorted(keysOf(p.out[id])) {
			chunks = append(chunks, outbox.Cut(&part, stream, p.out[id][stream], now)...)
		}
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(a, b store.Partition) int { return a.ID - b.ID })
	return parts, chunks
}

// recorded is when something is recorded of a partition: now, or, where the clock of whoever wrote it last was ahead, then.
func recorded(p store.Partition, now time.Time) time.Time {
	if p.Recorded.After(now) {
		return p.Recorded
	}
	return now
}
