package config

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is the type of a setting.
type kind uint8

const (
	kindUnset kind = iota
	kindText
	kindInt
	kindInt64
	kindBool
	kindDuration
	kindList
)

// String gives the kind for people.
func (k kind) String() string {
	return [...]string{"", "text", "whole number", "whole number", "true or false", "duration", "list of texts"}[k]
}

func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[string]():
		return kindText
	case reflect.TypeFor[int]():
		return kindInt
	case reflect.TypeFor[int64]():
		return kindInt64
	case reflect.TypeFor[bool]():
		return kindBool
	case reflect.TypeFor[time.Duration]():
		return kindDuration
	case reflect.TypeFor[[]string]():
		return kindList
	}
	return kindUnset
}

// mask is what is shown of a secret that is set.
const mask = "***"

// split is how a text from the environment or a default becomes items: a list stands with commas, blanks around them do not
// count; anything else is one item.
func (s setting) split(text string) []string {
	switch {
	case s.kind != kindList:
		return []string{text}
	case strings.TrimSpace(text) == "":
		return nil
	}
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

var wholeNumbers = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// parse makes a value of items: any number of them for a list, else one. The text says what is wrong and what to write
// instead; empty: nothing.
func (s setting) parse(items []string) (reflect.Value, string) {
	for i, item := range items {
		switch {
		case !utf8.ValidString(item) || strings.ContainsRune(item, 0):
			return reflect.Value{}, "holds bytes that are no text; write UTF-8"
		case s.kind == kindList && item == "":
			return reflect.Value{}, fmt.Sprintf("item %d is empty; write it or delete it", i+1)
		case s.secret && item == mask:
			return reflect.Value{}, "is what is shown instead of a secret; write the secret itself"
		}
	}
	value, size, problem := any(nil), int64(0), ""
	switch s.kind {
	case kindText:
		value, size = items[0], int64(utf8.RuneCountInString(items[0]))
	case kindInt, kindInt64:
		size, problem = s.number(items[0])
		if value = size; s.kind == kindInt {
			value = int(size)
		}
	case kindBool:
		value = items[0] == "true"
		if items[0] != "true" && items[0] != "false" {
			problem = fmt.Sprintf("%s is neither true nor false", s.shown(items[0]))
		}
	case kindDuration:
		d, err := time.ParseDuration(items[0])
		if err != nil {
			problem = fmt.Sprintf("%s is no duration; write a number with its unit, for example 20ms, 5s or 2m", s.shown(items[0]))
		}
		value, size = d, int64(d)
	case kindList:
		value, size = append([]string(nil), items...), int64(len(items))
	case kindUnset:
	}
	if problem == "" && !s.fits(size) {
		problem = fmt.Sprintf("%s is out of range; write %s", s.shown(strings.Join(items, ", ")), s.limits())
	}
	if problem != "" {
		return reflect.Value{}, problem
	}
	return reflect.ValueOf(value), ""
}

// fits holds a size against the limits. A text or list that may be left out may be empty too.
func (s setting) fits(size int64) bool {
	if size == 0 && (s.kind == kindText || s.kind == kindList) && !s.fallback.given {
		return true
	}
	return (s.least == nil || size >= *s.least) && (s.most == nil || size <= *s.most)
}

// number reads a whole number, or says what is wrong with it.
func (s setting) number(text string) (int64, string) {
	bits := 64
	if s.kind == kindInt {
		bits = strconv.IntSize
	}
	n, err := strconv.ParseInt(text, 10, bits)
	switch {
	case !wholeNumbers.MatchString(text):
		return 0, fmt.Sprintf("%s is no whole number; write digits alone", s.shown(text))
	case err != nil:
		return 0, fmt.Sprintf("%s does not fit into %d bits", s.shown(text), bits)
	}
	return n, ""
}

// shown is a value as a message may show it.
func (s setting) shown(text string) string {
	const most = 60 // characters
	if s.secret {
		return "the value"
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// limits says what may be written, for example "1 to 512 items"; empty: anything.
func (s setting) limits() string {
	var text string
	switch {
	case s.least != nil && s.most != nil:
		text = s.size(*s.least) + " to " + s.size(*s.most)
	case s.least != nil:
		text = "at least " + s.size(*s.least)
	case s.most != nil:
		text = "at most " + s.size(*s.most)
	default:
		return ""
	}
	return strings.TrimSpace(text + " " + s.counted())
}

func (s setting) size(n int64) string {
	if s.kind == kindDuration {
		return time.Duration(n).String()
	}
	return strconv.FormatInt(n, 10)
}

// counted is what the limits count.
func (s setting) counted() string {
	switch s.kind {
	case kindText:
		return "characters"
	case kindList:
		return cmp.Or(s.unit, "items")
	case kindInt, kindInt64:
		return s.unit
	default:
		return ""
	}
}
