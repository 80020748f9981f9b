// Package outbox carries messages from a service's transactions to the bus: stored in the transaction that they tell
// of, in numbered chunks per stream and partition, and published from there, each chunk as one atomic batch, at
// least once and recognisably so.
package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Name is the collection of chunks, the same in every service.
const Name = "outbox"

// Limits of a chunk (design section 6).
const (
	chunkMessagesMax = 500
	chunkBytesMax    = 4 << 20
)

// Message is one message to be published.
type Message struct {
	Subject string   `bson:"subject"`
	ID      string   `bson:"id"` // Nats-Msg-Id
	Header  []Header `bson:"header"`
	Data    []byte   `bson:"data"`
}

// Within is the message with a trace, if it has none. A dead letter has the headers of its event already.
func (m Message) Within(t cloudevent.Trace) Message {
	if t.Parent == "" || slices.ContainsFunc(m.Header, func(h Header) bool {
		return strings.EqualFold(h.Name, cloudevent.HeaderTraceParent)
	}) {
		return m
	}
	m.Header = append(slices.Clone(m.Header), Header{Name: cloudevent.HeaderTraceParent, Value: t.Parent})
	if t.State != "" {
		m.Header = append(m.Header, Header{Name: cloudevent.HeaderTraceState, Value: t.State})
	}
	return m
}

// Header is one header of a message; a name may come more than once.
type Header struct {
	Name  string `bson:"name"`
	Value string `bson:"value"`
}

// Chunk is messages that are published together or not at all.
type Chunk struct {
	ID        string    `bson:"_id"` // <stream>/<partition>/<number>, sortable
	Format    int       `bson:"format"`
	Stream    string    `bson:"stream"`
	Partition int       `bson:"partition"`
	Number    int64     `bson:"number"`
	Created   time.Time `bson:"created"`
	Messages  []Message `bson:"messages"`
}

// Cut numbers messages into chunks and counts them in the partition document that the same transaction moves.
func Cut(p *store.Partition, stream string, messages []Message, now time.Time) []Chunk {
	var chunks []Chunk
	for len(messages) > 0 {
		n, bytes := 0, 0
		for n < len(messages) && n < chunkMessagesMax {
			bytes += messages[n].size()
			if n > 0 && bytes > chunkBytesMax {
				break
			}
			n++
		}
		number := p.NextChunk(stream)
		chunks = append(chunks, Chunk{
			ID: chunkID(stream, p.ID, number), Format: 1, Stream: stream, Partition: p.ID, Number: number,
			Created: now, Messages: messages[:n],
		})
		messages = messages[n:]
	}
	return chunks
}

func (m Message) size() int {
	bytes := len(m.Data) + len(m.Subject) + len(m.ID)
	for _, h := range m.Header {
		bytes += len(h.Name) + len(h.Value)
	}
	return bytes
}

func chunkID(stream string, partition int, number int64) string {
	return fmt.Sprintf("%s/%03d/%019d", stream, partition, number)
}

// Waiting counts the chunks that are not published yet.
func Waiting(ctx context.Context, s *store.Store) (int64, error) {
	n, err := s.Collection(Name).CountDocuments(ctx, bson.M{})
	if err != nil {
		return 0, fmt.Errorf("count outbox chunks: %w", err)
	}
	return n, nil
}

// Unpublished returns chunks of a stream that have not left yet, at most limit of them. Of their messages it tells the
// headers alone.
func Unpublished(ctx context.Context, s *store.Store, stream string, limit int) ([]Chunk, error) {
	filter := bson.M{"_id": bson.M{"$gte": stream + "/", "$lt": stream + "0"}} // '0' follows '/'
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)).SetProjection(bson.M{
		"stream": 1, "partition": 1, "number": 1, "created": 1, "messages.header": 1,
	})
	cursor, err := s.Collection(Name).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read what waits in the outbox: %w", err)
	}
	var chunks []Chunk
	if err := cursor.All(ctx, &chunks); err != nil {
		return nil, fmt.Errorf("read what waits in the outbox: %w", err)
	}
	return chunks, nil
}

// Collection declares the outbox.
func Collection() store.Collection {
	return store.Collection{Name: Name, Schema: store.Object(
		bson.A{"_id", "format", "stream", "partition", "number", "messages"},
		bson.M{"format": store.Integer(), "partition": store.Integer(), "number": store.Integer()},
	)}
}
