package report_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

// small is a shop of three months with a return.
func small() report.Page {
	figures := summary.Figures{
		Orders: 1302, Lines: 1810, Accounts: 420, Amount: map[money.Currency]money.Minor{"EUR": 3_912_055},
		Entries: 1_741, Points: summary.Points{Earned: 38_400, Active: 31_100, Pending: 200, Expired: 5_900, Reversed: 1_200},
		Tiers: map[string]int64{"leaf": 380, "branch": 40}, Digests: summary.Digests{Balances: "ab12", Tiers: "cd34"},
	}
	day := func(y, m, d int) calendar.Day { return calendar.Date(y, time.Month(m), d) }
	return report.Page{
		Summary: summary.Summary{
			Before: figures, After: figures, Seconds: 2.5, EventsPerSecond: 1_234.5,
			At: []summary.At{{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Tiers: map[string]int64{"leaf": 300},
				PointsOutstanding: 9_000, DigestTiers: "ef56"}},
			Verify: summary.Verify{OK: true, Checks: []summary.Check{{Name: "hash chain holds", OK: true, Detail: "1,741 entries"}}},
			Analytics: summary.Analytics{
				AsOf: "2026-03-01", Customers: 420, Spend: 3_800_000, Gini: "0.412345678", Repeat: 150,
				Top: summary.CustomerGroup{Customers: 84, Spend: 1_900_000}, Most: summary.CustomerGroup{Customers: 200}, Half: summary.CustomerGroup{Customers: 84},
				Classes: []summary.CustomerGroup{
					{Name: "A", Customers: 200, Spend: 3_040_000}, {Name: "B", Customers: 120, Spend: 570_000}, {Name: "C", Customers: 100, Spend: 190_000},
				},
				Segments:     []summary.CustomerGroup{{Name: "champions", Customers: 120, Spend: 1_800_000}, {Name: "hibernating", Customers: 300, Spend: 2_000_000}},
				ComparedWith: "2025-09-01", Moves: []summary.SegmentMove{
					{From: "champions", To: "hibernating", Customers: 17}, {To: "champions", Customers: 80},
				},
				Cohorts: []summary.Cohort{{Month: "2025-12", Active: []int64{200, 60, 20}}, {Month: "2026-01", Active: []int64{120, 12}}, {Month: "2026-02", Active: []int64{100}}},
				Within:  []summary.Within{{Days: 30, Customers: 320, Second: 96}, {Days: 90}},
			},
			People:  summary.People{Warned: 31},
			Program: summary.Program{ID: "tea", Revision: 2}, Versions: map[string]string{"go": "1.26.8"},
		},
		Name: "Tea club", Unit: "leaves", Currency: "EUR", Source: "my.csv",
		Until: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Rules: []string{"1 leaf for each 1.00 EUR"}, Tiers: []string{"leaf", "branch"},
		Months: []report.Month{
			{Month: day(2025, 12, 1), Orders: 500, Amount: 1_500_000, Earned: 15_000, Alive: 15_000, Tiers: map[string]int64{"leaf": 200}},
			{Month: day(2026, 1, 1), Orders: 402, Amount: 1_200_000, Earned: 12_000, Reversed: 1_200, Alive: 25_800, Tiers: map[string]int64{"leaf": 290, "branch": 10}},
			{Month: day(2026, 2, 1), Orders: 400, Amount: 1_212_055, Earned: 11_400, Expired: 5_900, Alive: 31_300, Tiers: map[string]int64{"leaf": 380, "branch": 40}},
		},
		Story: report.Story{Account: "ann", From: calendar.None, To: calendar.None, Preview: report.Preview{Amount: 100_00, Earns: 150, Tier: "branch"}, Entries: []report.Entry{
			{Day: day(2025, 12, 3), Kind: "earn", Sentence: "Order 1001 earned 120 leaves.", Delta: 120, Balance: 120, Tier: "leaf"},
			{Day: day(2026, 1, 9), Kind: "reverse", Sentence: "A cup came back: 20 leaves were taken back.", Delta: -20, Balance: 100, Tier: "leaf"},
			{Day: day(2026, 2, 1), Kind: "state", Sentence: "Rose to branch.", Balance: 100, Tier: "branch"},
		}},
		Customers: report.Customers{
			Lorenz: []report.LorenzPoint{{}, {Customers: 210, Sum: 600_000}, {Customers: 420, Sum: 3_800_000}},
			Repeat: report.Curve{Longest: 88, Steps: []report.CurveStep{{Day: 7, Share: 0.9}, {Day: 40, Share: 0.6}}},
			Loss:   report.Curve{Longest: 88, Steps: []report.CurveStep{{Day: 60, Share: 0.7}}},
		},
		Rejected: report.Rejected{Rows: 3, File: ".laurel/rejected/my.csv"},
	}
}

func render(t require.TestingT, p report.Page) string {
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, p))
	return b.String()
}

// has and hasNot do not print the page: it is long.
func has(t testing.TB, page, part string) {
	t.Helper()
	if !strings.Contains(page, part) {
		require.FailNow(t, "missing on the page", "%q", part)
	}
}

func hasNot(t testing.TB, page, part string) {
	t.Helper()
	if strings.Contains(page, part) {
		require.FailNow(t, "should not stand on the page", "%q", part)
	}
}

func TestPageReadsLikeThis(t *testing.T) {
	got := outline(t, render(t, small()))
	path := filepath.Join("testdata", "small.txt")
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got), "go test -rewrite writes testdata anew; say in the commit why")
}

func TestWriteGivesTheSameBytesTwice(t *testing.T) {
	first, second := render(t, small()), render(t, small())
	require.Equal(t, first, second)
}

func TestNothingHostileBecomesMarkup(t *testing.T) {
	evil := `<script>alert(1)</script>"'&{{.}}</title></svg></style>]]>`
	p := small()
	p.Name, p.Unit, p.Source, p.Currency = evil, evil, evil, money.Currency(evil)
	p.Rules, p.Tiers = []string{evil}, []string{"leaf", evil}
	p.Months[2].Tiers[evil] = 7
	p.Story.Account, p.Story.Entries[1].Sentence, p.Story.Preview.Tier = evil, evil, evil
	p.Summary.Analytics.Segments[0].Name, p.Summary.Analytics.Moves[0].From = evil, evil
	p.Story.Entries[1].Kind, p.Story.Entries[1].Tier = evil, evil
	p.Rejected.File = evil
	p.Summary.Analytics.Gini, p.Summary.Analytics.Segments[0].Name = evil, evil
	p.Summary.Analytics.Cohorts[0].Month, p.Summary.Analytics.Classes[0].Name = evil, evil
	p.Summary.Program.ID = evil
	p.Summary.Verify.Checks[0] = summary.Check{Name: evil, Detail: evil}
	p.Summary.Versions = map[string]string{evil: evil}
	p.Summary.At[0].DigestTiers, p.Summary.After.Digests.Balances = evil, evil
	page := render(t, p)
	hasNot(t, page, "<script")
	has(t, page, "&lt;script&gt;alert(1)")
	elements, want := elements(t, page), elements(t, render(t, small()))
	for name := range elements {
		require.Contains(t, want, name, "an element that only the hostile page has")
	}
}

func TestPageLoadsNothing(t *testing.T) {
	page := render(t, small())
	for _, sign := range []string{"http://", "https://", "@import", "url(", "<script", "<iframe", "<link rel=\"stylesheet\""} {
		hasNot(t, page, sign)
	}
	has(t, page, "default-src 'none'") // scripts stay off even if something slips through
}

func TestPageAnswersToScreenReaders(t *testing.T) {
	page := render(t, small())
	ids, asked := map[string]bool{}, []string{}
	each(t, page, func(n *html.Node) {
		if id := attribute(n, "id"); id != "" {
			require.False(t, ids[id], "id %q twice", id)
			ids[id] = true
		}
		asked = append(asked, strings.Fields(attribute(n, "aria-labelledby"))...)
		switch n.Data {
		case "svg":
			require.True(t, attribute(n, "aria-hidden") == "true" || attribute(n, "aria-labelledby") != "", "a drawing without a name")
		case "table":
			require.Equal(t, "caption", n.FirstChild.NextSibling.Data, "a table begins with its caption")
		case "th":
			require.NotEmpty(t, attribute(n, "scope"))
		}
	})
	for _, id := range asked {
		require.True(t, ids[id], "nothing has the id %q", id)
	}
}

func TestFewFigures(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*report.Page)
		has    []string
		hasNot []string
	}{
		"nothing at all": {
			change: func(p *report.Page) { *p = report.Page{} },
			has:    []string{"No orders yet", "make run ORDERS=my.csv"},
			hasNot: []string{"Month by month", "Who stands where", "with member", "EUR 0"},
		},
		"one month only": {
			change: func(p *report.Page) { p.Months = p.Months[2:] },
			has:    []string{"February 2026 brought members 11,400 leaves", "Who stands where", `class="dot key"`, `class="band t0"`},
			hasNot: []string{"in 1 months", `class="sparkline"`},
		},
		"no ladder": {
			change: func(p *report.Page) {
				p.Tiers = nil
				for i := range p.Months {
					p.Months[i].Tiers = nil
				}
			},
			has:    []string{"Month by month"},
			hasNot: []string{"Who stands where"},
		},
		"a month without orders": {
			change: func(p *report.Page) { p.Months = []report.Month{{Month: p.Months[0].Month}} },
			has:    []string{"No leaves have been earned so far", "No leaves have expired so far."},
		},
		"everything known already": {
			change: func(p *report.Page) { p.Summary.After.Duplicates = 1302 },
			has:    []string{"1,302 events were known already and changed nothing."},
		},
		"one refused": {
			change: func(p *report.Page) { p.Summary.After.Refused = 1 },
			has:    []string{"1 event was refused; laurelctl dead list"},
		},
		"another currency too": {
			change: func(p *report.Page) { p.Summary.After.Amount["JPY"] = 1200 },
			has:    []string{"Not in the charts: 1,200 JPY."},
		},
		"a broken ledger": {
			change: func(p *report.Page) {
				p.Summary.Verify = summary.Verify{Checks: []summary.Check{{Name: "hash chain", Detail: "entry order/shop/1/1"}}}
			},
			has: []string{"The ledger does not hold", "Do not use these figures", "entry order/shop/1/1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := small()
			c.change(&p)
			page := render(t, p)
			for _, s := range c.has {
				has(t, page, s)
			}
			for _, s := range append(c.hasNot, "NaN", "Inf", "ZgotmplZ", "%!") {
				hasNot(t, page, s)
			}
		})
	}
}

func TestLongListsAreCut(t *testing.T) {
	p := small()
	p.Months = nil
	for m := calendar.Date(2010, 1, 1); len(p.Months) < 130; m = m.NextMonth() {
		p.Months = append(p.Months, report.Month{Month: m, Earned: 1})
	}
	first := p.Story.Entries[0]
	for len(p.Story.Entries) < 450 {
		p.Story.Entries = append(p.Story.Entries, first)
	}
	page := render(t, p)
	has(t, page, "Shown are the last 120 of 130 months.")
	has(t, page, "November 2010: 1 earned")
	hasNot(t, page, "October 2010: 1 earned")
	has(t, page, "Shown are the first 400 entries; the account has more.")
	has(t, page, "The first 400 entries stand in the table that follows.")
	hasNot(t, page, "Every entry stands in the table")
	require.Equal(t, 400, rowsOf(t, page, "story"))

	p.Story.Entries = p.Story.Entries[:400]
	page = render(t, p)
	hasNot(t, page, "Shown are the first 400")
	has(t, page, "Every entry stands in the table that follows.")
	require.Equal(t, 400, rowsOf(t, page, "story"))
}

// rowsOf counts the rows of the body of the table of a class.
func rowsOf(t *testing.T, page, class string) int {
	t.Helper()
	rows := 0
	each(t, page, func(n *html.Node) {
		if n.Data == "tr" && n.Parent.Data == "tbody" && attribute(n.Parent.Parent, "class") == class {
			rows++
		}
	})
	return rows
}

// TestThePageIsGoodOnPaper: white, its columns below each other, nothing that scrolls, no table row on two pages.
func TestThePageIsGoodOnPaper(t *testing.T) {
	page := render(t, small())
	_, paper, found := strings.Cut(page, "@media print {")
	require.True(t, found)
	paper, _, _ = strings.Cut(paper, "</style>")
	for _, rule := range []string{
		"@page { size: A4;", "background: #fff;", ".broad .figures { display: block; }", ".scroll { overflow: visible; max-height: none; }",
		"figure, .sparks, .tiles div, tr, .checks li, .turn, .figures-table { break-inside: avoid; }", "print-color-adjust: exact;",
	} {
		require.Contains(t, paper, rule)
	}
}

func TestAnyPageIsDrawn(t *testing.T) {
	number := regexp.MustCompile(`^[-MLHVQZhv0-9., ]*$`)
	rapid.Check(t, func(t *rapid.T) {
		p := anyPage(t)
		page := render(t, p)
		each(t, page, func(n *html.Node) {
			if d := attribute(n, "d"); n.Data == "path" && !strings.Contains(attribute(n, "class"), "leaf") &&
				!strings.Contains(attribute(n, "class"), "stem") {
				require.Regexp(t, number, d)
			}
		})
	})
}

func anyPage(t *rapid.T) report.Page {
	points := rapid.Map(rapid.Int64(), func(n int64) money.Points { return money.Points(n) })
	name := rapid.SampledFrom([]string{"bronze", "silver", "gold", "", "a tier with a long name", "金"})
	p := report.Page{Currency: "USD", Tiers: rapid.SliceOfNDistinct(name, 0, 6, rapid.ID[string]).Draw(t, "tiers")}
	p.Summary.After.Orders = rapid.Int64Range(0, 1_000_000).Draw(t, "orders")
	month := calendar.Date(1997, 1, 1)
	for range rapid.IntRange(0, 30).Draw(t, "months") {
		p.Months = append(p.Months, report.Month{Month: month, Earned: points.Draw(t, "earned"), Expired: points.Draw(t, "expired"),
			Reversed: points.Draw(t, "reversed"), Alive: points.Draw(t, "alive"),
			Tiers: rapid.MapOfN(name, rapid.Int64(), 0, 6).Draw(t, "counts")})
		month = month.NextMonth()
	}
	for range rapid.IntRange(0, 12).Draw(t, "entries") {
		p.Story.Entries = append(p.Story.Entries, report.Entry{Day: calendar.Day(rapid.Int32Range(0, 20_000).Draw(t, "day")),
			Kind: rapid.SampledFrom([]string{"earn", "expire", "odd"}).Draw(t, "kind"), Delta: points.Draw(t, "delta"),
			Balance: points.Draw(t, "balance"), Tier: name.Draw(t, "tier")})
	}
	return p
}

func TestWriteTellsWhenTheFileIsFull(t *testing.T) {
	full := errors.New("no space left on device")
	require.ErrorIs(t, report.Write(failing{full}, small()), full)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
