// Package actions says what an own event of a programme is: a review, a visit, a survey that was filled in. The programme
// declares its types; this room owns the event, its data and when two of them are the same. It reads JSON so that every
// number stays what was written, and knows nothing of points, accounts or programmes.
package actions

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TypePrefix is what the CloudEvents type of an action begins with; behind it stands its type, as the programme declares
// it.
const TypePrefix = "laurel.actions.v1."

// Ref names an action: its id is unique at its source.
type Ref struct {
	Source string // who publishes it: the token of the subject
	ID     string
}

// idBytesMax bounds an id, so that the key that it becomes part of stays short.
const idBytesMax = 200

// Check refuses an id that is too long with reason.InvalidField.
func (r Ref) Check() error {
	if len(r.ID) > idBytesMax {
		return reason.New(reason.InvalidField, "id", "the id has %d bytes; at most %d are taken", len(r.ID), idBytesMax)
	}
	return nil
}

// Event is one action.
type Event struct {
	Type string
	// OccurredAt is when it happened: what the publisher said, else when the log stored it.
	OccurredAt time.Time
	// Dated says that the publisher said when.
	Dated bool
	Data  Data
}

// contentFormat is the first byte of what Content hashes. Another encoding gets another number; old hashes are never
// made anew.
const contentFormat = 1

// Content is the SHA-256 of all that the event says. Two events under one id with equal content are the same action,
// however their data were written: the order of keys, blanks and the form of a number are nothing to it. A time counts
// where the publisher said one.
func (e Event) Content() [sha256.Size]byte {
	b := []byte{contentFormat}
	b = text(b, e.Type)
	if e.Dated {
		b = number(append(b, 1), e.OccurredAt.UnixMilli())
	} else {
		b = append(b, 0)
	}
	return sha256.Sum256(e.Data.canonical(b))
}

// number appends eight bytes, the most significant first.
func number(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) } //nolint:gosec // two's complement is the encoding

// text appends the length of s in bytes and then s.
func text(b []byte, s string) []byte { return append(number(b, int64(len(s))), s...) }
