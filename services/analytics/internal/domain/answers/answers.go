// Package answers is the vocabulary of own events that say something of a customer: which fields of their data reports read,
// and which values these may have. What an event is called is up to the programme; what counts is what it says.
package answers

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Field is the name of a field of an event's data.
type Field string

// Said is what one event said, as far as it was understood. The zero value says nothing.
type Said struct {
	Day     calendar.Day
	Type    string
	numbers map[Field]int64
	texts   map[Field]string
	flags   map[Field]bool
}

// Number is a whole number that was said; false: it was not.
func (s Said) Number(f Field) (int64, bool) {
	n, ok := s.numbers[f]
	return n, ok
}

// Text is a word that was said; empty: it was not.
func (s Said) Text(f Field) string { return s.texts[f] }

// Flag tells whether something was said to be so.
func (s Said) Flag(f Field) bool { return s.flags[f] }

// Read reads an event. False: it holds a field of the vocabulary with a value that this may not have, or is no JSON object;
// what else it says counts all the same.
func Read(d history.Deed) (Said, bool) {
	s := Said{Day: d.Day, Type: d.Type}
	if d.Data == "" {
		return s, true
	}
	var fields map[Field]json.RawMessage
	if json.Unmarshal([]byte(d.Data), &fields) != nil {
		return s, false
	}
	understood := true
	for name, raw := range fields {
		if at, ok := places[name]; ok && !s.take(vocabulary[at], raw) {
			understood = false
		}
	}
	return s, understood
}

// take keeps a value that a field may have, and refuses any other. A null says nothing.
func (s *Said) take(m Meaning, raw json.RawMessage) bool {
	if string(raw) == "null" {
		return true
	}
	switch m.Kind {
	case Whole:
		n, ok := whole(string(raw))
		if !ok || n < m.Least || n > m.Most {
			return false
		}
		set(&s.numbers, m.Field, n)
	case Flag:
		var is bool
		if json.Unmarshal(raw, &is) != nil {
			return false
		}
		set(&s.flags, m.Field, is)
	case Word, Name:
		var text string
		if json.Unmarshal(raw, &text) != nil || text == "" || utf8.RuneCountInString(text) > nameCharsMax {
			return false
		}
		if m.Kind == Word && !slices.Contains(m.Words, text) {
			return false
		}
		set(&s.texts, m.Field, text)
	}
	return true
}

// whole reads a number without a fraction, however it is written: 4, 4.0 or 4e0.
func whole(text string) (int64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, false
	}
	return int64(v), true
}

func set[V any](into *map[Field]V, f Field, v V) {
	if *into == nil {
		*into = map[Field]V{}
	}
	(*into)[f] = v
}

func copyInto[V any](into *map[Field]V, from map[Field]V) {
	for f, v := range from {
		set(into, f, v)
	}
}

// All reads the events of a customer in their order; the number is how many of them were not understood in full.
func All(deeds []history.Deed) ([]Said, int64) {
	var list []Said
	unreadable := int64(0)
	for _, d := range deeds {
		s, ok := Read(d)
		if !ok {
			unreadable++
		}
		list = append(list, s)
	}
	return list, unreadable
}

// Latest is what was said last of each field. Its day is that of the last event that said anything.
func Latest(list []Said) Said {
	var last Said
	for _, s := range list {
		if len(s.numbers)+len(s.texts)+len(s.flags) > 0 {
			last.Day, last.Type = s.Day, s.Type
		}
		copyInto(&last.numbers, s.numbers)
		copyInto(&last.texts, s.texts)
		copyInto(&last.flags, s.flags)
	}
	return last
}
