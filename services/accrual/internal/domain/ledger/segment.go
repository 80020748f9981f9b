package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// SegmentPart says that an account has entered a published segment, or has left it.
type SegmentPart struct {
	Name    string
	Entered bool
	// Number counts the changes of this account and segment, from 1; Revision is that of the publication.
	Number, Revision int64
	AsOf             calendar.Day // the orders of all days before it counted
}

// SegmentChange is a membership as the log tells of it.
type SegmentChange struct {
	SegmentPart
	ToldAt      time.Time
	EventID     string
	EventSource string
	Position    Position
}

// Key is the key of the entry that the change makes.
func (c SegmentPart) Key(account AccountID) string {
	return fmt.Sprintf("segment/%s/%s/%d", token.Of(string(account)), token.Of(c.Name), c.Number)
}

// TakeSegment enters an account in a segment, or lets it leave, at effective time t, to which it has been brought up: an entry that
// moves no points. No entry stands under the key of the change. Who leaves a segment in which the account is not, or enters one
// in which it is, changes nothing. TOO_MANY_SEGMENTS: the account is in as many as it can be.
func TakeSegment(a Account, c SegmentChange, schedule program.Schedule, t time.Time) (Verdict, error) {
	if c.Entered && len(a.Segments) >= segmentsMax && !slices.Contains(a.Segments, c.Name) {
		return Verdict{}, reason.New(reason.TooManySegments, "segment", "the account is in %d segments", len(a.Segments))
	}
	d := a.begin(schedule.In(t), t)
	d.Kind, d.Key, d.Actor = KindState, c.Key(a.ID), "service/analytics"
	d.OccurredAt, d.EventID, d.EventSource, d.Position = c.ToldAt, c.EventID, c.EventSource, c.Position
	part := c.SegmentPart
	d.Segment = &part
	e, next, err := d.post(a)
	return Verdict{Entry: e, Account: next}, err
}

// checkSegment holds the entry of a segment against itself. Empty: it is as it should be.
func (e Entry) checkSegment() string {
	switch p := e.Segment; {
	case p == nil:
		return ""
	case e.Kind != KindState || e.Key != p.Key(e.Account):
		return "its key or its kind is not that of its segment"
	case e.Order != nil || e.Ladder != nil || e.Action != nil || e.Enrolment != nil || len(e.Movements) > 0:
		return "a segment with points, or with the part of an order, of the ladder, of an action or of an enrolment"
	}
	return ""
}

func (a Account) segmentsAfter(e Entry) []string {
	if e.Segment == nil {
		return a.Segments
	}
	i, in := slices.BinarySearch(a.Segments, e.Segment.Name)
	switch {
	case e.Segment.Entered && !in:
		return slices.Insert(slices.Clone(a.Segments), i, e.Segment.Name)
	case !e.Segment.Entered && in:
		return slices.Delete(slices.Clone(a.Segments), i, i+1)
	}
	return a.Segments
}

// segment says who entered or left.
func (x explainer) segment(p *SegmentPart) []string {
	deed := "left"
	if p.Entered {
		deed = "entered"
	}
	return []string{fmt.Sprintf("As of %s the account %s segment %s.", p.AsOf, deed, p.Name)}
}
