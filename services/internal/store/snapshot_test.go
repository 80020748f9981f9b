package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func TestASnapshotDoesNotSeeWhatIsWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	s := house(t)
	count := func(ctx context.Context) int64 {
		n, err := s.Collection("things").CountDocuments(ctx, bson.M{"account": "anna"})
		require.NoError(t, err)
		return n
	}
	require.NoError(t, insert(t.Context(), s, thing("a", 1)))
	err := s.Snapshot(t.Context(), func(ctx context.Context) error {
		require.EqualValues(t, 1, count(ctx))
		require.NoError(t, insert(mongo.NewSessionContext(ctx, nil), s, thing("b", 2)))
		require.EqualValues(t, 1, count(ctx), "the state of the first read")
		return nil
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, count(t.Context()))
	require.ErrorIs(t, s.Snapshot(t.Context(), func(context.Context) error { return store.ErrConflict }), store.ErrConflict)
}
