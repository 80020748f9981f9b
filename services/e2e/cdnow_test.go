package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// end is when the replays end: the day after the last of the CDNOW purchases.
const end = "1998-07-01T00:00Z"

// reference is the known answer at 00:00 of a day, after expiry and review. (With multipliers by tier: the ledger's own
// test, which goes through the same purchases without the servers.)
var reference = []struct {
	day                  string
	bronze, silver, gold int64
	outstanding          int64 // under the plain programme
	digest               string
}{
	{"1997-04-01", 21_523, 1_995, 52, 1_050_489, "8360c37f2ed62dd5d58d8b5c46c633353573660e9327e3bc4b0f73b21bd14e71"},
	{"1997-07-01", 20_111, 3_293, 166, 1_403_366, "e8284b382d5f44e43ef4614a0c080e17ee8b654a47bc5b81791d22932b32df87"},
	{"1998-01-01", 18_350, 4_766, 454, 1_985_751, "3a137c2ca4e3ca2657d4ea175ffbf66d29ec0b4d7187cdd8503b17831c6d0f58"},
	{"1998-02-01", 18_908, 4_221, 441, 1_767_967, "c0a45bbbbe2f597f0ad1e5589457b35cb468d12617884c2c16a53cf2699e03c3"},
	{"1998-04-01", 20_274, 2_937, 359, 1_193_372, "ed3557c4fa5a4c715779593fbc014a6bbdc7025ca10c470e921316a8a1ab6c6f"},
	{"1998-07-01", 20_686, 2_558, 326, 1_049_793, "41feff31fc405b0ec0b9a448f57d4c4145061af095cb7be8a5d26723a6ea0463"},
}

// referenceMoves are the moves up to 1998-07-01 inclusive. Everybody enters the ladder in bronze, so that a first
// order that reaches silver at once counts as a move.
var (
	referenceUp      = map[string]int64{"bronze→silver": 6_187, "silver→gold": 651, "bronze→gold": 7}
	referenceDown    = map[string]int64{"gold→silver": 332, "silver→bronze": 3_310}
	referenceReviews = map[string]int64{
		"1998-02-01": 761, "1998-03-01": 902, "1998-04-01": 971, "1998-05-01": 403, "1998-06-01": 320, "1998-07-01": 285,
	}
	referenceExpired = map[string]int64{
		"1998-02-01": 293_084, "1998-03-01": 372_060, "1998-04-01": 385_345, "1998-05-01": 140_323, "1998-06-01": 106_089,
		"1998-07-01": 106_465,
	}
)

const (
	referenceOrders   = 69_659
	referenceAccounts = 23_570
)

// onAllDates asks for all days at once, as scripts/run.sh does.
func onAllDates() []string {
	var days []string
	for _, r := range reference {
		days = append(days, r.day+"T00:00Z")
	}
	return []string{"--at", strings.Join(days, ",")}
}

// TestCDNOWReplayEqualsTheReference replays 69,659 purchases and finds the known answer to the last point.
func TestCDNOWReplayEqualsTheReference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := replay{orders: cdnow(t, "cdnow.csv"), programme: plain, until: end, flags: append(onAllDates(), "--report", h.reportFile())}
	o := h.replay(r)
	first := h.figures(o)
	f := first.After
	requireClosing(t, o)
	requirePage(t, h.page())
	requireTiers(t, first)
	for i, a := range first.At {
		require.Equal(t, reference[i].outstanding, a.Outstanding, "points outstanding on %s", reference[i].day)
	}
	require.EqualValues(t, referenceOrders, f.Orders)
	require.EqualValues(t, referenceOrders, f.Lines)
	require.EqualValues(t, referenceAccounts, f.Accounts)
	require.Equal(t, map[string]int64{"USD": 250_031_563}, f.Amount)
	require.EqualValues(t, 2_453_159, f.Points.Earned)
	require.EqualValues(t, 2_453_159-1_049_793, f.Points.Expired)
	require.EqualValues(t, 1_049_793, f.Points.Active)
	require.Zero(t, f.Points.Pending+f.Points.Held+f.Points.Debt+f.Points.Redeemed+f.Points.Reversed+f.Points.Adjusted)
	require.Equal(t, referenceExpired, f.ExpiredOn)
	require.Equal(t, "5406c07d52a619f625d926daea2601fc1abd5b59a66a312f7da23b9b5e0e48b7", f.Digests.Balances)
	require.Zero(t, f.Duplicates)
	require.Zero(t, f.Refused)
	requireMoves(t, f.Moves)
	requireInsight(t, first)

	l := h.open()
	require.EqualValues(t, 8_332, l.countAccounts(t, accountsWithPoints))
	require.EqualValues(t, 20_998, l.openLots(t))
	require.Equal(t, []balance{{"cdnow/07592", 6_873}, {"cdnow/14048", 6_518}, {"cdnow/07931", 4_738}}, l.largest(t, 3))
	require.Equal(t, referenceReviews, l.reviews(t))
	require.EqualValues(t, 80, l.countEntries(t, ordersThatEarnNothing))
	require.Equal(t, []change{
		{day: "1997-11-15", to: "silver", qualifying: 118_51}, {day: "1998-04-01", to: "bronze", qualifying: 97_95},
	}, l.changes(t, "cdnow/00003")[1:], "the example of one member")
	require.EqualValues(t, f.Entries, l.countFacts(t, "accrual"))
	require.Equal(t, people{map[string]int64{}, l.countWarned(t)}, first.People)
	require.Positive(t, first.People.Warned)
	requireAccrualService(t, h, l)
	requireTierService(t, h, l)
	requireAnalyticsService(t, h, l)
}

// requireClosing asserts that progress was told in lines, for there is no terminal, and what the closing table says.
func requireClosing(t *testing.T, o outcome) {
	t.Helper()
	require.Regexp(t, `(?m)^  \d+ of 69659 orders in the ledger, \d+ orders/s, \d+ left, (no lag|lag: \d+ partitions behind, .*)$`, o.err)
	require.Regexp(t, `(?m)^  69659 of 69659 orders in the ledger, \d+ orders/s, 0 left, no lag$`, o.err)
	for _, row := range []string{
		`Orders +│ +69,659`, `Accounts +│ +23,570`, `Points earned +│ +2,453,159`, `  expired +│ +1,403,366`, `Points alive +│ +1,049,793`,
	} {
		require.Regexp(t, row, o.out)
	}
	require.Contains(t, o.out, "every invariant of the ledger holds")
}

// requirePage looks at the page for people: months, tiers on all dates, the story of one member, and nothing from elsewhere.
func requirePage(t *testing.T, page string) {
	t.Helper()
	require.NotRegexp(t, `(?i)<script|<link[^>]*stylesheet|@import|<img|<iframe|(src|href)="?https?:`, page, "one file that loads nothing")
	for _, part := range []string{
		`<h2 id="months">Month by month</h2>`, `<h2 id="tiers">Who stands where</h2>`, "make run ORDERS=",
		">2,453,159<", ">1,049,793<", "@media print {",
	} {
		require.Contains(t, page, part)
	}
	months := regexp.MustCompile(`(?s)<caption id="months-table">.*?</table>`).FindString(page)
	require.Equal(t, 18, strings.Count(months, `<th scope="row">`), "January 1997 to June 1998")
	moments := regexp.MustCompile(`(?s)<caption id="at-table">.*?</table>`).FindString(page)
	for _, want := range reference {
		day, err := time.Parse(time.DateOnly, want.day)
		require.NoError(t, err)
		row := fmt.Sprintf(`<th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>`, day.Format("2 Jan 2006"),
			grouped(want.bronze), grouped(want.silver), grouped(want.gold), grouped(want.outstanding), want.digest)
		require.Contains(t, moments, row)
	}
	story := regexp.MustCompile(`(?s)<section aria-labelledby="story">.*?</section>`).FindString(page)
	require.Contains(t, story, " with member <bdi>")
	require.Greater(t, strings.Count(story, `<td role="cell" class="what">`), 5)
	require.Contains(t, story, " was paid: ")
	require.Contains(t, story, "It earned ")
	require.Contains(t, story, "expired")
}

// grouped writes a count with commas between thousands.
func grouped(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

func requireTiers(t *testing.T, s summary) {
	t.Helper()
	require.Len(t, s.At, len(reference))
	for i, want := range reference {
		got := s.At[i]
		require.Equal(t, want.day, got.Time.UTC().Format(time.DateOnly))
		require.Equal(t, map[string]int64{"bronze": want.bronze, "silver": want.silver, "gold": want.gold}, got.Tiers, "tiers on %s", want.day)
		require.Equal(t, want.digest, got.Digest, "digest of tiers on %s", want.day)
	}
	last := s.At[len(s.At)-1]
	require.Equal(t, last.Tiers, s.After.Tiers)
	require.Equal(t, last.Digest, s.After.Digests.Tiers)
}

func requireMoves(t *testing.T, moves []move) {
	t.Helper()
	up, down := map[string]int64{}, map[string]int64{}
	entered := int64(0)
	for _, m := range moves {
		switch {
		case m.Cause == "review":
			down[m.From+"→"+m.To] += m.Count
		case m.Cause == "first" && m.To == "bronze":
			entered += m.Count
		case m.Cause == "first":
			entered += m.Count
			up["bronze→"+m.To] += m.Count
		default:
			up[m.From+"→"+m.To] += m.Count
		}
	}
	require.EqualValues(t, referenceAccounts, entered)
	require.Equal(t, referenceUp, up)
	require.Equal(t, referenceDown, down)
}
