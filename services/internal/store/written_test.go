package store_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func written(t *testing.T, document any) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(document)
	require.NoError(t, err)
	return raw
}

// TestWhatIsWrittenAlreadyIsInsertedAndReplaced, also where it is more than one command carries; and what is wrong with it is told as of
// any other write.
func TestWhatIsWrittenAlreadyIsInsertedAndReplaced(t *testing.T) {
	t.Parallel()
	s := house(t)
	ballast := bytes.Repeat([]byte{7}, 3<<20)
	var documents []bson.Raw
	for i := range 7 { // some 21 MiB: mongod takes 16 in one command
		documents = append(documents, written(t, bson.M{"_id": fmt.Sprint("large-", i), "seq": 1000 + i, "points": int64(100 + i), "ballast": ballast}))
	}
	require.NoError(t, s.Transact(t.Context(), func(ctx context.Context) error { return s.InsertWritten(ctx, "things", documents) }))
	replace := func(ids ...string) int {
		var all []store.Replacement
		for i, id := range ids {
			all = append(all, store.Replacement{ID: id, Document: written(t, bson.M{"_id": id, "seq": 1000 + i, "points": int64(1100 + i), "ballast": ballast})})
		}
		matched := 0
		require.NoError(t, s.Transact(t.Context(), func(ctx context.Context) error {
			var err error
			matched, err = s.Replace(ctx, "things", all)
			return err
		}))
		return matched
	}
	require.Equal(t, 7, replace("large-0", "large-1", "large-2", "large-3", "large-4", "large-5", "large-6"))
	require.Zero(t, replace("large-7"), "nothing is there to be replaced")
	sum := 0
	cursor, err := s.Collection("things").Find(t.Context(), bson.M{"_id": bson.M{"$regex": "^large-"}})
	require.NoError(t, err)
	for cursor.Next(t.Context()) {
		sum += int(cursor.Current.Lookup("points").Int64())
	}
	require.Equal(t, 7*1100+21, sum)

	insert := func(d any) error {
		return s.Transact(t.Context(), func(ctx context.Context) error { return s.InsertWritten(ctx, "things", []bson.Raw{written(t, d)}) })
	}
	require.ErrorIs(t, insert(bson.M{"_id": "large-0", "seq": 1, "points": int64(5)}), store.ErrConflict, "a key that is there")
	err = insert(bson.M{"_id": "broken", "seq": 2, "points": 1.5})
	require.ErrorAs(t, err, new(mongo.WriteException))
	require.NotErrorIs(t, err, store.ErrConflict, "a document that breaks the schema")
	require.NoError(t, s.Transact(t.Context(), func(ctx context.Context) error { return s.InsertWritten(ctx, "things", nil) }), "nothing is nothing to do")
}
