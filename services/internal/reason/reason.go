// Package reason holds every reason for which Laurel refuses something, and the one error type that carries it.
// It owns the table of reasons; doors translate an Error into a gRPC status or a dead letter.
package reason

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reason is an UPPER_SNAKE code. Reasons are added, never renamed or reused.
type Reason string

// Error makes a Reason a target for errors.Is.
func (r Reason) Error() string { return string(r) }

// Kind groups reasons by what a caller can do; the gRPC door turns it into a code.
type Kind uint8

// Kinds of reasons.
const (
	KindUnset        Kind = iota
	Invalid               // the request itself is wrong
	NotFound              // what it names is not there, or not yours
	Conflict              // what is there already says otherwise
	State                 // the account or order does not allow it now
	Exhausted             // too much, for now
	Unauthenticated       // who calls is not known
	PermissionDenied      // who calls may not
	Unavailable           // a dependency is down
)

// Error is a refusal: nothing was changed. Metadata carries the numbers that the message speaks of.
type Error struct {
	Reason   Reason
	Message  string
	Field    string // which part of the input, for example "lines[3].amount_minor"
	Metadata map[string]string
}

// New returns a refusal. Field may be empty.
func New(r Reason, field, format string, args ...any) *Error {
	return &Error{Reason: r, Field: field, Message: fmt.Sprintf(format, args...)}
}

// With returns the refusal with one more number or name of metadata.
func (e *Error) With(key string, value any) *Error {
	meta := maps.Clone(e.Metadata)
	if meta == nil {
		meta = map[string]string{}
	}
	meta[key] = fmt.Sprint(value)
	return &Error{Reason: e.Reason, Message: e.Message, Field: e.Field, Metadata: meta}
}

// Error gives reason, field and message.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Reason))
	if e.Field != "" {
		b.WriteString(" (" + e.Field + ")")
	}
	b.WriteString(": " + e.Message)
	return b.String()
}

// Is lets errors.Is(err, reason.X) match.
func (e *Error) Is(target error) bool {
	r, ok := target.(Reason)
	return ok && r == e.Reason
}

// Of returns the refusal in an error chain, if there is one.
func Of(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Info describes a reason for docs and doors.
type Info struct {
	Reason Reason
	Kind   Kind
	Retry  bool // the same request may succeed later
	Doc    string
}

// Lookup returns what is known of a reason.
func Lookup(r Reason) (Info, bool) {
	i := slices.IndexFunc(table, func(i Info) bool { return i.Reason == r })
	if i < 0 {
		return Info{}, false
	}
	return table[i], true
}

// Table returns every reason, sorted by name.
func Table() []Info {
	t := slices.Clone(table)
	slices.SortFunc(t, func(a, b Info) int { return strings.Compare(string(a.Reason), string(b.Reason)) })
	return t
}
