package storage

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Publication says that a segment is told to all services, or was.
type Publication struct {
	Program, Segment string
	// Revision rises by one with each time that it is published or withdrawn.
	Revision  int64
	Withdrawn bool
	// Asked counts how often it was asked for, Told up to where that is done: Told <= Asked.
	Asked, Told int64
	// AsOf is the day of what was told last as a whole; calendar.None: nothing was.
	AsOf      calendar.Day
	Customers int64 // in it then
	// Fit is by which that was told, where the segment asks for one.
	Fit string
}

type publicationDoc struct {
	ID        string `bson:"_id"` // <programme>/<segment>
	Format    int    `bson:"format"`
	Program   string `bson:"programme"`
	Segment   string `bson:"segment"`
	Revision  int64  `bson:"revision"`
	Withdrawn bool   `bson:"withdrawn"`
	Asked     int64  `bson:"asked"`
	Told      int64  `bson:"told"`
	AsOf      int32  `bson:"as_of"`
	Customers int64  `bson:"customers"`
	Fit       string `bson:"fit,omitempty"`
}

// publicationsCollection keeps a publication for ever: its revisions go on where a segment of the same name is made anew.
func publicationsCollection() store.Collection {
	return store.Collection{
		Name: publicationsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "segment", "revision", "withdrawn", "asked", "told", "as_of", "customers"}, bson.M{
			"format": store.Integer(), "revision": store.Integer(), "asked": store.Integer(), "told": store.Integer(),
			"as_of": store.Integer(), "customers": store.Integer(),
		}),
	}
}

func (d publicationDoc) publication() Publication {
	return Publication{d.Program, d.Segment, d.Revision, d.Withdrawn, d.Asked, d.Told, calendar.Day(d.AsOf), d.Customers, d.Fit}
}

// Publish asks for a segment to be told, or not any more: a new revision where it was otherwise.
func (s *Storage) Publish(ctx context.Context, program, segment string, withdraw bool) (Publication, error) { //nolint:revive // the state to be reached
	id := segmentID(program, segment)
	fresh := publicationDoc{ID: id, Format: format, Program: program, Segment: segment, Withdrawn: true, AsOf: int32(calendar.None)}
	_, err := s.store.Collection(publicationsName).InsertOne(ctx, fresh)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return Publication{}, fmt.Errorf("publish segment %s: %w", id, err)
	}
	_, err = s.store.Collection(publicationsName).UpdateOne(ctx, bson.M{"_id": id, "withdrawn": !withdraw},
		bson.M{"$set": bson.M{"withdrawn": withdraw}, "$inc": bson.M{"revision": 1, "asked": 1}})
	if err == nil && !withdraw {
		_, err = s.store.Collection(publicationsName).UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$inc": bson.M{"asked": 1}})
	}
	if err != nil {
		return Publication{}, fmt.Errorf("publish segment %s: %w", id, err)
	}
	p, _, err := s.Publication(ctx, program, segment)
	return p, err
}

// Publication returns what is told of a segment; not found: it was never published.
func (s *Storage) Publication(ctx context.Context, program, segment string) (Publication, bool, error) {
	var doc publicationDoc
	err := s.store.Collection(publicationsName).FindOne(ctx, bson.M{"_id": segmentID(program, segment)}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return Publication{}, false, nil
	}
	if err != nil {
		return Publication{}, false, fmt.Errorf("read publication %s: %w", segmentID(program, segment), err)
	}
	return doc.publication(), true, nil
}

// Publications returns what was ever published, by programme and segment; of one programme, where it is named.
func (s *Storage) Publications(ctx context.Context, program string) ([]Publication, error) {
	filter := bson.M{}
	if program != "" {
		filter = bson.M{"_id": bson.M{"$gt": program + "/", "$lt": program + "0"}} // '0' follows '/'
	}
	cursor, err := s.store.Collection(publicationsName).Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	var docs []publicationDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	list := make([]Publication, len(docs))
	for i, d := range docs {
		list[i] = d.publication()
	}
	return list, nil
}

// TellEnded notes that all of a publication was told, up to Told of p. One that has another revision by now stays as it is.
func (s *Storage) TellEnded(ctx context.Context, p Publication) error {
	_, err := s.store.Collection(publicationsName).UpdateOne(ctx, bson.M{"_id": segmentID(p.Program, p.Segment), "revision": p.Revision},
		bson.M{"$set": bson.M{"as_of": int32(p.AsOf), "customers": p.Customers, "fit": p.Fit}, "$max": bson.M{"told": p.Told}})
	if err != nil {
		return fmt.Errorf("note what was told of segment %s: %w", segmentID(p.Program, p.Segment), err)
	}
	return nil
}
