package follow

import (
	"fmt"
	"strings"

	"buf.build/go/protovalidate"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// eventBytesMax is the most that one event may weigh (design 6).
const eventBytesMax = 256 << 10

// Decoder decodes and checks messages of EVENTS and FACTS. What is wrong with one becomes its refusal here; what it means
// is decided by the service. Safe for many goroutines.
type Decoder struct{ validator protovalidate.Validator }

// NewDecoder prepares the checks of the contract.
func NewDecoder() (*Decoder, error) {
	v, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("prepare the checks of events: %w", err)
	}
	return &Decoder{v}, nil
}

// Decode turns a message into what a batch works with. It never fails: what is wrong stands in Refusal.
func (d *Decoder) Decode(raw bus.Message) Message {
	m := Message{
		Partition: raw.Partition, Sequence: raw.Sequence, Time: raw.Time, ID: raw.ID, After: raw.After, Created: raw.Created,
		Program: raw.Program, Merchant: raw.Merchant, Account: raw.Account, Kind: raw.Kind,
		Original: Original{Subject: raw.Subject, Headers: lines(raw.Header), Body: raw.Data},
		raw:      raw,
	}
	event, err := envelope(raw)
	m.EventID, m.EventSource, m.Trace = event.ID, event.Source, event.Trace()
	m.Identity = "event-" + bus.EventID(raw.Subject+" "+event.Source, event.ID, raw.Data)
	if err == nil {
		err = d.decode(&m, raw, event)
	}
	if err == nil {
		return m
	}
	m.Order, m.Action, m.Revised, m.Opened, m.Control, m.Grant, m.Fact = nil, nil, nil, nil, nil, nil, nil
	refusal, ok := reason.Of(err)
	if !ok {
		refusal = reason.New(reason.MalformedEvent, "", "%s", err)
	}
	m.Refusal = refusal
	return m
}

// envelope reads the CloudEvent and checks what can be said without its body.
func envelope(raw bus.Message) (cloudevent.Event, error) {
	event, err := cloudevent.Parse(raw.Header, raw.Data)
	switch {
	case err != nil:
		return event, err
	case raw.Malformed != nil:
		return event, raw.Malformed
	case len(raw.Data) > eventBytesMax && raw.Class != bus.ClassControl && raw.Class != bus.ClassFacts:
		return event, reason.New(reason.TooLarge, "", "the event has %d bytes, at most %d are taken", len(raw.Data), eventBytesMax)
	}
	return event, nil
}

func (d *Decoder) decode(m *Message, raw bus.Message, event cloudevent.Event) error {
	if strings.Contains(m.Account, "@") && (raw.Class == bus.ClassOrders || raw.Class == bus.ClassActions) {
		// It would stand in every service for ever. The message leaves it out, because it is written down.
		return reason.New(reason.InvalidField, "account", "an account's id has no @: nobody's e-mail address is one; link its hash to a member instead")
	}
	switch raw.Class {
	case bus.ClassOrders:
		return d.order(m, event)
	case bus.ClassActions:
		return d.action(m, event)
	case bus.ClassControl:
		return d.control(m, event)
	case bus.ClassFacts:
		return d.fact(m, event)
	default:
		return reason.New(reason.UnknownEventType, "type", "programme %s declares no event type %s", m.Program, m.Kind)
	}
}

// lines writes headers as "name: value", sorted by name.
func lines(header map[string][]string) []string {
	var out []string
	for _, name := range sortedNames(header) {
		for _, value := range header[name] {
			out = append(out, strings.ToValidUTF8(name+": "+value, "\uFFFD"))
		}
	}
	return out
}
