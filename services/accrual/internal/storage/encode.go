package storage

import (
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Entries and accounts are written by hand as they are read by hand: reflection costs more than what is written. The bytes are those
// that the driver would make of the same document.

// docBytes is what a document has room for before there is more made.
const docBytes = 1024

// encoder appends one document behind the other.
type encoder struct{ b []byte }

// document appends what write says, as a document of its own, and returns that.
func document[D any](w *encoder, d *D, write func(*encoder, *D)) bson.Raw {
	begin := len(w.b)
	at, b := bsoncore.AppendDocumentStart(w.b)
	w.b = b
	write(w, d)
	w.end(at)
	return bson.Raw(w.b[begin:len(w.b):len(w.b)])
}

func (w *encoder) end(at int32) { w.b, _ = bsoncore.AppendDocumentEnd(w.b, at) } // it fails where nothing was begun

// inner appends a document within another; nil: it is left out.
func inner[D any](w *encoder, key string, d *D, write func(*encoder, *D)) {
	if d == nil {
		return
	}
	at, b := bsoncore.AppendDocumentElementStart(w.b, key)
	w.b = b
	write(w, d)
	w.end(at)
}

// every appends a list, which is there even if it is empty.
func every[D any](w *encoder, key string, list []D, write func(*encoder, *D)) {
	at, b := bsoncore.AppendArrayElementStart(w.b, key)
	w.b = b
	for i := range list {
		inner(w, strconv.Itoa(i), &list[i], write)
	}
	w.end(at)
}

// some is every, but leaves an empty list out.
func some[D any](w *encoder, key string, list []D, write func(*encoder, *D)) {
	if len(list) > 0 {
		every(w, key, list, write)
	}
}

func (w *encoder) wordsIf(key string, list []string) {
	if len(list) > 0 {
		w.words(key, list)
	}
}

func (w *encoder) words(key string, list []string) {
	at, b := bsoncore.AppendArrayElementStart(w.b, key)
	w.b = b
	for i, s := range list {
		w.text(strconv.Itoa(i), s)
	}
	w.end(at)
}

func (w *encoder) text(key, s string) { w.b = bsoncore.AppendStringElement(w.b, key, s) }

func (w *encoder) textIf(key, s string) {
	if s != "" {
		w.text(key, s)
	}
}

func (w *encoder) long(key string, n int64) { w.b = bsoncore.AppendInt64Element(w.b, key, n) }

func (w *encoder) longIf(key string, n int64) {
	if n != 0 {
		w.long(key, n)
	}
}

func (w *encoder) short(key string, n int32) { w.b = bsoncore.AppendInt32Element(w.b, key, n) }

// count appends a number in as few bytes as it needs, as the driver does.
func (w *encoder) count(key string, n int) {
	if int(int32(n)) == n {
		w.short(key, int32(n))
		return
	}
	w.long(key, int64(n))
}

func (w *encoder) countIf(key string, n int) {
	if n != 0 {
		w.count(key, n)
	}
}

func (w *encoder) day(key string, n *int32) {
	if n != nil {
		w.short(key, *n)
	}
}

func (w *encoder) amount(key string, n *int64) {
	if n != nil {
		w.long(key, *n)
	}
}

func (w *encoder) yes(key string, b bool) { w.b = bsoncore.AppendBooleanElement(w.b, key, b) }

func (w *encoder) yesIf(key string, b bool) {
	if b {
		w.yes(key, b)
	}
}

func (w *encoder) time(key string, t time.Time) {
	w.b = bsoncore.AppendDateTimeElement(w.b, key, t.UnixMilli())
}

func (w *encoder) timeIf(key string, t *time.Time) {
	if t != nil {
		w.time(key, *t)
	}
}

func (w *encoder) hash(key string, h bson.Binary) {
	w.b = bsoncore.AppendBinaryElement(w.b, key, h.Subtype, h.Data)
}

func (w *encoder) body(key string, b []byte) {
	w.b = bsoncore.AppendBinaryElement(w.b, key, bson.TypeBinaryGeneric, b)
}
