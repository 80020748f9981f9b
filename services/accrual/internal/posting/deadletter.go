package posting

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
)

// Headers that a dead letter carries before the original ones.
const (
	HeaderReason   = "Laurel-Reason"
	HeaderMessage  = "Laurel-Message"
	HeaderField    = "Laurel-Field"
	HeaderSubject  = "Laurel-Subject"
	HeaderSequence = "Laurel-Sequence"
	HeaderLetter   = "Laurel-Dead-Letter"
	// HeaderLeftOut names what of the event did not fit; the refusal row has it whole.
	HeaderLeftOut = "Laurel-Left-Out"
)

// Limits of what is told of a refusal. Whoever may publish decides how long an event is and what its error text quotes;
// a dead letter that the bus does not take would stand before all others of its partition for ever.
const (
	messageBytesMax       = 1000
	fieldBytesMax         = 200
	letterHeadersBytesMax = 56 << 10   // the bus takes 60 KiB
	letterBytesMax        = 1020 << 10 // the bus takes 1 MiB, with what it adds to a batch
)

// deadLetter is the event as it came, with the reason in headers of its own, which stand first: an event may carry the
// same names.
func deadLetter(row storage.Refusal) outbox.Message {
	m := outbox.Message{
		Subject: bus.DeadSubject(row.Program, row.Merchant, row.Kind, row.Account), ID: "dead/" + row.ID, Data: row.Body,
	}
	bytes, leftOut := 0, []string(nil)
	add := func(list ...outbox.Header) {
		for _, h := range list {
			if h.Value != "" {
				m.Header = append(m.Header, h)
				bytes += len(h.Name) + len(h.Value) + len(": \r\n")
			}
		}
	}
	add(outbox.Header{Name: HeaderReason, Value: row.Reason},
		outbox.Header{Name: HeaderMessage, Value: oneLine(row.Message)},
		outbox.Header{Name: HeaderField, Value: oneLine(row.Field)},
		outbox.Header{Name: HeaderSubject, Value: row.Subject},
		outbox.Header{Name: HeaderSequence, Value: strconv.FormatInt(row.Sequence, 10)},
		outbox.Header{Name: HeaderLetter, Value: row.ID})
	if headers := originalHeaders(row.Headers); bytes+headersBytes(headers) <= letterHeadersBytesMax {
		add(headers...)
	} else {
		leftOut = append(leftOut, "headers")
	}
	if bytes+len(m.Data) > letterBytesMax {
		m.Data, leftOut = nil, append(leftOut, "body")
	}
	add(outbox.Header{Name: HeaderLeftOut, Value: strings.Join(leftOut, " ")})
	return m
}

// originalHeaders are those that the event came with, but for the bus's own of the first publishing.
func originalHeaders(lines []string) []outbox.Header {
	var list []outbox.Header
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if !strings.HasPrefix(strings.ToLower(name), "nats-") {
			list = append(list, outbox.Header{Name: name, Value: value})
		}
	}
	return list
}

func headersBytes(list []outbox.Header) int {
	n := 0
	for _, h := range list {
		n += len(h.Name) + len(h.Value) + len(": \r\n")
	}
	return n
}

// asText replaces bytes that are no text: neither a fact nor a document may hold them.
func asText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// clip shortens text to at most so many bytes, at the end of a letter.
func clip(s string, bytesMax int) string {
	if len(s) <= bytesMax {
		return s
	}
	const ellipsis = "…"
	end := bytesMax - len(ellipsis)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// oneLine keeps text from breaking a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
