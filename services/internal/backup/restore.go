package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// NotEmpty says that there is something already where a backup was to be restored. Nothing was changed.
type NotEmpty struct{ What string }

func (e *NotEmpty) Error() string {
	return e.What + ": a backup is restored into an empty house only; nothing was changed"
}

// Check reads a whole backup and holds it against its manifest. Errors: *BadFile.
func Check(dir string) (*Manifest, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range m.files() {
		if err := check(dir, f); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Restore makes an empty house one that has what a backup holds. The backup is checked whole before anything is written,
// and what was written is read again and held against it. Until it returns nil no service starts on these databases; after
// an end in the midst the same call with the same backup begins again. With the directory of an archive, the streams have
// again what was taken out of them; empty: they have not. Errors: *BadFile, *NotEmpty.
func Restore(ctx context.Context, h House, dir, archive string) (*Manifest, error) {
	h.Stage("checking the backup")
	m, err := Check(dir)
	if err != nil {
		return nil, err
	}
	a, err := openArchive(archive, m)
	if err != nil {
		return nil, err
	}
	client, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // all that was written is acknowledged
	r := &restoring{house: h, dir: dir, client: client, manifest: m, archive: a}
	done, err := r.clear(ctx)
	if err == nil && !done {
		err = r.fill(ctx)
	}
	if err == nil {
		err = h.Bus.Unmark(ctx)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// restoring is a backup that is being restored.
type restoring struct {
	house    House
	dir      string
	client   *mongo.Client
	manifest *Manifest
	archive  *archived
	created  map[string]time.Time // when the streams were made anew
}

// clear refuses a house in which there is something, takes away what an earlier restoring of this very backup has left
// there, and marks the house. True: that earlier one had come to its end.
func (r *restoring) clear(ctx context.Context) (bool, error) {
	ours, err := r.house.Bus.Marked(ctx)
	if err != nil {
		return false, err
	}
	if ours != "" && ours != r.manifest.ID {
		return false, &NotEmpty{fmt.Sprintf("another backup (%s) is half restored here: finish that, or take its streams and databases away", ours)}
	}
	begun, full, err := r.look(ctx)
	if err != nil {
		return false, err
	}
	if ours != "" && len(begun) == 0 && len(full) == len(Services) {
		return true, nil // all that was missing is that the streams say so
	}
	if len(full) > 0 {
		return false, &NotEmpty{"there is something in " + strings.Join(full, ", ")}
	}
	there, err := r.house.Bus.Has(ctx, streamNames...)
	if err != nil {
		return false, err
	}
	if len(there) > 0 && ours == "" {
		return false, &NotEmpty{"there are the streams " + strings.Join(there, ", ")}
	}
	if len(begun) > 0 {
		r.house.Stage("taking away what an earlier try has left")
	}
	if err := r.house.Bus.Remove(ctx, there...); err != nil {
		return false, err
	}
	for _, database := range begun {
		if err := r.client.Database(database).Drop(ctx); err != nil {
			return false, fmt.Errorf("drop database %s: %w", database, err)
		}
	}
	return false, r.mark(ctx)
}

// look tells in which databases this backup was begun to be restored, and in which there is anything else.
func (r *restoring) look(ctx context.Context) ([]string, []string, error) {
	var begun, full []string
	for _, service := range Services {
		database := r.house.database(service)
		names, err := r.client.Database(database).ListCollectionNames(ctx, bson.D{})
		if err != nil {
			return nil, nil, fmt.Errorf("look into database %s: %w", database, err)
		}
		if len(names) == 0 {
			continue
		}
		err = r.client.Database(database).Collection(store.RestoringName).FindOne(ctx, bson.D{{Key: "_id", Value: r.manifest.ID}}).Err()
		switch {
		case err == nil:
			begun = append(begun, database)
		case errors.Is(err, mongo.ErrNoDocuments):
			full = append(full, database)
		default:
			return nil, nil, fmt.Errorf("look into database %s: %w", database, err)
		}
	}
	return begun, full, nil
}

// mark says in both stores that this is no house yet: the bus first, which is asked first.
func (r *restoring) mark(ctx context.Context) error {
	if err := r.house.Bus.Mark(ctx, r.manifest.ID); err != nil {
		return err
	}
	for _, service := range Services {
		_, err := r.client.Database(r.house.database(service)).Collection(store.RestoringName).InsertOne(ctx,
			bson.D{{Key: "_id", Value: r.manifest.ID}, {Key: "since", Value: r.house.Now().UTC()}})
		if err != nil {
			return fmt.Errorf("mark database %s: %w", r.house.database(service), err)
		}
	}
	return nil
}

// fill restores streams and databases, reads them again, and takes the marks away, of all services at once.
func (r *restoring) fill(ctx context.Context) error {
	r.created = map[string]time.Time{}
	for _, s := range r.manifest.Streams {
		r.house.Stage("restoring stream %s: %d messages", s.Config.Name, s.Messages)
		if err := r.stream(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range r.manifest.Services {
		r.house.Stage("restoring what %s has", s.Name)
		for _, c := range s.Collections {
			if err := r.collection(ctx, s, c); err != nil {
				return fmt.Errorf("restore %s.%s: %w", r.house.database(s.Name), c.Name, err)
			}
		}
	}
	r.house.Stage("reading again what was written")
	for _, s := range r.manifest.Services {
		for _, c := range s.Collections {
			if err := r.verify(ctx, s, c); err != nil {
				return err
			}
		}
	}
	return r.open(ctx)
}

func (r *restoring) stream(ctx context.Context, s Stream) error {
	next, end, err := r.archive.with(r.dir, s)
	if err != nil {
		return err
	}
	defer end()
	as := s.copied()
	if r.archive.has(s) {
		as = as.Whole()
	}
	if r.house.Replicas > 0 {
		as.Config.Replicas = r.house.Replicas
	}
	r.created[s.Config.Name], err = r.house.Bus.CopyIn(ctx, as, func() (bus.Stored, error) {
		d, err := next()
		return d.Stored(), err
	})
	return err
}

// open lets the services in: the marks of all databases end in one transaction.
func (r *restoring) open(ctx context.Context) error {
	session, err := r.client.StartSession()
	if err != nil {
		return fmt.Errorf("open the house: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		for _, service := range Services {
			marks := r.client.Database(r.house.database(service)).Collection(store.RestoringName)
			if _, err := marks.DeleteOne(ctx, bson.D{{Key: "_id", Value: r.manifest.ID}}); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if err != nil {
		return fmt.Errorf("open the house: %w", err)
	}
	for _, service := range Services {
		if err := r.client.Database(r.house.database(service)).Collection(store.RestoringName).Drop(ctx); err != nil {
			return fmt.Errorf("open the house: %w", err) // it is open; an empty collection stays
		}
	}
	return nil
}

func (r *restoring) collection(ctx context.Context, s Service, c Collection) error {
	db := r.client.Database(r.house.database(s.Name))
	command := bson.D{{Key: "create", Value: c.Name}}
	var rest bson.D
	if err := bson.UnmarshalExtJSON(c.Options, true, &rest); err != nil {
		return &BadFile{manifestName, "options of a collection: " + err.Error()}
	}
	if err := db.RunCommand(ctx, append(command, rest...)).Err(); err != nil {
		return err
	}
	if err := r.insert(ctx, db.Collection(c.Name), s, c); err != nil {
		return err
	}
	return r.index(ctx, db, c)
}

// Limits of one insert.
const (
	insertDocuments = 1000
	insertBytes     = 8 << 20
)

func (r *restoring) insert(ctx context.Context, coll *mongo.Collection, s Service, c Collection) error {
	file, err := openFile(r.dir, c.File)
	if err != nil {
		return err
	}
	defer file.close()
	var batch []bson.Raw
	bytes := 0
	leave := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := coll.InsertMany(ctx, batch, options.InsertMany().SetOrdered(false))
		batch, bytes = batch[:0], 0
		return err
	}
	for {
		document, err := file.next()
		if errors.Is(err, io.EOF) {
			return leave()
		}
		if err != nil {
			return err
		}
		document, err = r.rebind(s, c, append(bson.Raw(nil), document...), r.created)
		if err != nil {
			return err
		}
		if len(batch) >= insertDocuments || bytes+len(document) > insertBytes {
			if err := leave(); err != nil {
				return err
			}
		}
		batch, bytes = append(batch, document), bytes+len(document)
	}
}

// rebind writes into a partition document when the stream that it reads was made: the one that holds the same messages
// now, or the one that held them. Any other document stays as it is.
func (r *restoring) rebind(s Service, c Collection, document bson.Raw, created map[string]time.Time) (bson.Raw, error) {
	if c.Name != store.PartitionsName {
		return document, nil
	}
	partition, ok := document.Lookup("_id").AsInt64OK()
	if !ok {
		return document, nil
	}
	for _, mark := range s.Marks {
		if int64(mark.Partition) == partition && mark.Stream != "" {
			return setCreated(document, created[mark.Stream])
		}
	}
	return document, nil
}

// setCreated sets mark.created, and keeps everything else and its order.
func setCreated(document bson.Raw, at time.Time) (bson.Raw, error) {
	var d bson.D
	if err := bson.Unmarshal(document, &d); err != nil {
		return nil, err
	}
	for i := range d {
		if d[i].Key != "mark" {
			continue
		}
		mark, ok := d[i].Value.(bson.D)
		if !ok {
			return nil, errors.New("a partition document whose mark is none")
		}
		for j := range mark {
			if mark[j].Key == "created" {
				mark[j].Value = bson.NewDateTimeFromTime(at)
			}
		}
	}
	return bson.Marshal(d)
}

// index makes the indexes that the collection had.
func (r *restoring) index(ctx context.Context, db *mongo.Database, c Collection) error {
	var had struct {
		Indexes bson.A `bson:"indexes"`
	}
	if err := bson.UnmarshalExtJSON(c.Indexes, true, &had); err != nil {
		return &BadFile{manifestName, "indexes of a collection: " + err.Error()}
	}
	if len(had.Indexes) == 0 {
		return nil
	}
	return db.RunCommand(ctx, bson.D{{Key: "createIndexes", Value: c.Name}, {Key: "indexes", Value: had.Indexes}}).Err()
}

// verify reads a collection again and holds it against the backup.
func (r *restoring) verify(ctx context.Context, s Service, c Collection) error {
	was := map[string]time.Time{}
	for _, stream := range r.manifest.Streams {
		was[stream.Config.Name] = stream.Created
	}
	database := r.house.database(s.Name)
	d := newDigest()
	err := each(ctx, r.client.Database(database).Collection(c.Name), func(document bson.Raw) error {
		document, err := r.rebind(s, c, document, was)
		if err == nil {
			d.add(document)
		}
		return err
	})
	if err == nil && !d.is(c.File) {
		err = fmt.Errorf("it has %d documents, which are not the %d of the backup", d.documents, c.Documents)
	}
	if err != nil {
		return fmt.Errorf("read %s.%s again: %w", database, c.Name, err)
	}
	return nil
}
