package bus_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// TestWhatAnAnswerToAPublishMeans: whatever a cluster says while it has no leader, a later try is answered otherwise; that
// a stream or its disk is full has the same status and its own code.
func TestWhatAnAnswerToAPublishMeans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer jetstream.APIError
		means  error
	}{
		{"no leader", jetstream.APIError{Code: 503, ErrorCode: 10008}, bus.ErrRetry},
		{"a peer is not there", jetstream.APIError{Code: 503, ErrorCode: 10078}, bus.ErrRetry},
		{"the stream is full", jetstream.APIError{Code: 503, ErrorCode: 10077}, bus.ErrFull},
		{"no room for any stream", jetstream.APIError{Code: 503, ErrorCode: 10023}, bus.ErrFull},
		{"a known message", jetstream.APIError{Code: 400, ErrorCode: 10201}, bus.ErrStored},
		{"one that is just being stored", jetstream.APIError{Code: 400, ErrorCode: 10158}, bus.ErrRetry},
		{"a refusal", jetstream.APIError{Code: 400, ErrorCode: 10054}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.means, bus.ErrorKind(&c.answer))
		})
	}
}
