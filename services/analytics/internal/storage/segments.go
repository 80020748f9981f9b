package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Segment is a definition.
type Segment struct {
	Program, Name, Condition string
	DefinedAt                time.Time
	// Fixed is nil for a live segment.
	Fixed *Fixed
	// Publication is nil for one that was never published.
	Publication *Publication
}

// Fixed is who belongs for good.
type Fixed struct {
	On        calendar.Day
	Customers int64
	// List names the list of accounts.
	List string
	// Ready is false while the list is being written, and for good if the writer died.
	Ready bool
}

type segmentDoc struct {
	ID        string    `bson:"_id"` // <programme>/<name>
	Format    int       `bson:"format"`
	Program   string    `bson:"programme"`
	Name      string    `bson:"name"`
	Condition string    `bson:"condition"`
	DefinedAt time.Time `bson:"defined_at"`
	Fixed     *fixedDoc `bson:"fixed,omitempty"`
}

type fixedDoc struct {
	On        int32  `bson:"on"`
	Customers int64  `bson:"customers"`
	List      string `bson:"list"`
	Ready     bool   `bson:"ready"`
}

// listedDoc is one account of a fixed segment.
type listedDoc struct {
	ID     string `bson:"_id"` // <list>/<account>
	Format int    `bson:"format"`
}

func segmentsCollection() store.Collection {
	return store.Collection{
		Name: segmentsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "name", "condition", "defined_at"}, bson.M{
			"format": store.Integer(), "condition": bson.M{"bsonType": "string"},
		}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "programme", Value: 1}, {Key: "name", Value: 1}}, Options: options.Index().SetName("programme_name"),
		}},
	}
}

func listedCollection() store.Collection {
	return store.Collection{Name: listedName, Schema: store.Object(bson.A{"_id", "format"}, bson.M{"format": store.Integer()})}
}

func segmentID(program, name string) string { return program + "/" + name }

// listedID begins with the list, which holds no slash.
func listedID(list, account string) string { return list + "/" + account }

// InsertSegment keeps a definition. False: one of this name is there already.
func (s *Storage) InsertSegment(ctx context.Context, g Segment) (bool, error) {
	doc := segmentDoc{
		ID: segmentID(g.Program, g.Name), Format: format, Program: g.Program, Name: g.Name, Condition: g.Condition, DefinedAt: g.DefinedAt,
	}
	if g.Fixed != nil {
		doc.Fixed = &fixedDoc{On: int32(g.Fixed.On), Customers: g.Fixed.Customers, List: g.Fixed.List, Ready: g.Fixed.Ready}
	}
	_, err := s.store.Collection(segmentsName).InsertOne(ctx, doc)
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keep segment %s: %w", doc.ID, err)
	}
	return true, nil
}

// Segment returns a definition. reason.SegmentNotFound: there is none of this name.
func (s *Storage) Segment(ctx context.Context, program, name string) (Segment, error) {
	var doc segmentDoc
	err := s.store.Collection(segmentsName).FindOne(ctx, bson.M{"_id": segmentID(program, name)}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return Segment{}, reason.New(reason.SegmentNotFound, "name", "programme %s has no segment %.64q", program, name)
	}
	if err != nil {
		return Segment{}, fmt.Errorf("read segment %s: %w", segmentID(program, name), err)
	}
	g := doc.segment()
	p, found, err := s.Publication(ctx, program, name)
	if found {
		g.Publication = &p
	}
	return g, err
}

func (d segmentDoc) segment() Segment {
	g := Segment{Program: d.Program, Name: d.Name, Condition: d.Condition, DefinedAt: d.DefinedAt.UTC()}
	if f := d.Fixed; f != nil {
		g.Fixed = &Fixed{On: calendar.Day(f.On), Customers: f.Customers, List: f.List, Ready: f.Ready}
	}
	return g
}

// Segments returns the definitions of a programme by name.
func (s *Storage) Segments(ctx context.Context, program string) ([]Segment, error) {
	cursor, err := s.store.Collection(segmentsName).Find(ctx, bson.M{"programme": program}, options.Find().SetSort(bson.D{{Key: "programme", Value: 1}, {Key: "name", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read the segments of %s: %w", program, err)
	}
	var docs []segmentDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read the segments of %s: %w", program, err)
	}
	publications, err := s.Publications(ctx, program)
	if err != nil {
		return nil, err
	}
	published := make(map[string]*Publication, len(publications))
	for i := range publications {
		published[publications[i].Segment] = &publications[i]
	}
	list := make([]Segment, len(docs))
	for i, d := range docs {
		list[i] = d.segment()
		list[i].Publication = published[d.Name]
	}
	return list, nil
}

// WriteListed puts accounts on a list.
func (s *Storage) WriteListed(ctx context.Context, list string, accounts []string) error {
	if len(accounts) == 0 {
		return nil
	}
	docs := make([]any, len(accounts))
	for i, a := range accounts {
		docs[i] = listedDoc{ID: listedID(list, a), Format: format}
	}
	if _, err := s.store.Collection(listedName).InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("write %d accounts of a fixed segment: %w", len(accounts), err)
	}
	return nil
}

// FinishList says that a list is whole. False: the segment is not waiting for this list any more.
func (s *Storage) FinishList(ctx context.Context, g Segment) (bool, error) {
	filter := bson.M{"_id": segmentID(g.Program, g.Name), "fixed.list": g.Fixed.List}
	updated, err := s.store.Collection(segmentsName).UpdateOne(ctx, filter, bson.M{"$set": bson.M{
		"fixed.ready": true, "fixed.customers": g.Fixed.Customers, "fixed.on": int32(g.Fixed.On),
	}})
	if err != nil {
		return false, fmt.Errorf("finish segment %s: %w", segmentID(g.Program, g.Name), err)
	}
	return updated.MatchedCount == 1, nil
}

// DropSegment forgets a definition, first, and then its list, of which nobody knows any more.
func (s *Storage) DropSegment(ctx context.Context, g Segment) error {
	filter := bson.M{"_id": segmentID(g.Program, g.Name)}
	if g.Fixed != nil {
		filter["fixed.list"] = g.Fixed.List
	}
	if _, err := s.store.Collection(segmentsName).DeleteOne(ctx, filter); err != nil {
		return fmt.Errorf("forget segment %s: %w", segmentID(g.Program, g.Name), err)
	}
	if g.Fixed == nil {
		return nil
	}
	if _, err := s.store.Collection(listedName).DeleteMany(ctx, listed(g.Fixed.List, "")); err != nil {
		return fmt.Errorf("forget the list of segment %s: %w", segmentID(g.Program, g.Name), err)
	}
	return nil
}

// listed are the accounts of a list behind one.
func listed(list, after string) bson.M {
	return bson.M{"_id": bson.M{"$gt": listedID(list, after), "$lt": list + "0"}} // '0' follows '/'
}

// Listed returns the accounts of a list by rising account, those behind one alone.
func (s *Storage) Listed(ctx context.Context, list, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		cursor, err := s.store.Collection(listedName).Find(ctx, listed(list, after), options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			yield("", fmt.Errorf("read a fixed segment: %w", err))
			return
		}
		defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
		for cursor.Next(ctx) {
			id, ok := cursor.Current.Lookup("_id").StringValueOK()
			if !ok || len(id) <= len(list) {
				yield("", fmt.Errorf("read a fixed segment: a row of another form: %s", cursor.Current))
				return
			}
			if !yield(id[len(list)+1:], nil) {
				return
			}
		}
		if err := cursor.Err(); err != nil {
			yield("", fmt.Errorf("read a fixed segment: %w", err))
		}
	}
}
