package follow

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// choose takes the items of one suspect partition alone, if there is one, up to its limit; otherwise all items.
func (p *Poster) choose(items []lane.Item) (chosen, others []lane.Item) {
	suspect := -1
	for _, item := range items {
		if p.parts[item.Partition].Attempt.IsSuspect() {
			suspect = item.Partition
			break
		}
	}
	if suspect < 0 {
		return items, nil
	}
	limit, messages := p.parts[suspect].Attempt.Limit, 0
	var alone, rest []lane.Item
	for _, item := range items {
		m, isMessage := item.Payload.(Message)
		fresh := isMessage && m.Sequence > p.parts[suspect].Mark.Sequence
		if item.Partition != suspect || fresh && messages == limit {
			rest = append(rest, item)
			continue
		}
		if fresh {
			messages++
		}
		alone = append(alone, item)
	}
	return alone, rest
}

// beginAttempt writes what is about to be computed, for partitions that this process has not computed before or that
// somebody died on. False: there are none.
func (p *Poster) beginAttempt(ctx context.Context, items []lane.Item) (bool, error) {
	type run struct {
		first, last uint64
		messages    int
	}
	runs := map[int]run{}
	for _, item := range items {
		m, ok := item.Payload.(Message)
		part := p.parts[item.Partition]
		if !ok || m.Sequence <= part.Mark.Sequence || p.tried[item.Partition] && !part.Attempt.IsSuspect() {
			continue
		}
		r := runs[item.Partition]
		if r.messages == 0 {
			r.first = m.Sequence
		}
		runs[item.Partition] = run{r.first, m.Sequence, r.messages + 1}
	}
	attempts := map[int]*store.Attempt{}
	for id, r := range runs {
		attempts[id] = p.parts[id].Attempt.Begin(r.first, r.last, r.messages)
	}
	return len(attempts) > 0, p.noteAttempts(ctx, attempts)
}

// endAttempt notes that the runs were computed: a death from here on is not their fault.
func (p *Poster) endAttempt(ctx context.Context, items []lane.Item) error {
	attempts := map[int]*store.Attempt{}
	for _, item := range items {
		if a := p.parts[item.Partition].Attempt; a != nil && a.Computing {
			attempts[item.Partition] = a.End()
		}
	}
	return p.noteAttempts(ctx, attempts)
}

func (p *Poster) noteAttempts(ctx context.Context, attempts map[int]*store.Attempt) error {
	var parts []store.Partition
	for id, attempt := range attempts {
		part := p.parts[id]
		part.Attempt = attempt
		parts = append(parts, part)
	}
	if err := p.Store.MovePartitions(ctx, parts); err != nil {
		return fmt.Errorf("note what is being computed: %w", err)
	}
	for _, part := range parts {
		part.Version++
		p.parts[part.ID] = part
	}
	return nil
}
