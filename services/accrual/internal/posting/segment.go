package posting

import (
	"context"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// changed is the membership of a segment that a message tells of, nil if it is none.
func changed(m follow.Message) *controlv1.SegmentChanged {
	c, _ := m.Control.(*controlv1.SegmentChanged)
	return c
}

// segmentPart is what it says. INVALID_FIELD: a day that is none.
func segmentPart(m follow.Message) (ledger.SegmentPart, error) {
	c := changed(m)
	p := ledger.SegmentPart{Name: c.GetSegment(), Entered: c.GetEntered(), Number: c.GetNumber(), Revision: c.GetRevision()}
	var err error
	if p.AsOf, err = calendar.Parse(c.GetAsOf()); err != nil {
		return p, reason.New(reason.InvalidField, "as_of", "%q is no date", c.GetAsOf())
	}
	return p, nil
}

func segmentKey(m follow.Message) storage.KeyRef {
	p, _ := segmentPart(m)
	return storage.KeyRef{Program: m.Program, Key: p.Key(ledger.AccountID(m.Account))}
}

// segment enters the account in a published segment, or lets it leave, once.
func (b *batch) segment(ctx context.Context, m follow.Message) error {
	part, err := segmentPart(m)
	if err != nil {
		return b.refuseFor(m, err)
	}
	s, err := b.stage(ctx, m, time.Time{}) // Laurel's own word: no shop's clock can be ahead
	if s == nil || err != nil {
		return err
	}
	if b.taken[segmentKey(m)].Key != "" {
		b.outcome.Duplicates++
		return nil
	}
	verdict, err := ledger.TakeSegment(s.account, ledger.SegmentChange{
		SegmentPart: part, ToldAt: calendar.Millis(changed(m).GetToldAt().AsTime()), EventID: m.EventID, EventSource: m.EventSource, Position: s.position,
	}, s.schedule, s.t)
	if err != nil {
		return b.refuseFor(m, err)
	}
	b.taken[segmentKey(m)] = ledger.Taken{Key: verdict.Entry.Key, Account: verdict.Entry.Account}
	s.account = verdict.Account
	return b.post(s.holding, storage.EntryWrite{Entry: verdict.Entry}, told{})
}
