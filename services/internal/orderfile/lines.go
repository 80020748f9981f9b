package orderfile

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// keptBytes is how much of a row that is too long is kept, to name it and its order.
const keptBytes = 1 << 10

// lines reads physical lines, ended by LF or CRLF, in bounded memory.
type lines struct {
	r      *bufio.Reader
	number int // of the line that next returned last, from 1
}

func newLines(r io.Reader) lines {
	return lines{r: bufio.NewReaderSize(r, rowBytesMax+2)} // a row and its line end
}

// next returns a line without its end. Of a line that is too long (true) it returns the beginning and skips the rest.
func (l *lines) next() (string, bool, error) {
	slice, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return l.skip(string(slice[:keptBytes])) // copied, for the buffer is filled anew
	}
	if errors.Is(err, io.EOF) && len(slice) > 0 {
		err = nil // the last line has no end
	}
	if err != nil {
		return "", false, err
	}
	l.number++
	text := strings.TrimSuffix(strings.TrimSuffix(string(slice), "\n"), "\r")
	if len(text) > rowBytesMax {
		return text[:keptBytes], true, nil
	}
	return text, false, nil
}

// skip reads to the end of a line of which only the beginning is kept.
func (l *lines) skip(begin string) (string, bool, error) {
	err := bufio.ErrBufferFull
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.r.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	l.number++
	return begin, true, nil
}

// blank is a line without any value, as spreadsheets write them behind the last row.
func blank(text string) bool { return strings.Trim(text, " \t,") == "" }
