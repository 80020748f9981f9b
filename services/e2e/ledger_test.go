package e2e

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
)

// openMax bounds how long a stopped house takes to open again.
const openMax = 5 * time.Minute

// ledger is a house's database and streams, opened beside the house or after it.
type ledger struct {
	db *mongo.Database
	js jetstream.JetStream

	mongoURI, natsURL, natsToken string // where they are, once the house is opened
}

// open starts the servers of a house that nobody runs, to look at what it left behind.
func (h *house) open() *ledger {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), openMax)
	defer cancel()
	m, err := mongod.Start(ctx, mongod.Options{Dir: filepath.Join(h.data, "mongod"), Logger: warnings(h.t)})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, m.Stop()) })
	n, err := natsd.Start(ctx, natsd.Options{Self: programs.laurel, Dir: filepath.Join(h.data, "nats"), Logger: warnings(h.t)})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, n.Stop()) })
	l := connect(h.t, m.URI(), h.database(), n.URL(), n.Token())
	l.mongoURI, l.natsURL, l.natsToken = m.URI(), n.URL(), n.Token()
	return l
}

// warnings logs into the test what servers warn of.
func warnings(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// database is the name that laurel gives to what belongs to the house's data directory.
func (h *house) database() string { return "laurel_accrual_" + filepath.Base(h.data) }

func connect(t *testing.T, mongoURI, database, natsURL, token string) *ledger {
	t.Helper()
	client := dial(t, mongoURI)
	t.Cleanup(func() { hangUp(t, client) })
	return &ledger{db: client.Database(database), js: dialBus(t, natsURL, token)}
}

func dial(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	return client
}

// hangUp must come before the server stops, or it waits for another one.
func hangUp(t *testing.T, client *mongo.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), openMax)
	defer cancel()
	require.NoError(t, client.Disconnect(ctx))
}

func dialBus(t *testing.T, url, token string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url, nats.Token(token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

// Filters.
var (
	accountsWithPoints    = bson.M{"balances.active": bson.M{"$gt": 0}}
	ordersThatEarnNothing = bson.M{"order.kind": "paid", "order.target": 0}
)

func (l *ledger) countAccounts(t *testing.T, filter bson.M) int64 {
	t.Helper()
	return l.count(t, "accounts", filter)
}

func (l *ledger) countEntries(t *testing.T, filter bson.M) int64 {
	t.Helper()
	return l.count(t, "entries", filter)
}

func (l *ledger) count(t *testing.T, collection string, filter bson.M) int64 {
	t.Helper()
	n, err := l.db.Collection(collection).CountDocuments(t.Context(), filter)
	require.NoError(t, err)
	return n
}

// ask runs an aggregation whose every document has the shape T.
func ask[T any](t *testing.T, c *mongo.Collection, stages ...bson.M) []T {
	t.Helper()
	cursor, err := c.Aggregate(t.Context(), stages)
	require.NoError(t, err)
	var list []T
	require.NoError(t, cursor.All(t.Context(), &list))
	return list
}

// openLots counts lots with points left.
func (l *ledger) openLots(t *testing.T) int64 {
	t.Helper()
	type count struct{ N int64 }
	list := ask[count](t, l.db.Collection("accounts"),
		bson.M{"$unwind": "$lots"}, bson.M{"$match": bson.M{"lots.left": bson.M{"$gt": 0}}}, bson.M{"$count": "n"})
	require.Len(t, list, 1)
	return list[0].N
}

type balance struct {
	Account string `bson:"_id"`
	Active  int64
}

// largest returns the largest balances.
func (l *ledger) largest(t *testing.T, n int) []balance {
	t.Helper()
	return ask[balance](t, l.db.Collection("accounts"),
		bson.M{"$project": bson.M{"active": bson.M{"$sum": "$balances.active"}}},
		bson.M{"$sort": bson.M{"active": -1}}, bson.M{"$limit": n})
}

// reviews counts the moves by review on each day.
func (l *ledger) reviews(t *testing.T) map[string]int64 {
	t.Helper()
	type row struct {
		ID time.Time `bson:"_id"`
		N  int64
	}
	days := map[string]int64{}
	for _, r := range ask[row](t, l.db.Collection("entries"),
		bson.M{"$match": bson.M{"ladder.change.cause": "review"}},
		bson.M{"$group": bson.M{"_id": "$effective_at", "n": bson.M{"$sum": 1}}}) {
		require.Equal(t, r.ID.UTC().Truncate(24*time.Hour), r.ID.UTC(), "a review takes effect at 00:00")
		days[r.ID.UTC().Format(time.DateOnly)] = r.N
	}
	return days
}

type change struct {
	day, to    string
	qualifying int64
}

// changes lists an account's moves on the ladder.
func (l *ledger) changes(t *testing.T, account string) []change {
	t.Helper()
	type row struct {
		EffectiveAt time.Time `bson:"effective_at"`
		Ladder      struct {
			Change struct {
				To         string
				Qualifying int64
			}
		}
	}
	var list []change
	for _, r := range ask[row](t, l.db.Collection("entries"),
		bson.M{"$match": bson.M{"account": account, "ladder.change": bson.M{"$exists": true}}}, bson.M{"$sort": bson.M{"seq": 1}}) {
		list = append(list, change{r.EffectiveAt.UTC().Format(time.DateOnly), r.Ladder.Change.To, r.Ladder.Change.Qualifying})
	}
	return list
}

// hashes returns the last hash of each account. It stands for all of its entries: each hash follows from the one before.
func (l *ledger) hashes(t *testing.T) map[string]string {
	t.Helper()
	cursor, err := l.db.Collection("accounts").Find(t.Context(), bson.M{}, options.Find().SetProjection(bson.M{"hash": 1}))
	require.NoError(t, err)
	hashes := map[string]string{}
	for cursor.Next(t.Context()) {
		var d struct {
			ID   string `bson:"_id"`
			Hash bson.Binary
		}
		require.NoError(t, cursor.Decode(&d))
		hashes[d.ID] = hex.EncodeToString(d.Hash.Data)
	}
	require.NoError(t, errors.Join(cursor.Err(), cursor.Close(t.Context())))
	return hashes
}
