package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cluster"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func clustersReport() report {
	return report{
		name: "clusters", question: "Which groups of customers are alike by how lately, how often and for how much they have bought?",
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetClusters() != nil }, make: (*Server).clusters, figures: clustersFigures,
	}
}

func (s *Server) clusters(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	k := cmp.Or(int(in.GetClusters().GetK()), cluster.Default)
	if err := cluster.Check(k); err != nil {
		return nil, under("clusters", err)
	}
	var b *cluster.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = cluster.New(h.AsOf)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report(k, ctx.Err)
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.ClustersReport{Customers: found.Customers}
	all := money.Minor(0)
	for _, l := range found.Lines {
		if all, err = history.Add(all, l.Spend); err != nil {
			return nil, err
		}
	}
	for i, l := range found.Lines {
		body.Clusters = append(body.Clusters, &analyticsv1.Cluster{
			Number: int32(i + 1), Customers: l.Customers, Share: history.ShareOf(l.Customers, found.Customers).String(), //nolint:gosec // at most cluster.Most
			RevenueMinor: int64(l.Spend), RevenueShare: history.ShareOf(int64(l.Spend), int64(all)).String(),
			MeanRecencyDays: mean(l.RecencyDays, l.Customers), MeanOrders: mean(l.Orders, l.Customers), SpendMinor: int64(l.Spend) / max(l.Customers, 1),
		})
	}
	for _, c := range found.Choices {
		line := &analyticsv1.ClusterChoice{K: int32(c.K)} //nolint:gosec // the same
		if one := found.Choices[0].Found.Within; one > 0 {
			line.WithinShare = decimal(c.Found.Within/one, shareDigits)
		}
		if c.K > 1 {
			line.Silhouette = decimal(c.Found.Silhouette, shareDigits)
		}
		body.Choices = append(body.Choices, line)
	}
	made.Body = &analyticsv1.Report_Clusters{Clusters: body}
	return made, nil
}

// mean is a mean of whole numbers; empty of none.
func mean(sum, n int64) string {
	if n == 0 {
		return ""
	}
	return decimal(float64(sum)/float64(n), shareDigits)
}

func clustersFigures() []figure {
	const (
		means      = "Lloyd 1982, Least squares quantization in PCM, IEEE Transactions on Information Theory 28:2; seeds by Arthur & Vassilvitskii 2007, k-means++"
		silhouette = "Rousseeuw 1987, J. Comput. Appl. Math. 20, by the middles of clusters"
		kinds      = "that there are kinds of customers: it cuts a cloud, too; hold silhouette and within_share beside it"
	)
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"clusters", "k-means on the logarithms of recency, orders and spend, each less its mean and by its deviation; who spent nothing counts with half the least spend", means, "customers", measured, kinds},
		{"clusters.revenue_share", "of the revenue of all", own, "customers", measured, ""},
		{"clusters.spend_minor", "revenue of the cluster by its customers, rounded down", own, "customers", measured, "what its middle customer spends"},
		{"choices", "the same with one cluster up to eight, from which k can be chosen", own, "customers", measured, "which k is right: take one behind which within_share falls little"},
		{"choices.within_share", "Σ squared distances to the own middle by that of one cluster", means, "customers", measured, ""},
		{"choices.silhouette", "mean of (b − a) ÷ max(a, b): distances to the own and to the next middle", silhouette, "customers", measured, ""},
	}
}
