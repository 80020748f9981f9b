package follow

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Message is one message of the stream, decoded. Of Refusal, Order, Action, Opened, Clock, Revised, Control and Fact one at most
// says what it is; none of them: it concerns somebody else and only moves the mark.
type Message struct {
	Partition int
	Sequence  uint64
	Time      time.Time // stream time
	ID        string    // Nats-Msg-Id
	After     uint64    // it follows on this sequence: the partition has nothing between the two
	Created   time.Time // when the stream was made

	Program, Merchant, Account, Kind string
	EventID, EventSource             string
	// Identity is subject, event id and content as one: what a refusal is remembered by. The subject fixes the partition,
	// so two partitions never refuse under one identity.
	Identity string
	Original Original
	// Trace is where the event belongs among traces: what is published because of it carries it on.
	Trace cloudevent.Trace

	// Refusal is what is wrong with the message, whatever else it is.
	Refusal *reason.Error
	Order   *Order
	Action  *Action
	Opened  *Opened
	Clock   time.Time // ClockPassed
	Revised *Revised
	// Control is a control event about one account or one programme that only some services understand.
	Control proto.Message
	// Grant is what Control says of a granted tier; nil where it speaks of something else.
	Grant *Grant
	// Fact is what a service has durably done, where FACTS is followed.
	Fact proto.Message

	raw bus.Message // for the journal
}

// Original is a message as it was published.
type Original struct {
	Subject string
	Headers []string // "name: value"
	Body    []byte
}

// Order is an order event.
type Order struct {
	Ref   orders.Ref
	Event orders.Event
}

// Action is an own event of a programme. Whether its type is declared, and its data fit, is decided by the service: that
// depends on the revision.
type Action struct {
	Ref   actions.Ref
	Event actions.Event
}

// Opened fixes what moves the clocks: Events is true for a replay.
type Opened struct{ Events bool }

// Revised is one revision of a programme, parsed.
type Revised struct {
	Number    int
	Effective time.Time // zero: at once
	Files     []File
	Program   *program.Program
	// From is when it begins in this partition, once the batch has accepted it; zero: it is the first, and holds from the
	// beginning of time.
	From time.Time
	// Repeated says that the partition has passed the revision before: there is nothing to do.
	Repeated bool
}

// Refusable tells whether the message may be refused, and so may have been refused before.
func (m Message) Refusable() bool {
	return m.Order != nil || m.Action != nil || m.Refusal != nil || m.Opened != nil || m.Revised != nil || m.Control != nil
}

// moves is the time to which a message takes the clock of a replay.
func (m Message) moves() time.Time {
	switch {
	case m.Refusal != nil:
	case m.Order != nil:
		return m.Order.Event.OccurredAt
	case m.Action != nil && m.Action.Event.Dated:
		return m.Action.Event.OccurredAt
	}
	return m.Clock
}
