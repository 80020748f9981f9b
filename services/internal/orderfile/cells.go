package orderfile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// cell is one value of a row and the byte at which it begins.
type cell struct {
	text string
	at   int
}

// flaw is what is wrong with a row, and the byte at which it shows.
type flaw struct {
	at    int
	field string
	code  reason.Reason
	text  string
}

func malformed(at int, format string, args ...any) *flaw {
	return &flaw{at: at, code: reason.MalformedEvent, text: fmt.Sprintf(format, args...)}
}

// split cuts a row at its commas, at most into most cells. Values may stand in double quotes, with "" for a quote;
// blanks around a value are dropped. On a flaw it returns the cells before it.
func split(text string, most int) ([]cell, *flaw) {
	cells := make([]cell, 0, min(most, 64))
	at := 0
	for {
		if len(cells) == most {
			return cells, malformed(at, "the row has more than the %d values that the header names", most)
		}
		c, next, bad := value(text, at)
		if bad != nil {
			return cells, bad
		}
		cells = append(cells, c)
		if next == len(text) {
			return cells, nil
		}
		at = next + 1 // behind the comma
	}
}

// value reads the value that begins at a byte. The second result is where the comma behind it stands, or the end of
// the text.
func value(text string, at int) (cell, int, *flaw) {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	if at < len(text) && text[at] == '"' {
		return quoted(text, at)
	}
	end := len(text)
	if comma := strings.IndexByte(text[at:], ','); comma >= 0 {
		end = at + comma
	}
	plain := strings.TrimRight(text[at:end], " \t")
	if quote := strings.IndexByte(plain, '"'); quote >= 0 {
		return cell{}, 0, malformed(at+quote, `a quote inside a value: put the whole value in quotes and write "" for a quote`)
	}
	return cell{text: plain, at: at}, end, nil
}

// quoted is value for one that begins with a quote.
func quoted(text string, at int) (cell, int, *flaw) {
	var b strings.Builder
	i := at + 1
	for {
		quote := strings.IndexByte(text[i:], '"')
		if quote < 0 {
			return cell{}, 0, malformed(at, "the quote is not closed on its line")
		}
		b.WriteString(text[i : i+quote])
		i += quote + 1
		if i == len(text) || text[i] != '"' {
			break
		}
		b.WriteByte('"')
		i++
	}
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	if i < len(text) && text[i] != ',' {
		return cell{}, 0, malformed(i, "a comma is missing behind the closing quote")
	}
	return cell{text: b.String(), at: at}, i, nil
}

// unfit finds the first byte of a row that no text has: broken UTF-8, or a control character other than a tab.
func unfit(text string) *flaw {
	for i, r := range text {
		switch {
		case r == utf8.RuneError:
			if _, width := utf8.DecodeRuneInString(text[i:]); width <= 1 {
				return malformed(i, "the bytes are not UTF-8; save the file as UTF-8")
			}
		case r < ' ' && r != '\t', r == 0x7f:
			return malformed(i, "a control character (U+%04X) stands in the row", r)
		}
	}
	return nil
}

// columnAt counts characters from 1, as editors do.
func columnAt(text string, at int) int { return utf8.RuneCountInString(text[:min(at, len(text))]) + 1 }
