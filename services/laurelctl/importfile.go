package laurelctl

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// importRowsMax is how many rows a file may have: the references of all of them are kept, some 50 bytes each.
	importRowsMax = 5_000_000
	// importPointsMost is the most points of a row, so that those of a file can be added up.
	importPointsMost = 1_000_000_000_000
	// importOurs marks the columns that are added to rejected rows, so that the file can be corrected and read again.
	importOurs = "rejected_"
)

// Columns of a file of lots.
const (
	importAccount   = "account"
	importMember    = "member"
	importPoints    = "points"
	importReference = "reference"
	importIssuer    = "issuer"
	importIssued    = "issued_at"
	importExpires   = "expires"
)

var importColumns = []string{importAccount, importMember, importPoints, importReference, importIssuer, importIssued, importExpires}

// importRow is a row of a file of lots: one lot of one account.
type importRow struct {
	line  int
	cells []string
	who   string // the account, or the member
	// points are those of the row, as far as they can be read.
	points  int64
	request *accrualv1.ImportPointsRequest // without programme, source and account
	wrong   *reason.Error                  // nil: it can be sent
}

// importFile reads lots from CSV, row by row.
type importFile struct {
	header []string
	place  map[string]int // of each column
	zone   *time.Location
	in     *csv.Reader
	seen   map[[16]byte]uint32 // the line of each reference, by its hash
	rows   int
}

// members tells whether the rows name members, and not accounts.
func (f *importFile) members() bool {
	_, ok := f.place[importMember]
	return ok
}

// readLots reads a whole file. What is wrong with a row is told with it; what is wrong with the file ends it.
func readLots(name string, zone *time.Location, hear func(f *importFile, row importRow) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	in := bufio.NewReaderSize(file, 1<<16)
	if mark, err := in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(len(mark)) // what some table programs write first
	}
	f := &importFile{zone: zone, in: csv.NewReader(in), place: map[string]int{}, seen: map[[16]byte]uint32{}}
	f.in.FieldsPerRecord = -1
	if err := f.head(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for {
		cells, err := f.in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &failure{code: string(reason.InvalidField), message: name + ": " + err.Error(), todo: "correct the quotes of this line; the file was not read further"}
		}
		if f.rows++; f.rows > importRowsMax {
			return &usageError{fmt.Sprintf("%s has more than %d rows", name, importRowsMax), "divide it; the references of all parts together must be of their own"}
		}
		if err := hear(f, f.row(cells)); err != nil {
			return err
		}
	}
}

// head reads the names of the columns. One that is not known is a mistake: a column of last days with another name would let all points
// lapse by the programme's rules.
func (f *importFile) head() error {
	names, err := f.in.Read()
	if err != nil {
		return &usageError{"there is no line of column names", "write them first: " + strings.Join(importColumns[1:], ",")}
	}
	f.header = names
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		_, twice := f.place[name]
		switch {
		case strings.HasPrefix(name, importOurs):
		case !slices.Contains(importColumns, name):
			return &usageError{fmt.Sprintf("column %q is not known", name), "the columns are " + strings.Join(importColumns, ", ")}
		case twice:
			return &usageError{fmt.Sprintf("there are two columns %s", name), "leave one of them"}
		default:
			f.place[name] = i
		}
	}
	_, accounts := f.place[importAccount]
	if accounts == f.members() {
		return &usageError{"rows must name either an account or a member", "have one column account, or one column member"}
	}
	for _, name := range []string{importPoints, importReference} {
		if _, ok := f.place[name]; !ok {
			return &usageError{"there is no column " + name, "add it; reference is the row's own id in the system that it comes from"}
		}
	}
	return nil
}

func (f *importFile) cell(cells []string, name string) string {
	i, ok := f.place[name]
	if !ok || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[i])
}

// row takes a row apart.
func (f *importFile) row(cells []string) importRow {
	line, _ := f.in.FieldPos(0)
	r := importRow{line: line, cells: cells, who: f.cell(cells, importAccount) + f.cell(cells, importMember)}
	bad := func(field, format string, args ...any) {
		if r.wrong == nil {
			r.wrong = reason.New(reason.InvalidField, field, format, args...)
		}
	}
	points, err := strconv.ParseInt(f.cell(cells, importPoints), 10, 64)
	switch {
	case len(cells) != len(f.header):
		bad("", "it has %d values, the file has %d columns; write as many", len(cells), len(f.header))
	case err != nil || points <= 0 || points > importPointsMost:
		bad(importPoints, "%.40q is no number of points; write a whole number from 1 to %d", f.cell(cells, importPoints), int64(importPointsMost))
	default:
		r.points = points
	}
	if r.who == "" {
		bad(importAccount, "nobody is named; write whose points they are")
	}
	r.request = &accrualv1.ImportPointsRequest{Points: r.points, Issuer: f.cell(cells, importIssuer), IdempotencyKey: f.cell(cells, importReference)}
	if r.request.IssuedDay, err = f.issued(f.cell(cells, importIssued)); err != nil {
		bad(importIssued, "%s", err)
	}
	if r.request.ExpiryDay, err = gone(f.cell(cells, importExpires)); err != nil {
		bad(importExpires, "%s, or never, or leave it empty for what the programme says", err)
	}
	f.unique(&r, bad)
	return r
}

// unique refuses a reference that stands in the file already.
func (f *importFile) unique(r *importRow, bad func(field, format string, args ...any)) {
	reference := r.request.GetIdempotencyKey()
	if reference == "" {
		bad(importReference, "the row has no id of its own; give it one")
		return
	}
	sum := sha256.Sum256([]byte(reference))
	key := [16]byte(sum[:16])
	if first, ok := f.seen[key]; ok {
		bad(importReference, "%.60q stands in line %d already; each row has an id of its own", reference, first)
		return
	}
	f.seen[key] = uint32(r.line) //nolint:gosec // far fewer lines
}

// issued is the day on which points were given, in the programme's zone.
func (f *importFile) issued(text string) (string, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return calendar.DayOf(at, f.zone).String(), nil
	}
	if text == "" {
		return "", nil
	}
	day, err := calendar.Parse(text)
	return day.String(), err
}

// gone is the first day on which points are gone whose last day is named.
func gone(last string) (string, error) {
	if last == "" || strings.EqualFold(last, "never") {
		return strings.ToLower(last), nil
	}
	day, err := calendar.Parse(last)
	if err != nil {
		return "", err
	}
	return (day + 1).String(), nil
}
