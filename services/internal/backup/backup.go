// Package backup copies a whole house into a directory, and makes a house of such a copy: the database of every service as
// it was at one moment, and the streams up to that moment (docs/decisions/0039). It knows databases, marks and streams;
// what stands in a document is its service's own.
package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// Services are those of a house, in the order in which a backup holds them.
var Services = []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"}

// streamNames are the streams of a house.
var streamNames = []string{bus.Events, bus.Facts, bus.Dead}

// House is where a house keeps what it has.
type House struct {
	MongoURI string // one replica set for all services
	// Suffix of the databases' names: laurel_accrual<suffix>.
	Suffix string
	Bus    *bus.Bus
	// Replicas is how many nodes of NATS keep each restored stream; 0: as many as did.
	Replicas int
	// Layout makes streams that are gone altogether; nil: that is refused.
	Layout *bus.Layout
	// Stage is told what begins.
	Stage func(format string, args ...any)
	// Now is the time of day.
	Now func() time.Time
}

func (h House) database(service string) string { return "laurel_" + service + h.Suffix }

// selectionTimeout bounds how long a primary is waited for.
const selectionTimeout = 30 * time.Second

// connect opens a client whose writes are durable.
func (h House) connect(ctx context.Context) (*mongo.Client, error) {
	journal := true
	client, err := mongo.Connect(options.Client().ApplyURI(h.MongoURI).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}).SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).SetServerSelectionTimeout(selectionTimeout).SetAppName("laurel backup"))
	if err != nil {
		return nil, fmt.Errorf("connect to MongoDB: %w", err)
	}
	if err := client.Ping(ctx, readpref.Primary()); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to MongoDB: %w", err), client.Disconnect(context.WithoutCancel(ctx)))
	}
	return client, nil
}

// emptyDir makes a directory, or takes one in which nothing is.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("write a backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("write a backup: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: give it a directory of its own", dir)
	}
	return nil
}
