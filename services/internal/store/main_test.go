package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house returns a store in a database of the test's own, with partition documents and a collection of things.
func house(t *testing.T) *store.Store {
	t.Helper()
	uri, database := testkit.Mongo(t)
	return open(t, uri, database)
}

func open(t *testing.T, uri, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close(context.WithoutCancel(t.Context()))) })
	require.NoError(t, s.Ensure(t.Context(), store.PartitionsCollection(), things()))
	return s
}

// things is a collection as a service declares one: points are whole numbers.
func things() store.Collection {
	return store.Collection{
		Name:   "things",
		Schema: store.Object(bson.A{"points"}, bson.M{"points": store.Integer()}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}, Options: options.Index().SetUnique(true),
		}},
	}
}

// thing is a document that things takes.
func thing(id string, seq int) bson.M {
	return bson.M{"_id": id, "account": "anna", "seq": seq, "points": int64(12)}
}

// ids lists what things holds, sorted.
func ids(t *testing.T, s *store.Store) []string {
	t.Helper()
	cursor, err := s.Collection("things").Find(t.Context(), bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(t, err)
	var list []struct {
		ID string `bson:"_id"`
	}
	require.NoError(t, cursor.All(t.Context(), &list))
	var names []string
	for _, d := range list {
		names = append(names, d.ID)
	}
	return names
}
