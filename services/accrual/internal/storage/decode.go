package storage

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Whoever reads the whole ledger takes its documents apart here, without reflection, which costs more than all else. It is
// stricter than the driver: a field that is not known, or is of another type, is an error and never passed over.

var (
	errForm    = errors.New("a value of another type")
	errUnknown = errors.New("not known here")
)

const (
	// wordsMax is how many words a decoder remembers, wordBytes how long they may be.
	wordsMax  = 4096
	wordBytes = 32
)

// decoder reads documents. They hold the same words again and again (units, kinds, tiers), each of which it makes once; and it
// reads each entry into the room of the one before, since what is thrown away costs as much as what is read. So an entry is
// there until the next one is. Not safe for many goroutines.
type decoder struct {
	words map[string]string
	room  entryDoc
	parts struct { // of the room
		order  orderDoc
		ladder ladderDoc
	}
}

func newDecoder() *decoder { return &decoder{words: map[string]string{}} }

// fields shows the fields of a document.
func fields(document []byte, see func(name []byte, v bsoncore.Value) error) error {
	length, rest, ok := bsoncore.ReadLength(document)
	if !ok || int(length) != len(document) {
		return errForm
	}
	for len(rest) > 1 { // the last byte ends the document
		kind, end := bsoncore.Type(rest[0]), bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return errForm
		}
		name := rest[1 : 1+end] // as a string it would be one allocation each
		var v bsoncore.Value
		if v, rest, ok = bsoncore.ReadValue(rest[end+2:], kind); !ok {
			return fmt.Errorf("field %s: %w", name, errForm)
		}
		if err := see(name, v); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
	}
	return nil
}

// object shows the fields of a document within another.
func object(v bsoncore.Value, see func(name []byte, v bsoncore.Value) error) error {
	if v.Type != bsoncore.TypeEmbeddedDocument {
		return errForm
	}
	return fields(v.Data, see)
}

// part reads a document that may be absent.
func part[D any](v bsoncore.Value, into **D, read func(bsoncore.Value, *D) error) error {
	*into = new(D)
	return read(v, *into)
}

// items reads a list into the room that there is.
func items[D any](v bsoncore.Value, into *[]D, read func(bsoncore.Value, *D) error) error {
	if v.Type != bsoncore.TypeArray {
		return errForm
	}
	*into = (*into)[:0]
	return fields(v.Data, func(_ []byte, v bsoncore.Value) error {
		var none D
		*into = append(*into, none)
		return read(v, &(*into)[len(*into)-1])
	})
}

// letters are those of a text, as long as the document is there.
func letters(v bsoncore.Value) ([]byte, error) {
	const before, behind = 4, 1 // its length, and a zero
	if v.Type != bsoncore.TypeString || len(v.Data) < before+behind {
		return nil, errForm
	}
	return v.Data[before : len(v.Data)-behind], nil
}

// text reads what is another in each document.
func text(v bsoncore.Value, into *string) error {
	b, err := letters(v)
	*into = string(b)
	return err
}

// word reads what is the same in many documents.
func (d *decoder) word(v bsoncore.Value, into *string) error {
	b, err := letters(v)
	if err != nil || len(b) > wordBytes {
		*into = string(b)
		return err
	}
	known, ok := d.words[string(b)]
	if !ok {
		known = string(b)
		if len(d.words) < wordsMax {
			d.words[known] = known
		}
	}
	*into = known
	return nil
}

func (d *decoder) wordList(v bsoncore.Value, into *[]string) error { return items(v, into, d.word) }

func whole[N ~int | ~int32 | ~int64](v bsoncore.Value, into *N) error {
	var n int64
	switch v.Type {
	case bsoncore.TypeInt32:
		n = int64(v.Int32())
	case bsoncore.TypeInt64:
		n = v.Int64()
	default:
		return errForm
	}
	*into = N(n)
	if int64(*into) != n {
		return errForm
	}
	return nil
}

func number[N ~int32 | ~int64](v bsoncore.Value, into **N) error { return part(v, into, whole[N]) }

func boolean(v bsoncore.Value, into *bool) error {
	var ok bool
	if *into, ok = v.BooleanOK(); !ok {
		return errForm
	}
	return nil
}

func instant(v bsoncore.Value, into *time.Time) error {
	ms, ok := v.DateTimeOK()
	if !ok {
		return errForm
	}
	*into = time.UnixMilli(ms).UTC()
	return nil
}

// bytesOf reads bytes that are there as long as the document is.
func bytesOf(v bsoncore.Value, into *bson.Binary) error {
	subtype, data, ok := v.BinaryOK()
	if !ok {
		return errForm
	}
	*into = bson.Binary{Subtype: subtype, Data: data}
	return nil
}
