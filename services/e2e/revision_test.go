package e2e

import (
	"context"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/types/known/timestamppb"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	doors "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// The plots are short: each is played several times, with a process for each service.
const (
	plotOrders = 900
	plotEnd    = "1998-03-01T00:00:00Z"
	// chunkOrders is how many orders are published before somebody may be killed.
	chunkOrders = 100
	// plotDeeds is how many commands come at each of plotStops places.
	plotDeeds, plotStops = 12, 4
)

// plot is one history: orders, some of them told twice, and before some of them a revision of the programme, or commands.
type plot struct {
	groups    []orderfile.Group
	again     map[int]orderfile.Group // by the order before which an earlier one is told again, by somebody else
	revisions map[int]revision        // by the order before which it comes; 0 has the first
	deeds     []wish
	stops     map[int]int // how many of the deeds come before an order
}

// revision is one thing that is asked of the registry.
type revision struct {
	base     int32
	text     string
	from     time.Time // zero: at once
	rollback int32     // to this revision; 0: it has a text
}

// newPlot draws the places at which the programme is revised: another rate and a shorter life of points, then another
// ladder, which is to begin some days later, then back to the first.
func newPlot(t *testing.T, r *mathrand.Rand) plot {
	t.Helper()
	raw, err := os.ReadFile(withTiers)
	require.NoError(t, err)
	change := func(pairs ...string) string {
		text := strings.NewReplacer(pairs...).Replace(string(raw))
		require.NotEqual(t, string(raw), text, "what is replaced must be there: %v", pairs)
		return text
	}
	p := plot{
		groups: readOrders(t, slice(t, plotOrders))[:plotOrders], revisions: map[int]revision{0: {text: string(raw)}},
		again: map[int]orderfile.Group{}, stops: map[int]int{},
	}
	slices.SortStableFunc(p.groups, func(a, b orderfile.Group) int { return a.Event.OccurredAt.Compare(b.Event.OccurredAt) })
	second := 1 + r.IntN(plotOrders/3)
	third := second + 1 + r.IntN(plotOrders/3)
	from := p.groups[third].Event.OccurredAt.Add(time.Duration(r.IntN(72)) * time.Hour)
	begun := slices.IndexFunc(p.groups, func(g orderfile.Group) bool { return g.Event.OccurredAt.After(from) })
	fourth := begun + 1 + r.IntN(plotOrders-begun-1)
	p.revisions[second] = revision{
		base: 1, text: change("points: 1", "points: 2", "months: 12\n\nladder", "months: 2\n\nladder", "silver: 5/4", "silver: 2"),
	}
	p.revisions[third] = revision{
		base: 2, from: from,
		text: change("from: 100.00", "from: 40.00", "from: 500.00", "from: 90.00", "one_step", "to_fit", "window_months: 12", "window_months: 6"),
	}
	p.revisions[fourth] = revision{base: 3, rollback: 1}
	for range plotOrders / 20 {
		at := 1 + r.IntN(plotOrders-1)
		p.again[at] = p.groups[r.IntN(at)]
	}
	for range plotStops {
		p.stops[plotOrders/5+r.IntN(plotOrders*4/5)] = plotDeeds
	}
	for _, at := range slices.Sorted(maps.Keys(p.stops)) {
		var bought []string
		for _, g := range p.groups[:at] {
			bought = append(bought, g.Account)
		}
		p.deeds = append(p.deeds, drawWishes(r, p.deeds, bought, plotDeeds)...)
	}
	t.Logf("revised before the orders %d, %d (from %s on) and %d", second, third, from, fourth)
	return p
}

// ask asks the registry until the revision is published: whoever is killed meanwhile is asked again, with the same key.
func (r revision) ask(t *testing.T, s *stage) {
	t.Helper()
	key := doors.NewToken()
	var from *timestamppb.Timestamp
	if !r.from.IsZero() {
		from = timestamppb.New(r.from)
	}
	s.eventually(func(ctx context.Context, client programmev1.ProgrammeServiceClient) bool {
		var made *programmev1.Revision
		if r.rollback > 0 {
			answer, err := client.RollbackProgram(ctx, &programmev1.RollbackProgramRequest{
				Program: "cdnow", IdempotencyKey: key, BaseRevision: r.base, ToRevision: r.rollback, EffectiveAt: from,
			})
			made = answer.GetRevision()
			s.note(err)
		} else {
			answer, err := client.ApplyProgram(ctx, &programmev1.ApplyProgramRequest{
				Program: "cdnow", IdempotencyKey: key, BaseRevision: r.base, EffectiveAt: from,
				Files: []*programmev1.File{{Name: "cdnow.yaml", Content: []byte(r.text)}},
			})
			made = answer.GetRevision()
			s.note(err)
		}
		return made.GetNumber() == r.base+1 && made.GetPublished()
	}, fmt.Sprintf("revision %d is published", r.base+1))
}

// way is how a plot is played.
type way struct {
	lanes, batch int
	replicas     int                  // of each service that follows the log; 0: one
	killed       bool                 // processes are killed at random places
	paused       bool                 // a replica of each service sleeps through a part of it
	tea          bool                 // a second programme stands in the log behind the first
	cluster      *testkit.NATSCluster // the bus; nil: one node of its own
	meanwhile    func(order int)      // before each order
}

// play plays a plot with a process for each service, and returns what they hold in the end.
func (p plot) play(t *testing.T, mongoURI string, w way, r *mathrand.Rand) map[string]books {
	t.Helper()
	s := raise(t, mongoURI, w)
	if w.killed {
		s.random = r
	}
	var chunk []orderfile.Group
	done := map[string]bson.M{}
	for i, g := range p.groups {
		if w.meanwhile != nil {
			w.meanwhile(i)
		}
		if w.paused && i == len(p.groups)/3 {
			s.pause()
		}
		if w.paused && i == len(p.groups)*2/3 {
			s.wake()
		}
		if twice, ok := p.again[i]; ok {
			s.publish(chunk)
			chunk = chunk[:0]
			s.tell("another", twice)
		}
		if n := p.stops[i]; n > 0 {
			s.publish(chunk)
			chunk = chunk[:0]
			s.deeds(p.deeds[:len(done)+n], done)
		}
		if rev, revised := p.revisions[i]; revised {
			s.publish(chunk)
			chunk = chunk[:0]
			s.maybeKill("programme")
			rev.ask(t, s)
			if i == 0 && w.tea {
				s.apply("tea", tea)
			}
		}
		if chunk = append(chunk, g); len(chunk) == chunkOrders {
			s.publish(chunk)
			chunk = chunk[:0]
			s.maybeKill(s.running()...)
		}
	}
	s.publish(chunk)
	require.Equal(t, w.killed, s.kills > 0, "killed %d times", s.kills)
	s.pass(plotEnd)
	all := s.conclude()
	if len(p.deeds) > 0 {
		all["callers"] = books{documents: map[string]map[string]bson.M{"deeds": done}}
	}
	return all
}

// TestARevisionInTheMiddleGivesTheSameResult revises a programme at random places of a history in which orders come twice and callers award,
// hold, capture, void, give back and adjust points, once so, once so: with
// other lanes and batches, with services that are killed and started again, and with several replicas of each, some killed,
// some asleep for a while. At the same place of the log all services
// know the same revisions, and whoever was slower or died comes to the same answers and the same books, to the last hash.
func TestARevisionInTheMiddleGivesTheSameResult(t *testing.T) {
	t.Parallel()
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	plot := newPlot(t, random(t))
	want := plot.play(t, m.URI(), way{lanes: 2, batch: 512}, nil)
	requireRevised(t, want)
	requireDone(t, want)
	for name, w := range map[string]way{
		"one lane, batches of sixteen": {lanes: 1, batch: 16}, "killed, four lanes": {lanes: 4, batch: 512, killed: true},
		"three replicas, killed and paused": {lanes: 2, batch: 64, replicas: 3, killed: true, paused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plot.play(t, m.URI(), w, random(t))
			for service, b := range want {
				b.requireSame(t, service, got[service])
			}
		})
	}
}

// requireRevised wants the history to tell something: every revision has made entries.
func requireRevised(t *testing.T, all map[string]books) {
	t.Helper()
	made := map[string]bool{}
	for _, entry := range all["accrual"].documents["entries"] {
		made[fmt.Sprint(entry["revision"])] = true
	}
	require.Equal(t, map[string]bool{"1": true, "2": true, "3": true, "4": true}, made)
}

// maybeKill kills one of the services, as kill -9 does, and starts it again.
func (s *stage) maybeKill(names ...string) {
	s.t.Helper()
	if s.random == nil || s.kills > 0 && s.random.IntN(2) == 0 { // the first chance is taken
		return
	}
	s.kills++
	name := names[s.random.IntN(len(names))]
	s.kill(name)
	s.start(name)
}

// kill kills a service, as kill -9 does.
func (s *stage) kill(name string) {
	s.t.Helper()
	s.processes[name].signal(syscall.SIGKILL)
	require.Equal(s.t, syscall.SIGKILL, s.processes[name].wait().signal)
	delete(s.processes, name)
}

// stop has a service end by itself.
func (s *stage) stop(name string) {
	s.t.Helper()
	s.processes[name].signal(syscall.SIGTERM)
	require.Zero(s.t, s.processes[name].wait().signal, "it ends by itself; one that has just begun may say that it was interrupted")
	delete(s.processes, name)
}
