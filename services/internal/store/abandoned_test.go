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

// TestWhatADeadProcessLeftOpenIsEnded leaves transactions behind as a process does that is killed in the midst of one:
// the one of this service no longer holds its partition, the one of somebody else is not touched. A service can start
// beside both.
func TestWhatADeadProcessLeftOpenIsEnded(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	s := open(t, uri, database)
	parts, err := s.LoadPartitions(t.Context(), []int{0, 1})
	require.NoError(t, err)
	leave(t, uri, database, "laurel "+database, 0)
	other := leave(t, uri, database, "somebody", 1)
	require.ErrorIs(t, move(t.Context(), s, "a", 1, parts[0]), store.ErrConflict)
	require.NoError(t, s.Ensure(t.Context(), store.PartitionsCollection(), things()), "what is as it should be is left alone")

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.KeepClear(ctx, testkit.Logger(t))
	}()
	testkit.Eventually(t, func() bool { return move(t.Context(), s, "a", 1, parts[0]) == nil }, "the partition is free")
	stop()
	<-ended
	require.ErrorIs(t, move(t.Context(), s, "b", 2, parts[1]), store.ErrConflict)
	n, err := s.AbortAbandoned(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, other.AbortTransaction(t.Context()), "it was open to the end")
}

// TestWhoIsOnlySlowGoesOn: a transaction of this store is older than one that was left behind, and nothing was heard of it either. Only
// the other one is ended.
func TestWhoIsOnlySlowGoesOn(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	s := open(t, uri, database)
	parts, err := s.LoadPartitions(t.Context(), []int{0, 1})
	require.NoError(t, err)
	slow := parts[0]
	slow.Owner = "slow"
	require.NoError(t, s.Transact(t.Context(), func(ctx context.Context) error {
		if err := s.MovePartitions(ctx, []store.Partition{slow}); err != nil {
			return err
		}
		leave(t, uri, database, "laurel "+database, 1)
		ended := 0
		testkit.Eventually(t, func() bool {
			n, err := s.AbortAbandoned(t.Context())
			require.NoError(t, err)
			ended += n
			return n > 0
		}, "what was left behind is ended")
		require.Equal(t, 1, ended)
		return nil
	}))
	parts, err = s.LoadPartitions(t.Context(), []int{0, 1})
	require.NoError(t, err)
	require.Equal(t, "slow", parts[0].Owner)
	require.NoError(t, move(t.Context(), s, "b", 2, parts[1]))
}

// leave moves a partition in a transaction that nobody ends.
func leave(t *testing.T, uri, database, app string, partition int) *mongo.Session {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetAppName(app))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	session, err := client.StartSession()
	require.NoError(t, err)
	require.NoError(t, session.StartTransaction())
	_, err = client.Database(database).Collection(store.PartitionsName).UpdateByID(
		mongo.NewSessionContext(t.Context(), session), partition, bson.M{"$inc": bson.M{"version": int64(1)}})
	require.NoError(t, err)
	return session
}
