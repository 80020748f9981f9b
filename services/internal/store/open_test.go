package store_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestAStandaloneMongodIsRefused starts a mongod that is no replica set, which package mongod never does.
func TestAStandaloneMongodIsRefused(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), standalone(t), "laurel")
	require.ErrorContains(t, err, "not part of a replica set")
	require.ErrorContains(t, err, "--replSet", "it says what to do")
}

func standalone(t *testing.T) string {
	t.Helper()
	binary, err := mongod.Find()
	require.NoError(t, err, "this test starts a mongod of its own: run `make test`, which fetches one")
	// The port was free a moment ago; a test that loses it to somebody fails loudly, at its start.
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary, "--dbpath", dir, "--port", strconv.Itoa(port), "--bind_ip", "127.0.0.1",
		"--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--quiet", "--logpath", filepath.Join(dir, "mongod.log"))
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed: nothing in it is missed
	})
	uri := "mongodb://127.0.0.1:" + strconv.Itoa(port)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	testkit.Eventually(t, func() bool { return client.Ping(t.Context(), nil) == nil }, "the standalone mongod answers")
	return uri
}

func TestAMongodThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Open(ctx, "mongodb://127.0.0.1:1/?replicaSet=laurel", "laurel")
	require.ErrorContains(t, err, "ask mongod who it is")
	_, err = store.Open(t.Context(), "postgres://127.0.0.1", "laurel")
	require.ErrorContains(t, err, "connect to mongod")
}

// TestWritesAreMajorityWithJournalWhateverTheURISays lets mongod's profiler tell how the client writes.
func TestWritesAreMajorityWithJournalWhateverTheURISays(t *testing.T) {
	for _, c := range []struct{ name, weaker string }{
		{name: "the URI says nothing"},
		{name: "the URI says one server", weaker: "&w=1&journal=false"},
		{name: "the URI says no answer at all", weaker: "&w=0"},
		{name: "the URI reads from anywhere", weaker: "&readPreference=nearest&readConcernLevel=local"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			uri, database := testkit.Mongo(t)
			s := open(t, uri+c.weaker, database)
			profile(t, uri, database, 2)
			_, err := s.Collection("things").InsertOne(t.Context(), thing("a", 1))
			require.NoError(t, err)
			require.Equal(t, []string{"a"}, ids(t, s))
			profile(t, uri, database, 0)

			var write struct {
				Command struct {
					Concern struct {
						W       any  `bson:"w"`
						Journal bool `bson:"j"`
					} `bson:"writeConcern"`
				} `bson:"command"`
			}
			profiled(t, uri, database, "command.insert", &write)
			require.Equal(t, "majority", write.Command.Concern.W)
			require.True(t, write.Command.Concern.Journal)
			var read struct {
				Command struct {
					Concern struct {
						Level string `bson:"level"`
					} `bson:"readConcern"`
				} `bson:"command"`
			}
			profiled(t, uri, database, "command.find", &read)
			require.Equal(t, "majority", read.Command.Concern.Level)
		})
	}
}

// profile sets how much of a database's work mongod writes down.
func profile(t *testing.T, uri, database string, level int) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	require.NoError(t, client.Database(database).RunCommand(t.Context(), bson.D{{Key: "profile", Value: level}}).Err())
}

// profiled decodes what mongod wrote down of a command on things.
func profiled(t *testing.T, uri, database, command string, into any) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	found := client.Database(database).Collection("system.profile").FindOne(t.Context(), bson.M{command: "things"})
	require.NoError(t, found.Decode(into))
}

func TestAStoreTellsWhoItTalksTo(t *testing.T) {
	t.Parallel()
	s := house(t)
	require.NoError(t, s.Ping(t.Context()))
	version, err := s.Version(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^\d+\.\d+\.\d+`, version)
}
