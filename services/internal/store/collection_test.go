package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func TestWhatASchemaTakes(t *testing.T) {
	t.Parallel()
	s := house(t)
	for _, c := range []struct {
		name   string
		points any // nil: none
		taken  bool
	}{
		{name: "a long", points: int64(12), taken: true},
		{name: "an int", points: int32(12), taken: true},
		{name: "a double, even a whole one", points: 12.0},
		{name: "a decimal", points: bson.NewDecimal128(0, 12)},
		{name: "text", points: "12"},
		{name: "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			document := bson.M{"account": c.name}
			if c.points != nil {
				document["points"] = c.points
			}
			_, err := s.Collection("things").InsertOne(t.Context(), document)
			if c.taken {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "Document failed validation")
		})
	}
}

func TestAPartitionDocumentTakesNoDouble(t *testing.T) {
	t.Parallel()
	s := house(t)
	_, err := s.LoadPartitions(t.Context(), []int{0})
	require.NoError(t, err)
	for _, field := range []string{"version", "epoch", "refused", "format"} {
		update := bson.M{"$set": bson.M{field: 1.5}}
		_, err := s.Collection(store.PartitionsName).UpdateByID(t.Context(), 0, update)
		require.ErrorContains(t, err, "Document failed validation", field)
	}
}

func TestEnsureMayRunAgainAndBringsUpToDate(t *testing.T) {
	t.Parallel()
	s := house(t)
	_, err := s.Collection("things").InsertOne(t.Context(), thing("kept", 1))
	require.NoError(t, err)
	var replicas errgroup.Group
	for range 4 {
		replicas.Go(func() error { return s.Ensure(t.Context(), things(), store.PartitionsCollection()) })
	}
	require.NoError(t, replicas.Wait())
	require.Equal(t, []string{"kept"}, ids(t, s))

	newer := things()
	newer.Schema = store.Object(bson.A{"points", "unit"}, bson.M{"points": store.Integer()})
	newer.Indexes = append(newer.Indexes, mongo.IndexModel{Keys: bson.D{{Key: "unit", Value: 1}}})
	require.NoError(t, s.Ensure(t.Context(), newer))
	_, err = s.Collection("things").InsertOne(t.Context(), thing("old", 2))
	require.ErrorContains(t, err, "Document failed validation", "the newer schema asks for a unit")
	require.Equal(t, []string{"_id_", "account_1_seq_1", "unit_1"}, indexes(t, s))
}

func TestEnsureMayBeRacedFromNothing(t *testing.T) {
	t.Parallel()
	s := house(t)
	require.NoError(t, s.Drop(t.Context()))
	var replicas errgroup.Group
	for range 4 {
		replicas.Go(func() error { return s.Ensure(t.Context(), things(), store.PartitionsCollection()) })
	}
	require.NoError(t, replicas.Wait())
	require.Equal(t, []string{"_id_", "account_1_seq_1"}, indexes(t, s))
}

func TestEnsureNamesTheCollectionThatItCannotMake(t *testing.T) {
	t.Parallel()
	s := house(t)
	other := things()
	other.Indexes = []mongo.IndexModel{{ // the same keys under the same name, but not unique
		Keys: bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}, Options: options.Index(),
	}}
	require.ErrorContains(t, s.Ensure(t.Context(), other), "prepare collection things")
}

// indexes lists the names of things' indexes.
func indexes(t *testing.T, s *store.Store) []string {
	t.Helper()
	specs, err := s.Collection("things").Indexes().ListSpecifications(t.Context())
	require.NoError(t, err)
	var names []string
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	return names
}
