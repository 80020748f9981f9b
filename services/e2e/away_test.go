package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// scenes are how often orders come while one service or another is away; each ends with somebody who spends much.
const scenes = 5

// big is who spends 600.00 in a scene: gold at once, and 600 points.
func big(scene int) string { return fmt.Sprint("big-", scene) }

const bigMinor = 600_00

// TestWhoeverIsAwayCatchesUp stops services for a while, and kills them, while orders come: those that stay work on and
// answer with what has come, those that come back catch up, and all end with the books of a house in which nobody was away.
func TestWhoeverIsAwayCatchesUp(t *testing.T) {
	t.Parallel()
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	var want, got map[string]books
	t.Run("played", func(t *testing.T) {
		t.Run("undisturbed", func(t *testing.T) {
			t.Parallel()
			want = newScenes(t).play(t, m.URI(), way{lanes: 2, batch: 512}, nil)
		})
		t.Run("with services away", func(t *testing.T) {
			t.Parallel()
			got = newScenes(t).playAway(t, m.URI())
		})
	})
	for service, b := range want {
		b.requireSame(t, service, got[service])
	}
}

// newScenes is a plot of so many chunks of orders, whose last is a big one.
func newScenes(t *testing.T) plot {
	t.Helper()
	raw, err := os.ReadFile(withTiers)
	require.NoError(t, err)
	small := readOrders(t, slice(t, scenes*(chunkOrders-1)))
	slices.SortStableFunc(small, func(a, b orderfile.Group) int { return a.Event.OccurredAt.Compare(b.Event.OccurredAt) })
	p := plot{revisions: map[int]revision{0: {text: string(raw)}}}
	for scene := range scenes {
		chunk := small[scene*(chunkOrders-1) : (scene+1)*(chunkOrders-1)]
		last := chunk[len(chunk)-1]
		last.Account, last.ID = big(scene), "shop/big/"+big(scene)
		last.Ref = orders.Ref{Merchant: last.Merchant, Order: big(scene)}
		last.Event.Lines = []orders.Line{{ID: "1", Quantity: 1, Amount: bigMinor}}
		p.groups = append(append(p.groups, chunk...), last)
	}
	return p
}

// playAway plays the scenes with somebody away in all of them but the first.
func (p plot) playAway(t *testing.T, mongoURI string) map[string]books {
	t.Helper()
	s := raise(t, mongoURI, way{lanes: 2, batch: 512})
	p.revisions[0].ask(t, s)
	publish := func(scene int) { s.publish(p.groups[scene*chunkOrders : (scene+1)*chunkOrders]) }
	publish(0)
	s.requireTier(0)
	s.requirePoints(0)

	s.stop("tier")
	publish(1)
	s.requirePoints(1)
	s.start("tier")
	publish(2)
	s.kill("tier") // somewhere in what it has to catch up with
	s.requirePoints(2)

	s.start("tier")
	s.kill("accrual")
	publish(3)
	for scene := range 4 {
		s.requireTier(scene)
	}

	s.start("accrual")
	s.kill("analytics")
	publish(4)
	s.requireTier(4)
	for scene := range scenes {
		s.requirePoints(scene)
	}
	s.start("analytics")
	s.requireCopied(scenes)
	s.pass(plotEnd)
	return s.conclude()
}

// end is the position behind which EVENTS holds nothing.
func (s *stage) end() *typev1.Position {
	s.t.Helper()
	end, err := s.bus.End(s.t.Context(), bus.Events)
	require.NoError(s.t, err)
	return &typev1.Position{Sequence: end}
}

// requirePoints asks accrual what the big spender of a scene has, once it has read so far.
func (s *stage) requirePoints(scene int) {
	s.t.Helper()
	answer, err := accrualv1.NewAccrualServiceClient(s.dial("accrual")).GetAccount(s.t.Context(), &accrualv1.GetAccountRequest{
		Program: "cdnow", Account: big(scene), After: s.end(),
	})
	require.NoError(s.t, err)
	require.EqualValues(s.t, 600, answer.GetAccount().GetBalances()[0].GetActive())
	require.Equal(s.t, "gold", answer.GetAccount().GetTier())
}

// requireTier asks the tier service where the big spender of a scene stands, once it has read so far.
func (s *stage) requireTier(scene int) {
	s.t.Helper()
	answer, err := tierv1.NewTierServiceClient(s.dial("tier")).GetMemberTier(s.t.Context(), &tierv1.GetMemberTierRequest{
		Program: "cdnow", Account: big(scene), After: s.end(),
	})
	require.NoError(s.t, err)
	require.Equal(s.t, "gold", answer.GetMemberTier().GetTier())
	require.EqualValues(s.t, bigMinor, answer.GetMemberTier().GetQualifyingMinor())
}

// requireCopied waits until analytics knows all orders.
func (s *stage) requireCopied(chunks int) {
	s.t.Helper()
	client := analyticsv1.NewAnalyticsServiceClient(s.dial("analytics"))
	testkit.Eventually(s.t, func() bool {
		answer, err := client.GetReport(s.t.Context(), &analyticsv1.GetReportRequest{Program: "cdnow", Name: "pareto"})
		require.NoError(s.t, err)
		return answer.GetReport().GetRead().GetEntries() >= int64(chunks*chunkOrders)
	}, "analytics has caught up")
}
