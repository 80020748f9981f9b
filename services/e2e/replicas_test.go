package e2e

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// running are the replicas of services that follow the log and are awake.
func (s *stage) running() []string {
	var names []string
	for _, name := range s.followers {
		for _, replica := range s.replicas(name) {
			if s.processes[replica] != nil && !slices.Contains(s.asleep, replica) {
				names = append(names, replica)
			}
		}
	}
	return names
}

// pause stops the last replica of each service in the midst of whatever it does, and waits until the others have taken over
// all that was its own.
func (s *stage) pause() {
	s.t.Helper()
	for _, name := range s.followers {
		replicas := s.replicas(name)
		sleeper := replicas[len(replicas)-1]
		s.processes[sleeper].signal(syscall.SIGSTOP)
		s.asleep = append(s.asleep, sleeper)
	}
	began := time.Now()
	for _, name := range s.followers {
		s.takenOver(name)
	}
	s.t.Logf("what was the sleepers' is worked on by others after %s", time.Since(began).Round(time.Millisecond))
}

// wake lets the sleepers go on where they were.
func (s *stage) wake() {
	s.t.Helper()
	for _, sleeper := range s.asleep {
		s.processes[sleeper].signal(syscall.SIGCONT)
	}
	s.asleep = nil
}

// takenOver waits until no partition of a service is owned by a replica that is silent.
func (s *stage) takenOver(name string) {
	s.t.Helper()
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	db := client.Database(s.database(name))
	silent := bson.M{"$expr": bson.M{"$lt": bson.A{"$beat", bson.M{"$subtract": bson.A{"$$NOW", 2000}}}}}
	testkit.Eventually(s.t, func() bool {
		var gone []struct {
			ID string `bson:"_id"`
		}
		cursor, err := db.Collection("replicas").Find(s.t.Context(), silent)
		if err != nil || cursor.All(s.t.Context(), &gone) != nil || len(gone) == 0 {
			return false
		}
		owners := bson.A{""}
		for _, replica := range gone {
			owners = append(owners, replica.ID)
		}
		n, err := db.Collection("partitions").CountDocuments(s.t.Context(), bson.M{"owner": bson.M{"$in": owners}})
		return err == nil && n == 0
	}, fmt.Sprintf("others have taken over what was the sleeping %s's", name))
}
