package actions

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of data. What is within them is checked in some milliseconds, whatever the schema.
const (
	dataBytesMax = 16 << 10
	depthMax     = 16
)

// Data is the JSON object that an action carries. It is an immutable value, safe for many.
type Data struct{ value map[string]any }

// Parse reads data. They must be one JSON object of at most 16 KiB, nested at most 16 levels deep, without a key that
// comes twice: readers differ in which of the two they see. Numbers stay as they are written (see Number). Refusals are
// reason.TooLarge and reason.MalformedEvent with the field "data".
func Parse(raw []byte) (Data, error) {
	if len(raw) > dataBytesMax {
		return Data{}, reason.New(reason.TooLarge, "data", "the data have %d bytes, at most %d are taken", len(raw), dataBytesMax)
	}
	if !utf8.Valid(raw) {
		return Data{}, malformed("the data are not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	value, err := read(d, depthMax)
	if err != nil {
		return Data{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Data{}, malformed("something stands behind the object")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return Data{}, malformed("the data are no JSON object")
	}
	return Data{object}, nil
}

func malformed(format string, args ...any) error {
	return reason.New(reason.MalformedEvent, "data", format, args...)
}

// read reads one value.
func read(d *json.Decoder, levels int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, broken(err)
	}
	switch t := token.(type) {
	case json.Delim:
		if levels == 0 {
			return nil, malformed("nested deeper than %d levels", depthMax)
		}
		if t == '{' {
			return readObject(d, levels-1)
		}
		return readArray(d, levels-1)
	case json.Number:
		_, err := ParseNumber(t.String())
		return t, err
	default:
		return t, nil
	}
}

func readObject(d *json.Decoder, levels int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, broken(err)
		}
		key, ok := token.(string)
		if !ok {
			return nil, malformed("a key is no text")
		}
		if _, twice := object[key]; twice {
			return nil, malformed("the key %.40q comes twice", key)
		}
		if object[key], err = read(d, levels); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, broken(err)
}

func readArray(d *json.Decoder, levels int) (any, error) {
	array := []any{}
	for d.More() {
		value, err := read(d, levels)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := d.Token()
	return array, broken(err)
}

func broken(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("the JSON ends too early")
	}
	return malformed("%s", err)
}

// Value returns the data as maps, slices, strings, booleans, nil and json.Number. The caller must not change them.
func (d Data) Value() any {
	if d.value == nil {
		return map[string]any{}
	}
	return d.value
}

// JSON writes the data as one object, keys in order, numbers as they were written; nil where there are none.
func (d Data) JSON() []byte {
	if len(d.value) == 0 {
		return nil
	}
	text, err := json.Marshal(d.value)
	if err != nil {
		panic("actions: data that were read cannot be written: " + err.Error()) // they came from JSON
	}
	return text
}

// Number returns the number of a field at the top; false: it has none.
func (d Data) Number(field string) (Number, bool) {
	text, ok := d.value[field].(json.Number)
	if !ok {
		return Number{}, false
	}
	n, err := ParseNumber(text.String())
	return n, err == nil
}

// canonical appends the data in one form: keys sorted, each value behind a byte for its kind.
func (d Data) canonical(b []byte) []byte { return canonical(b, d.Value()) }

func canonical(b []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		b = number(append(b, 'o'), int64(len(v)))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = canonical(text(b, key), v[key])
		}
	case []any:
		b = number(append(b, 'a'), int64(len(v)))
		for _, item := range v {
			b = canonical(b, item)
		}
	case string:
		b = text(append(b, 's'), v)
	case json.Number:
		n, err := ParseNumber(v.String())
		if err != nil {
			panic("actions: data hold a number that was not checked")
		}
		b = text(append(b, 'n'), n.String())
	case bool:
		if v {
			return append(b, 't')
		}
		b = append(b, 'f')
	case nil:
		b = append(b, 'z')
	}
	return b
}
