// Package bus is the door to NATS JetStream: the streams EVENTS, FACTS and DEAD, the subjects and their partitions,
// publishing in atomic batches, and reading behind the marks of partition documents.
// It owns how messages travel. What they say is cloudevent's and the services' business, and what has been applied
// stands in each service's own store: the bus is transport, never the system of record.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// How a connection is kept up. A half-open one is noticed after pingEvery × pingsUnanswered = 20 s.
const (
	reconnectWait   = 100 * time.Millisecond
	reconnectJitter = 400 * time.Millisecond
	dialTimeout     = 5 * time.Second
	pingEvery       = 10 * time.Second
	pingsUnanswered = 2
	answerTimeout   = 10 * time.Second // for one request to the server, if the caller sets no earlier deadline
)

// errLost is why a request or a read ended when the connection did.
var errLost = errors.New("connection to the bus was lost")

// Config says where the server is and who calls. Token or User and Password; none of them for a server without
// accounts.
type Config struct {
	URL      string
	User     string
	Password string
	Token    string
	CA       string // PEM file of the authorities of the server's certificate; empty: those of the system
	Name     string // what the server's operator sees, for example "laurel-accrual"
}

// Bus is one connection. It is safe for many, reconnects for ever, and must be closed.
type Bus struct {
	conn *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger

	mu     sync.Mutex
	lost   chan struct{} // closed, and replaced, whenever the connection is lost
	denied *denial       // the next one; replaced whenever the server denies something
}

// denial is told to whoever waits for an answer: the server says what it denied, and answers nothing.
type denial struct {
	come chan struct{} // closed when it has
	err  error
}

// Connect waits until the server answers, trying until ctx ends; the error then names the last thing that went wrong.
// Once made, the connection heals itself for ever.
func Connect(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	b := &Bus{log: log, lost: make(chan struct{}), denied: &denial{come: make(chan struct{})}}
	up := make(chan struct{})
	conn, err := nats.Connect(cfg.URL, append(b.options(cfg), nats.ConnectHandler(func(*nats.Conn) { close(up) }))...)
	if err != nil {
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	select {
	case <-up:
	case <-ctx.Done():
		last := conn.LastError()
		conn.Close()
		return nil, fmt.Errorf("connect to the bus at %s: %w", conn.Opts.Url, errors.Join(ctx.Err(), last))
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(answerTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	b.conn, b.js = conn, js
	return b, nil
}

// Close ends the connection. What was acknowledged is stored; anything else is not promised.
func (b *Bus) Close() { b.conn.Close() }

// Connected tells whether the connection stands now. Health is more than that: see Reader.Healthy.
func (b *Bus) Connected() bool { return b.conn.IsConnected() }

func (b *Bus) options(cfg Config) []nats.Option {
	opts := []nats.Option{
		nats.Name(cfg.Name),
		nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a server whose token is not there yet is no reason to stay away for ever
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.ReconnectBufSize(-1), // a publish without a connection fails at once: its caller decides, not a buffer
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(pingsUnanswered),
		nats.NoCallbacksAfterClientClose(), // our own Close is no event
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.log.Warn("bus disconnected", "error", err)
			b.connectionLost()
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("bus reconnected") }),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			b.log.Warn("bus error", "error", err, "subject", subject)
			if errors.Is(err, nats.ErrPermissionViolation) {
				b.deny(err)
			}
		}),
	}
	if cfg.Token != "" {
		opts = append(opts, nats.Token(cfg.Token))
	}
	if cfg.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.CA))
	}
	if cfg.User != "" {
		// Users see their own answers alone: the server lets nobody else listen there.
		opts = append(opts, nats.UserInfo(cfg.User, cfg.Password), nats.CustomInboxPrefix(InboxPrefix(cfg.User)))
	}
	return opts
}

func (b *Bus) connectionLost() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.lost)
	b.lost = make(chan struct{})
}

// loss returns a channel that is closed when the connection that stands now is lost.
func (b *Bus) loss() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// InboxPrefix begins the subjects on which a user gets answers.
func InboxPrefix(user string) string { return "_INBOX_" + token.Of(user) }

func (b *Bus) deny(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.denied.err = err
	close(b.denied.come)
	b.denied = &denial{come: make(chan struct{})}
}

// denial returns what the server denies next.
func (b *Bus) denial() *denial {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.denied
}

// request bounds a request to the server: by answerTimeout, by the loss of the connection, and by the server's denying
// something: then the client would wait in vain, and the cause of the context is errLost, or what was denied.
func (b *Bus) request(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancelTimeout := context.WithTimeout(ctx, answerTimeout)
	ctx, cancel := context.WithCancelCause(ctx)
	lost, denied := b.loss(), b.denial()
	go func() {
		select {
		case <-lost:
			cancel(errLost)
		case <-denied.come:
			cancel(denied.err)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		cancelTimeout()
	}
}
