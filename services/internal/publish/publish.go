// Package publish puts orders and control events on the bus: the envelope, the subject, the id by which the bus knows
// a message again, and what to do when the bus knows some of a batch already.
package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// Order returns the message of one order event. Source says who publishes; the same order from the same source is
// the same message.
func Order(program, source string, g orderfile.Group) (bus.Outgoing, error) {
	body, err := orderfile.Marshal(g)
	if err != nil {
		return bus.Outgoing{}, err
	}
	event := cloudevent.Event{
		ID: g.ID, Source: source, Type: orderfile.EventType(g), ContentType: cloudevent.ContentTypeProtobuf,
		Time: g.Event.OccurredAt,
	}
	return message(bus.OrderSubject(program, g.Merchant, g.Event.Kind.String(), g.Account), event, body), nil
}

// ActionEvent is one own event of a programme.
type ActionEvent struct {
	Program, Source, Type, Account string
	ID                             string    // unique at its source
	At                             time.Time // zero: when the log stores it
	Data                           []byte    // JSON
}

// Action returns the message of one action.
func Action(a ActionEvent) bus.Outgoing {
	event := cloudevent.Event{
		ID: a.ID, Source: a.Source, Type: actions.TypePrefix + a.Type, ContentType: cloudevent.ContentTypeJSON, Time: a.At,
	}
	return message(bus.ActionSubject(a.Program, a.Source, a.Type, a.Account), event, a.Data)
}

// ControlEvent is one control event for all partitions.
type ControlEvent struct {
	Program string // or what stands there for events that concern none
	Source  string // who writes it
	Kind    string
	ID      string // unique at its source
	Body    proto.Message
}

// Control returns the messages of a control event for all partitions: one per partition, to be published as one batch.
func Control(c ControlEvent, partitions int) ([]bus.Outgoing, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(c.Body)
	if err != nil {
		return nil, fmt.Errorf("write control event %s: %w", c.ID, err)
	}
	event := cloudevent.Event{
		ID: c.ID, Source: c.Source, Type: string(c.Body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf,
	}
	batch := make([]bus.Outgoing, 0, partitions)
	for i, token := range bus.ControlTokens(c.Program, partitions) {
		event.ID = fmt.Sprintf("%s/%d", c.ID, i)
		batch = append(batch, message(bus.ControlSubject(c.Program, c.Source, c.Kind, token), event, data))
	}
	return batch, nil
}

// ControlFor returns the message of a control event that concerns one account.
func ControlFor(account string, c ControlEvent) (bus.Outgoing, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(c.Body)
	if err != nil {
		return bus.Outgoing{}, fmt.Errorf("write control event %s: %w", c.ID, err)
	}
	event := cloudevent.Event{
		ID: c.ID, Source: c.Source, Type: string(c.Body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf,
	}
	return message(bus.ControlSubject(c.Program, c.Source, c.Kind, account), event, data), nil
}

func message(subject string, event cloudevent.Event, body []byte) bus.Outgoing {
	return bus.Outgoing{
		Subject: subject, Header: nats.Header(event.Headers()), Data: body, ID: bus.EventID(event.Source, event.ID, body),
	}
}

// Waits between tries when the bus does not answer.
const (
	retryWaitMin = 50 * time.Millisecond
	retryWaitMax = 2 * time.Second
)

// All publishes messages of one stream in their order and returns once the bus has all of them on disk. It tries until
// ctx ends. Messages that the bus knows already are not stored twice.
func All(ctx context.Context, b *bus.Bus, batch []bus.Outgoing) error {
	_, err := Places(ctx, b, batch)
	return err
}

// Behind publishes as All does, and returns how many of the messages stand behind a sequence of the stream: where that was its
// end, those that the bus did not know. (Where the stream then ends does not tell that: services publish, too.)
func Behind(ctx context.Context, b *bus.Bus, batch []bus.Outgoing, behind uint64) (int, error) {
	stored, err := Places(ctx, b, batch)
	fresh := map[uint64]bool{}
	for _, sequence := range stored {
		if sequence > behind {
			fresh[sequence] = true
		}
	}
	return len(fresh), err
}

// Through publishes as All does, and returns the sequence through which a reader has read all of the messages; 0 where they went into an
// intake.
func Through(ctx context.Context, b *bus.Bus, batch []bus.Outgoing) (uint64, error) {
	stored, err := Places(ctx, b, batch)
	if err != nil || len(stored) == 0 {
		return 0, err
	}
	return slices.Max(stored), nil
}

// Places publishes as All does, and returns the sequence of each message: where the bus knew it, that of the one before; 0 in an intake.
func Places(ctx context.Context, b *bus.Bus, batch []bus.Outgoing) ([]uint64, error) {
	stored := make([]uint64, len(batch))
	err := UntilAnswered(ctx, func() error {
		last, err := b.AppendBatch(ctx, batch)
		for i := range stored { // they stand next to each other
			stored[i] = last - min(last, uint64(len(batch)-1-i)) //nolint:gosec // an index
		}
		return err
	})
	if err == nil {
		return stored, nil
	}
	if !errors.Is(err, bus.ErrStored) {
		return nil, err
	}
	for i, m := range batch { // the bus knows at least one of them: singly, it tells which
		err := UntilAnswered(ctx, func() error {
			var err error
			stored[i], err = b.Publish(ctx, m)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// UntilAnswered tries until ctx ends, or until the bus has given another answer than bus.ErrRetry.
func UntilAnswered(ctx context.Context, try func() error) error {
	wait := retryWaitMin
	for {
		err := try()
		if !errors.Is(err, bus.ErrRetry) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		}
		wait = min(2*wait, retryWaitMax)
	}
}
