package e2e

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheReportsComeNearTheTruthOfATown makes up a town, sends its orders through a house, and holds the reports against what
// was planted: what can be counted must be counted, and what is estimated lies inside its interval.
func TestTheReportsComeNearTheTruthOfATown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := filepath.Join(t.TempDir(), "town")
	made := h.run(programs.laurel, "town", "--members", "200", "--out", dir).wait()
	require.Zero(t, made.code, "%v", made)
	require.Regexp(t, `^200 members, \d+ orders, .* EUR; campaign spring added .* EUR to \d+ members, \d+ were held out\n$`, made.out)
	h.serve(filepath.Join(dir, "town.yaml"))
	h.says([]string{"orders", "publish", filepath.Join(dir, "orders.csv")}, ` 0 +\d+$`)
	require.Contains(t, h.ctl("actions", "load", filepath.Join(dir, "actions.jsonl")).err, "published ")
	truth := []string{"analytics", "truth", filepath.Join(dir, "truth.json")}
	h.env = append(h.env, "LAUREL_TIMEOUT=2m") // it asks for more than a dozen reports
	var all []string                           // what can be counted, in the order of the table
	for _, exact := range []string{
		"pareto +revenue, minor units", "satisfaction +answered", "churn-causes +told why", "service-stages +with open cases", "reviews +reviews",
		"reviews +call for a case", "channel +dealers", "channel +left of their own will", "acquisition +spend, minor units",
		"profitability +cost of orders, minor units", "profitability +points earned", "profitability +of the days of large-baskets",
		"contract-retention +contracts", "contract-retention +ended", "kano +answers", "price-tolerance +rise: answers", "price-tolerance +cut to return: answers",
		"price-tolerance +cost of these cuts, minor units", "price-tolerance +four questions: answers", "price-tolerance +of these, after it rose",
		"price-tolerance +spent before, minor units", "price-tolerance +spent after, minor units", "market-potential +households: answers",
		"scorecard +product: customers", "scorecard +product: mean of all staff, thousandths", "scorecard +promotion: customers",
		"scorecard +promotion: mean of all staff, thousandths", "scorecard +due for a look", "scorecard +reach their target",
		"budget +revenue of twelve months, minor units", "budget +festival, minor units", "budget +service, minor units", "budget +rewards, minor units",
		"budget +retention: committed, minor units", "budget +retention: paid, minor units", "budget +acquisition: committed, minor units",
		"budget +acquisition: paid, minor units", "budget +bookings without an amount", "goal +purchases: now, thousandths", "goal +repeat: of the way, per mille",
		"goal +goals reached",
		"abc-xyz +customers",
	} {
		all = append(all, `^ `+exact+` +\d+ +\d+ +(0\.00 %)? +yes$`)
	}
	all = append(all, allActions)
	h.becomes(strings.Join(all, `(?s:.*)`), truth...)
	h.agrees(h.ctl(truth...).out)
	require.Zero(t, h.ctl("analytics", "fit", "--prior").code)
	h.says(truth, `^ lifetime +fitted as of +2025-12-31 +2\d{3}-\d\d-\d\d +no$`) // as of today, long after the town's last day
	fit := regexp.MustCompile(`^fit (\w+),`).FindStringSubmatch(h.ctl("analytics", "fit", "--prior", "--as-of", "2025-12-31").out)
	require.Zero(t, h.ctl("analytics", "fit-use", fit[1]).code)
	h.says(truth,
		`^ lifetime +still buy +\d+ +\d+ +-?[\d.]+ %$`,
		`^ lifetime +r, thousandths +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ lifetime +b, thousandths +\d+ +\d+ +-?[\d.]+ % +-?\d+ +\d+ +yes$`,
		`^ pareto +customers +200 +200 +0\.00 % +yes$`,
		`^ rfm +customers +200 +200 +0\.00 % +yes$`,
		`^ effect +treated +\d+ +\d+ +0\.00 % +yes$`,
		`^ effect +held out +\d+ +\d+ +0\.00 % +yes$`,
		`^ effect +added, minor units +\d+ +-?\d+ +-?[\d.]+ % +-?\d+ +-?\d+ +yes$`,
		`^ satisfaction +satisfied, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ loyalty-types +brand, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ contract-retention +alpha, thousandths +800 +\d+ +-?[\d.]+ % +-?\d+ +\d+ +yes$`,
		`^ contract-retention +beta, thousandths +4000 +\d+ +-?[\d.]+ % +-?\d+ +\d+ +yes$`,
		`^ kano +bread is fresh +must-be +must-be +yes$`,
		`^ kano +cake on birthdays +attractive +attractive +yes$`,
		`^ kano +music in the street +reverse +reverse +yes$`,
		`^ kano +queues are short +one-dimensional +one-dimensional +yes$`,
		`^ kano +stamps on paper +indifferent +indifferent +yes$`,
		`^ kano +queues are short: better, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ kano +queues are short: worse without, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +rise that half bear, tenths of a per cent +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +cut that brings half back, tenths of a per cent +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +four questions: contradicting +(\d+) +\d+ +([\d.]+ %)? +yes$`,
		`^ price-tolerance +cheapest price, minor units +258 +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +dearest price, minor units +384 +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +best price, minor units +304 +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ price-tolerance +indifferent price, minor units +326 +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ market-potential +customers +200 +200 +0\.00 % +yes$`,
		`^ market-potential +spend of a household, minor units +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +(yes|no)$`, // of 30 such intervals one may not hold
		`^ market-potential +share of wallet, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ market-potential +could be spent here, minor units +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ budget +festival: state +warning +warning +yes$`,
		`^ budget +flowers: state +unplanned +unplanned +yes$`,
		`^ budget +letters: state +fine +fine +yes$`,
		`^ budget +vouchers: state +stop +stop +yes$`,
		`^ budget +growth without money +yes +yes +yes$`,
		`^ scorecard +product: their mean, thousandths +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ scorecard +product: a year before, thousandths +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
		`^ churn-causes +neglected, per mille +\d+ +\d+ +-?[\d.]+ % +\d+ +\d+ +yes$`,
	)
	kinds := filepath.Join(t.TempDir(), "kinds")
	require.Zero(t, h.run(programs.laurel, "town", "--kinds", "--members", "60", "--out", kinds).wait().code)
	require.Zero(t, h.ctl("programme", "apply", filepath.Join(kinds, "town.yaml")).code)
	h.says([]string{"orders", "publish", "--programme", "kinds", filepath.Join(kinds, "orders.csv")}, ` 0 +\d+$`)
	require.Contains(t, h.ctl("actions", "load", "--programme", "kinds", filepath.Join(kinds, "actions.jsonl")).err, "published ")
	h.becomes(`^ pareto +revenue, minor units +\d+ +\d+ +0\.00 % +yes$(?s:.*)`+
		`^ clusters +kinds, by the best silhouette +4 +4 +0\.00 % +yes$(?s:.*)`+
		`^ clusters +adjusted Rand index, per mille +1000 +\d+ +-?[\d.]+ % +900 +1000 +yes$(?s:.*)`+allActions,
		"analytics", "truth", "--programme", "kinds", filepath.Join(kinds, "truth.json"))
	h.agrees(h.ctl("analytics", "truth", "--programme", "kinds", filepath.Join(kinds, "truth.json")).out)
	require.Equal(t, 2, h.ctl("analytics", "truth", filepath.Join(dir, "orders.csv")).code)
	require.Equal(t, 1, h.ctl("analytics", "truth", filepath.Join(dir, "nothing.json")).code)
	require.NotZero(t, h.run(programs.laurel, "town", "--members", "0", "--out", dir).wait().code)
}

// allActions are the lines of all own events of a town, each type read to the last.
const allActions = `^ abc-xyz .*\n(^ actions +\w+ +\d+ +\d+ +0\.00 % +yes\n)+^ cohorts`

// agrees holds that whatever the town counted of a report is said by it, to the last unit; estimates are per mille.
func (h *house) agrees(table string) {
	h.t.Helper()
	for report, least := range map[string]int{
		"abc-xyz": 10, "actions": 16, "churn-effect": 7, "cohorts": 6, "customer": 8, "involvement": 16, "life-cycle": 11, "loyalty-indicators": 19, "matrix": 7,
		"money-retention": 9, "priorities": 9, "service-cost": 9, "statements": 18, "survival": 4, "switching": 13,
	} {
		lines := regexp.MustCompile(`(?m)^ `+report+` .*$`).FindAllString(table, -1)
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "per mille") })
		require.GreaterOrEqual(h.t, len(lines), least, report)
		for _, line := range lines {
			require.Regexp(h.t, ` yes$`, line)
		}
	}
}
