// Package journal keeps what a service has read of its stream, to the byte, in the service's own database. It is written
// in the transaction that applies it, so that it holds what the marks say, no more and no less: what a stream has lost is
// put back from there (docs/decisions/0041).
package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/document"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Name is the collection, the same in every service that reads a stream.
const Name = "journal"

// Limits of a page, before it is packed: with what BSON adds it stays far below the 16 MiB of a document.
const (
	pageMessages = 1000
	pageBytes    = 6 << 20
)

// Message is a message of a stream in a page, or in a file.
type Message struct {
	Sequence int64  `bson:"_id"`
	Time     int64  `bson:"time"` // nanoseconds since 1970
	Subject  string `bson:"subject"`
	Header   []byte `bson:"header,omitempty"`
	Data     []byte `bson:"data"`
}

// Of is a message as a page holds it.
func Of(m bus.Stored) Message {
	return Message{int64(m.Sequence), m.Time.UnixNano(), m.Subject, m.Header, m.Data} //nolint:gosec // sequences count from 1
}

// Stored is the message as the stream held it.
func (m Message) Stored() bus.Stored {
	return bus.Stored{
		Subject: m.Subject, Sequence: uint64(m.Sequence), Time: time.Unix(0, m.Time).UTC(), Header: m.Header, Data: m.Data, //nolint:gosec // see Of
	}
}

// Page is some messages that were applied together.
type Page struct {
	ID       bson.ObjectID `bson:"_id"`
	First    int64         `bson:"first"` // lowest sequence
	Messages int           `bson:"messages"`
	Packed   []byte        `bson:"packed"` // the messages one behind the other in the order in which they were applied, zstd
}

// Collection declares the pages.
func Collection() store.Collection {
	return store.Collection{
		Name:    Name,
		Schema:  store.Object(bson.A{"_id", "first", "messages", "packed"}, bson.M{"first": store.Integer(), "messages": store.Integer()}),
		Indexes: []mongo.IndexModel{{Keys: bson.D{{Key: "first", Value: 1}}}},
	}
}

// packer is shared by all: it may be used side by side. The fastest level takes some milliseconds for a full batch.
var packer, unpacker = codecs()

func codecs() (*zstd.Encoder, *zstd.Decoder) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic("journal: " + err.Error()) // the options are constants
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*pageBytes))
	if err != nil {
		panic("journal: " + err.Error())
	}
	return w, r
}

// write writes a message, to the byte as the driver would: pages of earlier versions hold the same.
func write(w *document.Writer, m *Message) {
	w.Long("_id", m.Sequence)
	w.Long("time", m.Time)
	w.Text("subject", m.Subject)
	if len(m.Header) > 0 {
		w.Bytes("header", m.Header)
	}
	w.Bytes("data", m.Data)
}

// Pack makes pages of messages, which keep their order.
func Pack(messages []bus.Stored) []Page {
	var pages []Page
	var plain []byte
	page := Page{}
	leave := func() {
		if page.Messages > 0 {
			page.ID, page.Packed = bson.NewObjectID(), packer.EncodeAll(plain, nil)
			pages = append(pages, page)
		}
		page, plain = Page{}, plain[:0]
	}
	w := document.NewWriter(0)
	for _, stored := range messages {
		m := Of(stored)
		w.Reset()
		doc := document.Make(w, &m, write)
		if page.Messages == pageMessages || len(plain)+len(doc) > pageBytes {
			leave()
		}
		if page.Messages == 0 || m.Sequence < page.First {
			page.First = m.Sequence
		}
		page.Messages++
		plain = append(plain, doc...)
	}
	leave()
	return pages
}

// Unpack returns the messages of a page.
func (p Page) Unpack() ([]Message, error) {
	plain, err := unpacker.DecodeAll(p.Packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack page %s of the journal: %w", p.ID.Hex(), err)
	}
	messages := make([]Message, 0, p.Messages)
	for len(plain) > 0 {
		doc, rest, ok := bsoncore.ReadDocument(plain)
		var m Message
		if !ok || bson.Unmarshal(doc, &m) != nil {
			return nil, fmt.Errorf("unpack page %s of the journal: it has something that is no message", p.ID.Hex())
		}
		messages, plain = append(messages, m), rest
	}
	if len(messages) != p.Messages {
		return nil, fmt.Errorf("unpack page %s of the journal: it has %d messages, not %d", p.ID.Hex(), len(messages), p.Messages)
	}
	return messages, nil
}

// Insert writes pages. It belongs inside the transaction that moves the marks over their messages.
func Insert(ctx context.Context, s *store.Store, pages []Page) error {
	if len(pages) == 0 {
		return nil
	}
	if _, err := s.Collection(Name).InsertMany(ctx, pages); store.Made(ctx, err) != nil {
		return fmt.Errorf("keep what was read: %w", err)
	}
	return nil
}
