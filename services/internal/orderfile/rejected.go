package orderfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Rejected is a row that was not read, and why.
type Rejected struct {
	File string
	// Line and Column count from 1, the column in characters.
	Line, Column int
	// Field is the column at fault, empty where it is the row as such.
	Field string
	Code  reason.Reason
	// Reason is a sentence that says what is wrong and what to do.
	Reason string
	// Row has the values in the order of Reader.Header; or, of a row that cannot be taken apart, its text alone.
	Row []string

	order string // the order of a row that cannot be taken apart, as far as it can be told
}

// String is "orders.csv:17:34: amount: ... (INVALID_FIELD)".
func (r Rejected) String() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s)", r.File, r.Line, r.Column, r.text(), r.Code)
}

func (r Rejected) text() string {
	if r.Field == "" {
		return r.Reason
	}
	return r.Field + ": " + r.Reason
}

// Rejects writes rejected rows as CSV that NewReader reads again once they are corrected: the columns of the file,
// then what was wrong. It is not safe for many goroutines.
type Rejects struct {
	w       *csv.Writer
	columns int
	order   int // place of order_id
}

// NewRejects writes the header for a file with these columns (Reader.Header).
func NewRejects(w io.Writer, header []string) (*Rejects, error) {
	isOrder := func(name string) bool { return strings.EqualFold(name, columnNames[colOrder]) }
	r := &Rejects{w: csv.NewWriter(w), columns: len(header), order: slices.IndexFunc(header, isOrder)}
	names := append([]string{}, header...)
	for _, name := range []string{"line", "column", "field", "code", "reason", "row"} {
		names = append(names, oursPrefix+name)
	}
	return r, r.w.Write(names)
}

// Write adds one row.
func (r *Rejects) Write(rejected Rejected) error {
	cells, whole := rejected.Row, ""
	if len(cells) != r.columns {
		cells, whole = make([]string, r.columns), oneLine(strings.Join(rejected.Row, ","))
		if r.order >= 0 {
			cells[r.order] = rejected.order // keeps the row with its order when the file is read again
		}
	}
	return r.w.Write(append(append([]string{}, cells...), strconv.Itoa(rejected.Line), strconv.Itoa(rejected.Column),
		rejected.Field, string(rejected.Code), oneLine(rejected.Reason), whole))
}

// Flush writes what is buffered, and returns the first error of all writes.
func (r *Rejects) Flush() error {
	r.w.Flush()
	return r.w.Error()
}

// oneLine keeps a text on its line and readable.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, text)
}

// cut keeps the beginning of a text, whole characters of it.
func cut(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
