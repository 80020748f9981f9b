package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// User is a service in the eyes of MongoDB: it may read and write its own database, and nothing else. One of AllDatabases may
// read all of them for a backup, and write none.
type User struct{ Name, Database, Password string }

// AllDatabases stands for the database of a user who takes backups.
const AllDatabases = "*"

// Codes of mongod's answers.
const (
	codeNotYetInitialized  = 94
	codeAlreadyInitialized = 23
	codeRoleExists         = 51002
	codeUserExists         = 51003
)

// roleName is the role of a service in its own database.
const roleName = "laurel"

// settleEvery is how often a set is asked whether it has a primary.
const settleEvery = 200 * time.Millisecond

// EnsureSet makes a replica set of the servers that a URI names, where the first of them is in none, and waits until it has a
// primary. Again changes nothing. The URI's user may administer the set.
func EnsureSet(ctx context.Context, uri string) error {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return fmt.Errorf("read where MongoDB is: %w", err)
	}
	first, err := mongo.Connect(options.Client().ApplyURI(uri).SetHosts(parsed.Hosts[:1]).SetReplicaSet("").SetDirect(true).
		SetServerSelectionTimeout(serverSelectionTimeout))
	if err != nil {
		return fmt.Errorf("connect to mongod: %w", err)
	}
	defer first.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	members := bson.A{}
	for i, host := range parsed.Hosts {
		members = append(members, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: host}})
	}
	set := bson.D{{Key: "_id", Value: parsed.ReplicaSet}, {Key: "members", Value: members}}
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	var last error
	for {
		err := initiate(ctx, first, set)
		if err == nil {
			if err = Reach(ctx, uri); err == nil {
				return nil
			}
		}
		if ctx.Err() == nil || last == nil { // what ended with the time says nothing
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("make the replica set: %w", errors.Join(ctx.Err(), last))
		case <-tick.C:
		}
	}
}

// initiate makes the set where there is none.
func initiate(ctx context.Context, client *mongo.Client, set bson.D) error {
	admin := client.Database("admin")
	err := admin.RunCommand(ctx, bson.D{{Key: "replSetGetStatus", Value: 1}}).Err()
	if !hasCode(err, codeNotYetInitialized) {
		return err
	}
	err = admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: set}}).Err()
	if hasCode(err, codeAlreadyInitialized) {
		return nil
	}
	return err
}

// EnsureUsers makes users, each with a role of its own in its database, and gives those that are there the passwords and the
// role that are asked for. Again changes nothing.
func EnsureUsers(ctx context.Context, uri string, users []User) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(openPatience).SetReadPreference(readpref.Primary()))
	if err != nil {
		return fmt.Errorf("connect to mongod: %w", err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	for _, u := range users {
		if err := u.ensure(ctx, client); err != nil {
			return fmt.Errorf("make user %s of database %s: %w", u.Name, u.Database, err)
		}
	}
	return nil
}

func (u User) ensure(ctx context.Context, client *mongo.Client) error {
	if u.Database == AllDatabases {
		return u.give(ctx, client, bson.D{{Key: "role", Value: "backup"}, {Key: "db", Value: "admin"}})
	}
	// readWrite lacks what brings a schema up to date.
	role := bson.D{
		{Key: "privileges", Value: bson.A{bson.D{
			{Key: "resource", Value: bson.D{{Key: "db", Value: u.Database}, {Key: "collection", Value: ""}}},
			{Key: "actions", Value: bson.A{"collMod"}},
		}}},
		{Key: "roles", Value: bson.A{bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: u.Database}}}},
	}
	if err := createOrUpdate(ctx, client.Database(u.Database), "Role", roleName, role); err != nil {
		return err
	}
	return u.give(ctx, client, bson.D{{Key: "role", Value: roleName}, {Key: "db", Value: u.Database}})
}

// give makes the user one who has a role and no other.
func (u User) give(ctx context.Context, client *mongo.Client, role bson.D) error {
	return createOrUpdate(ctx, client.Database("admin"), "User", u.Name, bson.D{{Key: "pwd", Value: u.Password}, {Key: "roles", Value: bson.A{role}}})
}

// createOrUpdate makes a role or a user, or makes the one that is there what it should be.
func createOrUpdate(ctx context.Context, db *mongo.Database, what, name string, is bson.D) error {
	err := db.RunCommand(ctx, append(bson.D{{Key: "create" + what, Value: name}}, is...)).Err()
	if hasCode(err, codeRoleExists) || hasCode(err, codeUserExists) {
		err = db.RunCommand(ctx, append(bson.D{{Key: "update" + what, Value: name}}, is...)).Err()
	}
	return err
}

func hasCode(err error, code int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}
