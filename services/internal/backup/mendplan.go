package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// plan writes what each stream has to hold, and keeps those that differ.
func (m *mending) plan(ctx context.Context) (*Mending, error) {
	planned := &Mending{Format: format, ID: "mend-" + bson.NewObjectID().Hex()}
	for _, stream := range []string{bus.Events, bus.Facts} {
		m.house.Stage("comparing stream %s with what was read of it", stream)
		s, whole, err := m.compare(ctx, stream)
		if err != nil {
			return nil, err
		}
		if !whole {
			planned.Streams = append(planned.Streams, s)
		}
	}
	return planned, nil
}

// compare writes what a stream has to hold, and tells whether it holds that already.
func (m *mending) compare(ctx context.Context, stream string) (Mended, bool, error) {
	var s Mended
	now, err := m.copy(ctx, stream)
	if err != nil {
		return s, false, err
	}
	s.Stream, s.Was = now, now.Created
	out, err := now.copied().Archived()
	if err != nil {
		return s, false, err
	}
	sources, end, err := m.sources(ctx, stream, now, int64(out)) //nolint:gosec // sequences count from 1
	defer end()
	if err != nil {
		return s, false, err
	}
	marks, err := m.marks(ctx, stream)
	if err != nil {
		return s, false, err
	}
	found, err := m.weave(stream, sources, now, marks)
	if err != nil {
		return s, false, err
	}
	if ledger := readers[stream][0]; slices.Contains(found.Again, ledger) {
		return s, false, &CannotMend{fmt.Sprintf("%s has applied two messages under one sequence of %s: replicas of it have read on beside one that had been ahead",
			ledger, stream)}
	}
	s.File, s.PutBack, s.Moved, s.Again = found.File, found.PutBack, found.Moved, found.Again
	s.Messages, s.Last = found.Messages, uint64(found.Last) //nolint:gosec // as above
	if found.First > 0 {
		s.First = min(s.First, uint64(found.First)) //nolint:gosec // as above
	}
	whole := s.PutBack == 0 && s.Moved == 0
	for _, mark := range marks {
		if slices.Contains(s.Again, mark.service) {
			continue
		}
		if !mark.found {
			return s, false, &CannotMend{fmt.Sprintf("%s has applied message %d of %s in partition %d (%s), which neither the stream has nor a journal:"+
				" it is older than the journals, or the databases are another house's; restore a backup", mark.service, mark.Mark.Sequence, stream, mark.ID, mark.Mark.ID)}
		}
		whole = whole && mark.Mark.Created.Equal(now.Created)
	}
	return s, whole, nil
}

// copy writes what a stream holds now into a file.
func (m *mending) copy(ctx context.Context, stream string) (Stream, error) {
	var s Stream
	w, err := create(m.dir, wasPath(stream))
	if err != nil {
		return s, err
	}
	is, err := m.house.Bus.State(ctx, stream)
	if err == nil && is.Created.IsZero() { // only Look comes so far
		s.Config.Name, s.First = stream, 1
		s.File, err = w.close()
		return s, err
	}
	if err != nil {
		w.abandon()
		return s, err
	}
	err = m.house.Bus.CopyOut(ctx, stream, func(c bus.Copied) {
		s.Config, s.Created, s.First, s.Last = c.Config, c.Created, c.First, c.Last
	}, func(stored bus.Stored) error {
		return add(w, journal.Of(stored))
	})
	if err != nil {
		w.abandon()
		return s, err
	}
	s.File, err = w.close()
	return s, err
}

func add(w *fileWriter, message journal.Message) error {
	document, err := bson.Marshal(message)
	if err != nil {
		return err
	}
	return w.add(document)
}

// sources are the journals of who reads a stream, and what it holds. What was archived stays out.
func (m *mending) sources(ctx context.Context, stream string, now Stream, archived int64) ([]*source, func(), error) {
	var sources []*source
	var ends []func()
	end := func() {
		for _, end := range ends {
			end()
		}
	}
	for _, service := range readers[stream] {
		r, err := journal.Read(ctx, m.client.Database(m.house.database(service)).Collection(journal.Name))
		if err != nil {
			return nil, end, fmt.Errorf("read what %s has read: %w", service, err)
		}
		ends = append(ends, func() { r.Close(context.WithoutCancel(ctx)) })
		sources = append(sources, &source{service: service, next: func() (journal.Message, error) {
			for {
				message, err := r.Next(ctx)
				if err == nil && message.Sequence <= archived && !message.Stored().IsControl() {
					continue
				}
				return message, err
			}
		}})
	}
	next, endFile, err := messages(m.dir, now.File)
	if err != nil {
		return nil, end, err
	}
	ends = append(ends, endFile)
	return append(sources, &source{next: next}), end, nil
}

// markOf is the mark of a service's partition, and whether its message will be there.
type markOf struct {
	service string
	store.Partition
	found bool
}

func (m *mending) marks(ctx context.Context, stream string) ([]*markOf, error) {
	var marks []*markOf
	for _, service := range readers[stream] {
		cursor, err := m.client.Database(m.house.database(service)).Collection(store.PartitionsName).Find(ctx,
			bson.D{{Key: "mark.sequence", Value: bson.D{{Key: "$gt", Value: 0}}}})
		var parts []store.Partition
		if err == nil {
			err = cursor.All(ctx, &parts)
		}
		if err != nil {
			return nil, fmt.Errorf("read how far %s is: %w", service, err)
		}
		for _, p := range parts {
			marks = append(marks, &markOf{service: service, Partition: p})
		}
	}
	return marks, nil
}

// wovenFile is what a stream has to hold, in a file.
type wovenFile struct {
	woven
	File
}

// weave writes what a stream has to hold, and looks for the messages at the marks.
func (m *mending) weave(stream string, sources []*source, now Stream, marks []*markOf) (wovenFile, error) {
	var f wovenFile
	wanted := map[int64][]*markOf{}
	for _, mark := range marks {
		sequence := int64(mark.Mark.Sequence) //nolint:gosec // sequences count from 1
		wanted[sequence] = append(wanted[sequence], mark)
	}
	out, err := create(m.dir, isPath(stream))
	if err != nil {
		return f, err
	}
	aside, err := create(m.dir, behindPath(stream))
	if err != nil {
		out.abandon()
		return f, err
	}
	place := func(message journal.Message) error {
		for _, mark := range wanted[message.Sequence] {
			stored := message.Stored()
			mark.found = mark.found || mark.Mark.Time.Equal(stored.Time.Truncate(time.Millisecond)) && mark.Mark.ID == stored.ID()
		}
		return add(out, message)
	}
	f.woven, err = weave(sources, int64(now.Last), place, func(message journal.Message) error { return add(aside, message) }, //nolint:gosec // as above
		func() (func() (journal.Message, error), error) {
			file, err := aside.close()
			if err != nil {
				return nil, err
			}
			next, end, err := messages(m.dir, file)
			if err != nil {
				return nil, err
			}
			return func() (journal.Message, error) {
				message, err := next()
				if errors.Is(err, io.EOF) {
					end()
				}
				return message, err
			}, nil
		})
	if err != nil {
		out.abandon()
		return f, fmt.Errorf("weave %s: %w", filepath.Base(out.path), err)
	}
	f.File, err = out.close()
	return f, err
}
