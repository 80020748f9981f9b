package faults

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// fence is what has happened to the partition documents of all services, told by mongod itself: that no two replicas ever held one of
// them at once. Each commit moves the documents of its partitions, so that it is seen here; what a replica believes to own is not
// asked, for it may be wrong as long as it commits nothing.
type fence struct {
	mu       sync.Mutex
	parts    map[string]fencePost // by database and number
	sessions map[string]string    // for whom each session of a process has committed
	commits  int
	moves    int // of a partition from one owner to another
}

// fencePost is a partition document as it was last seen.
type fencePost struct {
	version int64
	owner   string
}

// moved is a change of a partition document, as mongod tells it.
type moved struct {
	Kind string `bson:"operationType"`
	NS   struct {
		DB string `bson:"db"`
	} `bson:"ns"`
	Key struct {
		ID int `bson:"_id"`
	} `bson:"documentKey"`
	// Session is whose transaction it was; nothing: it was none.
	Session bson.Raw    `bson:"lsid"`
	Whole   fenceFields `bson:"fullDocument"`
	Changed struct {
		Fields fenceFields `bson:"updatedFields"`
	} `bson:"updateDescription"`
}

type fenceFields struct {
	Version *int64  `bson:"version"`
	Owner   *string `bson:"owner"`
}

// see takes one change, and tells what is wrong with it: a version follows on the one before it, who commits leaves the owner as it
// was, and a process commits for one owner in all its life.
func (f *fence) see(m moved) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := fmt.Sprintf("%s/%d", m.NS.DB, m.Key.ID)
	was, known := f.parts[name]
	is, fields := was, m.Changed.Fields
	if m.Kind != "update" {
		fields = m.Whole
	}
	if fields.Owner != nil {
		is.owner = *fields.Owner
	}
	if fields.Version != nil {
		is.version = *fields.Version
	}
	f.parts[name] = is
	commits := len(m.Session) > 0 || m.Kind == "replace"
	switch {
	case m.Kind == "insert" && !known:
		return ""
	case m.Kind != "update" && m.Kind != "replace":
		return fmt.Sprintf("%s: %s", name, m.Kind)
	case is.version != was.version+1:
		return fmt.Sprintf("%s: version %d of %s follows on %d of %s", name, is.version, is.owner, was.version, was.owner)
	case commits && is.owner != was.owner:
		return fmt.Sprintf("%s: %s commits version %d, and %s has it", name, is.owner, is.version, was.owner)
	case !commits && was.owner != "":
		f.moves++
	}
	if !commits || len(m.Session) == 0 {
		return ""
	}
	f.commits++
	other, had := f.sessions[string(m.Session)]
	f.sessions[string(m.Session)] = is.owner
	if had && other != is.owner {
		return fmt.Sprintf("%s: who has committed for %s commits version %d of %s", name, other, is.version, is.owner)
	}
	return ""
}

// watchFence begins to look, before there is a partition document.
func (w *world) watchFence() *fence {
	w.t.Helper()
	f := &fence{parts: map[string]fencePost{}, sessions: map[string]string{}}
	client, err := mongo.Connect(options.Client().ApplyURI(w.mongodURI()).SetServerSelectionTimeout(callMax))
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.t.Context())
	stream, err := client.Watch(ctx, bson.A{bson.M{"$match": bson.M{"ns.coll": store.PartitionsName}}})
	require.NoError(w.t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for stream.Next(ctx) {
			var m moved
			if err := stream.Decode(&m); err != nil {
				w.t.Errorf("read what happened to a partition document: %v", err)
			}
			if wrong := f.see(m); wrong != "" {
				w.t.Errorf("a partition was held by two: %s", wrong)
			}
		}
		if ctx.Err() == nil {
			w.t.Errorf("the partition documents are no longer watched: %v", stream.Err())
		}
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
		ctx, end := context.WithTimeout(context.WithoutCancel(w.t.Context()), callMax)
		defer end()
		_ = stream.Close(ctx) // only read
		_ = client.Disconnect(ctx)
	})
	return f
}

// heldByOne waits until all is seen: each version of each partition of all services was one replica's, or the trial has failed
// already. So many must have changed hands at least.
func (w *world) heldByOne(least int) {
	w.t.Helper()
	f := w.apart.fence
	testkit.Eventually(w.t, func() bool { return f.upTo(w.posts()) }, "all that happened to the partition documents is seen")
	f.mu.Lock()
	defer f.mu.Unlock()
	w.note("%d moves of partition documents in commits of %d sessions, %d from owner to owner: each version is one replica's", f.commits, len(f.sessions), f.moves)
	require.Positive(w.t, f.commits)
	require.GreaterOrEqual(w.t, f.moves, least, "untested: partitions did not change hands")
}

// posts are the partition documents as they are.
func (w *world) posts() map[string]fencePost {
	w.t.Helper()
	b := w.books()
	defer b.close()
	posts := map[string]fencePost{}
	for _, service := range everyService {
		var list []struct {
			ID      int `bson:"_id"`
			Version int64
			Owner   string
		}
		require.NoError(w.t, all(w.t.Context(), b.of(service).Collection(store.PartitionsName), &list))
		for _, p := range list {
			posts[fmt.Sprintf("%s/%d", b.of(service).Name(), p.ID)] = fencePost{p.Version, p.Owner}
		}
	}
	return posts
}

// upTo tells whether all that led to these documents was seen. What is newer is as good: a service goes on.
func (f *fence) upTo(posts map[string]fencePost) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, post := range posts {
		if f.parts[name].version < post.version {
			return false
		}
	}
	return len(posts) > 0
}

// TestTwoHoldersAreSeen tries the check itself: each way in which two could hold one partition.
func TestTwoHoldersAreSeen(t *testing.T) {
	doc := func(version int64, owner string) fenceFields { return fenceFields{Version: &version, Owner: &owner} }
	change := func(kind, session string, part int, fields fenceFields) moved {
		m := moved{Kind: kind, Session: bson.Raw(session)}
		m.NS.DB, m.Key.ID = "books", part
		if kind == "update" {
			m.Changed.Fields = fields
		} else {
			m.Whole = fields
		}
		return m
	}
	right := []moved{
		change("insert", "", 0, doc(0, "")), change("insert", "", 1, doc(0, "")),
		change("update", "", 0, doc(1, "a")), change("update", "", 1, doc(1, "b")), change("replace", "s", 0, doc(2, "a")),
		change("replace", "", 0, doc(3, "a")), change("update", "", 0, doc(4, "b")), change("replace", "r", 0, doc(5, "b")),
	}
	for wrong, what := range map[string]moved{
		"":                             change("replace", "r", 1, doc(2, "b")),
		"version 5 of b follows on 5":  change("replace", "r", 0, doc(5, "b")),
		"version 7 of b follows on 5":  change("update", "", 0, doc(7, "b")),
		"a commits version 6, and b":   change("replace", "s", 0, doc(6, "a")),
		"who has committed for a":      change("replace", "s", 0, doc(6, "b")),
		"books/0: delete":              change("delete", "", 0, fenceFields{}),
		"version 5 of a follows on 5 ": change("replace", "s", 0, doc(5, "a")),
	} {
		f := &fence{parts: map[string]fencePost{}, sessions: map[string]string{}}
		for _, m := range right {
			require.Empty(t, f.see(m))
		}
		require.Equal(t, []int{1, 2}, []int{f.moves, f.commits})
		if said := f.see(what); wrong == "" {
			require.Empty(t, said)
		} else {
			require.Contains(t, said, wrong)
		}
	}
}
