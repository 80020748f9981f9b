package laurelctl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// rejects keeps the rejected rows of one file. They are written beside their place and moved there at the end.
type rejects struct {
	world   *world
	path    string
	header  []string
	outcome *fileOutcome

	file *os.File
	out  *orderfile.Rejects
	err  error // the first that went wrong
}

// hear takes one rejected row: the first ones are shown, all are kept.
func (r *rejects) hear(row orderfile.Rejected) {
	r.outcome.Rejected++
	if r.outcome.Rejected <= rejectedShown {
		r.world.tell("rejected %s", safe(row.String()))
	}
	if r.err == nil && r.file == nil {
		r.err = r.open()
	}
	if r.err == nil {
		r.err = r.out.Write(row)
	}
}

func (r *rejects) open() error {
	if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(r.path), ".rejected-*")
	if err != nil {
		return err
	}
	r.file = file
	r.out, err = orderfile.NewRejects(file, r.header)
	return err
}

// close puts the rows in their place, whole or not at all.
func (r *rejects) close() error {
	if r.outcome.Rejected > rejectedShown {
		r.world.tell("… and %d rows more", r.outcome.Rejected-rejectedShown)
	}
	err := r.err
	if r.file != nil {
		if err == nil {
			err = r.out.Flush()
		}
		err = errors.Join(err, r.file.Sync(), r.file.Close())
		if err == nil {
			err = os.Rename(r.file.Name(), r.path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(r.file.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("keep rejected rows in %s: %w", r.path, err)
	}
	if r.outcome.Rejected > 0 {
		r.outcome.RejectedFile = r.path
		r.world.tell("%d rows of %s were not published; they are in %s with their reasons",
			r.outcome.Rejected, r.outcome.File, r.path)
	}
	return nil
}
