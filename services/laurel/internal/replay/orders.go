package replay

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// history is what the order files hold, in the order of time.
type history struct {
	groups   []orderfile.Group
	lines    int64
	rejected int64
	kept     string // where the rejected rows are
	places   *orderfile.Places
	later    int64 // orders after --until, left out
}

// read reads all order files. Rows that do not parse go to a file of their own with their reasons, the rest goes on.
func (o Options) read(d orderfile.Defaults) (*history, error) {
	h := &history{places: orderfile.NewPlaces(o.RejectedDir, o.Orders)}
	for _, name := range o.Orders {
		if err := o.readFile(h, name, d); err != nil {
			return nil, err
		}
	}
	// Equal times keep the order of the files.
	slices.SortStableFunc(h.groups, func(a, b orderfile.Group) int { return a.Event.OccurredAt.Compare(b.Event.OccurredAt) })
	if !o.Until.IsZero() {
		end, _ := slices.BinarySearchFunc(h.groups, o.Until, func(g orderfile.Group, until time.Time) int {
			if g.Event.OccurredAt.After(until) {
				return 1
			}
			return -1
		})
		h.later = int64(len(h.groups) - end)
		h.groups = h.groups[:end]
	}
	for _, g := range h.groups {
		h.lines += int64(g.Rows)
	}
	return h, nil
}

func (o Options) readFile(h *history, name string, d orderfile.Defaults) error {
	in := o.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	r, err := orderfile.NewReader(filepath.Base(name), in, d)
	if err != nil {
		return err
	}
	var rows []orderfile.Rejected
	r.OnRejected(func(x orderfile.Rejected) { rows = append(rows, x) })
	for {
		g, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		h.groups = append(h.groups, g)
	}
	return o.keepRejected(h, name, r, rows)
}

// keepRejected writes rejected rows beside the house, so that they can be corrected and read again.
func (o Options) keepRejected(h *history, name string, r *orderfile.Reader, rows []orderfile.Rejected) error {
	if len(rows) == 0 {
		return nil
	}
	base := filepath.Base(name)
	if name == "-" {
		base = "stdin.csv"
	}
	for _, row := range rows[:min(len(rows), rejectedShown)] {
		_, _ = fmt.Fprintf(o.Err, "rejected %s\n", row)
	}
	path := h.places.Next(base)
	err := writeFile(path, func(w io.Writer) error {
		out, err := orderfile.NewRejects(w, r.Header())
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := out.Write(row); err != nil {
				return err
			}
		}
		return out.Flush()
	})
	if err != nil {
		return fmt.Errorf("keep rejected rows: %w", err)
	}
	h.rejected, h.kept = h.rejected+int64(len(rows)), path
	_, _ = fmt.Fprintf(o.Err, "%d rows of %s were not read; they are in %s with their reasons\n", len(rows), base, path)
	return nil
}

// rejectedShown is how many rejected rows are named on the terminal.
const rejectedShown = 20
