package cloudevent

import (
	"strings"
	"time"
)

const (
	prefix      = "ce-"
	specVersion = "1.0"
	contentType = "content-type"
	structured  = "application/cloudevents" // content-type of the other mode begins so
	timeLayout  = "2006-01-02T15:04:05.999Z07:00"
)

// Headers returns the attributes as headers of a NATS message whose payload is Data. The caller may
// add others. It expects an event that passed Check; no event makes a header that breaks the message.
//
// The binding carries the data's media type in ce-datacontenttype. It is written as content-type
// too, for readers that know HTTP; but not when that would say "structured mode".
func (e Event) Headers() map[string][]string {
	h := make(map[string][]string, 7+len(e.Extensions))
	h[prefix+"specversion"] = []string{specVersion}
	for _, a := range e.attributes() {
		if a.value != "" {
			h[prefix+a.name] = []string{encode(a.value)}
		}
	}
	if !e.Time.IsZero() {
		h[prefix+"time"] = []string{cut(e.Time).Format(timeLayout)}
	}
	if e.ContentType != "" && isPlain(e.ContentType) && !isStructured(e.ContentType) {
		h[contentType] = []string{e.ContentType}
	}
	for name, value := range e.Extensions {
		if isName(name) && !isCore(name) {
			h[prefix+name] = []string{encode(value)}
		}
	}
	return h
}

// cut brings a time to what the house keeps of it.
func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// isStructured matches as the binding does: the beginning, whatever its case.
func isStructured(mediaType string) bool {
	return len(mediaType) >= len(structured) && strings.EqualFold(mediaType[:len(structured)], structured)
}

// isPlain says that a text can be a header value without being encoded.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}

const hexDigits = "0123456789ABCDEF"

// escaped says that a byte must be percent-encoded: space, double quote, percent, and all but
// printable ASCII (section 3.1.3.2).
func escaped(c byte) bool { return c <= ' ' || c > '~' || c == '"' || c == '%' }

func encode(value string) string {
	if strings.IndexFunc(value, func(r rune) bool { return r > '~' || escaped(byte(r)) }) < 0 {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		if !escaped(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}
