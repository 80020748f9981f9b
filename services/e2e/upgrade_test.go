package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const (
	// pinned is the commit whose binaries are run beside the new ones: the first at which services have replicas.
	pinned = "3427274dc9054f6327cf2dacf06608dd31b4cf6d"
	// drainMax is what a replica has to end in order, whatever it is doing.
	drainMax = 10 * time.Second
	// callers so many call at once, one call after the other.
	callers = 4
	// paceOrders are published at a time while replicas are replaced.
	paceOrders = 10
)

// before builds services as they were at the pinned commit, and returns where their binaries are.
func before(t *testing.T, names ...string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	if said, err := exec.CommandContext(t.Context(), "git", "-C", root, "cat-file", "-e", pinned+"^{commit}").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: old binaries beside new ones: this checkout has no commit %s (a shallow clone, or no git): %s", pinned, said)
	}
	dir := t.TempDir()
	archive := filepath.Join(dir, "source.tar")
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "archive", "--output", archive, pinned).CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	// Without paths in them packages that have not changed since are not compiled again.
	args := []string{"-C", dir, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "bin") + "/"}
	for _, name := range names {
		args = append(args, "./services/"+name+"/cmd/laurel-"+name)
	}
	out, err = exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(dir, "bin")
}

// TestReplicasAreReplacedUnderLoad begins with two replicas each of accrual, tier and analytics as they were at an earlier
// commit, and replaces one after the other with the binary of today, so that old ones and new ones work beside each other on one
// store. Meanwhile orders come and callers call: each replica that is told to end does so in order within ten seconds, no
// call fails that is tried again at the other replica, no point is given twice or lost, and the books are those of a house that was new from the
// beginning.
func TestReplicasAreReplacedUnderLoad(t *testing.T) {
	if os.Getenv("LAUREL_UPGRADE") == "" {
		t.Skip("it builds an earlier commit: make test-upgrade")
	}
	t.Parallel()
	buildServices(t)
	names := []string{"accrual", "tier", "analytics"}
	old := before(t, names...)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	plot := newPlot(t, random(t))
	plot.revisions, plot.again, plot.stops, plot.deeds = map[int]revision{0: plot.revisions[0]}, nil, nil, nil
	want := plot.play(t, m.URI(), way{lanes: 2, batch: 512, tea: true}, nil)

	s := bare(t, m.URI(), way{lanes: 2, batch: 64, replicas: 2})
	s.followers = names
	s.start("programme")
	for _, name := range names {
		for _, replica := range s.replicas(name) {
			s.launch(replica, filepath.Join(old, "laurel-"+name))
		}
	}
	plot.revisions[0].ask(t, s)
	s.apply("tea", tea)
	load := s.load(plot.groups)
	for _, name := range names {
		for _, replica := range s.replicas(name) {
			load.awaits(callers) // it is at work when it is told to end
			s.replace(replica)
		}
	}
	load.awaits(callers)
	awarded := load.end()
	s.pass(plotEnd)
	got := s.conclude()
	require.Equal(t, awarded, s.entriesUnder("tea/cmd/"), "each award that was answered is in the ledger, once")
	// What copies of that age did not hold was not copied of what old replicas have read: it comes when it is read anew.
	s.readAnew("analytics")
	got["analytics"] = s.read("analytics")
	for name, b := range want {
		b.without("tea").requireSame(t, name, got[name].without("tea"))
	}
}

// replace ends a replica in order, and starts the binary under test in its place.
func (s *stage) replace(replica string) {
	s.t.Helper()
	p := s.processes[replica]
	began := time.Now()
	p.signal(syscall.SIGTERM)
	o := p.wait()
	require.Zero(s.t, o.code, "%s: %v", replica, o)
	took := time.Since(began)
	require.Less(s.t, took, drainMax, replica)
	s.t.Logf("%s has ended after %s", replica, took.Round(time.Millisecond))
	s.launch(replica, binaryOf(replica))
}

// readAnew has analytics forget its copy and read FACTS from the beginning, as `laurel rebuild` does.
func (s *stage) readAnew(name string) {
	s.t.Helper()
	made, err := s.make(name)
	require.NoError(s.t, err)
	require.NoError(s.t, made.(interface {
		Forget(ctx context.Context) error
	}).Forget(s.t.Context()))
	require.NoError(s.t, made.Close(s.t.Context()))
	s.drain(name)
}

// load is orders that come and callers who call, until it is ended.
type load struct {
	s      *stage
	v      *visitor
	ctx    context.Context //nolint:containedctx // the load's own
	hurry  context.CancelFunc
	all    errgroup.Group
	mu     sync.Mutex
	calls  int
	awards int64
	slow   time.Duration // the slowest call, with its tries
}

// load begins: orders are published a few at a time for as long as it is not ended, then all that are left.
func (s *stage) load(groups []orderfile.Group) *load {
	s.t.Helper()
	ctx, hurry := context.WithCancel(s.t.Context())
	l := &load{s: s, ctx: ctx, hurry: hurry, v: s.operator(s.followers...)}
	l.all.Go(func() error { return l.orders(groups) })
	for n := range callers {
		l.all.Go(func() error { return l.call(n) })
	}
	return l
}

// orders publishes a few whenever the callers have been answered some more.
func (l *load) orders(groups []orderfile.Group) error {
	for i := 0; i < len(groups); i += paceOrders {
		var batch []bus.Outgoing
		for _, g := range groups[i:min(i+paceOrders, len(groups))] {
			m, err := publish.Order("cdnow", "e2e", g)
			if err != nil {
				return err
			}
			batch = append(batch, m)
		}
		if err := publish.All(l.s.t.Context(), l.s.bus, batch); err != nil {
			return err
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-l.ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

// call gives points and asks how an account stands, one after the other, each to be answered.
func (l *load) call(caller int) error {
	ctx := l.s.t.Context()
	for n := 0; l.ctx.Err() == nil; n++ {
		account := fmt.Sprintf("u-%d", (n*callers+caller)%40)
		began := time.Now()
		err := l.v.ask(ctx, "accrual", n, func(ctx context.Context, conn *grpc.ClientConn) error {
			_, err := accrualv1.NewAccrualServiceClient(conn).AwardPoints(ctx, &accrualv1.AwardPointsRequest{
				Program: "tea", Account: account, Points: 1, IdempotencyKey: fmt.Sprintf("%d/%d", caller, n),
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("award %d to %s: %w", n, account, err)
		}
		l.done(1, time.Since(began))
		began = time.Now()
		err = l.v.ask(ctx, "tier", n, func(ctx context.Context, conn *grpc.ClientConn) error {
			_, err := tierv1.NewTierServiceClient(conn).CountTiers(ctx, &tierv1.CountTiersRequest{Program: "cdnow"})
			return err
		})
		if err != nil {
			return fmt.Errorf("count the tiers: %w", err)
		}
		l.done(0, time.Since(began))
	}
	return nil
}

func (l *load) done(awards int64, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	l.awards += awards
	l.slow = max(l.slow, took)
}

// awaits waits until so many more calls have been answered.
func (l *load) awaits(more int) {
	l.s.t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.calls
	}
	from := count()
	testkit.Eventually(l.s.t, func() bool { return count() >= from+more }, "calls are answered")
}

// end ends the load once all orders are published, and returns how many awards were answered. No call has failed.
func (l *load) end() int64 {
	l.s.t.Helper()
	l.hurry()
	require.NoError(l.s.t, l.all.Wait())
	l.s.t.Logf("%d calls, none failed, the slowest took %s with its tries", l.calls, l.slow.Round(time.Millisecond))
	return l.awards
}
