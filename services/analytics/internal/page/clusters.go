package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func clusterPlots(c *analyticsv1.ClustersReport) []plot {
	var sizes []bar
	for _, l := range c.GetClusters() {
		sizes = append(sizes, bar{fmt.Sprintf("cluster %d", l.GetNumber()), float64(l.GetCustomers()), shared(l.GetCustomers(), l.GetShare())})
	}
	within, silhouette := series{Name: "distance within"}, series{Name: "silhouette"}
	for _, choice := range c.GetChoices() {
		within.Points = append(within.Points, point{float64(choice.GetK()), decimal(choice.GetWithinShare())})
		if choice.GetSilhouette() != "" {
			silhouette.Points = append(silhouette.Points, point{float64(choice.GetK()), decimal(choice.GetSilhouette())})
		}
	}
	if len(sizes) == 0 {
		return nil
	}
	return []plot{
		bars("Customers by cluster", "Cluster 1 spent most.", sizes),
		lines("How many clusters", "Squared distances within, as a part of those of one cluster, and how far clusters lie apart.", axes{count, percent}, within, silhouette),
	}
}
