package copying

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
)

// source is this service's name in subjects and events.
const source = "analytics"

// Telling is work of a lane: some accounts of its partition enter a published segment, or leave it. What is so already, or was
// found of an older day or for another revision of the publication, is not told.
type Telling struct {
	Program, Segment string
	Revision         int64
	AsOf             calendar.Day
	At               time.Time // the latest time in the ledger of what was read
	Changes          []Change
}

// Change is an account that enters, or leaves.
type Change struct {
	Account string
	In      bool
}

// memberships are what was told of those whom a batch tells of: in the store, and by the batch itself.
type memberships struct {
	told      map[storage.Membership]storage.Told
	moved     map[storage.Membership]bool
	revisions map[[2]string]int64 // by programme and segment; none: not published
}

func (c *Copier) memberships(ctx context.Context, items []lane.Item) (memberships, error) {
	m := memberships{moved: map[storage.Membership]bool{}, revisions: map[[2]string]int64{}}
	var need []storage.Membership
	for _, item := range items {
		t, ok := item.Payload.(Telling)
		if !ok {
			continue
		}
		p, found, err := c.Storage.Publication(ctx, t.Program, t.Segment)
		if err != nil {
			return m, err
		}
		if found {
			m.revisions[[2]string{t.Program, t.Segment}] = p.Revision
		}
		for _, change := range t.Changes {
			need = append(need, t.membership(change))
		}
	}
	var err error
	m.told, err = c.Storage.Told(ctx, need)
	return m, err
}

func (t Telling) membership(c Change) storage.Membership {
	return storage.Membership{Program: t.Program, Segment: t.Segment, Account: c.Account}
}

// tell puts what is new into the outbox: as a fact for all, and as an event at a place of the log for whoever rates by it.
func (b *batch) tell(partition int, t Telling) error {
	if t.Revision != b.memberships.revisions[[2]string{t.Program, t.Segment}] {
		return nil
	}
	for _, c := range t.Changes {
		membership := t.membership(c)
		known := b.memberships.told[membership]
		if known.In == c.In || t.Revision < known.Revision || t.Revision == known.Revision && t.AsOf < known.AsOf {
			continue
		}
		next := storage.Told{In: c.In, Number: known.Number + 1, Revision: t.Revision, AsOf: t.AsOf}
		fact, event, err := t.messages(c, next.Number)
		if err != nil {
			return err
		}
		b.memberships.told[membership], b.memberships.moved[membership] = next, true
		b.parts.Publish(partition, bus.Facts, fact)
		b.parts.Publish(partition, bus.Events, event)
	}
	return nil
}

// messages are a pure function of what is told.
func (t Telling) messages(c Change, number int64) (outbox.Message, outbox.Message, error) {
	var fact outbox.Message
	var err error
	at, day := timestamppb.New(t.At), t.AsOf.String()
	id := fmt.Sprintf("%s/segment/%s/%s/%d", t.Program, t.Segment, c.Account, number)
	if c.In {
		fact, err = message(bus.FactSubject(t.Program, source, "segment_entered", c.Account), id, &analyticsv1.SegmentEntered{
			Program: t.Program, Account: c.Account, Segment: t.Segment, Number: number, Revision: t.Revision, AsOf: day, ToldAt: at,
		})
	} else {
		fact, err = message(bus.FactSubject(t.Program, source, "segment_left", c.Account), id, &analyticsv1.SegmentLeft{
			Program: t.Program, Account: c.Account, Segment: t.Segment, Number: number, Revision: t.Revision, AsOf: day, ToldAt: at,
		})
	}
	if err != nil {
		return fact, fact, err
	}
	event, err := message(bus.ControlSubject(t.Program, source, "segment", c.Account), id, &controlv1.SegmentChanged{
		Program: t.Program, Account: c.Account, Segment: t.Segment, Entered: c.In, Number: number, Revision: t.Revision, AsOf: day, ToldAt: at,
	})
	return fact, event, err
}

func message(subject, id string, body proto.Message) (outbox.Message, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		return outbox.Message{}, fmt.Errorf("write event %s: %w", id, err)
	}
	event := cloudevent.Event{
		ID: id, Source: "laurel/" + source, Type: string(body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf,
	}
	m := outbox.Message{Subject: subject, ID: source + "/" + id, Data: data}
	for name, values := range event.Headers() {
		m.Header = append(m.Header, outbox.Header{Name: name, Value: values[0]})
	}
	slices.SortFunc(m.Header, func(a, b outbox.Header) int { return cmp.Compare(a.Name, b.Name) })
	return m, nil
}

// writes are what was told anew.
func (m memberships) writes() []storage.ToldWrite {
	list := make([]storage.ToldWrite, 0, len(m.moved))
	for membership := range maps.Keys(m.moved) {
		list = append(list, storage.ToldWrite{Membership: membership, Told: m.told[membership]})
	}
	return list
}
