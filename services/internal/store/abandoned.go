package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
)

// abandonedAfter is how long nothing may be heard of a transaction of this service before it counts as abandoned. One
// whose process lives waits milliseconds between two steps; on a machine with twenty times more to do than it has cores,
// seconds. With clearEvery it stays within the five seconds in which another process is to take over.
const abandonedAfter = 4 * time.Second

// clearEvery is how often KeepClear looks.
const clearEvery = time.Second

// KeepClear ends abandoned transactions until ctx ends: see AbortAbandoned.
func (s *Store) KeepClear(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(clearEvery)
	defer tick.Stop()
	for {
		n, err := s.AbortAbandoned(ctx)
		switch {
		case n > 0:
			log.WarnContext(ctx, "ended transactions that a dead process had left open", "database", s.db.Name(), "transactions", n)
		case err != nil && ctx.Err() == nil:
			log.DebugContext(ctx, "abandoned transactions were not looked for", "error", err) // mongod is away, which others tell
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// AbortAbandoned ends transactions on this database that a process has left open by dying, and returns how many.
// mongod itself would keep them, and the partitions that they have moved, for a minute and more. What this store is still
// working on is left alone, however slow the machine is. Should another process only have been slow, its transaction comes to
// nothing and it tries again, as after any conflict.
func (s *Store) AbortAbandoned(ctx context.Context) (int, error) {
	admin := s.client.Database("admin", options.Database().SetReadConcern(readconcern.Local())) // $currentOp takes no other
	cursor, err := admin.Aggregate(ctx, bson.A{
		bson.M{"$currentOp": bson.M{"idleSessions": true}},
		bson.M{"$match": bson.M{
			"type": "idleSession", "appName": appName(s.db.Name()),
			"transaction.timeInactiveMicros": bson.M{"$gt": abandonedAfter.Microseconds()},
		}},
	})
	if err != nil {
		return 0, fmt.Errorf("look for abandoned transactions: %w", err)
	}
	var idle []struct {
		Session struct {
			ID bson.Binary `bson:"id"`
		} `bson:"lsid"`
	}
	if err := cursor.All(ctx, &idle); err != nil {
		return 0, err
	}
	var sessions bson.A
	for _, o := range idle {
		if !s.worksOn(o.Session.ID) {
			sessions = append(sessions, bson.M{"id": o.Session.ID})
		}
	}
	if len(sessions) == 0 {
		return 0, nil
	}
	if err := admin.RunCommand(ctx, bson.D{{Key: "killSessions", Value: sessions}}).Err(); err != nil {
		return 0, fmt.Errorf("end %d abandoned transactions: %w", len(sessions), err)
	}
	return len(sessions), nil
}

func (s *Store) worksOn(session bson.Binary) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[string(session.Data)]
}

// appName is by what mongod knows the connections of all replicas of a service.
func appName(database string) string { return "laurel " + database }
