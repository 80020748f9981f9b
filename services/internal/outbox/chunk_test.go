package outbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

var messages = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Message {
	return Message{
		Subject: rapid.String().Draw(t, "subject"), ID: rapid.String().Draw(t, "id"), Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data"),
		Header: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Header {
			return Header{rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value")}
		}), 1, 5).Draw(t, "header"),
	}
}), 1, 5)

// TestAChunkIsWrittenAndReadAsTheDriverWould, so that replicas of other versions read it, and it is theirs that are read.
func TestAChunkIsWrittenAndReadAsTheDriverWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Chunk{
			ID: rapid.String().Draw(t, "id"), Format: 1, Stream: "FACTS", Partition: rapid.IntRange(0, 255).Draw(t, "partition"),
			Number: rapid.Int64Min(1).Draw(t, "number"), Created: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "created")).UTC(), Messages: messages.Draw(t, "messages"),
		}
		want, err := bson.Marshal(c)
		require.NoError(t, err)
		got := document.Make(document.NewWriter(0), &c, write)
		require.Equal(t, bson.Raw(want), got)
		back, err := read(got)
		require.NoError(t, err)
		require.Equal(t, c, back)
	})
}

// TestAChunkWithMoreThanIsKnownIsNotPublished without that.
func TestAChunkWithMoreThanIsKnownIsNotPublished(t *testing.T) {
	t.Parallel()
	for _, raw := range []bson.D{
		{{Key: "_id", Value: "FACTS/000/1"}, {Key: "sealed", Value: true}},
		{{Key: "_id", Value: "FACTS/000/1"}, {Key: "messages", Value: bson.A{bson.D{{Key: "reply", Value: "x"}}}}},
		{{Key: "_id", Value: 7}},
	} {
		doc, err := bson.Marshal(raw)
		require.NoError(t, err)
		_, err = read(doc)
		require.Error(t, err)
	}
	nothing, err := bson.Marshal(bson.D{{Key: "messages", Value: bson.A{bson.D{{Key: "subject", Value: "s"}, {Key: "header", Value: nil}, {Key: "data", Value: nil}}}}})
	require.NoError(t, err)
	c, err := read(nothing)
	require.NoError(t, err, "an earlier version wrote null where there was nothing")
	require.Equal(t, []Message{{Subject: "s"}}, c.Messages)
}
