package testkit_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestEachTestHasADatabaseOfItsOwnThatIsDropped(t *testing.T) {
	var uri, first string
	t.Run("one test", func(t *testing.T) {
		uri, first = testkit.Mongo(t)
		insert(t, uri, first)
		again, second := testkit.Mongo(t)
		require.Equal(t, uri, again)
		require.NotEqual(t, first, second)
	})
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	names, err := client.ListDatabaseNames(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NotContains(t, names, first)
}

func insert(t *testing.T, uri, database string) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	_, err = client.Database(database).Collection("c").InsertOne(t.Context(), bson.D{{Key: "x", Value: 1}})
	require.NoError(t, err)
	require.NoError(t, client.Disconnect(t.Context()))
}

func TestNATSKeepsPortAndStoreOverARestart(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	conn, err := nats.Connect(server.URL, nats.Token(server.Token), nats.MaxReconnects(-1))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	require.NoError(t, err)
	_, err = js.Publish(t.Context(), "s", nil)
	require.NoError(t, err)

	server.Kill(t)
	testkit.Eventually(t, func() bool { return !conn.IsConnected() }, "the client noticed")
	server.Restart(t)
	testkit.Eventually(t, conn.IsConnected, "the client is back")
	stream, err := js.Stream(t.Context(), "S")
	require.NoError(t, err)
	require.Equal(t, uint64(1), stream.CachedInfo().State.Msgs)
}

func TestNATSRefusesWhoShowsNoToken(t *testing.T) {
	t.Parallel()
	_, err := nats.Connect(testkit.NATS(t).URL)
	require.ErrorIs(t, err, nats.ErrAuthorization)
}
