package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	batchEvents = 500 // limits of one atomic batch
	batchBytes  = 4 << 20
	fullAgain   = time.Second // how long to pause before an intake is tried again that was full
)

// publisher publishes the orders of files, one batch in flight.
type publisher struct {
	ctx      context.Context //nolint:containedctx // of the one command that runs
	world    *world
	bus      *bus.Bus
	program  string
	defaults orderfile.Defaults
	resolver *resolver
	places   *orderfile.Places // of rejected rows
	files    []*fileOutcome
	pace     *pace
	wait     time.Duration // for the bus to take a batch

	batch   []bus.Outgoing
	bytes   int
	rows    int    // of the batch
	account string // of its last event
}

func (p *publisher) all(files []string) error {
	for _, name := range files {
		if err := p.file(name); err != nil {
			return err
		}
	}
	return nil
}

// file publishes one file.
func (p *publisher) file(name string) error {
	in, base := p.world.In, stdinName
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		in, base = file, filepath.Base(name)
	}
	reader, err := orderfile.NewReader(base, in, p.defaults)
	if err != nil {
		return err
	}
	outcome := &fileOutcome{File: base}
	p.files = append(p.files, outcome)
	rejects := &rejects{world: p.world, path: p.places.Next(base), header: reader.Header(), outcome: outcome}
	reader.OnRejected(rejects.hear)
	reader.Resolve(p.resolver.who)
	err = p.groups(reader, outcome)
	return errors.Join(err, rejects.close())
}

// groups publishes the events of one file.
func (p *publisher) groups(reader *orderfile.Reader, outcome *fileOutcome) error {
	for {
		g, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return p.flush(outcome)
		}
		if err != nil {
			return errors.Join(err, p.flush(outcome))
		}
		m, err := publish.Order(p.program, source, g)
		if err != nil {
			return err
		}
		p.batch, p.bytes, p.rows, p.account = append(p.batch, m), p.bytes+len(m.Data), p.rows+g.Rows, g.Account
		if len(p.batch) == p.pace.batch() || p.bytes >= batchBytes {
			if err := p.flush(outcome); err != nil {
				return err
			}
		}
	}
}

// flush publishes the batch once it may, waits until the bus has it on disk, and notes through where a file stands.
func (p *publisher) flush(outcome *fileOutcome) error {
	if len(p.batch) == 0 {
		return nil
	}
	if err := p.pace.room(p.ctx, len(p.batch)); err != nil {
		return fmt.Errorf("publish orders of %s: %w", outcome.File, err)
	}
	through, err := p.through()
	if err != nil {
		return fmt.Errorf("publish orders of %s: %w", outcome.File, err)
	}
	p.pace.add(sent{events: len(p.batch), account: p.account, through: through})
	outcome.Position = max(outcome.Position, through)
	outcome.Events, outcome.Rows = outcome.Events+len(p.batch), outcome.Rows+p.rows
	p.batch, p.bytes, p.rows = p.batch[:0], 0, 0
	return nil
}

// through publishes the batch, and returns the position through which it stands. Who knows of no ledger comes into an intake: where that
// is full it has room again once the ledger has taken some of it.
func (p *publisher) through() (uint64, error) {
	ctx, cancel := context.WithTimeout(p.ctx, p.wait)
	defer cancel()
	for {
		through, err := publish.Through(ctx, p.bus, p.batch)
		if !errors.Is(err, bus.ErrFull) || errors.Is(err, reason.DiskLow) || !p.pace.intake {
			return through, err
		}
		if pause(ctx, fullAgain) != nil {
			return 0, errors.Join(p.ctx.Err(), err)
		}
	}
}
