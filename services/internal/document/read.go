// Package document reads and writes BSON documents without reflection, which costs more than all else where there are many of them. What is written is, to the
// byte, what the driver would write of the same document; what is read is read more strictly than by the driver: a field that is not known, or is of another
// type, is an error and never passed over.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Why a document is not read.
var (
	ErrForm    = errors.New("a value of another type")
	ErrUnknown = errors.New("not known here")
)

// Fields shows the fields of a document.
func Fields(document []byte, see func(name []byte, v bsoncore.Value) error) error {
	length, rest, ok := bsoncore.ReadLength(document)
	if !ok || int(length) != len(document) {
		return ErrForm
	}
	for len(rest) > 1 { // the last byte ends the document
		kind, end := bsoncore.Type(rest[0]), bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return ErrForm
		}
		name := rest[1 : 1+end] // as a string it would be one allocation each
		var v bsoncore.Value
		if v, rest, ok = bsoncore.ReadValue(rest[end+2:], kind); !ok {
			return fmt.Errorf("field %s: %w", name, ErrForm)
		}
		if err := see(name, v); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
	}
	return nil
}

// Object shows the fields of a document within another.
func Object(v bsoncore.Value, see func(name []byte, v bsoncore.Value) error) error {
	if v.Type != bsoncore.TypeEmbeddedDocument {
		return ErrForm
	}
	return Fields(v.Data, see)
}

// Part reads a document that may be absent.
func Part[D any](v bsoncore.Value, into **D, read func(bsoncore.Value, *D) error) error {
	*into = new(D)
	return read(v, *into)
}

// Items reads a list into the room that there is.
func Items[D any](v bsoncore.Value, into *[]D, read func(bsoncore.Value, *D) error) error {
	if v.Type != bsoncore.TypeArray {
		return ErrForm
	}
	*into = (*into)[:0]
	return Fields(v.Data, func(_ []byte, v bsoncore.Value) error {
		var none D
		*into = append(*into, none)
		return read(v, &(*into)[len(*into)-1])
	})
}

// Letters are those of a text, as long as the document is there.
func Letters(v bsoncore.Value) ([]byte, error) {
	const before, behind = 4, 1 // its length, and a zero
	if v.Type != bsoncore.TypeString || len(v.Data) < before+behind {
		return nil, ErrForm
	}
	return v.Data[before : len(v.Data)-behind], nil
}

// Text reads what is another in each document.
func Text(v bsoncore.Value, into *string) error {
	b, err := Letters(v)
	*into = string(b)
	return err
}

// Whole reads a whole number that fits.
func Whole[N ~int | ~int32 | ~int64](v bsoncore.Value, into *N) error {
	var n int64
	switch v.Type {
	case bsoncore.TypeInt32:
		n = int64(v.Int32())
	case bsoncore.TypeInt64:
		n = v.Int64()
	default:
		return ErrForm
	}
	*into = N(n)
	if int64(*into) != n {
		return ErrForm
	}
	return nil
}

// Number reads a whole number that may be absent.
func Number[N ~int32 | ~int64](v bsoncore.Value, into **N) error { return Part(v, into, Whole[N]) }

// Boolean reads true or false.
func Boolean(v bsoncore.Value, into *bool) error {
	var ok bool
	if *into, ok = v.BooleanOK(); !ok {
		return ErrForm
	}
	return nil
}

// Instant reads a time, in milliseconds, as UTC.
func Instant(v bsoncore.Value, into *time.Time) error {
	ms, ok := v.DateTimeOK()
	if !ok {
		return ErrForm
	}
	*into = time.UnixMilli(ms).UTC()
	return nil
}

// Bytes reads bytes that are there as long as the document is.
func Bytes(v bsoncore.Value, into *bson.Binary) error {
	subtype, data, ok := v.BinaryOK()
	if !ok {
		return ErrForm
	}
	*into = bson.Binary{Subtype: subtype, Data: data}
	return nil
}
