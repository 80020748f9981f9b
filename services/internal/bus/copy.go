package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats-server/v2/server/archive"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// How a stream is copied out of a server.
const (
	copyChunkBytes  = 256 << 10
	copyWindowBytes = 8 << 20
	copySilenceMax  = 30 * time.Second // after which a server that says nothing has gone
)

// How a stream is copied into a server, which writes each message through to the disk and gives up when it does not come to
// the next piece within five seconds: a piece, and a block of what is packed, holds some hundred messages at most.
const (
	pieceBytes = 8 << 10
	blockBytes = 16 << 10
)

// Stored is a message as the stream holds it, to the byte.
type Stored struct {
	Subject  string // as stored: with prefix and partition
	Sequence uint64
	Time     time.Time // to the nanosecond
	Header   []byte    // as it goes over the wire; empty: none
	Data     []byte
}

// Decoded are the headers, nil if they cannot be read: anybody may publish such a message.
func (s Stored) Decoded() nats.Header {
	if len(s.Header) == 0 {
		return nil
	}
	header, err := nats.DecodeHeadersMsg(s.Header)
	if err != nil {
		return nil
	}
	return header
}

// ID is the Nats-Msg-Id, as marks hold it.
func (s Stored) ID() string { return s.Decoded().Get(jetstream.MsgIDHeader) }

// Outbox tells which outbox chunk the message came from: whose service, which partition and number. False: from none. What
// others than Laurel may publish came from none, whatever its headers say.
func (s Stored) Outbox() (Chunk, bool, error) {
	a, err := parseAny(s.Subject)
	if err != nil || a.class == ClassOrders || a.class == ClassActions {
		return Chunk{}, false, err
	}
	partition, number, found, err := parseOutbox(s.Decoded().Get(OutboxHeader))
	if err != nil || !found {
		return Chunk{}, false, err
	}
	c := Chunk{Service: a.source, Partition: partition, Number: number}
	if a.class == ClassDead { // its tokens are those of the event; accrual alone answers for events
		c.Service = "accrual"
	}
	return c, true, nil
}

// Chunk names a chunk of a service's outbox.
type Chunk struct {
	Service   string
	Partition int
	Number    uint64
}

// Control tells of which kind a control event is, and of which programme; false: it is none.
func (s Stored) Control() (string, string, bool) {
	a, err := parseAny(s.Subject)
	return a.program, a.kind, err == nil && a.class == ClassControl
}

// parseAny takes a stored subject of any stream apart: DEAD stores as published.
func parseAny(subject string) (address, error) {
	if len(subject) > len(ClassDead) && subject[:len(ClassDead)+1] == ClassDead+"." {
		return parseStored("dead.0." + subject)
	}
	return parseStored(subject)
}

// Copied says what a stream was when its copy began.
type Copied struct {
	Config   jetstream.StreamConfig
	Created  time.Time
	First    uint64 // where it begins, also while nothing is in it
	Last     uint64
	Messages uint64
	// Mending names the mending that makes the stream, until EnsureStreams meets it; empty: none does.
	Mending string
}

// ErrEnough ends a copy early, from the function that is given its messages.
var ErrEnough = errors.New("enough messages")

// CopyOut hands on all messages that a stream has at this moment, in their order, while others go on writing to it.
// Begin is told first what the stream is. Messages that were deleted are not handed on.
func (b *Bus) CopyOut(ctx context.Context, stream string, begin func(Copied), each func(Stored) error) error {
	if err := b.copyOut(ctx, stream, begin, each); err != nil {
		return fmt.Errorf("copy stream %s: %w", stream, err)
	}
	return nil
}

func (b *Bus) copyOut(ctx context.Context, stream string, begin func(Copied), each func(Stored) error) error {
	state, found, err := b.streamState(ctx, stream)
	if err != nil {
		return err
	}
	if !found {
		return errNoStream
	}
	inbox := b.conn.NewInbox()
	sub, err := b.conn.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer sub.Unsubscribe() //nolint:errcheck // the server sees it, or the connection is gone
	var answer struct {
		Error  *jetstream.APIError    `json:"error"`
		Config jetstream.StreamConfig `json:"config"`
		State  jetstream.StreamState  `json:"state"`
	}
	request := map[string]any{
		"deliver_subject": inbox, "no_consumers": true, "chunk_size": copyChunkBytes, "window_size": copyWindowBytes,
	}
	if err := b.ask(ctx, "$JS.API.STREAM.SNAPSHOT."+stream, request, &answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	begin(Copied{
		Config: answer.Config, Created: state.created, First: max(1, answer.State.FirstSeq), Last: answer.State.LastSeq,
		Messages: answer.State.Msgs,
	})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader, writer := io.Pipe()
	received := make(chan struct{})
	go func() {
		defer close(received)
		writer.CloseWithError(b.receive(ctx, sub, writer))
	}()
	err = readCopy(reader, each)
	reader.CloseWithError(ErrEnough)
	cancel()
	<-received
	if errors.Is(err, ErrEnough) {
		return nil
	}
	return err
}

// ask sends a request to the server and decodes its answer.
func (b *Bus) ask(ctx context.Context, subject string, request, answer any) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := b.request(ctx)
	defer cancel()
	reply, err := b.conn.RequestWithContext(ctx, subject, text)
	if err != nil {
		return fmt.Errorf("ask %s: %w", subject, err)
	}
	return json.Unmarshal(reply.Data, answer)
}

// receive writes the chunks of a copy on, acknowledging each, until the server has sent the last one.
func (b *Bus) receive(ctx context.Context, sub *nats.Subscription, to io.Writer) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, copySilenceMax)
		m, err := sub.NextMsgWithContext(waiting)
		cancel()
		if err != nil {
			return fmt.Errorf("wait for the next piece: %w", err)
		}
		if len(m.Data) == 0 && m.Reply == "" {
			if status := m.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("the server gave up: %s %s", status, m.Header.Get("Description"))
			}
			return nil
		}
		if _, err := to.Write(m.Data); err != nil {
			return err
		}
		if m.Reply != "" {
			if err := b.conn.Publish(m.Reply, nil); err != nil {
				return err
			}
		}
	}
}

// readCopy takes a copy apart, as nats-server 2.15 and newer write it: a description of the stream, the messages, and an
// empty entry that says that nothing is missing.
func readCopy(from io.Reader, each func(Stored) error) error {
	entries := archive.NewReader(s2.NewReader(from))
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("it has no end: nats-server is older than 2.15, or what it sent was cut off")
		}
		if err != nil {
			return err
		}
		payload := make([]byte, entry.HeaderSize+entry.PayloadSize)
		if _, err := io.ReadFull(entries, payload); err != nil && len(payload) > 0 {
			return err
		}
		if entry.Sequence == 0 && entry.Name != "" {
			continue // of the stream itself, which its answer has said
		}
		if entry.Sequence == 0 {
			return nil
		}
		if err := each(Stored{
			Subject: entry.Name, Sequence: entry.Sequence, Time: time.Unix(0, entry.Timestamp).UTC(),
			Header: payload[:entry.HeaderSize], Data: payload[entry.HeaderSize:],
		}); err != nil {
			return err
		}
	}
}

// CopyIn makes a stream that holds these messages, with the sequences and times that they have; what lies between their
// sequences, and up to last, is as deleted. The stream must not be there. It returns when the stream was created, which no
// copy can set: marks hold it.
func (b *Bus) CopyIn(
	ctx context.Context, as Copied, next func() (Stored, error),
) (time.Time, error) {
	created, err := b.copyIn(ctx, as, next)
	if err != nil {
		return created, fmt.Errorf("make stream %s from its copy: %w", as.Config.Name, err)
	}
	return created, nil
}

func (b *Bus) copyIn(ctx context.Context, as Copied, next func() (Stored, error)) (time.Time, error) {
	if as.Config.MaxBytes == closedBytes {
		as.Config.MaxBytes = -1 // it was closed for lack of disk; EnsureStreams gives it its limit
	}
	if as.Mending != "" {
		metadata := map[string]string{mendingKey: as.Mending}
		maps.Copy(metadata, kept(as.Config.Metadata))
		as.Config.Metadata = metadata
	}
	state := jetstream.StreamState{FirstSeq: as.First, LastSeq: as.Last, Msgs: as.Messages}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Deliver string              `json:"deliver_subject"`
	}
	request := map[string]any{"config": as.Config, "state": state}
	if err := b.ask(ctx, "$JS.API.STREAM.RESTORE."+as.Config.Name, request, &answer); err != nil {
		return time.Time{}, err
	}
	if answer.Error != nil {
		return time.Time{}, answer.Error
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeCopy(writer, state, next)) }()
	err := b.send(ctx, answer.Deliver, reader)
	reader.CloseWithError(ErrEnough)
	if err != nil {
		return time.Time{}, err
	}
	is, found, err := b.streamState(ctx, as.Config.Name)
	if err == nil && (!found || is.last != as.Last) {
		err = fmt.Errorf("it ends at sequence %d, not at %d", is.last, as.Last)
	}
	return is.created, err
}

// send sends a copy in pieces, each of which the server acknowledges.
func (b *Bus) send(ctx context.Context, subject string, from io.Reader) error {
	piece := make([]byte, pieceBytes)
	for {
		n, err := io.ReadFull(from, piece)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, copySilenceMax)
		reply, asked := b.conn.RequestWithContext(waiting, subject, piece[:n]) // an empty piece is the end
		cancel()
		if asked != nil {
			return fmt.Errorf("send a piece: %w", asked)
		}
		if len(reply.Data) > 0 {
			var answer struct {
				Error *jetstream.APIError `json:"error"`
			}
			if err := json.Unmarshal(reply.Data, &answer); err != nil {
				return err
			}
			if answer.Error != nil {
				return answer.Error
			}
		}
		if n == 0 {
			return nil
		}
	}
}

func writeCopy(to io.Writer, state jetstream.StreamState, next func() (Stored, error)) error {
	compressed := s2.NewWriter(to, s2.WriterBlockSize(blockBytes), s2.WriterConcurrency(1))
	entries := archive.NewWriter(compressed)
	entry := func(h archive.Header, payload ...[]byte) error {
		if err := entries.WriteHeader(&h); err != nil {
			return err
		}
		_, err := entries.Write(bytes.Join(payload, nil))
		return err
	}
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := entry(archive.Header{Name: "state.json", PayloadSize: int64(len(text))}, text); err != nil {
		return err
	}
	for {
		m, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := entry(archive.Header{
			Name: m.Subject, Sequence: m.Sequence, Timestamp: m.Time.UnixNano(),
			HeaderSize: int64(len(m.Header)), PayloadSize: int64(len(m.Data)),
		}, m.Header, m.Data); err != nil {
			return err
		}
	}
	if err := entry(archive.Header{}); err != nil {
		return err
	}
	return errors.Join(entries.Close(), compressed.Close())
}

// IsControl tells whether a message is a control event, which archiving leaves in its stream.
func (s Stored) IsControl() bool {
	_, _, control := s.Control()
	return control
}
