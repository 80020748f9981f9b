package program

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func ratio(t require.TestingT, text string) money.Ratio {
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

func parseFile(t *testing.T, path string) *Program {
	t.Helper()
	p, faults := Parse([]File{{Name: path, Content: readFile(t, path)}})
	require.Empty(t, faults)
	return p
}

func TestCDNOWIsTheProgrammeOfTheReferenceResults(t *testing.T) {
	p := parseFile(t, cdnowFile)
	tiers := &ladder.Ladder{WindowMonths: 12, SoftLanding: true,
		Tiers: []ladder.Tier{{Name: "bronze"}, {Name: "silver", Reach: 10_000}, {Name: "gold", Reach: 50_000}}}
	require.Equal(t, "cdnow", p.ID)
	require.Equal(t, "CDNOW club", p.Name)
	require.Equal(t, time.UTC, p.Zone)
	require.Equal(t, money.Currency("USD"), p.Currency)
	require.Equal(t, EnrolmentOnFirstOrder, p.Enrolment)
	require.Equal(t, "points", p.Unit)
	require.Equal(t, ratio(t, "1/100"), p.Earning.Rate)
	require.Zero(t, p.Earning.ActivationDays)
	require.Empty(t, p.Earning.TierMultipliers)
	require.Equal(t, Expiry{EndOfMonthAfterMonths: 12}, p.Expiry)
	require.Equal(t, Returns{WaitDays: 30, OwedMost: OwedWithoutLimit}, p.Returns)
	require.Equal(t, OrderPolicy{AcceptLateDays: 365}, p.Orders)
	require.Equal(t, tiers, p.Ladder)

	with := parseFile(t, cdnowTiersFile)
	require.Equal(t, map[string]money.Ratio{"silver": ratio(t, "5/4"), "gold": ratio(t, "3/2")}, with.Earning.TierMultipliers)
	with.Earning.TierMultipliers, with.rates = p.Earning.TierMultipliers, p.rates
	require.Equal(t, p, with, "the two differ in nothing else")
}

func TestParseFillsInDefaults(t *testing.T) {
	p := mustParse(t, "ladder: {window_months: 6, tiers: [{name: all, from: 0}]}\nexpiry: {rule: never}")
	require.Equal(t, "shop", p.Name)
	require.Equal(t, EnrolmentOnFirstOrder, p.Enrolment)
	require.Equal(t, Returns{WaitDays: 30, OwedMost: OwedWithoutLimit}, p.Returns)
	require.Equal(t, OrderPolicy{AcceptLateDays: 365}, p.Orders)
	require.True(t, p.Ladder.SoftLanding)
	require.Equal(t, calendar.None, p.ExpiryDay(calendar.Date(2025, 1, 1)))
}

func TestParseReadsEveryKey(t *testing.T) {
	p, faults := parseText(referenceExamples(t)[0])
	require.Empty(t, faults)
	require.Equal(t, "Europe/Berlin", p.Zone.String())
	require.Equal(t, 14, p.Earning.ActivationDays)
	require.Equal(t, []string{"gift-card"}, p.Earning.ExcludeCategories)
	require.Equal(t, []string{"4711"}, p.Earning.ExcludeSKUs)
	require.Equal(t, map[string]money.Ratio{"books": ratio(t, "2"), "coffee beans": ratio(t, "3/2")}, p.Earning.CategoryMultipliers)
	require.Equal(t, Returns{WaitDays: 30, AcceptDays: 90, OwedMost: OwedWithoutLimit}, p.Returns)
	require.Equal(t, 30, mustParse(t, "ladder: {window_months: 6, tiers: [{name: all, from: 0}]}").NoticeDays)
	require.Zero(t, mustParse(t, "ladder: {notice_days: 0, window_months: 6, tiers: [{name: all, from: 0}]}").NoticeDays)
	require.False(t, mustParse(t, "ladder: {downgrade: to_fit, window_months: 6, tiers: [{name: all, from: 0}]}").Ladder.SoftLanding)
}

func TestAmountsAndFactorsAreReadByTheirDigits(t *testing.T) {
	for text, want := range map[string]string{"1": "1/100", "1.00": "1/100", "'1'": "1/100", "100": "1/10000", "0.5": "1/50", `"2.5"`: "1/250"} {
		p := mustParse(t, "earning: {points: 1, per: "+text+"}")
		require.Equal(t, ratio(t, want), p.Earning.Rate, text)
	}
	p := mustParse(t, "currency: JPY\nearning: {points: 3, per: 100}")
	require.Equal(t, ratio(t, "3/100"), p.Earning.Rate)
	p = mustParse(t, "currency: KWD\nearning: {points: 1, per: 0.001}")
	require.Equal(t, ratio(t, "1"), p.Earning.Rate)
	p = mustParse(t, "earning: {points: 1, per: 1, multipliers: {category: {2024: 1.10, no: 0.1, x: '5/4'}}}")
	require.Equal(t, map[string]money.Ratio{"2024": ratio(t, "11/10"), "no": ratio(t, "1/10"), "x": ratio(t, "5/4")}, p.Earning.CategoryMultipliers)
}

func TestExpiryDayIsTheFirstDayGone(t *testing.T) {
	for _, c := range []struct{ name, rule, earned, firstGone string }{
		{"January 1997 lives through 1998-01-31", "rule: end_of_month, months: 12", "1997-01-01", "1998-02-01"},
		{"the last of January too", "rule: end_of_month, months: 12", "1997-01-31", "1998-02-01"},
		{"over the end of a year", "rule: end_of_month, months: 1", "2024-12-31", "2025-02-01"},
		{"over a leap day", "rule: end_of_month, months: 1", "2024-01-31", "2024-03-01"},
		{"ten years", "rule: end_of_month, months: 120", "2024-02-29", "2034-03-01"},
		{"a day", "rule: days, days: 1", "2024-12-31", "2025-01-01"},
		{"thirty days", "rule: days, days: 30", "2025-03-01", "2025-03-31"},
		{"a year of days, with a leap day in it", "rule: days, days: 365", "2024-01-01", "2024-12-31"},
		{"the next first of April", "rule: fixed_date, date: 04-01", "2025-03-31", "2025-04-01"},
		{"what is earned on the day lives a year", "rule: fixed_date, date: 04-01", "2025-04-01", "2026-04-01"},
		{"the year of earning and the one behind it", "rule: fixed_date, date: 01-01, years: 2", "2025-01-01", "2027-01-01"},
		{"on its last day too", "rule: fixed_date, date: 01-01, years: 2", "2025-12-31", "2027-01-01"},
		{"the first of April of the next year", "rule: fixed_date, date: '04-01', years: 1", "2025-12-31", "2026-04-01"},
		{"an account that was active on the last of January", "rule: rolling, months: 1", "2025-01-31", "2025-02-28"},
		{"an account that was active a year ago", "rule: rolling, months: 12, activity: [spend]", "2025-01-15", "2026-01-15"},
		{"an account that was active ninety days ago", "rule: rolling, days: 90", "2025-01-15", "2025-04-15"},
		{"at the end of February", "rule: fixed_date, date: 02-28, years: 1", "2024-02-29", "2025-02-28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := mustParse(t, "expiry: {"+c.rule+"}")
			earned, err := calendar.Parse(c.earned)
			require.NoError(t, err)
			require.Equal(t, c.firstGone, p.ExpiryDay(earned).String())
		})
	}
	never := mustParse(t, "expiry: {rule: never}")
	require.Equal(t, calendar.None, never.ExpiryDay(calendar.Date(2024, 2, 29)))
}

// A later day of earning is never gone earlier, and nothing is gone on the day on which it was earned.
func TestWhoEarnsLaterLosesLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom([]string{
			"rule: end_of_month, months: 1", "rule: days, days: 1", "rule: days, days: 400", "rule: fixed_date, date: 12-31",
			"rule: rolling, months: 1", "rule: rolling, days: 1", "rule: fixed_date, date: 01-01, years: 1", "rule: fixed_date, date: 06-15, years: 3",
		}).Draw(t, "rule")
		p, faults := parseText(whole("expiry: {" + rule + "}"))
		require.Empty(t, faults)
		day := calendar.Date(1990, 1, 1).AddDays(rapid.IntRange(0, 36_000).Draw(t, "earned"))
		require.Greater(t, p.ExpiryDay(day), day)
		require.GreaterOrEqual(t, p.ExpiryDay(day.AddDays(1)), p.ExpiryDay(day))
	})
}

// Whatever is accepted, no day's points lapse before they are active; one day more is refused.
func TestPendingPointsAreNeverGoneBeforeTheyAreActive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := rapid.IntRange(1, 3).Draw(t, "months")
		_, life := Expiry{EndOfMonthAfterMonths: months}.shortest()
		text := func(pending int) string {
			return whole(fmt.Sprintf("earning: {points: 1, per: 1, pending_days: %d}\nexpiry: {rule: end_of_month, months: %d}", pending, months))
		}
		p, faults := parseText(text(life - 1))
		require.Empty(t, faults)
		day := calendar.Date(2000, 1, 1).AddDays(rapid.IntRange(0, 36_000).Draw(t, "earned"))
		require.Less(t, day.AddDays(p.Earning.ActivationDays), p.ExpiryDay(day))
		_, faults = parseText(text(life))
		require.Len(t, faults, 1)
	})
}

func TestLimits(t *testing.T) {
	many := func(n int, item string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, item, i, i)
		}
		return b.String()
	}
	// comment makes the whole programme as long as asked.
	comment := func(bytes int) string { return "#" + strings.Repeat("x", bytes-len(whole("#"))) }
	earning := "earning: {points: 1, per: 1, %s: {category: %s}}"
	for _, c := range []struct {
		name     string
		fits     string
		too, say string
	}{
		{"tiers", "ladder: {window_months: 1, tiers: [" + many(20, "{name: t%d, from: %d},") + "]}",
			"ladder: {window_months: 1, tiers: [" + many(21, "{name: t%d, from: %d},") + "]}",
			"p.yaml:1:35: ladder.tiers: 21 tiers; write 1 to 20"},
		{"multipliers", fmt.Sprintf(earning, "multipliers", "{"+many(1000, "c%d: 1.%d,")+"}"),
			fmt.Sprintf(earning, "multipliers", "{"+many(1001, "c%d: 1.%d,")+"}"),
			"p.yaml:1:54: earning.multipliers.category: 1001 multipliers; write at most 1000"},
		{"exclusions", fmt.Sprintf(earning, "exclude", "["+many(10000, "c%d_%d,")+"]"),
			fmt.Sprintf(earning, "exclude", "["+many(10001, "c%d_%d,")+"]"),
			"p.yaml:1:50: earning.exclude.category: 10001 names; write at most 10000"},
		{"factor", "earning: {points: 1, per: 1, multipliers: {tier: {gold: 100}}}",
			"earning: {points: 1, per: 1, multipliers: {tier: {gold: 100.0001}}}",
			"p.yaml:1:57: earning.multipliers.tier.gold: a factor of 100.0001 is too large; write at most 100"},
		{"rate", "earning: {points: 10000, per: 1}", "earning: {points: 101, per: 0.01}",
			"p.yaml:1:19: earning.points: 101 points per 0.01 are too many; write at most 100 points per 0.01"},
		{"bytes", comment(programBytesMax), comment(programBytesMax + 1),
			"p.yaml:1:1: the programme is larger than 256 KiB; make it shorter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mustParse(t, c.fits)
			_, faults := parseText(whole(c.too))
			require.Equal(t, []string{c.say}, lines(faults))
		})
	}
}

func TestTooManyFilesAndFaultsAreCounted(t *testing.T) {
	files := make([]File, filesMax+1)
	for i := range files {
		files[i] = File{Name: fmt.Sprintf("%03d.yaml", i), Content: []byte("# none")}
	}
	_, faults := Parse(files)
	require.Equal(t, []string{"064.yaml:1:1: 65 files; write at most 64"}, lines(faults))

	var b strings.Builder
	for i := range faultsMax + 7 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	_, faults = parseText(whole(b.String()))
	require.Len(t, faults, faultsMax+1)
	require.Equal(t, "p.yaml:501:1: 7 more faults from here on; mend those above first", faults[faultsMax].String())
}
