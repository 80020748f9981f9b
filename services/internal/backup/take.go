package backup

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// codes of mongod for a moment that it does not hold any more.
const (
	codeSnapshotTooOld      = 239
	codeSnapshotUnavailable = 246
)

// batchDocuments is how many documents one answer of mongod holds at most.
const batchDocuments = 1000

// Take copies a house, which may go on working, into an empty directory. Nothing counts as a backup before it returns nil.
func Take(ctx context.Context, h House, dir string) (*Manifest, error) {
	if err := emptyDir(dir); err != nil {
		return nil, err
	}
	var telling sync.Mutex // databases and streams are copied side by side
	stage := h.Stage
	h.Stage = func(format string, args ...any) {
		telling.Lock()
		defer telling.Unlock()
		stage(format, args...)
	}
	client, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is written there
	session, err := client.StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return nil, fmt.Errorf("start a session to read in: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	t := &taking{
		house: h, dir: dir, client: client, moment: func(ctx context.Context) context.Context { return mongo.NewSessionContext(ctx, session) },
		manifest: &Manifest{Format: format, ID: rand.Text(), Taken: h.Now().UTC()},
	}
	if err := t.take(ctx); err != nil {
		return nil, explain(err)
	}
	return t.manifest, t.manifest.write(dir)
}

// explain says what to do where mongod has forgotten the moment.
func explain(err error) error {
	if command, ok := errors.AsType[mongo.CommandError](err); ok && command.Code == codeSnapshotTooOld {
		return fmt.Errorf("%w: the copy took longer than mongod keeps the state of one moment: raise its parameter"+
			" minSnapshotHistoryWindowInSeconds (300 unless it was set), and try again", err)
	} else if ok && command.Code == codeSnapshotUnavailable {
		return fmt.Errorf("%w: a collection or an index was made a moment ago: try again", err)
	}
	return err
}

// taking is a backup that is being made.
type taking struct {
	house    House
	dir      string
	client   *mongo.Client
	moment   func(ctx context.Context) context.Context // in which all reads see one moment
	manifest *Manifest
	written  written
}

// written is what the services had written to the streams at the moment of the backup.
type written struct {
	chunks    map[string]map[int]map[string]int64 // the last one, by service, partition and stream
	revisions map[string]int                      // the last one, by programme
}

func (t *taking) take(ctx context.Context) error {
	t.house.Stage("fixing the moment")
	names, err := t.collections(ctx) // not part of a moment: nothing but services that start makes one
	if err != nil {
		return err
	}
	parts, err := t.readMarks(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.streams(ctx) }) // at once: what comes in meanwhile is copied in vain
	group.Go(func() error { return t.databases(ctx, names) })
	if err := group.Wait(); err != nil {
		return err
	}
	return t.place(parts)
}

// collections lists the collections of each service.
func (t *taking) collections(ctx context.Context) (map[string][]mongo.CollectionSpecification, error) {
	all := map[string][]mongo.CollectionSpecification{}
	for _, service := range Services {
		database := t.house.database(service)
		found, err := t.client.Database(database).ListCollectionSpecifications(ctx, bson.D{})
		if err != nil {
			return nil, fmt.Errorf("list the collections of %s: %w", database, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("there is no database %s, or nothing in it: is %q the suffix of this house's databases?", database, t.house.Suffix)
		}
		for _, c := range found {
			if c.Name == store.RestoringName {
				return nil, fmt.Errorf("database %s is being restored: there is nothing to copy yet", database)
			}
			if c.Type != "collection" {
				return nil, fmt.Errorf("%s.%s is a %s, of which no service of Laurel has one", database, c.Name, c.Type)
			}
		}
		slices.SortFunc(found, func(a, b mongo.CollectionSpecification) int { return strings.Compare(a.Name, b.Name) })
		all[service] = found
	}
	return all, nil
}

// readMarks fixes the moment by the first thing that it reads: how far everybody is, and what they have written.
func (t *taking) readMarks(ctx context.Context) (map[string][]store.Partition, error) {
	t.written = written{chunks: map[string]map[int]map[string]int64{}, revisions: map[string]int{}}
	parts := map[string][]store.Partition{}
	for _, service := range Services {
		cursor, err := t.client.Database(t.house.database(service)).Collection(store.PartitionsName).Find(
			t.moment(ctx), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		var list []store.Partition
		if err == nil {
			err = cursor.All(t.moment(ctx), &list)
		}
		if err != nil {
			return nil, fmt.Errorf("read how far %s is: %w", service, err)
		}
		parts[service] = list
		t.written.chunks[service] = map[int]map[string]int64{}
		for _, p := range list {
			t.written.chunks[service][p.ID] = p.Outbox
		}
	}
	var revisions []struct {
		Program string `bson:"programme"`
		Number  int    `bson:"number"`
	}
	cursor, err := t.client.Database(t.house.database("programme")).Collection("revisions").Find(
		t.moment(ctx), bson.D{}, options.Find().SetProjection(bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: 1}}))
	if err == nil {
		err = cursor.All(t.moment(ctx), &revisions)
	}
	if err != nil {
		return nil, fmt.Errorf("read the revisions: %w", err)
	}
	for _, r := range revisions {
		t.written.revisions[r.Program] = max(t.written.revisions[r.Program], r.Number)
	}
	return parts, nil
}

func (t *taking) databases(ctx context.Context, collections map[string][]mongo.CollectionSpecification) error {
	for _, service := range Services {
		t.house.Stage("copying what %s has", service)
		s := Service{Name: service, Database: t.house.database(service)}
		for _, spec := range collections[service] {
			c, err := t.collection(ctx, s, spec)
			if err != nil {
				return fmt.Errorf("copy %s.%s: %w", s.Database, spec.Name, err)
			}
			s.Collections = append(s.Collections, c)
		}
		t.manifest.Services = append(t.manifest.Services, s)
	}
	return nil
}

func (t *taking) collection(ctx context.Context, s Service, spec mongo.CollectionSpecification) (Collection, error) {
	c := Collection{Name: spec.Name}
	coll := t.client.Database(s.Database).Collection(spec.Name)
	var err error
	if c.Options, err = extended(spec.Options); err != nil {
		return c, err
	}
	if c.Indexes, err = indexes(ctx, coll); err != nil {
		return c, err
	}
	w, err := create(t.dir, filepath.Join(s.Name, spec.Name+".bson.zst"))
	if err != nil {
		return c, err
	}
	if err := each(t.moment(ctx), coll, w.add); err != nil {
		w.abandon()
		return c, err
	}
	c.File, err = w.close()
	return c, err
}

// each hands on all documents of a collection, in the order of their _id.
func each(ctx context.Context, coll *mongo.Collection, f func(bson.Raw) error) error {
	cursor, err := coll.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(batchDocuments))
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // mongod ends it too
	for cursor.Next(ctx) {
		if err := f(cursor.Current); err != nil {
			return err
		}
	}
	return cursor.Err()
}

// extended writes a document as extended JSON, which loses nothing.
func extended(document bson.Raw) (json.RawMessage, error) {
	if len(document) == 0 {
		return json.RawMessage("{}"), nil
	}
	const canonical, escapeHTML = true, false
	return bson.MarshalExtJSON(document, canonical, escapeHTML)
}

// indexes lists the indexes of a collection but for the one that every collection has.
func indexes(ctx context.Context, coll *mongo.Collection) (json.RawMessage, error) {
	cursor, err := coll.Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var all []bson.D
	if err := cursor.All(ctx, &all); err != nil {
		return nil, err
	}
	kept := bson.A{}
	for _, index := range all {
		if value(index, "name") != "_id_" {
			kept = append(kept, index)
		}
	}
	document, err := bson.Marshal(bson.D{{Key: "indexes", Value: kept}})
	if err != nil {
		return nil, err
	}
	return extended(document)
}

func value(document bson.D, name string) any {
	for _, e := range document {
		if e.Key == name {
			return e.Value
		}
	}
	return nil
}
