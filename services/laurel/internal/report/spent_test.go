package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// spent is the small shop after its run has spent something.
func spent() report.Page {
	p := small()
	s := &p.Summary
	s.After.Points.Earned, s.After.Points.Redeemed, s.After.Points.Active = 38_650, 1_240, 30_110
	s.Redemptions = []summary.Redemption{
		{Place: "operator", Kind: "reward", Reward: "tote-bag", Asked: 4, Done: 2, Points: 240, Refused: map[string]int64{"INSUFFICIENT_POINTS": 2}},
		{Place: "bank", Kind: "award", Asked: 1, Done: 1, Points: 250},
		{Place: "cafe", Kind: "capture", Asked: 3, Done: 3, Points: 1_000},
		{Place: "cafe", Kind: "void", Asked: 1, Done: 1, Points: 70},
	}
	s.Settlements = []summary.Settlement{{
		Number: 1, Period: "2026-03", Currency: "EUR",
		Gross: []summary.Owed{{Debtor: "bank", Creditor: "cafe", Amount: 160}, {Debtor: "operator", Creditor: "cafe", Amount: 640}},
		Net: []summary.Position{
			{Partner: "bank", Statement: 1, Owes: 160, Net: -160}, {Partner: "cafe", Statement: 2, Owed: 800, Net: 800},
			{Partner: "operator", Statement: 3, Owes: 640, Net: -640},
		},
	}}
	s.Closing = summary.Closing{Time: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Entries: 12}
	return p
}

func TestWhatWasSpentReadsLikeThis(t *testing.T) {
	page := outline(t, render(t, spent()))
	_, after, found := strings.Cut(page, "## What was spent")
	require.True(t, found)
	section, _, found := strings.Cut(after, "\n## ")
	require.True(t, found)
	got := "## What was spent" + section + "\n"
	path := filepath.Join("testdata", "spent.txt")
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got), "go test -rewrite writes testdata anew; say in the commit why")
	has(t, page, "and earned 38,400 leaves; partners gave them 250 more. Of these, 1,240 were redeemed,")
	has(t, page, "38,650 250 given by partners")
	hasNot(t, render(t, small()), "What was spent")
}

func TestWhatWasSpentBecomesNoMarkup(t *testing.T) {
	evil := `<script>alert(1)</script>`
	p := spent()
	p.Summary.Redemptions[0] = summary.Redemption{Place: evil, Kind: "reward", Reward: evil, Refused: map[string]int64{evil: 1}}
	s := &p.Summary.Settlements[0]
	s.Period, s.Currency, s.Net[0].Partner = evil, money.Currency(evil), evil
	page := render(t, p)
	hasNot(t, page, "<script")
	has(t, page, "&lt;script&gt;alert(1)")
}
