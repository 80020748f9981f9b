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

// TestTheGuideShowsWhatIsAsked looks for what is planted of what members are asked besides, and of the plans.
func TestTheGuideShowsWhatIsAsked(t *testing.T) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	text, err := os.ReadFile("../../../../docs/guides/made-up-town.md")
	require.NoError(t, err)
	p := town.Of(7, 5000, 2)
	w := town.Make(p).Planted(p)
	shows := func(report, figure string, planted any) {
		require.Regexp(t, fmt.Sprintf(`(?m)^ %s +%s +%v +[^ ]`, report, regexp.QuoteMeta(figure), planted), string(text))
	}
	round := func(f float64) int64 { return int64(math.Round(f)) }
	answers := int64(0)
	for _, f := range w.Asked.Kano {
		answers += f.Answers
		shows("kano", f.Name, f.Class)
		of := float64(f.Feels["attractive"] + f.Feels["one-dimensional"] + f.Feels["must-be"] + f.Feels["indifferent"])
		shows("kano", f.Name+": better, per mille", round(1000*float64(f.Feels["attractive"]+f.Feels["one-dimensional"])/of))
		shows("kano", f.Name+": worse without, per mille", round(1000*float64(f.Feels["must-be"]+f.Feels["one-dimensional"])/of))
	}
	shows("kano", "answers", answers)
	prices := w.Asked.Prices
	shows("price-tolerance", "rise: answers", w.Said.Answered)
	shows("price-tolerance", "cut to return: answers", prices.CutAnswers)
	shows("price-tolerance", "cost of these cuts, minor units", prices.CutCostMinor)
	shows("price-tolerance", "four questions: answers", prices.Four)
	shows("price-tolerance", "four questions: contradicting", prices.Contradicting)
	shows("price-tolerance", "cheapest price, minor units", round(prices.Cheapest))
	shows("price-tolerance", "dearest price, minor units", round(prices.Dearest))
	shows("price-tolerance", "best price, minor units", round(prices.Best))
	shows("price-tolerance", "indifferent price, minor units", round(prices.Indifferent))
	shows("price-tolerance", "bought bakery before it rose", prices.Change.Before)
	shows("price-tolerance", "of these, after it rose", prices.Change.Stayed)
	shows("price-tolerance", "spent before, minor units", prices.Change.BeforeMinor)
	shows("price-tolerance", "spent after, minor units", prices.Change.AfterMinor)
	homes := w.Asked.Households
	shows("market-potential", "customers", w.Customers)
	shows("market-potential", "households: answers", homes.Answers)
	shows("market-potential", "spend of a household, minor units", round(homes.Spend.Of))
	shows("market-potential", "share of wallet, per mille", round(1000*homes.Wallet.Of))
	shows("market-potential", "could be spent here, minor units", homes.ElsewhereMinor)
	for _, q := range w.Asked.Quality {
		shows("scorecard", q.Of+": customers", q.Customers)
		shows("scorecard", q.Of+": their mean, thousandths", round(1000*q.Now.Of))
		shows("scorecard", q.Of+": a year before, thousandths", round(1000*q.Before.Of))
		shows("scorecard", q.Of+": mean of all staff, thousandths", round(1000*float64(q.StaffSum)/float64(q.Staff)))
	}
	shows("budget", "revenue of twelve months, minor units", w.Plans.Budget.RevenueMinor)
	for _, l := range w.Plans.Budget.Lines {
		shows("budget", l.Name+": state", l.State)
		shows("budget", l.Name+", minor units", l.CommittedMinor)
	}
	for _, g := range w.Plans.Goals {
		shows("goal", g.Metric+": now, thousandths", round(1000*g.Now))
		shows("goal", g.Metric+": of the way, per mille", round(1000*g.Reached))
	}
}
