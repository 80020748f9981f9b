package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// readers are the services that read a stream, the one first whose word is money: what one of them has not applied stays.
var readers = map[string][]string{bus.Events: {"accrual", "tier"}, bus.Facts: {"partner", "analytics"}}

// archiveName is the manifest of an archive.
const archiveName = "archive.json"

// ArchiveOptions say how much is archived.
type ArchiveOptions struct {
	// Keep is how long a message stays in its stream at least; chunks of an outbox must leave within it.
	Keep time.Duration
	// TakeOut removes from the streams what the archive holds; else they stay as they are.
	TakeOut bool
}

// Segment is a piece of a stream: what stood there from one sequence to another, but for control events, which stay.
type Segment struct {
	Stream  string    `json:"stream"`
	Created time.Time `json:"created"` // when the stream was made
	First   uint64    `json:"first"`
	Last    uint64    `json:"last"`
	TakenAt time.Time `json:"taken_at"`
	File
}

// ArchiveOf is what an archive holds, piece behind piece.
type ArchiveOf struct {
	Format   int       `json:"format"`
	Segments []Segment `json:"segments"`
}

// last is where the pieces of a stream end.
func (a *ArchiveOf) last(stream string) (Segment, bool) {
	for i := len(a.Segments) - 1; i >= 0; i-- {
		if a.Segments[i].Stream == stream {
			return a.Segments[i], true
		}
	}
	return Segment{}, false
}

// readArchive reads what an archive says it holds; an empty one where there is none yet. Errors: *BadFile.
func readArchive(dir string) (*ArchiveOf, error) {
	text, err := os.ReadFile(filepath.Join(dir, archiveName))
	if errors.Is(err, fs.ErrNotExist) {
		return &ArchiveOf{Format: format}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the archive: %w", err)
	}
	var a ArchiveOf
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, &BadFile{archiveName, "it is no manifest of an archive: " + err.Error()}
	}
	if a.Format != format {
		return nil, &BadFile{archiveName, fmt.Sprintf("it has format %d; this program reads format %d", a.Format, format)}
	}
	for _, s := range a.Segments {
		if !filepath.IsLocal(s.Path) {
			return nil, &BadFile{archiveName, fmt.Sprintf("it names the file %q, which is not in the archive", s.Path)}
		}
	}
	return &a, nil
}

// Archive writes into a directory what all services have applied of EVENTS and FACTS and is older than they may need it,
// reads it again, and then, where it is asked to, takes it out of the streams. The house may go on working. It may be
// repeated, and goes on where it was. Returns what is new.
func Archive(ctx context.Context, h House, dir string, o ArchiveOptions) ([]Segment, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("write an archive: %w", err)
	}
	client, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is written there
	a := &archiving{house: h, dir: dir, client: client, options: o}
	if a.archive, err = readArchive(dir); err != nil {
		return nil, err
	}
	var added []Segment
	for _, stream := range []string{bus.Events, bus.Facts} {
		s, found, err := a.stream(ctx, stream)
		if err != nil {
			return added, err
		}
		if found {
			added = append(added, s)
		}
	}
	return added, nil
}

// archiving is one run.
type archiving struct {
	house   House
	dir     string
	client  *mongo.Client
	options ArchiveOptions
	archive *ArchiveOf
}

func (a *archiving) stream(ctx context.Context, stream string) (Segment, bool, error) {
	before := a.house.Now().Add(-a.options.Keep)
	if err := a.published(ctx, stream, before); err != nil {
		return Segment{}, false, err
	}
	limit, marks, err := a.limit(ctx, stream)
	if err != nil {
		return Segment{}, false, err
	}
	a.house.Stage("archiving stream %s", stream)
	added, err := a.copy(ctx, stream, limit, before)
	if err != nil {
		return added, false, err
	}
	last, archived := a.archive.last(stream)
	if !a.options.TakeOut || !archived {
		return added, added.Documents > 0, nil
	}
	if err := a.sound(ctx, stream, last, marks); err != nil {
		return added, false, err
	}
	a.house.Stage("taking %s out of the stream up to sequence %d", stream, last.Last)
	return added, added.Documents > 0, a.house.Bus.TakeOut(ctx, stream, last.Last)
}

// published refuses while a chunk of an outbox waits for longer than messages are kept: its relay asks the stream whether it
// has left already.
func (a *archiving) published(ctx context.Context, stream string, before time.Time) error {
	for _, service := range Services {
		var oldest struct {
			ID string `bson:"_id"`
		}
		err := a.client.Database(a.house.database(service)).Collection(outbox.Name).FindOne(ctx,
			bson.D{{Key: "stream", Value: stream}, {Key: "created", Value: bson.D{{Key: "$lt", Value: before}}}},
			options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Decode(&oldest)
		if err == nil {
			return fmt.Errorf("%s has not published chunk %s of its outbox for longer than messages are kept; see why first", service, oldest.ID)
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return fmt.Errorf("look into the outbox of %s: %w", service, err)
		}
	}
	return nil
}

// limit is up to where all readers of a stream have applied it, less the messages at their marks, which they look at again.
func (a *archiving) limit(ctx context.Context, stream string) (uint64, []store.Mark, error) {
	limit := uint64(math.MaxUint64)
	var marks []store.Mark
	for _, service := range readers[stream] {
		cursor, err := a.client.Database(a.house.database(service)).Collection(store.PartitionsName).Find(ctx, bson.D{})
		var parts []store.Partition
		if err == nil {
			err = cursor.All(ctx, &parts)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("read how far %s is: %w", service, err)
		}
		if len(parts) == 0 {
			return 0, nil, fmt.Errorf("%s has read nothing of %s yet", service, stream)
		}
		for _, p := range parts {
			behind := p.Mark.Sequence
			if behind > 0 {
				marks = append(marks, p.Mark)
				limit = min(limit, behind-1)
				continue
			}
			next, err := a.house.Bus.Next(ctx, stream, p.ID, 0)
			if err != nil {
				return 0, nil, err
			}
			if next > 0 {
				limit = min(limit, next-1)
			}
		}
	}
	if len(marks) == 0 {
		limit = 0
	}
	return limit, marks, nil
}

// errOther says that an archive is not of this stream.
func (a *archiving) errOther(last Segment, why string) error {
	return fmt.Errorf("%s is the archive of another stream %s, or a part of one: %s; begin one in another directory", a.dir, last.Stream, why)
}

// copy writes the next piece of a stream, if there is any.
func (a *archiving) copy(ctx context.Context, stream string, limit uint64, before time.Time) (Segment, error) {
	last, _ := a.archive.last(stream)
	out, err := a.house.Bus.Archived(ctx, stream)
	if err != nil {
		return Segment{}, err
	}
	if out > last.Last {
		return Segment{}, a.errOther(last, fmt.Sprintf("messages up to %d were taken out, it ends at %d", out, last.Last))
	}
	s := Segment{Stream: stream, First: last.Last + 1, Last: last.Last, TakenAt: a.house.Now().UTC()}
	path := fmt.Sprintf("%s-%019d.bson.zst", stream, s.First)
	if err := os.Remove(filepath.Join(a.dir, path)); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that broke off
		return s, fmt.Errorf("write an archive: %w", err)
	}
	w, err := create(a.dir, path)
	if err != nil {
		return s, err
	}
	err = a.house.Bus.CopyOut(ctx, stream, func(c bus.Copied) { s.Created = c.Created }, func(m bus.Stored) error {
		if m.Sequence < s.First {
			return nil
		}
		if m.Sequence > limit || !m.Time.Before(before) {
			return bus.ErrEnough
		}
		s.Last = m.Sequence
		if m.IsControl() {
			return nil
		}
		document, err := bson.Marshal(journal.Of(m))
		if err != nil {
			return err
		}
		return w.add(document)
	})
	if err == nil && last.Last > 0 && !last.Created.Equal(s.Created) {
		err = a.errOther(last, "it was made at another time")
	}
	if err != nil {
		w.abandon()
		return s, err
	}
	if s.File, err = w.close(); err != nil {
		return s, err
	}
	if s.Documents == 0 {
		return s, os.Remove(filepath.Join(a.dir, path))
	}
	if err := check(a.dir, s.File); err != nil {
		return s, err
	}
	a.archive.Segments = append(a.archive.Segments, s)
	text, err := json.MarshalIndent(a.archive, "", " ")
	if err != nil {
		return s, err
	}
	return s, writeWhole(filepath.Join(a.dir, archiveName), text)
}

// sound refuses to take anything out unless all that is to go is in the archive as it was written, and the stream is the one
// that the services have read.
func (a *archiving) sound(ctx context.Context, stream string, last Segment, marks []store.Mark) error {
	for _, s := range a.archive.Segments {
		if s.Stream == stream {
			if err := check(a.dir, s.File); err != nil {
				return err
			}
		}
	}
	there := map[uint64]bus.Stored{}
	for _, mark := range marks {
		there[mark.Sequence] = bus.Stored{}
	}
	var created time.Time
	err := a.house.Bus.CopyOut(ctx, stream, func(c bus.Copied) { created = c.Created }, func(m bus.Stored) error {
		if _, wanted := there[m.Sequence]; wanted {
			there[m.Sequence] = m
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, mark := range marks {
		if !at(mark, created, there[mark.Sequence]) || mark.Sequence <= last.Last {
			return fmt.Errorf("a service has applied message %d of %s, which is not there as it was: nothing is taken out", mark.Sequence, stream)
		}
	}
	return nil
}
