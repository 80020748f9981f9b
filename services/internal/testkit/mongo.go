package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
)

// Limits of a test's database.
const (
	mongoStartMax   = 5 * time.Minute // a cold start on a busy machine
	mongoDropMax    = 3 * time.Minute // dropping waits for the disk, which others use too
	databaseNameMax = 40              // bytes of the test's name in it; MongoDB takes 63 in all
)

// ownMongod is the mongod of this test process. It is the one thing here that tests share, because a start takes
// seconds; Main stops it.
type ownMongod struct {
	mu      sync.Mutex
	managed bool // Main runs, and so somebody will stop what is started
	server  *mongod.Server
	dir     string
}

var shared ownMongod

// Mongo returns the URI of a MongoDB and the name of a database in it that is the test's own and is dropped with it.
// The server is that of MONGODB_URI, or one mongod for the whole test process; then TestMain must call Main.
// Tests that kill or alter mongod start their own with package mongod.
func Mongo(t testing.TB) (string, string) {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		var err error
		uri, err = shared.start(t.Context())
		require.NoError(t, err, "start the mongod of this test process")
	}
	database := databaseName(t.Name())
	t.Cleanup(func() { dropDatabase(t, uri, database) })
	return uri, database
}

// databaseName makes a name that no other test has, from letters, digits and '_'.
func databaseName(test string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return plain[:min(len(plain), databaseNameMax)] + "_" + strings.ToLower(rand.Text()[:10])
}

func dropDatabase(t testing.TB, uri, database string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), mongoDropMax)
	defer cancel()
	client, err := mongo.Connect(mongooptions.Client().ApplyURI(uri))
	require.NoError(t, err)
	require.NoError(t, endTransactions(ctx, client, database))
	require.NoError(t, client.Database(database).Drop(ctx), "drop database %s", database)
	require.NoError(t, client.Disconnect(ctx))
}

// endTransactions ends what killed processes have left open on a database: mongod would keep it for a minute, and a drop
// waits for it. They are known by the name that package store gives its connections.
func endTransactions(ctx context.Context, client *mongo.Client, database string) error {
	admin := client.Database("admin", mongooptions.Database().SetReadConcern(readconcern.Local()))
	cursor, err := admin.Aggregate(ctx, bson.A{
		bson.M{"$currentOp": bson.M{"idleSessions": true}},
		bson.M{"$match": bson.M{"type": "idleSession", "appName": "laurel " + database}},
		bson.M{"$project": bson.M{"_id": 0, "id": "$lsid.id"}},
	})
	if err != nil {
		return fmt.Errorf("look for open transactions: %w", err)
	}
	var sessions []bson.M
	if err := cursor.All(ctx, &sessions); err != nil || len(sessions) == 0 {
		return err
	}
	return admin.RunCommand(ctx, bson.D{{Key: "killSessions", Value: sessions}}).Err()
}

func (o *ownMongod) start(ctx context.Context) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.managed {
		return "", errors.New("TestMain must call testkit.Main, which stops it again")
	}
	if o.server != nil {
		return o.server.URI(), nil
	}
	dir, err := os.MkdirTemp("", "laurel-test-mongod-")
	if err != nil {
		return "", err
	}
	o.dir = dir
	ctx, cancel := context.WithTimeout(ctx, mongoStartMax)
	defer cancel()
	o.server, err = mongod.Start(ctx, mongod.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return o.server.URI(), nil
}

func (o *ownMongod) stop() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.server == nil {
		return nil
	}
	err := errors.Join(o.server.Stop(), os.RemoveAll(o.dir))
	o.server = nil
	return err
}
