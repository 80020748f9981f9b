// Package store is Laurel's way to MongoDB: one database per service, majority writes with journal, snapshot
// transactions, collections with a JSON schema and their indexes, and the partition documents that fence all writes
// (docs/decisions/0003). What stands in a collection is its service's own.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// serverSelectionTimeout bounds how long a call waits for a primary.
const serverSelectionTimeout = 5 * time.Second

// connectTimeout bounds how long a connection may take to be made, and an answer to the driver's own heartbeat: a mongod that is gone without a
// word is found out after it, and connections to it are left.
const connectTimeout = 10 * time.Second

// openPatience bounds how long Open waits for a primary: a mongod that starts, or a busy one, may need a while.
const openPatience = 30 * time.Second

// Store is one service's database. Safe for many goroutines.
type Store struct {
	client *mongo.Client
	db     *mongo.Database

	mu   sync.Mutex
	open map[string]bool // ids of the sessions in whose transactions Transact is
}

// Open connects to a database and refuses one that could lose what it acknowledged: a standalone mongod has
// no transactions. The URI's own write concern is overruled by majority with journal.
func Open(ctx context.Context, uri, database string) (*Store, error) {
	return OpenWatched(ctx, uri, database, Watch{})
}

// OpenWatched is Open, with somebody who watches the commands.
func OpenWatched(ctx context.Context, uri, database string, watch Watch) (*Store, error) {
	journal := true
	wc := &writeconcern.WriteConcern{W: "majority", Journal: &journal}
	opts := options.Client().ApplyURI(uri).
		SetWriteConcern(wc).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetServerSelectionTimeout(serverSelectionTimeout).
		SetConnectTimeout(connectTimeout).
		SetAppName(appName(database)).
		SetMonitor(watch.monitor())
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, fmt.Errorf("connect to mongod: %w", err)
	}
	s := &Store{client: client, db: client.Database(database), open: map[string]bool{}}
	err = s.checkServer(ctx)
	if err == nil {
		err = s.checkWhole(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, client.Disconnect(ctx))
	}
	return s, nil
}

// RestoringName is a collection that has a document while a backup is being restored into its database, or its stream is being mended.
const RestoringName = "restoring"

// ErrRestoring is why a database is not opened: not all of it is there.
var ErrRestoring = errors.New("a backup is being restored into it, or its streams are being mended, or that has ended in the midst: restore the same backup again, or mend again with the same directory")

func (s *Store) checkWhole(ctx context.Context) error {
	err := s.Collection(RestoringName).FindOne(ctx, bson.D{}).Err()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil
	case err != nil:
		return fmt.Errorf("look whether database %s is whole: %w", s.db.Name(), err)
	}
	return fmt.Errorf("database %s: %w", s.db.Name(), ErrRestoring)
}

func (s *Store) checkServer(ctx context.Context) error {
	var hello struct {
		SetName string `bson:"setName"`
	}
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	for {
		err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
		if err == nil {
			break
		}
		if !mongo.IsTimeout(err) || ctx.Err() != nil {
			return fmt.Errorf("ask mongod who it is: %w", err)
		}
	}
	if hello.SetName == "" {
		return errors.New("this mongod is not part of a replica set, so it has no transactions: start it with --replSet and initiate it")
	}
	return nil
}

// Reach tells whether a MongoDB is there and has a primary. Whether it is one that Open takes, Open says.
func Reach(ctx context.Context, uri string) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(serverSelectionTimeout))
	if err != nil {
		return fmt.Errorf("connect to mongod: %w", err)
	}
	err = client.Ping(ctx, readpref.Primary())
	return errors.Join(err, client.Disconnect(context.WithoutCancel(ctx)))
}

// Collection returns a collection of the database.
func (s *Store) Collection(name string) *mongo.Collection { return s.db.Collection(name) }

// Ping tells whether the primary answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		return fmt.Errorf("ping mongod: %w", err)
	}
	return nil
}

// Version asks mongod for its version.
func (s *Store) Version(ctx context.Context) (string, error) {
	var info struct {
		Version string `bson:"version"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info); err != nil {
		return "", fmt.Errorf("ask mongod for its version: %w", err)
	}
	return info.Version, nil
}

// Close ends the connections.
func (s *Store) Close(ctx context.Context) error {
	if err := s.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("disconnect from mongod: %w", err)
	}
	return nil
}

// Drop removes the whole database. For tests and for `make clean`.
func (s *Store) Drop(ctx context.Context) error { return s.db.Drop(ctx) }
