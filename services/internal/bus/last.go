package bus

import "context"

// Last returns the body of the last message on a subject, as published; false means that there is none.
func (b *Bus) Last(ctx context.Context, stream, subject string) ([]byte, bool, error) {
	m, found, err := b.fetch(ctx, stream, lookup{LastOn: storedFilter(stream, subject)})
	return m.data, found, err
}

// ServerVersion is the version of the server that the connection stands to.
func (b *Bus) ServerVersion() string { return b.conn.ConnectedServerVersion() }
