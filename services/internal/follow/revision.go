package follow

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// revisionsName is the collection of revisions, the same in every service.
const revisionsName = "revisions"

// revisionFormat is the version of a stored revision.
const revisionFormat = 1

// Collections declares what every follower keeps beside its own: partitions, outbox, journal, revisions.
func Collections() []store.Collection {
	return []store.Collection{store.PartitionsCollection(), outbox.Collection(), journal.Collection(), {
		Name:   revisionsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "number", "files"}, bson.M{"format": store.Integer(), "number": store.Integer()}),
	}}
}

// Revision is the files of one programme revision, as they came in the log.
type Revision struct {
	ID      string `bson:"_id"` // <programme>/<number>
	Format  int    `bson:"format"`
	Program string `bson:"programme"`
	Number  int    `bson:"number"`
	Files   []File `bson:"files"`
}

// File is one YAML file.
type File struct {
	Name    string `bson:"name"`
	Content []byte `bson:"content"`
}

// RevisionID names a revision.
func RevisionID(program string, number int) string { return fmt.Sprintf("%s/%d", program, number) }

// Insert keeps revisions that no other partition has brought yet; it belongs inside the transaction that passes them.
func (p *Programs) Insert(ctx context.Context, revisions []Revision) error {
	if len(revisions) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(revisions))
	for i, r := range revisions {
		r.Format = revisionFormat
		models[i] = mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": r.ID}).SetUpsert(true).SetUpdate(bson.M{"$setOnInsert": bson.M{
			"format": r.Format, "programme": r.Program, "number": r.Number, "files": r.Files,
		}})
	}
	if _, err := p.store.Collection(revisionsName).BulkWrite(ctx, models); err != nil {
		return fmt.Errorf("keep %d revisions: %w", len(revisions), err)
	}
	return nil
}

// revisions reads all revisions, rising by programme and number.
func (p *Programs) revisions(ctx context.Context) ([]Revision, error) {
	opts := options.Find().SetSort(bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: 1}})
	cursor, err := p.store.Collection(revisionsName).Find(ctx, bson.M{}, opts)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	var list []Revision
	if err := cursor.All(ctx, &list); err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return list, nil
}
