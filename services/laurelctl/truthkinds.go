package laurelctl

import (
	"context"
	"fmt"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedKind is members who are alike; their accounts begin with its name and a hyphen.
type plantedKind struct {
	Name    string `json:"name"`
	Members int64  `json:"members"`
}

// The adjusted Rand index, per mille: of clusters that are the kinds, and from which on they hold what was planted.
const (
	randSame  int64 = 1000
	randLeast int64 = 900
)

// kinds adds lines for the clusters of a town of kinds: how many are best told apart, and how far they are the kinds.
func (p planted) kinds(ctx context.Context, a *analytics, rows *grid) error {
	k := len(p.Kinds)
	if k == 0 {
		return nil
	}
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "clusters", AsOf: p.AsOf, Parameters: &analyticsv1.GetReportRequest_Clusters{
			Clusters: &analyticsv1.ClustersParameters{K: int32(k)}, //nolint:gosec // a few
		},
	})
	if err != nil {
		return err
	}
	best, greatest := int64(0), 0.0
	for _, c := range answer.GetReport().GetClusters().GetChoices() {
		if c.GetSilhouette() == "" {
			continue // of one cluster
		}
		silhouette, err := strconv.ParseFloat(c.GetSilhouette(), 64)
		if err != nil {
			return fmt.Errorf("read the clusters: %w", err)
		}
		if silhouette > greatest {
			best, greatest = int64(c.GetK()), silhouette
		}
	}
	g := truthRows{rows}
	g.exact("clusters", "kinds, by the best silhouette", int64(k), best)
	both := make([][]int64, k) // of each kind, by cluster
	for i, kind := range p.Kinds {
		most := int64(0)
		for number := 1; number <= k; number++ {
			in, err := a.segments.PreviewSegment(ctx, &analyticsv1.PreviewSegmentRequest{
				Program: a.program, AsOf: p.AsOf, Condition: fmt.Sprintf("cluster == %d && account.startsWith(%q)", number, kind.Name+"-"),
			})
			if err != nil {
				return err
			}
			both[i] = append(both[i], in.GetSize().GetCustomers())
			most = max(most, in.GetSize().GetCustomers())
		}
		g.add("clusters", kind.Name+", in one cluster", number(kind.Members), number(most), offBy(kind.Members, most), "", "", "")
	}
	rand := int64(thousand * adjustedRand(both))
	g.add("clusters", "adjusted Rand index, per mille", number(randSame), number(rand), offBy(randSame, rand), number(randLeast), number(randSame),
		yesOrNo(rand >= randLeast))
	return nil
}

// adjustedRand is how far two groupings are the same, by how many are in both of a pair of groups: 1, they are; 0, no more than by
// chance (Hubert & Arabie 1985, Comparing Partitions, Journal of Classification 2, equation 5). 0 where either is no grouping at all.
func adjustedRand(both [][]int64) float64 {
	pairs := func(n int64) float64 { return float64(n) * float64(n-1) / 2 } //nolint:mnd // of two
	var together, byRow, byColumn float64
	all, columns := int64(0), map[int]int64{}
	for _, row := range both {
		sum := int64(0)
		for j, n := range row {
			together += pairs(n)
			columns[j] += n
			sum += n
		}
		byRow += pairs(sum)
		all += sum
	}
	for _, n := range columns {
		byColumn += pairs(n)
	}
	if all < 2 { //nolint:mnd // a pair
		return 0
	}
	chance, most := byRow*byColumn/pairs(all), (byRow+byColumn)/2 //nolint:mnd // the mean
	if most == chance {
		return 0
	}
	return (together - chance) / (most - chance)
}
