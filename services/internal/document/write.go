package document

import (
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// NewWriter returns a writer with room for so many bytes.
func NewWriter(room int) *Writer { return &Writer{make([]byte, 0, room)} }

// Writer appends one document behind the other.
type Writer struct{ b []byte }

// Reset gives what was written up: the room is for what comes.
func (w *Writer) Reset() { w.b = w.b[:0] }

// Make appends what write says, as a document of its own, and returns that.
func Make[D any](w *Writer, d *D, write func(*Writer, *D)) bson.Raw {
	begin := len(w.b)
	at, b := bsoncore.AppendDocumentStart(w.b)
	w.b = b
	write(w, d)
	w.end(at)
	return bson.Raw(w.b[begin:len(w.b):len(w.b)])
}

func (w *Writer) end(at int32) { w.b, _ = bsoncore.AppendDocumentEnd(w.b, at) } // it fails where nothing was begun

// Inner appends a document within another; nil: it is left out.
func Inner[D any](w *Writer, key string, d *D, write func(*Writer, *D)) {
	if d == nil {
		return
	}
	at, b := bsoncore.AppendDocumentElementStart(w.b, key)
	w.b = b
	write(w, d)
	w.end(at)
}

// Every appends a list, which is there even if it is empty.
func Every[D any](w *Writer, key string, list []D, write func(*Writer, *D)) {
	at, b := bsoncore.AppendArrayElementStart(w.b, key)
	w.b = b
	for i := range list {
		Inner(w, strconv.Itoa(i), &list[i], write)
	}
	w.end(at)
}

// Some is Every, but leaves an empty list out.
func Some[D any](w *Writer, key string, list []D, write func(*Writer, *D)) {
	if len(list) > 0 {
		Every(w, key, list, write)
	}
}

// WordsIf appends a list of texts, but no empty one.
func (w *Writer) WordsIf(key string, list []string) {
	if len(list) > 0 {
		w.Words(key, list)
	}
}

// Words appends a list of texts, which is there even if it is empty.
func (w *Writer) Words(key string, list []string) {
	at, b := bsoncore.AppendArrayElementStart(w.b, key)
	w.b = b
	for i, s := range list {
		w.Text(strconv.Itoa(i), s)
	}
	w.end(at)
}

// Text appends a text.
func (w *Writer) Text(key, s string) { w.b = bsoncore.AppendStringElement(w.b, key, s) }

// TextIf appends a text, but no empty one.
func (w *Writer) TextIf(key, s string) {
	if s != "" {
		w.Text(key, s)
	}
}

// Long appends a number of 64 bits.
func (w *Writer) Long(key string, n int64) { w.b = bsoncore.AppendInt64Element(w.b, key, n) }

// LongIf appends a number of 64 bits, but no zero.
func (w *Writer) LongIf(key string, n int64) {
	if n != 0 {
		w.Long(key, n)
	}
}

// Short appends a number of 32 bits.
func (w *Writer) Short(key string, n int32) { w.b = bsoncore.AppendInt32Element(w.b, key, n) }

// Count appends a number in as few bytes as it needs, as the driver does.
func (w *Writer) Count(key string, n int) {
	if int(int32(n)) == n {
		w.Short(key, int32(n))
		return
	}
	w.Long(key, int64(n))
}

// CountIf appends what Count does, but no zero.
func (w *Writer) CountIf(key string, n int) {
	if n != 0 {
		w.Count(key, n)
	}
}

// ShortOf appends a number of 32 bits that may be absent.
func (w *Writer) ShortOf(key string, n *int32) {
	if n != nil {
		w.Short(key, *n)
	}
}

// LongOf appends a number of 64 bits that may be absent.
func (w *Writer) LongOf(key string, n *int64) {
	if n != nil {
		w.Long(key, *n)
	}
}

// Bool appends true or false.
func (w *Writer) Bool(key string, b bool) { w.b = bsoncore.AppendBooleanElement(w.b, key, b) }

// BoolIf appends true, or nothing.
func (w *Writer) BoolIf(key string, b bool) { //nolint:revive // the flag is what is written
	if b {
		w.Bool(key, b)
	}
}

// Time appends a time in milliseconds.
func (w *Writer) Time(key string, t time.Time) {
	w.b = bsoncore.AppendDateTimeElement(w.b, key, t.UnixMilli())
}

// TimeOf appends a time that may be absent.
func (w *Writer) TimeOf(key string, t *time.Time) {
	if t != nil {
		w.Time(key, *t)
	}
}

// Binary appends bytes of a subtype.
func (w *Writer) Binary(key string, h bson.Binary) {
	w.b = bsoncore.AppendBinaryElement(w.b, key, h.Subtype, h.Data)
}

// Bytes appends bytes.
func (w *Writer) Bytes(key string, b []byte) {
	w.b = bsoncore.AppendBinaryElement(w.b, key, bson.TypeBinaryGeneric, b)
}
