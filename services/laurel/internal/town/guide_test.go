package town_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestTheGuideShowsWhatIsPlanted makes the town of the guide again, and looks for each figure in its table.
func TestTheGuideShowsWhatIsPlanted(t *testing.T) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	text, err := os.ReadFile("../../../../docs/guides/made-up-town.md")
	require.NoError(t, err)
	guide := string(text)
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	w := made.Planted(p)
	shows := func(report, figure string, planted int64) {
		require.Regexp(t, fmt.Sprintf(`(?m)^ %s +%s +%d +-?\d`, report, regexp.QuoteMeta(figure), planted), guide)
	}
	share := func(report, figure string, fit, of int64) {
		shows(report, figure+", per mille", int64(math.Round(1000*float64(fit)/float64(of))))
	}
	said := w.Said
	shows("pareto", "customers", w.Customers)
	shows("pareto", "revenue, minor units", w.RevenueMinor)
	shows("rfm", "customers", w.Customers)
	shows("effect", "treated", w.Campaign.Treated)
	shows("effect", "held out", w.Campaign.HeldOut)
	shows("effect", "added, minor units", w.Campaign.AddedMinor)
	shows("satisfaction", "answered", said.Answered)
	share("satisfaction", "satisfied", said.Satisfied, w.Customers)
	for name, n := range said.Types {
		share("loyalty-types", name, n, w.Customers)
	}
	shows("churn-causes", "gone, or silent", said.Gone)
	shows("churn-causes", "told why", said.Told)
	for name, n := range said.Causes {
		share("churn-causes", name, n, said.Gone)
	}
	shows("service-stages", "with open cases", said.OpenCases)
	shows("reviews", "reviews", said.Reviews)
	shows("reviews", "call for a case", said.Calls)
	shows("channel", "dealers", said.Dealers)
	shows("channel", "left of their own will", said.DealersLeft)
	shows("channel", "voluntary churn, per mille", int64(math.Round(1000*said.DealerChurn)))
	shows("acquisition", "spend, minor units", said.AcquisitionMinor)
	shows("profitability", "cost of orders, minor units", said.OrderCostMinor)
	shows("profitability", "points earned", w.Points)
	shows("profitability", "of the days of large-baskets", w.Baskets.Points)
	club := w.Club
	shows("contract-retention", "contracts", club.Members)
	shows("contract-retention", "current", club.Current)
	shows("contract-retention", "ended", club.Ended)
	for _, n := range []float64{1, 12} {
		shows("contract-retention", fmt.Sprintf("leave at renewal %g, per mille", n), int64(math.Round(1000*club.Alpha/(club.Alpha+club.Beta+n-1))))
	}
	groups := town.Of(7, 400, 2)
	groups.Kinds = true
	for _, k := range town.Make(groups).Planted(groups).Kinds {
		shows("clusters", k.Name+", in one cluster", k.Members)
	}
	thousandths := func(f float64) int64 { return int64(math.Round(1000 * f)) }
	shows("lifetime", "still buy", w.Alive)
	shows("lifetime", "r, thousandths", thousandths(w.Purchases.RateShape))
	shows("lifetime", "alpha, thousandths", thousandths(w.Purchases.RateAlpha))
	shows("lifetime", "a, thousandths", thousandths(w.Purchases.StopA))
	shows("lifetime", "b, thousandths", thousandths(w.Purchases.StopB))
	shows("contract-retention", "alpha, thousandths", thousandths(club.Alpha))
	shows("contract-retention", "beta, thousandths", thousandths(club.Beta))
	for _, c := range w.Counted {
		for _, f := range c.Figures {
			shows(c.Report, f.Name, f.Planted)
		}
		for _, r := range c.Rates {
			shows(c.Report, r.Name+", per mille", thousandths(r.Planted))
		}
	}
	require.Contains(t, guide, fmt.Sprintf("The campaign\nadded %s EUR", grouped(w.Campaign.AddedMinor)))
	require.Contains(t, guide, fmt.Sprintf("%d,%03d orders and %d,%03d own events", len(made.Orders)/1000, len(made.Orders)%1000,
		len(made.Actions)/1000, len(made.Actions)%1000))
}

func grouped(minor int64) string {
	return fmt.Sprintf("%d,%03d.%02d", minor/100_000, minor/100%1000, minor%100)
}
