package bus

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Message is one message of a stream, as a reader delivers it. Whoever gets one may keep it and its bytes.
type Message struct {
	Partition int
	Class     string // ClassOrders, ClassActions, ClassControl, or ClassFacts
	Program   string // ids, not tokens
	Merchant  string // the merchant of an order; of others the source or service in that place
	Kind      string
	Account   string // for control events the id behind the token
	Malformed error  // a refusal if a token of the subject is faulty; the token, or its hash, stands in the field
	Subject   string // as published: orders.…
	Header    nats.Header
	Data      []byte
	Sequence  uint64    // in the stream, over all partitions
	Time      time.Time // when the stream stored it; UTC, milliseconds
	ID        string    // Nats-Msg-Id
	After     uint64    // what the partition has between it and this message: nothing
	Created   time.Time // when the stream was made; UTC, milliseconds

	stored string    // its subject in the stream
	at     time.Time // Time to the nanosecond
}

// Stored is the message as the stream holds it, but that its headers are sorted by their names.
func (m Message) Stored() Stored {
	return Stored{Subject: m.stored, Sequence: m.Sequence, Time: m.at, Header: encodeHeader(m.Header), Data: m.Data}
}

// encodeHeader writes headers as they go over the wire.
func encodeHeader(header nats.Header) []byte {
	if len(header) == 0 {
		return nil
	}
	var text bytes.Buffer
	text.WriteString("NATS/1.0\r\n")
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			text.WriteString(name + ": " + value + "\r\n")
		}
	}
	text.WriteString("\r\n")
	return text.Bytes()
}

// Mark returns the mark that says: applied up to this message.
func (m Message) Mark(epoch int) Mark {
	return Mark{Epoch: epoch, Sequence: m.Sequence, Time: m.Time, ID: m.ID, Created: m.Created}
}

// Mark is how far a service has applied a partition. With Sequence 0 nothing has been applied.
// Times are compared by the millisecond.
type Mark struct {
	Epoch    int
	Sequence uint64
	Time     time.Time // stream time of that message
	ID       string    // its Nats-Msg-Id
	Created  time.Time // when the stream was made
}

// WentBack is the error of a reader whose bus no longer holds what was read from it: after a power cut or a damaged
// file a stream may begin again at a lower sequence and use numbers twice. It matches reason.BusWentBack. The caller
// must not read on: somebody has to look.
type WentBack struct {
	Stream    string
	Partition int
	Mark      Mark
	Differs   string // what was expected and what is there
}

// Error names the stream, the partition, the mark and the difference.
func (w *WentBack) Error() string {
	return fmt.Sprintf("%s: stream %s went back behind sequence %d, the mark of partition %d: %s",
		reason.BusWentBack, w.Stream, w.Mark.Sequence, w.Partition, w.Differs)
}

// Is lets errors.Is(err, reason.BusWentBack) match.
func (w *WentBack) Is(target error) bool { return target == reason.BusWentBack }

// decode turns what the server delivered into a Message; the incarnation adds what it alone knows.
func decode(raw *nats.Msg, meta *nats.MsgMetadata) (Message, error) {
	a, err := parseStored(raw.Subject)
	if err != nil {
		return Message{}, err
	}
	return Message{
		Partition: a.partition, Class: a.class, Program: a.program, Merchant: a.source, Kind: a.kind,
		Account: a.account, Malformed: a.fault, Subject: a.published,
		Header: raw.Header, Data: raw.Data, Sequence: meta.Sequence.Stream, Time: millis(meta.Timestamp),
		ID: raw.Header.Get(jetstream.MsgIDHeader), stored: raw.Subject, at: meta.Timestamp.UTC(),
	}, nil
}

func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
