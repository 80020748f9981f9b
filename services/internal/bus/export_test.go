package bus

import "time"

// InBytes is what the connection has received, for tests of back-pressure.
func (b *Bus) InBytes() uint64 { return b.conn.Stats().InBytes }

// SetSilence shortens how long a server may say nothing to a reader that does not run yet.
func (r *Reader) SetSilence(d time.Duration) { r.silence = d }

// PullBytesMax is the limit of one pull.
const PullBytesMax = pullBytesMax

// ErrorKind tells which of the errors of publishing an answer is.
func ErrorKind(err error) error { return errorKind(err) }
