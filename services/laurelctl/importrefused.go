package laurelctl

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// refusedRows keeps the refused rows of a file of lots, in the order in which they were refused. They are written beside their place
// and moved there at the end, also of a dry run.
type refusedRows struct {
	path   string
	header []string // of the file that they are from
	count  int

	file *os.File
	out  *csv.Writer
	err  error // the first that went wrong
}

// importOursNames are the columns that are added to rejected rows.
var importOursNames = []string{"line", "field", "code", "reason", "todo"}

// contractColumns are the columns behind fields that the ledger speaks of.
var contractColumns = map[string]string{"expiry_day": importExpires, "issued_day": importIssued, "idempotency_key": importReference}

// hear takes one row: the first ones are shown, all are kept.
func (r *refusedRows) hear(w *world, file string, row importRow, why *reason.Error) {
	field := why.Field
	if column, ok := contractColumns[field]; ok {
		field = column
	}
	is := ofRefusal(&reason.Error{Reason: why.Reason, Message: why.Message})
	switch why.Reason {
	case reason.AccountNotEnrolled:
		is.todo = "enrol them first: laurelctl member enrol MEMBER; then import this row again"
	case reason.IdempotencyKeyReused:
		is.todo = "the row came over before with other content; correct its account, points, issuer or days, or give a new lot a new reference"
	}
	if r.count++; r.count <= rejectedShown {
		where := fmt.Sprintf("%s:%d: ", file, row.line)
		if field != "" {
			where += field + ": "
		}
		w.tell("refused %s%s (%s)", safe(where), safe(is.message), why.Reason)
	}
	if r.err == nil && r.file == nil {
		r.err = r.open()
	}
	if r.err != nil {
		return
	}
	cells := make([]string, 0, len(r.header)+len(importOursNames))
	for n := range r.header { // a row may have fewer values, or more
		cell := ""
		if n < len(row.cells) {
			cell = row.cells[n]
		}
		cells = append(cells, cell)
	}
	r.err = r.out.Write(append(cells, fmt.Sprint(row.line), field, string(why.Reason), safe(is.message), is.todo))
}

func (r *refusedRows) open() error {
	if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
		return err
	}
	var err error
	if r.file, err = os.CreateTemp(filepath.Dir(r.path), ".rejected-*"); err != nil {
		return err
	}
	r.out = csv.NewWriter(r.file)
	names := slices.Clone(r.header)
	for _, name := range importOursNames {
		names = append(names, importOurs+name)
	}
	return r.out.Write(names)
}

// close puts the rows in their place, whole or not at all.
func (r *refusedRows) close() error {
	if r.file == nil {
		return r.err
	}
	if r.err == nil {
		r.out.Flush()
		r.err = r.out.Error()
	}
	r.err = errors.Join(r.err, r.file.Sync(), r.file.Close())
	if r.err == nil {
		r.err = os.Rename(r.file.Name(), r.path)
	}
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("keep refused rows in %s: %w", r.path, errors.Join(r.err, os.Remove(r.file.Name())))
}
