package e2e

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	service "github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// conclude stops the processes, brings each service to its end inside this one, and reads what it holds.
func (s *stage) conclude() map[string]books {
	s.t.Helper()
	for name := range s.processes {
		s.stop(name)
	}
	all := map[string]books{}
	for _, name := range s.followers {
		s.drain(name)
		all[name] = s.read(name)
	}
	return all
}

// drain runs a service until nothing is left to do.
func (s *stage) drain(name string) {
	s.t.Helper()
	made, stop := s.hosts(name)
	testkit.Eventually(s.t, func() bool {
		progress, err := made.Progress(s.t.Context())
		return made.Broken() != nil || err == nil && progress.Drained()
	}, name+" has drained")
	stop()
}

// works runs a service inside this process, until the test ends or it is stopped.
func (s *stage) works(name string) func() {
	s.t.Helper()
	_, stop := s.hosts(name)
	s.t.Cleanup(stop)
	return stop
}

// hosts runs a service inside this process until it is stopped, which holds it to having broken nothing.
func (s *stage) hosts(name string) (follower, func()) {
	s.t.Helper()
	made, err := followed[name](s, service.Deps{
		Log: warnings(s.t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{},
	})
	require.NoError(s.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- made.Run(ctx) }()
	return made, sync.OnceFunc(func() {
		cancel()
		require.NoError(s.t, errors.Join(made.Broken(), <-ended, made.Close(context.WithoutCancel(ctx))))
	})
}

// books is what a service holds: its documents by collection and id, and which revisions each partition has passed.
type books struct {
	documents map[string]map[string]bson.M
	revisions map[string]any
}

// read reads all of a service's documents, but for what says when they were written and what belongs to its work.
func (s *stage) read(name string) books {
	s.t.Helper()
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	db := client.Database(s.database(name))
	names, err := db.ListCollectionNames(s.t.Context(), bson.M{})
	require.NoError(s.t, err)
	b := books{documents: map[string]map[string]bson.M{}, revisions: map[string]any{}}
	for _, collection := range names {
		// Places in FACTS, whose order between accounts is not always the same; who works on what; and what was read together.
		if collection == "positions" || collection == "replicas" || collection == "journal" {
			continue
		}
		hidden := bson.M{"recorded_at": 0, "change": 0} // a place in FACTS, for who takes what is new
		cursor, err := db.Collection(collection).Find(s.t.Context(), bson.M{}, options.Find().SetProjection(hidden))
		require.NoError(s.t, err)
		var list []bson.M
		require.NoError(s.t, cursor.All(s.t.Context(), &list))
		if collection == "partitions" {
			for _, d := range list {
				b.revisions[fmt.Sprint(d["_id"])] = d["revisions"]
			}
			continue
		}
		b.documents[collection] = map[string]bson.M{}
		for _, d := range list {
			if name == "analytics" && collection == "entries" { // named by their places in FACTS
				d["_id"] = fmt.Sprint(path.Dir(fmt.Sprint(d["_id"])), "/", d["key"])
			}
			if sums, ok := d["sums"].(bson.D); ok { // which came first follows from who called first, and means nothing
				d["sums"] = sumsOf(sums)
			}
			b.documents[collection][fmt.Sprint(d["_id"])] = d
		}
	}
	return b
}

func sumsOf(d bson.D) bson.M {
	m := bson.M{}
	for _, e := range d {
		m[e.Key] = e.Value
	}
	return m
}

// requireSame names the first document that differs.
func (b books) requireSame(t *testing.T, service string, got books) {
	t.Helper()
	require.Equal(t, b.revisions, got.revisions, "%s: revisions at each place of the log", service)
	require.Len(t, got.documents, len(b.documents), "%s: collections", service)
	for collection, want := range b.documents {
		require.Len(t, got.documents[collection], len(want), "%s: %s", service, collection)
		for id, d := range want {
			require.Equal(t, d, got.documents[collection][id], "%s: %s %s", service, collection, id)
		}
	}
}
