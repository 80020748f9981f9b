package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits of reading. One pull is being delivered while the next one fills: no more than twice these are in memory.
const (
	pullMessagesMax  = 512
	pullBytesMax     = 4 << 20
	pullExpires      = 30 * time.Second
	pullHeartbeat    = 2 * time.Second
	pullSilenceMax   = 15 * time.Second // several heartbeats missed: the server no longer answers
	consumerIdleMax  = 10 * time.Minute // the server forgets a consumer that nobody has pulled from for so long
	statusesPerPull  = int(pullExpires/pullHeartbeat) + 2
	ackReplyPrefix   = "$JS.ACK."
	statusHeartbeat  = "100"
	statusNoMessages = "404"
	statusTimeout    = "408"
)

var (
	errSilent = errors.New("server no longer answers")
	errGap    = errors.New("consumer skipped a message")
)

// pull is one incarnation's consumer: ephemeral, in the server's memory, without acks. We speak its protocol here
// because the client's own reader takes any message with a header "Status" and no body for a word of the server's,
// and so whoever may publish could stop it; and because it resets itself silently.
type pull struct {
	conn    *nats.Conn
	sub     *nats.Subscription
	in      chan *nats.Msg
	next    string       // subject of pull requests
	forget  string       // subject of the request that deletes the consumer
	inbox   string       // answers to request n come to <inbox>.<n>
	mine    map[int]bool // nil: all
	request int          // number of the latest request
	left    int          // messages that the open request may still bring; 0: none is open
	seen    uint64       // sequence within the consumer of the last message taken
	pending uint64       // messages that the server has beyond it
	silence time.Duration
	quiet   *time.Timer
}

// openPull makes the consumer, of some partitions or, where they are nil, of a whole stream. Nothing is read before the first run.
//
// Only a single partition is filtered by the server. With several filters it may look at all subjects of a block for
// each message: 70,000 messages of 23,570 accounts took 14 s with 16 filters, 4 s with 8, and 0.4 s without a filter
// (nats-server 2.15.2, 2 cores). So we take them all and pass over what is not ours.
func (b *Bus) openPull(ctx context.Context, stream string, partitions []int, after uint64) (*pull, error) {
	cfg := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: consumerIdleMax,
	}
	if len(partitions) == 1 {
		cfg.FilterSubject = partitionFilter(stream, partitions[0])
	}
	ctx, cancel := b.request(ctx)
	defer cancel()
	consumer, err := b.js.CreateConsumer(ctx, stream, cfg)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("stream %s: %w", stream, errNoStream)
	}
	if err != nil {
		return nil, fmt.Errorf("make a consumer of stream %s: %w", stream, err)
	}
	info := consumer.CachedInfo()
	p := &pull{
		conn: b.conn, in: make(chan *nats.Msg, 2*(pullMessagesMax+statusesPerPull)), inbox: b.conn.NewInbox(),
		next: "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + info.Name, pending: info.NumPending,
		forget: "$JS.API.CONSUMER.DELETE." + stream + "." + info.Name, silence: pullSilenceMax,
		quiet: time.NewTimer(pullSilenceMax),
	}
	if partitions != nil {
		p.mine = make(map[int]bool, len(partitions))
	}
	for _, partition := range partitions {
		p.mine[partition] = true
	}
	if p.sub, err = b.conn.ChanSubscribe(p.inbox+".*", p.in); err != nil {
		return nil, fmt.Errorf("subscribe to stream %s: %w", stream, err)
	}
	return p, nil
}

// close says that the consumer is not needed, and does not wait: a server that does not hear it forgets the consumer
// by itself after consumerIdleMax.
func (p *pull) close() {
	p.quiet.Stop()
	_ = p.sub.Unsubscribe() // fails, as the next one does, only without a connection
	_ = p.conn.Publish(p.forget, nil)
}

// run waits for messages and returns what is there, in order and without a gap, or nothing if the server only says
// that there is nothing new. It leaves a request open, so that the server can send while the caller works.
func (p *pull) run(ctx context.Context, lost <-chan struct{}) ([]Message, error) {
	if err := p.ask(); err != nil {
		return nil, err
	}
	p.quiet.Reset(p.silence)
	var run []Message
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-lost:
		return nil, errLost
	case <-p.quiet.C:
		return nil, errSilent
	case raw := <-p.in:
		var err error
		if run, err = p.take(run, raw); err != nil {
			return nil, err
		}
	}
	for p.left > 0 && len(p.in) > 0 {
		var err error
		if run, err = p.take(run, <-p.in); err != nil {
			return nil, err
		}
	}
	return run, p.ask()
}

// ask opens a request if none is open.
func (p *pull) ask() error {
	if p.left > 0 {
		return nil
	}
	body, err := json.Marshal(map[string]int64{
		"batch": pullMessagesMax, "max_bytes": pullBytesMax,
		"expires": int64(pullExpires), "idle_heartbeat": int64(pullHeartbeat),
	})
	if err != nil {
		return fmt.Errorf("encode a pull: %w", err)
	}
	p.request++
	if err := p.conn.PublishRequest(p.next, p.inbox+"."+strconv.Itoa(p.request), body); err != nil {
		return fmt.Errorf("ask for messages: %w", err)
	}
	p.left = pullMessagesMax
	return nil
}

// take adds a message to the run, or reads a status. Only a stored message carries an address for its ack.
func (p *pull) take(run []Message, raw *nats.Msg) ([]Message, error) {
	if !strings.HasPrefix(raw.Reply, ackReplyPrefix) {
		return run, p.status(raw)
	}
	meta, err := raw.Metadata()
	if err != nil {
		return run, fmt.Errorf("message without its place: %w", err)
	}
	if meta.Sequence.Consumer != p.seen+1 {
		return run, fmt.Errorf("%w: its number %d after %d", errGap, meta.Sequence.Consumer, p.seen)
	}
	m, err := decode(raw, meta)
	if err != nil {
		return run, fmt.Errorf("message %d: %w", meta.Sequence.Stream, err)
	}
	p.seen, p.pending = meta.Sequence.Consumer, meta.NumPending
	p.left--
	if p.mine != nil && !p.mine[m.Partition] {
		return run, nil
	}
	return append(run, m), nil
}

// status reads what the server says of a request. A word about an earlier one is out of date.
func (p *pull) status(raw *nats.Msg) error {
	if raw.Subject != p.inbox+"."+strconv.Itoa(p.request) {
		return nil
	}
	status, text := raw.Header.Get("Status"), raw.Header.Get("Description")
	switch {
	case status == statusHeartbeat:
		return p.heartbeat(raw.Header)
	case status == statusTimeout, status == statusNoMessages, endsPull(text):
		p.left = 0
		return nil
	default:
		return fmt.Errorf("server ended the read: %s %s", status, text)
	}
}

// heartbeat notices the loss of the last messages before a silence.
func (p *pull) heartbeat(h nats.Header) error {
	sent, err := strconv.ParseUint(h.Get("Nats-Last-Consumer"), 10, 64)
	if err != nil {
		return fmt.Errorf("heartbeat without its number: %w", err)
	}
	if sent != p.seen {
		return fmt.Errorf("%w: it has sent %d, %d came", errGap, sent, p.seen)
	}
	return nil
}

// endsPull tells the two ordinary ends by size of a request (status 409) from the end of the consumer. The server
// gives them no code of their own.
func endsPull(text string) bool {
	return text == "Message Size Exceeds MaxBytes" || text == "Batch Completed"
}
