package cluster_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cluster"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// planted are three groups that lie far apart: who bought much and lately, little and lately, little and long ago.
func planted(n int) ([]cluster.Figures, []int) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []cluster.Figures
	var of []int
	for i := range n {
		at := []cluster.Figures{{Recency: 5, Orders: 40, Spend: 900_00}, {Recency: 6, Orders: 3, Spend: 40_00}, {Recency: 400, Orders: 2, Spend: 20_00}}[i%3]
		list = append(list, cluster.Figures{
			Recency: at.Recency + r.Int64N(at.Recency), Orders: at.Orders + r.Int64N(at.Orders/2+1), Spend: at.Spend + r.Int64N(at.Spend/4),
		})
		of = append(of, i%3+1)
	}
	return list, of
}

func clusters(m cluster.Model, list []cluster.Figures) []int {
	var of []int
	for _, f := range list {
		of = append(of, m.Of(f))
	}
	return of
}

func TestGroupsThatWerePlantedAreFound(t *testing.T) {
	t.Parallel()
	list, of := planted(300)
	found := cluster.Group(list, 3)
	require.Equal(t, of, clusters(found.Model, list), "who spent most first")
	require.Greater(t, found.Silhouette, 0.7)
	one, two, four := cluster.Group(list, 1), cluster.Group(list, 2), cluster.Group(list, 4)
	require.InDelta(t, 3*300, one.Within, 1e-3, "standardised: the variance of three figures")
	require.Zero(t, one.Silhouette)
	require.Less(t, found.Within, one.Within/20)
	require.Less(t, found.Within, two.Within/5, "two are too few")
	require.Greater(t, four.Within, found.Within/3, "four gain little")
	require.Greater(t, found.Silhouette, two.Silhouette)
	require.Greater(t, found.Silhouette, four.Silhouette)
}

func TestNobodyAndEquals(t *testing.T) {
	t.Parallel()
	require.Zero(t, cluster.Group(nil, 4).Model.Of(cluster.Figures{Recency: 1, Orders: 1}))
	same := slices.Repeat([]cluster.Figures{{Recency: 3, Orders: 2, Spend: 0}}, 9)
	found := cluster.Group(same, 4)
	require.Len(t, found.Centres, 1)
	require.Zero(t, found.Within)
	require.Equal(t, 1, found.Of(same[0]))
	two := cluster.Group(append(same, cluster.Figures{Recency: 3, Orders: 2, Spend: math.MaxInt64}), 8)
	require.Len(t, two.Centres, 2)
	require.Equal(t, 2, two.Of(same[0]))
	for _, k := range []int{1, 9} {
		refusal, ok := reason.Of(cluster.Check(k))
		require.True(t, ok)
		require.Equal(t, "k", refusal.Field)
	}
}

// TestOnlyFiguresCount: not who comes first, nor in which currency; each is with the nearest centre, and more clusters never do worse
// than one.
func TestOnlyFiguresCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.Figures {
			return cluster.Figures{
				Recency: rapid.Int64Range(1, 400).Draw(t, "recency"), Orders: rapid.Int64Range(1, 30).Draw(t, "orders"), Spend: rapid.Int64Range(0, 90_000).Draw(t, "spend"),
			}
		}), 1, 40).Draw(t, "customers")
		k := rapid.IntRange(cluster.Least, cluster.Most).Draw(t, "k")
		found := cluster.Group(list, k)
		mixed := rapid.Permutation(list).Draw(t, "mixed")
		require.Equal(t, found, cluster.Group(mixed, k))
		doubled := slices.Clone(list)
		for i := range doubled {
			doubled[i].Spend *= 2
		}
		require.Equal(t, clusters(found.Model, list), clusters(cluster.Group(doubled, k).Model, doubled))
		require.LessOrEqual(t, found.Within, cluster.Group(list, 1).Within+1e-9)
		require.LessOrEqual(t, len(found.Centres), k)
		require.True(t, found.Silhouette >= 0 && found.Silhouette <= 1)
	})
}

func TestManyAreGroupedFromSome(t *testing.T) {
	t.Parallel()
	list, _ := planted(3)
	for i := range int64(120_000) {
		list = append(list, cluster.Figures{Recency: 1 + i%900, Orders: 1 + i/900, Spend: 100 + 7*i})
	}
	b := cluster.New(1000)
	for _, f := range list[:50] {
		c := history.Customer{}
		for range f.Orders {
			c.Orders = append(c.Orders, history.Order{Day: calendar.Day(1000 - f.Recency)})
		}
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report(2, func() error { return nil })
	require.NoError(t, err)
	require.EqualValues(t, 50, r.Customers)
	require.EqualValues(t, 50, r.Lines[0].Customers+r.Lines[1].Customers)
	require.Len(t, r.Choices, cluster.Most)
	require.Len(t, cluster.Group(list, 4).Centres, 4)
}
