package bus

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Limits of what is published.
const (
	BatchMessagesMax = 1000     // messages in one atomic batch
	headerBytesMax   = 60 << 10 // all headers of a message: the server stores their length in 16 bits, and adds its own
	subjectBytesMax  = 1 << 10  // the server closes the connection at 4 KiB for subject, reply and lengths
	batchHeaderBytes = 256      // what an atomic batch adds to each message's headers
)

var (
	// ErrStored is the answer to a batch of which the server knows at least one Nats-Msg-Id: see PublishBatch.
	ErrStored = errors.New("batch holds a message that is stored already")
	// ErrRetry says that the outcome is not known, or that the server could not take the batch just now. Publishing
	// the same messages again, with the same ids and cut in the same way, is safe.
	ErrRetry = errors.New("not acknowledged; try again")
	// ErrDenied says that the server does not let the user publish there. Nothing was stored; another try changes nothing.
	ErrDenied = errors.New("the bus does not allow this user to publish there")
	// ErrFull says that the stream has reached its limit in bytes, or that its disk has. Nothing was stored. A later
	// try may succeed, once somebody has made room. Where the house has closed EVENTS it comes with reason.DiskLow.
	ErrFull = errors.New("stream is full")
)

// Codes of nats-server that are answers to a publish.
const (
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeAccountResources      jetstream.ErrorCode = 10002
	codeStorageResources      jetstream.ErrorCode = 10047
	codeStoreFailed           jetstream.ErrorCode = 10077 // the stream's limit, or its disk
	codeDuplicateInProcess    jetstream.ErrorCode = 10158
	codeStreamOffline         jetstream.ErrorCode = 10194
)

// unavailable is the status of an answer that a cluster gives while it has no leader: whatever its code is, a later try is
// answered otherwise.
const unavailable = 503

// Outgoing is a message to publish. ID becomes its Nats-Msg-Id: within two minutes the server stores an id only once.
type Outgoing struct {
	Subject string
	Header  nats.Header
	Data    []byte
	ID      string
}

// EventID returns the Nats-Msg-Id of an event. The body is part of it: with source and id alone, a different event
// under the same id would be swallowed by the server without a word.
func EventID(source, id string, body []byte) string {
	h := sha256.New()
	for _, part := range []string{source, id} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(part))
	}
	_, _ = h.Write(body)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Publish stores one message and returns its sequence; for an id that is known, that of the message stored before; 0 where it went into
// an intake.
// Errors: TooLarge (a refusal), ErrFull, ErrRetry. Once it has returned without an error, the message is on disk.
func (b *Bus) Publish(ctx context.Context, out Outgoing) (uint64, error) {
	msg, err := b.message(ctx, out)
	if err != nil {
		return 0, err
	}
	return b.acknowledged(ctx, out, msg)
}

func (b *Bus) acknowledged(ctx context.Context, out Outgoing, msg *nats.Msg) (uint64, error) {
	asking, cancel := b.request(ctx)
	defer cancel()
	ack, err := b.js.PublishMsg(asking, msg, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, b.whyFull(ctx, publishError(asking, []Outgoing{out}, err))
	}
	return position(ack.Stream, ack.Sequence), nil
}

// position is the sequence that a publisher is told. Of what has come into an intake nobody knows where in EVENTS it will stand.
func position(stream string, sequence uint64) uint64 {
	if strings.HasPrefix(stream, intakeStream) {
		return 0
	}
	return sequence
}

// PublishBatch stores all of 1 to 1,000 messages of one stream, in their order and next to each other, or none.
// It returns nil once they are on disk. Errors: TooLarge (a refusal), ErrStored, ErrFull, ErrRetry.
//
// ErrStored needs care. The server refuses a batch as a whole, storing nothing, as soon as *one* of its ids is known
// from the last two minutes, or stands in the batch twice; it does not say which. So ErrStored means "the whole batch
// is stored" only to a caller who always cuts the same messages into the same batches, as the outbox does. Others
// must publish the messages of that batch one by one.
func (b *Bus) PublishBatch(ctx context.Context, batch []Outgoing) error {
	_, err := b.AppendBatch(ctx, batch)
	return err
}

// AppendBatch is PublishBatch for whoever wants to know where the last message stands: its sequence in the stream, as Publish tells it.
func (b *Bus) AppendBatch(ctx context.Context, batch []Outgoing) (uint64, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	if len(batch) > BatchMessagesMax {
		return 0, reason.New(reason.TooLarge, "", "a batch of %d messages; at most %d", len(batch), BatchMessagesMax)
	}
	messages := make([]*nats.Msg, len(batch))
	for i, out := range batch {
		msg, err := b.message(ctx, out)
		if err != nil {
			return 0, fmt.Errorf("message %d of %d: %w", i+1, len(batch), err)
		}
		messages[i] = msg
	}
	asking, cancel := b.request(ctx)
	defer cancel()
	// The answer to the last message speaks for all; waiting for the first one's too could not be interrupted.
	ack, err := jetstreamext.PublishMsgBatch(asking, b.js, messages, jetstreamext.BatchFlowControl{AckFirst: false})
	if err != nil {
		return 0, b.whyFull(ctx, publishError(asking, batch, err))
	}
	return position(ack.Stream, ack.Sequence), nil
}

// message makes what goes over the wire. One that is published within a span carries its trace, unless it has one.
func (b *Bus) message(ctx context.Context, out Outgoing) (*nats.Msg, error) {
	msg := nats.NewMsg(out.Subject)
	maps.Copy(msg.Header, out.Header)
	if made := telemetry.TraceOf(ctx); made.Parent != "" && len(msg.Header[cloudevent.HeaderTraceParent]) == 0 {
		msg.Header.Set(cloudevent.HeaderTraceParent, made.Parent)
		if made.State != "" {
			msg.Header.Set(cloudevent.HeaderTraceState, made.State)
		}
	}
	if out.ID != "" {
		msg.Header.Set(jetstream.MsgIDHeader, out.ID)
	}
	msg.Data = out.Data
	return msg, checkSize(msg)
}

// checkSize refuses here what the server would refuse there, because it answers a long subject by closing the
// connection, and a large message of a batch by dropping the batch.
func checkSize(msg *nats.Msg) error {
	if len(msg.Subject) > subjectBytesMax {
		return reason.New(reason.TooLarge, "subject", "a subject of %d bytes; at most %d", len(msg.Subject), subjectBytesMax)
	}
	header := headerBytes(msg.Header)
	if header > headerBytesMax {
		return reason.New(reason.TooLarge, "header", "headers of %d bytes; at most %d", header, headerBytesMax)
	}
	if total := header + batchHeaderBytes + len(msg.Data); total > messageBytesMax {
		return reason.New(reason.TooLarge, "", "a message of %d bytes; at most %d with its headers", total, messageBytesMax)
	}
	return nil
}

// headerBytes is how long the headers are on the wire: the version line, "name: value" lines, an empty line.
func headerBytes(h nats.Header) int {
	n := len("NATS/1.0\r\n\r\n")
	for name, values := range h {
		for _, value := range values {
			n += len(name) + len(value) + len(": \r\n")
		}
	}
	return n
}

// publishError sorts an error into ErrStored, ErrFull, ErrRetry, ErrDenied or none of them. The cause stays in the chain.
func publishError(ctx context.Context, batch []Outgoing, err error) error {
	subject := batch[0].Subject
	cause := context.Cause(ctx)
	if errors.Is(cause, errLost) {
		err = errLost
	}
	if errors.Is(cause, nats.ErrPermissionViolation) {
		for _, out := range batch {
			if strings.Contains(cause.Error(), strconv.Quote(out.Subject)) {
				return fmt.Errorf("publish on %s: %w", out.Subject, ErrDenied)
			}
		}
		err = context.DeadlineExceeded // something else was denied, and this interrupted
	}
	kind := errorKind(err)
	if kind == nil {
		return fmt.Errorf("publish on %s: %w", subject, err)
	}
	return fmt.Errorf("publish on %s: %w: %w", subject, kind, err)
}

func errorKind(err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch api.ErrorCode {
		case jetstreamext.JSErrCodeBatchPublishDuplicateMsgID:
			return ErrStored
		case codeStoreFailed, codeInsufficientResources, codeAccountResources, codeStorageResources:
			return ErrFull
		case codeDuplicateInProcess, codeStreamOffline, jetstreamext.JSErrCodeBatchPublishIncomplete,
			jetstreamext.JSErrCodeAtomicPublishTooManyInflight:
			return ErrRetry
		default:
			if api.Code == unavailable {
				return ErrRetry
			}
			return nil
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok { // the connection broke while we wrote
		return ErrRetry
	}
	for _, lost := range []error{
		errLost, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		nats.ErrReconnectBufExceeded, jetstream.ErrNoStreamResponse, context.DeadlineExceeded,
	} {
		if errors.Is(err, lost) {
			return ErrRetry
		}
	}
	return nil
}
