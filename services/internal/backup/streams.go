package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func (t *taking) streams(ctx context.Context) error {
	for _, name := range streamNames {
		t.house.Stage("copying stream %s", name)
		s, err := t.stream(ctx, name)
		if err != nil {
			return err
		}
		t.manifest.Streams = append(t.manifest.Streams, s)
	}
	return nil
}

// stream copies a stream up to the first message that a service wrote after the moment. All that anybody had applied or
// published at the moment stands before it, because whoever writes commits first.
func (t *taking) stream(ctx context.Context, name string) (Stream, error) {
	var s Stream
	w, err := create(t.dir, filepath.Join("streams", name+".bson.zst"))
	if err != nil {
		return s, err
	}
	begin := func(c bus.Copied) { s.Config, s.Created, s.First, s.Last = c.Config, c.Created, c.First, c.Last }
	err = t.house.Bus.CopyOut(ctx, name, begin, func(m bus.Stored) error {
		later, err := t.written.later(name, m)
		if err != nil {
			return fmt.Errorf("message %d: %w", m.Sequence, err)
		}
		if later {
			s.Last = m.Sequence - 1
			return bus.ErrEnough
		}
		s.Messages++
		document, err := bson.Marshal(journal.Of(m))
		if err != nil {
			return err
		}
		return w.add(document)
	})
	if err != nil {
		w.abandon()
		return s, err
	}
	s.File, err = w.close()
	return s, err
}

// later tells whether a message was written by a service after the moment of which this is what it had written. Who is no
// service writes when they like: their message is as good as one that came in time.
func (w written) later(stream string, m bus.Stored) (bool, error) {
	if program, kind, found := m.Control(); found && kind == "revised" {
		var revised controlv1.ProgramRevised
		if err := proto.Unmarshal(m.Data, &revised); err != nil {
			return false, fmt.Errorf("read a revision: %w", err)
		}
		return int(revised.GetRevision()) > w.revisions[program], nil
	}
	chunk, found, err := m.Outbox()
	if err != nil || !found {
		return false, err
	}
	parts, known := w.chunks[chunk.Service]
	if !known {
		return false, fmt.Errorf("it came from the outbox of %q, which is no service", chunk.Service)
	}
	return chunk.Number > uint64(parts[chunk.Partition][stream]), nil //nolint:gosec // numbers count from 1
}

// place finds the message at every mark in the streams that were copied, and so which stream each service reads. A mark
// whose message is in none of them means that the bus went back: such a house is not copied, it would never read on.
func (t *taking) place(parts map[string][]store.Partition) error {
	wanted := map[int64][]*Mark{}
	ids := map[*Mark]store.Mark{}
	for i := range t.manifest.Services {
		s := &t.manifest.Services[i]
		s.Marks = make([]Mark, len(parts[s.Name]))
		for j, p := range parts[s.Name] {
			s.Marks[j] = Mark{Partition: p.ID, Sequence: p.Mark.Sequence, Outbox: p.Outbox}
			if p.Mark.Sequence > 0 {
				wanted[int64(p.Mark.Sequence)] = append(wanted[int64(p.Mark.Sequence)], &s.Marks[j]) //nolint:gosec // sequences count from 1
				ids[&s.Marks[j]] = p.Mark
			}
		}
	}
	for _, s := range t.manifest.Streams {
		if err := eachMessage(t.dir, s.File, func(d journal.Message) {
			for _, mark := range wanted[d.Sequence] {
				if at(ids[mark], s.Created, d.Stored()) {
					mark.Stream = s.Config.Name
				}
			}
		}); err != nil {
			return err
		}
	}
	for _, s := range t.manifest.Services {
		for _, mark := range s.Marks {
			if mark.Sequence > 0 && mark.Stream == "" {
				return fmt.Errorf("%s has applied message %d in partition %d, which is in no stream as it was: the bus went back, or the streams are another house's",
					s.Name, mark.Sequence, mark.Partition)
			}
		}
	}
	return nil
}

// at tells whether a message is the one at a mark.
func at(mark store.Mark, created time.Time, m bus.Stored) bool {
	return mark.Created.Equal(created) && mark.Time.Equal(m.Time.Truncate(time.Millisecond)) && mark.ID == m.ID()
}

// eachMessage reads the messages of a file.
func eachMessage(dir string, f File, do func(journal.Message)) error {
	next, end, err := messages(dir, f)
	if err != nil {
		return err
	}
	defer end()
	for {
		d, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		do(d)
	}
}

// messages opens a file of messages: the function returns one after the other, io.EOF behind the last.
func messages(dir string, f File) (func() (journal.Message, error), func(), error) {
	r, err := openFile(dir, f)
	if err != nil {
		return nil, nil, err
	}
	return func() (journal.Message, error) {
		var d journal.Message
		document, err := r.next()
		if err != nil {
			return d, err
		}
		if err := bson.Unmarshal(document, &d); err != nil {
			return d, &BadFile{f.Path, "it has something that is no message: " + err.Error()}
		}
		return d, nil
	}, r.close, nil
}
