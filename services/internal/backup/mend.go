package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// mendName is the manifest of a mending.
const mendName = "mend.json"

// Mending is what is done to streams that have lost something.
type Mending struct {
	Format  int      `json:"format"`
	ID      string   `json:"id"`
	Done    bool     `json:"done"`
	Streams []Mended `json:"streams"` // those that are not as they should be
}

// Mended is one stream: what it will hold, in a file, and how that differs from what it held.
type Mended struct {
	Stream
	// Was is when the stream that is replaced was made.
	Was time.Time `json:"was"`
	// PutBack counts messages that services had applied and the stream had lost.
	PutBack uint64 `json:"put_back"`
	// Moved counts messages that came after the loss under sequences that had been given out before: they stand at the end now.
	Moved uint64 `json:"moved"`
	// Again are services that had applied some of those: they must read the stream from its beginning.
	Again []string `json:"again,omitempty"`
}

// String says it in words, a line for each stream, and one for each service that must read again.
func (m *Mending) String() string {
	if len(m.Streams) == 0 {
		return "the streams hold what the services have read of them: there is nothing to mend\n"
	}
	var text strings.Builder
	for _, s := range m.Streams {
		_, _ = fmt.Fprintf(&text, "%s: %d messages, %d of them put back where they were, %d that came since moved to the end\n",
			s.Config.Name, s.Messages, s.PutBack, s.Moved)
		for _, service := range s.Again {
			_, _ = fmt.Fprintf(&text, "%s had read some of those where they were: it must read %s anew: laurel rebuild --service %s\n",
				service, s.Config.Name, service)
		}
	}
	return text.String()
}

// MendFinished says that a directory is that of a mending which came to its end.
type MendFinished struct{ Dir string }

func (e *MendFinished) Error() string {
	return e.Dir + " is that of a mending that came to its end: give this one a directory of its own; nothing was changed"
}

// CannotMend says why streams cannot be made what the services have read. Nothing was changed.
type CannotMend struct{ Why string }

func (e *CannotMend) Error() string { return e.Why + "; nothing was changed" }

// Look tells what Mend would do, and changes nothing. Errors: *CannotMend.
func Look(ctx context.Context, h House) (*Mending, error) {
	client, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	dir, err := os.MkdirTemp("", "laurel-mend-")
	if err != nil {
		return nil, fmt.Errorf("look what is to be mended: %w", err)
	}
	m, err := (&mending{house: h, dir: dir, client: client}).plan(ctx)
	return m, errors.Join(err, os.RemoveAll(dir))
}

// Mend makes EVENTS and FACTS hold again what services have applied of them, each message at the sequence and with the time that it
// had, and behind that what came since; then all read on. What a stream has lost comes out of the services' journals. All of a
// new stream is in the directory before the old one is removed. No service may be up: one that shares partitions is found, others are
// not. After an end in the midst the same call goes on; no service starts meanwhile. Errors: *CannotMend, *ServiceUp, *MendFinished,
// *BadFile.
func Mend(ctx context.Context, h House, dir string) (*Mending, error) {
	client, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // all that was written is acknowledged
	m := &mending{house: h, dir: dir, client: client}
	under, err := h.Bus.Marked(ctx)
	if err != nil {
		return nil, err
	}
	m.Mending, err = readMending(dir)
	begun := !errors.Is(err, fs.ErrNotExist)
	if begun && err != nil {
		return nil, err
	}
	if under != "" && (!begun || under != m.ID) {
		return nil, &CannotMend{"the streams are being restored or mended otherwise (" + under + "): finish that"}
	}
	if err := m.down(ctx); err != nil {
		return nil, err
	}
	if !begun {
		if m.Mending, err = m.prepare(ctx); err != nil || len(m.Streams) == 0 {
			return m.Mending, err
		}
	}
	if m.Done && under == "" {
		return nil, &MendFinished{dir}
	}
	if !m.Done {
		if err := m.carryOut(ctx); err != nil {
			return nil, err
		}
	}
	return m.Mending, h.Bus.Unmark(ctx) // the last: until then the same call goes on
}

// carryOut replaces the streams, and lets the services in.
func (m *mending) carryOut(ctx context.Context) error {
	if err := m.mark(ctx); err != nil {
		return err
	}
	for _, s := range m.Streams {
		if err := m.stream(ctx, s); err != nil {
			return err
		}
	}
	if err := m.open(ctx); err != nil {
		return err
	}
	m.Done = true
	return m.write()
}

// mending is one run.
type mending struct {
	*Mending
	house  House
	dir    string
	client *mongo.Client
}

func readMending(dir string) (*Mending, error) {
	text, err := os.ReadFile(filepath.Join(dir, mendName))
	if err != nil {
		return nil, err
	}
	var m Mending
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, &BadFile{mendName, "it is no manifest of a mending: " + err.Error()}
	}
	if m.Format != format {
		return nil, &BadFile{mendName, fmt.Sprintf("it has format %d; this program reads format %d", m.Format, format)}
	}
	for _, s := range m.Streams {
		if !filepath.IsLocal(s.Path) {
			return nil, &BadFile{mendName, fmt.Sprintf("it names the file %q, which is not in the directory", s.Path)}
		}
		if err := check(dir, s.File); err != nil {
			return nil, err
		}
	}
	return &m, nil
}

func (m *mending) write() error {
	text, err := json.MarshalIndent(m.Mending, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", mendName, err)
	}
	return writeWhole(filepath.Join(m.dir, mendName), text)
}

// prepare closes the streams, so that nothing comes in any more, and writes what they will hold.
func (m *mending) prepare(ctx context.Context) (*Mending, error) {
	if err := m.clear(); err != nil {
		return nil, err
	}
	if m.house.Layout != nil {
		if err := m.house.Bus.EnsureStreams(ctx, *m.house.Layout); err != nil {
			return nil, err
		}
	}
	limits := map[string]int64{}
	open := func() error {
		var err error
		for stream, limit := range limits {
			err = errors.Join(err, m.house.Bus.Limit(context.WithoutCancel(ctx), stream, limit))
		}
		return err
	}
	for stream := range readers {
		limit, err := m.house.Bus.Shut(ctx, stream)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("close the streams (`laurel setup` makes one that is gone): %w", err), open())
		}
		limits[stream] = limit
	}
	planned, err := m.plan(ctx)
	if err != nil {
		return nil, errors.Join(err, open())
	}
	m.Mending = planned
	for i, s := range planned.Streams {
		planned.Streams[i].Config.MaxBytes = limits[s.Config.Name]
	}
	if len(planned.Streams) > 0 {
		err = m.write()
	}
	if err == nil {
		for _, s := range planned.Streams {
			delete(limits, s.Config.Name) // it stays closed until it is made anew
		}
	}
	return planned, errors.Join(err, open())
}

// clear takes away what a run that ended before it had written its manifest has left, and refuses a directory of something else.
func (m *mending) clear() error {
	for stream := range readers {
		for _, path := range []string{wasPath(stream), behindPath(stream), isPath(stream)} {
			if err := os.Remove(filepath.Join(m.dir, path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("mend in %s: %w", m.dir, err)
			}
		}
	}
	return emptyDir(m.dir)
}

// The files of a stream: what it held, what goes behind, what it is to hold.
func wasPath(stream string) string    { return stream + "-was.bson.zst" }
func behindPath(stream string) string { return stream + "-behind.bson.zst" }
func isPath(stream string) string     { return stream + ".bson.zst" }

// mark keeps services from opening databases whose stream is not whole, and from making streams.
func (m *mending) mark(ctx context.Context) error {
	if err := m.house.Bus.Mark(ctx, m.ID); err != nil {
		return err
	}
	for _, service := range Services {
		names, err := m.client.Database(m.house.database(service)).ListCollectionNames(ctx, bson.D{})
		if err != nil {
			return fmt.Errorf("look into the database of %s: %w", service, err)
		}
		if len(names) == 0 {
			continue // it has never been up
		}
		_, err = m.client.Database(m.house.database(service)).Collection(store.RestoringName).InsertOne(ctx,
			bson.D{{Key: "_id", Value: m.ID}, {Key: "since", Value: m.house.Now().UTC()}})
		if err != nil && !mongo.IsDuplicateKeyError(err) {
			return fmt.Errorf("mark the database of %s: %w", service, err)
		}
	}
	return nil
}

// stream replaces a stream, unless that was done before.
func (m *mending) stream(ctx context.Context, s Mended) error {
	is, err := m.house.Bus.State(ctx, s.Config.Name)
	if err != nil {
		return err
	}
	done, err := m.has(is, s)
	if done || err != nil {
		return err
	}
	m.house.Stage("making stream %s anew: %d messages", s.Config.Name, s.Messages)
	if err := m.house.Bus.Remove(ctx, s.Config.Name); err != nil {
		return err
	}
	next, end, err := messages(m.dir, s.File)
	if err != nil {
		return err
	}
	defer end()
	as := s.copied()
	as.Mending = m.ID
	if m.house.Replicas > 0 {
		as.Config.Replicas = m.house.Replicas
	}
	_, err = m.house.Bus.CopyIn(ctx, as, func() (bus.Stored, error) {
		d, err := next()
		return d.Stored(), err
	})
	return err
}

// has tells whether a stream is what it is to be. It refuses one that is neither that, nor what it was, nor a part that this mending
// has made before it was killed.
func (m *mending) has(is bus.State, s Mended) (bool, error) {
	switch {
	case is.Created.IsZero(), is.Created.Equal(s.Was):
		return false, nil
	case is.Last == s.Last && is.Messages == s.Messages:
		return true, nil
	case is.Mending == m.ID:
		return false, nil
	}
	return false, fmt.Errorf("stream %s is neither what it was when its mending began nor what it is to be: something else has made it; %s has what it is to hold",
		s.Config.Name, filepath.Join(m.dir, s.Path))
}

// open binds the marks to the new streams and lets the services in, all in one transaction. Who must read again is not bound: the
// service says that the bus went back until that is done.
func (m *mending) open(ctx context.Context) error {
	created := map[string]time.Time{}
	for _, s := range m.Streams {
		is, err := m.house.Bus.State(ctx, s.Config.Name)
		if err != nil {
			return err
		}
		created[s.Config.Name] = is.Created
	}
	session, err := m.client.StartSession()
	if err != nil {
		return fmt.Errorf("open the house: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		for _, s := range m.Streams {
			if err := m.bind(ctx, s, created[s.Config.Name]); err != nil {
				return nil, err
			}
		}
		for _, service := range Services {
			marks := m.client.Database(m.house.database(service)).Collection(store.RestoringName)
			if _, err := marks.DeleteOne(ctx, bson.D{{Key: "_id", Value: m.ID}}); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if err != nil {
		return fmt.Errorf("open the house: %w", err)
	}
	for _, service := range Services {
		if err := m.client.Database(m.house.database(service)).Collection(store.RestoringName).Drop(ctx); err != nil {
			return fmt.Errorf("open the house: %w", err) // it is open; an empty collection stays
		}
	}
	return nil
}

func (m *mending) bind(ctx context.Context, s Mended, created time.Time) error {
	for _, service := range readers[s.Config.Name] {
		if slices.Contains(s.Again, service) {
			continue
		}
		_, err := m.client.Database(m.house.database(service)).Collection(store.PartitionsName).UpdateMany(ctx,
			bson.D{{Key: "mark.sequence", Value: bson.D{{Key: "$gt", Value: 0}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "mark.created", Value: created}}}, {Key: "$inc", Value: bson.D{{Key: "version", Value: 1}}}})
		if err != nil {
			return fmt.Errorf("bind the marks of %s: %w", service, err)
		}
	}
	return nil
}
