package mongod

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Codes by which a server says that its replica set is not as it should be.
const (
	codeNotYetInitialized    = 94
	codeAlreadyInitialized   = 23
	codeInvalidReplicaConfig = 93
)

const (
	pollEvery      = 25 * time.Millisecond
	commandTimeout = 5 * time.Second
)

// awaitPrimary initiates the replica set where that is still to be done, moves it to the port when the directory was
// last served on another one, and returns when the server takes writes. Two servers that start at once may have chosen
// one port: then the other one answers here while ours ends. It is known by its process id, and left alone.
func awaitPrimary(ctx context.Context, pid, port int) error {
	host := fmt.Sprintf("127.0.0.1:%d", port)
	client, err := mongo.Connect(options.Client().
		ApplyURI("mongodb://" + host).
		SetDirect(true).
		SetServerSelectionTimeout(commandTimeout).
		SetHeartbeatInterval(500 * time.Millisecond))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", host, err)
	}
	defer disconnect(ctx, client)

	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for {
		primary, err := step(ctx, client.Database("admin"), pid, host)
		if primary || errors.Is(err, errPortTaken) {
			return err
		}
		if err != nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

// disconnect does not wait long for a server that may have died meanwhile.
func disconnect(ctx context.Context, client *mongo.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = client.Disconnect(ctx) // nothing was written that could be lost
}

// step looks at the server once and does what brings it nearer to being primary.
func step(outer context.Context, admin *mongo.Database, pid int, host string) (bool, error) {
	ctx, cancel := context.WithTimeout(outer, commandTimeout)
	defer cancel()
	if err := isProcess(ctx, admin, pid); err != nil {
		return false, err
	}
	var hello struct {
		Primary bool `bson:"isWritablePrimary"`
	}
	if err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil || hello.Primary {
		return err == nil && hello.Primary, err
	}
	var status bson.Raw
	err := admin.RunCommand(ctx, bson.D{{Key: "replSetGetStatus", Value: 1}}).Decode(&status)
	switch {
	case hasCode(err, codeNotYetInitialized):
		return false, initiate(outer, admin, host) // takes long on a busy machine, and must not be asked for twice
	case hasCode(err, codeInvalidReplicaConfig): // it does not find itself in the set: the port has changed
		return false, moveTo(ctx, admin, host)
	default:
		return false, err
	}
}

// isProcess asks the server who it is.
func isProcess(ctx context.Context, admin *mongo.Database, pid int) error {
	var status struct {
		PID int64 `bson:"pid"`
	}
	question := bson.D{{Key: "serverStatus", Value: 1}}
	for _, section := range []string{"asserts", "connections", "locks", "metrics", "network", "wiredTiger"} { // the long ones
		question = append(question, bson.E{Key: section, Value: 0})
	}
	if err := admin.RunCommand(ctx, question).Decode(&status); err != nil {
		return fmt.Errorf("ask mongod for its process: %w", err)
	}
	if status.PID != int64(pid) {
		return fmt.Errorf("%w: process %d answers, not ours, %d", errPortTaken, status.PID, pid)
	}
	return nil
}

func initiate(ctx context.Context, admin *mongo.Database, host string) error {
	config := bson.D{
		{Key: "_id", Value: replicaSet},
		{Key: "members", Value: bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: host}}}},
	}
	err := admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
	if hasCode(err, codeAlreadyInitialized) {
		return nil
	}
	return err
}

// moveTo tells the only member its new address. Force is needed, since a set without a primary cannot vote.
func moveTo(ctx context.Context, admin *mongo.Database, host string) error {
	var answer struct {
		Config struct {
			Version int64 `bson:"version"`
		} `bson:"config"`
	}
	err := admin.RunCommand(ctx, bson.D{{Key: "replSetGetConfig", Value: 1}}).Decode(&answer)
	if err != nil {
		return fmt.Errorf("read the replica set: %w", err)
	}
	config := bson.D{
		{Key: "_id", Value: replicaSet},
		{Key: "version", Value: answer.Config.Version + 1},
		{Key: "members", Value: bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: host}}}},
	}
	return admin.RunCommand(ctx, bson.D{{Key: "replSetReconfig", Value: config}, {Key: "force", Value: true}}).Err()
}

func hasCode(err error, code int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}
