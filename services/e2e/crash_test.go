package e2e

import (
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// The slice is the beginning of the sample: some orders of 1997's first weeks, and what becomes of them until the
// points of January have lapsed and a review has lowered tiers.
const (
	sliceOrders = 900
	sliceEnd    = "1998-02-15T00:00Z"
)

// slice writes the first orders of the sample into a file.
func slice(t *testing.T, orders int) string {
	t.Helper()
	return write(t, "slice.csv", strings.Join(sliceRows(t, orders), ""))
}

// sliceRows are the rows of the first orders of the sample, behind the names of the columns.
func sliceRows(t *testing.T, orders int) []string {
	t.Helper()
	raw, err := os.ReadFile(cdnow(t, "cdnow-sample.csv"))
	require.NoError(t, err)
	return strings.SplitAfterN(string(raw), "\n", orders+2)[:orders+1]
}

func sliceReplay(t *testing.T) replay {
	t.Helper()
	return replay{
		orders: eventfulSlice(t), programme: withTiers, until: sliceEnd,
		flags: []string{"--at", "1997-06-01T00:00Z", "--at", "1998-02-01T00:00Z"},
	}
}

// clean is what an undisturbed replay leaves behind.
type clean struct {
	summary summary
	hashes  map[string]string
	dead    []string
}

var cleanSlice struct {
	once sync.Once
	clean
}

// undisturbed returns the outcome of the slice without any fault, computed once.
func undisturbed(t *testing.T) clean {
	t.Helper()
	cleanSlice.once.Do(func() {
		h := newHouse(t)
		s := h.figures(h.replay(sliceReplay(t)))
		require.EqualValues(t, sliceOrders+sliceLapsed, s.After.Orders, "what waits for an order makes it known")
		require.NotZero(t, s.After.Points.Expired)
		require.NotZero(t, s.After.Points.Active)
		require.NotZero(t, s.After.Points.Reversed)
		l := h.open()
		dead := l.dead(t)
		require.Equal(t, map[string]int{"RETURN_EXCEEDS_ORDER": sliceRefused, "RETURN_WITHOUT_ORDER": sliceLapsed}, countReasons(dead))
		require.EqualValues(t, sliceRefused+sliceLapsed, s.After.Refused)
		cleanSlice.clean = clean{s, l.hashes(t), dead}
	})
	require.NotEmpty(t, cleanSlice.hashes, "the undisturbed replay failed: see the first test that asked for it")
	return cleanSlice.clean
}

// requireAsClean asserts that a house which was disturbed holds what the undisturbed one holds: figures, every entry by
// the accounts' last hashes, one fact per entry.
func requireAsClean(t *testing.T, want clean, s summary, l *ledger) {
	t.Helper()
	require.Equal(t, want.summary.ledger(), s.ledger())
	require.Equal(t, want.summary.At, s.At)
	require.Equal(t, string(want.summary.Analytics), string(s.Analytics))
	requireSameHashes(t, want.hashes, l.hashes(t))
	requireOneFactPerEntry(t, l)
	require.Equal(t, want.dead, l.dead(t), "dead letters, each once")
}

func requireSameHashes(t *testing.T, want, got map[string]string) {
	t.Helper()
	require.Len(t, got, len(want), "accounts")
	for account, hash := range want {
		if got[account] != hash {
			require.Failf(t, "another ledger", "last hash of %s: got %s, want %s", account, got[account], hash)
		}
	}
}

// visits is how often the slice meets a point at least, in batches of at most 32; points that are not named meet more
// than the default.
func visits(point string) int {
	switch point {
	case fault.AfterOrdersPublish:
		return sliceOrders / 500
	case fault.BeforeOutboxPublish, fault.AfterOutboxPublish, fault.AfterOutboxDelete:
		return 3
	case fault.AfterRevisionInsert, fault.AfterRevisionPublish:
		return 1
	default:
		return 40
	}
}

// deaths is how often a house is killed before it may finish its work.
const deaths = 4

// lives deals the points out to houses. Those of a revision are met in a new house alone, so they come first.
func lives(choose *mathrand.Rand) [][]string {
	points := fault.Points()
	choose.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	houses := make([][]string, (len(points)+deaths-1)/deaths)
	for i, point := range points {
		houses[i%len(houses)] = append(houses[i%len(houses)], point)
	}
	first := []string{fault.AfterRevisionPublish, fault.AfterRevisionInsert}
	for _, house := range houses {
		slices.SortStableFunc(house, func(a, b string) int { return slices.Index(first, b) - slices.Index(first, a) })
	}
	return houses
}

// TestKilledAtEachPoint kills laurel at each named point, somewhere in the midst of a replay, again and again in one
// house, and has the last run finish the work.
func TestKilledAtEachPoint(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	for _, points := range lives(random(t)) {
		t.Run(strings.Join(points, ","), func(t *testing.T) {
			t.Parallel()
			choose := random(t)
			h := newHouse(t)
			r := sliceReplay(t)
			for _, point := range points {
				n := 1 + choose.IntN(max(1, visits(point)/deaths))
				crash := r
				crash.fault = fmt.Sprintf("%s:%d", point, n)
				crash.flags = append(slices.Clip(crash.flags), "--batch", "32")
				o := h.replay(crash)
				require.Equal(t, syscall.SIGKILL, o.signal, "%s was not met %d times: untested\n%v", point, n, o)
				require.Contains(t, o.err, fmt.Sprintf("fault point %s, hit %d: kill -9", point, n))
			}
			requireAsClean(t, want, h.figures(h.replay(r)), h.open())
		})
	}
}
