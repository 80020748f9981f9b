package cloudevent

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Parse reads an event from the headers and the payload of a NATS message; it keeps data as it is,
// without a copy. Names of headers are matched in any case, and headers of others are left alone.
// It refuses with reason.MalformedEvent, the field naming the attribute: a missing id, source, type
// or specversion, another specversion than 1.0, a time that is not RFC 3339, an attribute that is
// empty, comes twice, is wrongly encoded, not valid UTF-8 or too long, and structured mode.
func Parse(h map[string][]string, data []byte) (Event, error) {
	p := parser{event: Event{Data: data}}
	// A map has no order, and the same faulty message must always get the same answer.
	for _, header := range slices.Sorted(maps.Keys(h)) {
		if err := p.header(strings.ToLower(header), h[header]); err != nil {
			return Event{}, err
		}
	}
	if p.version == "" {
		return Event{}, malformed("specversion", "the attribute is missing")
	}
	if p.event.ContentType == "" {
		p.event.ContentType = p.contentType
	}
	if err := p.event.Check(); err != nil {
		return Event{}, err
	}
	return p.event, nil
}

// parser gathers what the headers say. What is empty was not there yet.
type parser struct {
	event       Event
	version     string
	time        string
	contentType string // of the header content-type; counts if there is no ce-datacontenttype
}

func (p *parser) header(header string, values []string) error {
	if header == contentType {
		return p.setContentType(values)
	}
	name, ok := strings.CutPrefix(header, prefix)
	if !ok {
		return nil
	}
	if len(values) != 1 {
		return malformed(name, "%d headers for one attribute", len(values))
	}
	value, err := decode(name, values[0])
	if err != nil {
		return err
	}
	if value == "" {
		return malformed(name, "the attribute is empty")
	}
	return p.attribute(name, value)
}

// setContentType reads the header that HTTP knows; structured mode is told by it alone.
func (p *parser) setContentType(values []string) error {
	if len(values) != 1 || p.contentType != "" {
		return malformed(contentType, "more or less than one value")
	}
	p.contentType = strings.TrimSpace(values[0])
	if isStructured(p.contentType) {
		return malformed(contentType, "structured mode is not read here; send the attributes as ce- headers")
	}
	return nil
}

// attribute keeps one attribute; those without a field are extensions.
func (p *parser) attribute(name, value string) error {
	switch name {
	case "id":
		return set(&p.event.ID, name, value)
	case "source":
		return set(&p.event.Source, name, value)
	case "type":
		return set(&p.event.Type, name, value)
	case "subject":
		return set(&p.event.Subject, name, value)
	case "datacontenttype":
		return set(&p.event.ContentType, name, value)
	case "specversion":
		if value != specVersion {
			return malformed(name, "version %q; only %s is read", value, specVersion)
		}
		return set(&p.version, name, value)
	case "time":
		if err := set(&p.time, name, value); err != nil {
			return err
		}
		return p.setTime(value)
	default:
		return p.extension(name, value)
	}
}

// setTime reads RFC 3339, whose letters may be small (section 5.6).
func (p *parser) setTime(value string) error {
	value = strings.ToUpper(value)
	t, err := time.Parse(time.RFC3339, value)
	// The package time also takes a comma, and an hour of one digit.
	if err != nil || strings.Contains(value, ",") || value[len("2006-01-02T15")] != ':' {
		return malformed("time", "%q is no RFC 3339 time", value)
	}
	p.event.Time = cut(t)
	return nil
}

func (p *parser) extension(name, value string) error {
	if _, ok := p.event.Extensions[name]; ok {
		return malformed(name, "the attribute comes twice")
	}
	if p.event.Extensions == nil {
		p.event.Extensions = map[string]string{}
	}
	p.event.Extensions[name] = value
	return nil
}

func set(to *string, name, value string) error {
	if *to != "" {
		return malformed(name, "the attribute comes twice")
	}
	*to = value
	return nil
}

// decode undoes the encoding of a header value: white space around it, double-quoted parts (older
// versions wrote them), then one round of percent-decoding. Bytes that were needlessly encoded, or
// not encoded though they should have been, are taken; Check looks at the UTF-8.
func decode(name, value string) (string, error) {
	value = strings.Trim(value, " \t")
	if strings.Contains(value, `"`) {
		var ok bool
		if value, ok = unquote(value); !ok {
			return "", malformed(name, "a double quote is not closed")
		}
	}
	if !strings.Contains(value, "%") {
		return value, nil
	}
	text, ok := percentDecode(value)
	if !ok {
		return "", malformed(name, "a percent sign without two hexadecimal digits after it")
	}
	return text, nil
}

// unquote drops double quotes and, between them, the backslash before a character (RFC 7230,
// section 3.2.6). It fails on an open quote.
func unquote(value string) (string, bool) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted && i+1 < len(value):
			i++
			b.WriteByte(value[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), !quoted
}

func percentDecode(value string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			b.WriteByte(value[i])
			continue
		}
		if i+2 >= len(value) {
			return "", false
		}
		high, low := unhex(value[i+1]), unhex(value[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), true
}

// unhex returns the value of a hexadecimal digit in either case, -1 for anything else.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	default:
		return -1
	}
}
