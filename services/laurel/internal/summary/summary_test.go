package summary_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

func replayed() summary.Summary {
	f := summary.Figures{
		Orders: 69_659, Lines: 69_659, Accounts: 23_570, Amount: map[money.Currency]money.Minor{"USD": 250_031_563},
		Entries: 131_001, Points: summary.Points{Earned: 2_453_159, Active: 1_049_793, Expired: 1_403_366},
		ExpiredOn: map[string]money.Points{"1998-02-01": 293_084, "1998-03-01": 372_060},
		Tiers:     map[string]int64{"bronze": 20_686, "silver": 2_558, "gold": 326},
		Moves:     []summary.Move{{From: "bronze", To: "silver", Cause: "reached", Count: 5_370}},
		Digests: summary.Digests{Balances: "5406c07d52a619f625d926daea2601fc1abd5b59a66a312f7da23b9b5e0e48b7",
			Tiers: "41feff31fc405b0ec0b9a448f57d4c4145061af095cb7be8a5d26723a6ea0463"},
	}
	return summary.Summary{
		Before: f, After: f, Seconds: 38.44, EventsPerSecond: 2104.9,
		At: []summary.At{{Time: time.Date(1997, 4, 1, 0, 0, 0, 0, time.UTC), PointsOutstanding: 1_050_489,
			Tiers: map[string]int64{"bronze": 21_523, "silver": 1_995, "gold": 52}, DigestTiers: "8360"}},
		Verify:  summary.Verify{OK: true, Checks: []summary.Check{{Name: "postings balance", OK: true, Detail: "131,001 entries"}}},
		Program: summary.Program{ID: "cdnow", Revision: 1},
		People:  summary.People{Enrolled: map[string]int64{"business": 2, "consumer": 40}, Warned: 3_120},
		Analytics: summary.Analytics{
			AsOf: "1998-07-01", Customers: 23_570, Spend: 250_031_563, Gini: "0.634571185",
			Top:          summary.CustomerGroup{Customers: 4_714, Spend: 169_464_850},
			Classes:      []summary.CustomerGroup{{Name: "A", Customers: 7_695, Spend: 200_026_506}},
			Segments:     []summary.CustomerGroup{{Name: "champions", Customers: 3_394, Spend: 122_574_725}},
			ComparedWith: "1998-01-01", Moves: []summary.SegmentMove{{From: "loyal", To: "champions", Customers: 7}, {To: "lost", Customers: 1}},
			Cohorts: []summary.Cohort{{Month: "1997-01", Active: []int64{7_846, 1_157}}},
			Repeat:  11_516, RepeatShare: "0.488587187", Within: []summary.Within{{Days: 30, Customers: 23_570, Second: 4_115}},
			Survival: []summary.Survival{{Name: "loss", Events: 21_788, TotalDays: 5_539_745, MedianDays: 180,
				At: []summary.SurvivalPoint{{Day: 30, Survival: "1.000000000", Error: "0.000000000"}}}},
			DigestClasses: "92bc", DigestScores: "1779",
		},
		Versions: map[string]string{"laurel": "0.1.0"},
	}
}

// spent is what a run of three partners has spent, and the month that it closed.
func spent() ([]summary.Redemption, []summary.Settlement, summary.Closing) {
	return []summary.Redemption{
			{Place: "operator", Kind: "reward", Reward: "tote-bag", Asked: 36, Done: 30, Points: 14_400,
				Refused: map[string]int64{"INSUFFICIENT_POINTS": 5, "TIER_NOT_ELIGIBLE": 1}},
			{Place: "bank", Kind: "award", Asked: 25, Done: 25, Points: 6_250},
			{Place: "cafe", Kind: "capture", Asked: 2, Done: 2, Points: 900},
			{Place: "cafe", Kind: "void", Asked: 1, Done: 1, Points: 45},
		}, []summary.Settlement{{
			Number: 1, Period: "1998-07", Currency: "USD",
			Gross: []summary.Owed{
				{Debtor: "bank", Creditor: "operator", Amount: 5_625}, {Debtor: "cafe", Creditor: "operator", Amount: 760},
				{Debtor: "operator", Creditor: "cafe", Amount: 127_686},
			},
			Net: []summary.Position{
				{Partner: "bank", Name: "First Bank", Statement: 1, Owes: 5_625, Net: -5_625},
				{Partner: "cafe", Name: "Café Vinyl", Statement: 2, Owes: 760, Owed: 127_686, Net: 126_926},
				{Partner: "operator", Name: "CDNOW club", Statement: 3, Owes: 127_686, Owed: 6_385, Net: -121_301},
			},
		}}, summary.Closing{Time: time.Date(1998, 8, 1, 0, 0, 0, 0, time.UTC), Entries: 2_388}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got))
}

func TestSummaryIsWrittenLikeThis(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, summary.Encode(&b, replayed()))
	require.NotContains(t, b.String(), "closing")
	b.Reset()
	s := replayed()
	s.Redemptions, s.Settlements, s.Closing = spent()
	require.NoError(t, summary.Encode(&b, s))
	golden(t, "summary.json", b.String())
	var back summary.Summary
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	for i, r := range s.Redemptions {
		if r.Refused == nil {
			s.Redemptions[i].Refused = map[string]int64{}
		}
	}
	require.Empty(t, cmp.Diff(s, back))
}

func TestEmptySummaryHasNoNull(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, summary.Encode(&b, summary.Summary{At: []summary.At{{}}}))
	require.NotContains(t, b.String(), "null")
	require.Contains(t, b.String(), `"redemptions": []`)
	require.Contains(t, b.String(), `"amount_minor": {}`)
}

func TestTables(t *testing.T) {
	for name, change := range map[string]func(*summary.Summary){
		"replayed":  func(*summary.Summary) {},
		"nothing":   func(s *summary.Summary) { *s = summary.Summary{} },
		"run-again": func(s *summary.Summary) { s.Before.Duplicates, s.After.Duplicates = 69_659, 69_659 },
		"redeemed": func(s *summary.Summary) {
			s.After.Points.Redeemed, s.After.Points.Active, s.After.Points.Held = 1_000, 1_048_700, 93
			s.After.Digests.Balances = "8fd37cef9d61e7fbdd8fcb7cf0d08fa0550a88906669ace5056490b72d1c4e01"
			s.Redemptions, s.Settlements, s.Closing = spent()
		},
		"many-partners": func(s *summary.Summary) {
			_, s.Settlements, _ = spent()
			for _, id := range []string{"one", "two", strings.Repeat("three", 12)} {
				s.Settlements[0].Net = append(s.Settlements[0].Net, summary.Position{Partner: id, Statement: 5})
			}
		},
		"broken": func(s *summary.Summary) {
			s.Verify = summary.Verify{Checks: []summary.Check{{Name: "postings balance", OK: true},
				{Name: "hash chain", Detail: "entry order/shop/1001/3 of account 00017\x1b[2J\u202e has another hash"}}}
			s.Before.Points.Debt, s.After.Points.Debt = 12, 12
			s.Before.Refused, s.After.Refused = 3, 3
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := replayed()
			change(&s)
			text := summary.Table(s)
			golden(t, name+".txt", text)
			for line := range strings.Lines(text) {
				require.LessOrEqual(t, utf8.RuneCountInString(line), 90, line)
				require.NotContains(t, line, "\x1b")
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", -1234567: "−1,234,567",
		-9223372036854775808: "−9,223,372,036,854,775,808"} {
		require.Equal(t, want, summary.Count(n))
	}
	require.Equal(t, "2,500,315.63 USD", summary.Amount(250_031_563, "USD"))
	require.Equal(t, "−1,234.05 USD", summary.Amount(-123_405, "USD"))
	require.Equal(t, "1,200 JPY", summary.Amount(1200, "JPY"))
	require.Equal(t, "1 order", summary.Plural(1, "order", "orders"))
	require.Equal(t, "1,302 orders", summary.Plural(1302, "order", "orders"))
}
