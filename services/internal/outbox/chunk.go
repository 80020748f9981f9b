package outbox

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/document"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Every message of a house goes through its outbox, so that chunks are written and read by hand (document).

func write(w *document.Writer, c *Chunk) {
	w.Text("_id", c.ID)
	w.Count("format", c.Format)
	w.Text("stream", c.Stream)
	w.Count("partition", c.Partition)
	w.Long("number", c.Number)
	w.Time("created", c.Created)
	document.Every(w, "messages", c.Messages, func(w *document.Writer, m *Message) {
		w.Text("subject", m.Subject)
		w.Text("id", m.ID)
		document.Every(w, "header", m.Header, func(w *document.Writer, h *Header) {
			w.Text("name", h.Name)
			w.Text("value", h.Value)
		})
		w.Bytes("data", m.Data)
	})
}

// read reads a chunk; its data are bytes of the document.
func read(doc bson.Raw) (Chunk, error) {
	var c Chunk
	err := document.Fields(doc, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "_id":
			return document.Text(v, &c.ID)
		case "format":
			return document.Whole(v, &c.Format)
		case "stream":
			return document.Text(v, &c.Stream)
		case "partition":
			return document.Whole(v, &c.Partition)
		case "number":
			return document.Whole(v, &c.Number)
		case "created":
			return document.Instant(v, &c.Created)
		case "messages":
			return document.Items(v, &c.Messages, message)
		}
		return document.ErrUnknown
	})
	if err != nil {
		return c, fmt.Errorf("read a chunk of the outbox: %w", err)
	}
	return c, nil
}

func message(v bsoncore.Value, m *Message) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		if v.Type == bsoncore.TypeNull { // an earlier version wrote so what is empty
			return nil
		}
		switch string(name) {
		case "subject":
			return document.Text(v, &m.Subject)
		case "id":
			return document.Text(v, &m.ID)
		case "header":
			return document.Items(v, &m.Header, header)
		case "data":
			var b bson.Binary
			err := document.Bytes(v, &b)
			m.Data = b.Data
			return err
		}
		return document.ErrUnknown
	})
}

func header(v bsoncore.Value, h *Header) error {
	return document.Object(v, func(name []byte, v bsoncore.Value) error {
		switch string(name) {
		case "name":
			return document.Text(v, &h.Name)
		case "value":
			return document.Text(v, &h.Value)
		}
		return document.ErrUnknown
	})
}

// Insert stores chunks; it belongs inside the transaction that they tell of.
func Insert(ctx context.Context, s *store.Store, chunks []Chunk) error {
	docs, w := make([]bson.Raw, len(chunks)), document.NewWriter(0)
	for i := range chunks {
		docs[i] = document.Make(w, &chunks[i], write)
	}
	if err := s.InsertWritten(ctx, Name, docs); err != nil {
		return fmt.Errorf("store %d outbox chunks: %w", len(chunks), err)
	}
	return nil
}
