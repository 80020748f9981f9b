package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Last returns the body of the last message on a subject, as published; found is false if there is none.
func (b *Bus) Last(ctx context.Context, stream, subject string) (data []byte, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return nil, false, fmt.Errorf("look up stream %s: %w", stream, err)
	}
	m, err := s.GetLastMsgForSubject(ctx, storedFilter(stream, subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("last message on %s: %w", subject, err)
	}
	return m.Data, true, nil
}

// ServerVersion is the version of the server that the connection stands to.
func (b *Bus) ServerVersion() string { return b.conn.ConnectedServerVersion() }
