// Package cloudevent is the envelope: CloudEvents 1.0 in the binary mode of the NATS protocol
// binding (https://github.com/cloudevents/spec, cloudevents/bindings/nats-protocol-binding.md,
// 1.0.3-wip, section 3.1: the released 1.0.2 has no binary mode). Attributes are headers with "ce-"
// before their name, their values percent-encoded; the data is the message as it is. The package
// knows nothing of NATS itself, nor of what the data says.
package cloudevent

import (
	"maps"
	"mime"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Media types of data that Laurel reads.
const (
	ContentTypeJSON     = "application/json"
	ContentTypeProtobuf = "application/protobuf"
)

// Limits of one event. The binding has none, but what an entry or a log line repeats must be short.
const (
	attributeBytesMax = 2048
	extensionsMax     = 32
)

// Event is one CloudEvent. ID, Source and Type are required; what else is empty is absent.
type Event struct {
	ID          string // unique at its source
	Source      string // URI-reference of who made it
	Type        string
	Subject     string
	ContentType string    // the attribute datacontenttype
	Time        time.Time // UTC, cut to milliseconds; zero is absent
	// Extensions are all other attributes, by name: lower-case letters and digits alone. The
	// attribute dataschema is among them. Nil when there are none.
	Extensions map[string]string
	Data       []byte
}

// Check refuses an event that the specification does not allow, or that is too large, with
// reason.MalformedEvent and the attribute's name as field. What passes comes back from Parse as it
// was.
func (e Event) Check() error {
	for _, a := range e.attributes() {
		if err := checkText(a.name, a.value); err != nil {
			return err
		}
		if a.value == "" && a.required {
			return malformed(a.name, "the attribute is missing")
		}
	}
	if _, err := url.Parse(e.Source); err != nil {
		return malformed("source", "the source is no URI-reference")
	}
	if !isMediaType(e.ContentType) {
		return malformed("datacontenttype", "%q is no media type", e.ContentType)
	}
	if y := e.Time.Year(); y < 1 || y > 9999 {
		return malformed("time", "the year %d cannot be written", y)
	}
	return e.checkExtensions()
}

func (e *Event) checkExtensions() error {
	if len(e.Extensions) > extensionsMax {
		return malformed("", "%d extension attributes, at most %d are allowed", len(e.Extensions), extensionsMax)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Extensions)) {
		switch value := e.Extensions[name]; {
		case !isName(name):
			return malformed(name, "the name of an attribute has lower-case letters and digits alone")
		case isCore(name):
			return malformed(name, "the name belongs to the specification, not to an extension")
		case value == "":
			return malformed(name, "the attribute is empty")
		default:
			if err := checkText(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// isMediaType follows RFC 2046; an absent one will do.
func isMediaType(s string) bool {
	switch s {
	case "", ContentTypeJSON, ContentTypeProtobuf: // nearly all
		return true
	}
	_, _, err := mime.ParseMediaType(s)
	return err == nil
}

// attribute is one of the attributes that the specification names.
type attribute struct {
	name     string
	value    string
	required bool
}

// attributes lists all of them that are texts, but for specversion, which is always the same.
func (e *Event) attributes() [5]attribute {
	return [...]attribute{
		{"id", e.ID, true},
		{"source", e.Source, true},
		{"type", e.Type, true},
		{"subject", e.Subject, false},
		{"datacontenttype", e.ContentType, false},
	}
}

// isCore says that the name cannot be an extension's: it has a field, or it means the data.
func isCore(name string) bool {
	switch name {
	case "id", "source", "type", "subject", "datacontenttype", "time", "specversion", "data":
		return true
	}
	return false
}

func isName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// checkText refuses what the type String of the specification does not allow: control characters,
// code points that are no characters, and what is not UTF-8.
func checkText(name, value string) error {
	if len(value) > attributeBytesMax {
		return malformed(name, "the attribute has %d bytes, at most %d are allowed", len(value), attributeBytesMax)
	}
	if !utf8.ValidString(value) {
		return malformed(name, "the attribute is not valid UTF-8")
	}
	for _, r := range value {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe {
			return malformed(name, "the attribute holds %U, which is not allowed", r)
		}
	}
	return nil
}

func malformed(field, format string, args ...any) error {
	return reason.New(reason.MalformedEvent, field, format, args...)
}
