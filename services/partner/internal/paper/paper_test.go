package paper_test

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/paper"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

func ratio(t *testing.T, text string) money.Ratio {
	t.Helper()
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

// march is a settlement of the E2 example with a fee and something late.
func march(t *testing.T) clearing.Closed {
	t.Helper()
	period, err := clearing.ParsePeriod("2026-03")
	require.NoError(t, err)
	row := func(move clearing.Move, points money.Points, issuer, redeemer string) clearing.Row {
		return clearing.Row{Cell: clearing.Cell{Move: move, Unit: "points", Issuer: issuer, Redeemer: redeemer}, Revision: 1, Points: points}
	}
	late := row(clearing.MoveCapture, 7, "a", "c")
	late.Late = clearing.PeriodOf(period.First() - 1)
	s, err := clearing.Settle(clearing.Book{Program: "tea", Period: period, Currency: "EUR", Unit: "points", Rows: []clearing.Row{
		row(clearing.MoveEarn, 1234567, "a", ""), row(clearing.MoveExpire, 8, "a", ""), row(clearing.MoveCredit, 3, "a", ""),
		row(clearing.MoveCapture, 100, "a", "c"), row(clearing.MoveRefund, 10, "a", "c"), row(clearing.MoveCapture, 20, "b", "c"),
		row(clearing.MoveCapture, 30, "b", "a"), row(clearing.MoveCapture, 5, "b", "stranger"), late,
	}}, func(partner string, _ int) clearing.Agreement {
		return map[string]clearing.Agreement{
			"a": {RedemptionPrice: ratio(t, "1")}, "c": {RedemptionPrice: ratio(t, "4/5"), Fee: ratio(t, "1/40")},
		}[partner]
	})
	require.NoError(t, err)
	return s.Close(clearing.Closed{Number: 2, LastStatement: 6}, clearing.Closing{
		At: time.Date(2026, 4, 1, 7, 30, 0, 0, time.UTC), By: "operator", Names: map[string]string{"a": "Sky Air", "operator": "Tea Club"},
	})
}

func of(t *testing.T, c clearing.Closed, partner string) paper.Paper {
	t.Helper()
	own, found := c.Statement(partner)
	require.True(t, found)
	return paper.Paper{Settlement: c, Statement: own}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestDocuments(t *testing.T) {
	for _, partner := range []string{"a", "c", "operator"} {
		p := of(t, march(t), partner)
		values, err := p.CSV()
		require.NoError(t, err)
		golden(t, partner+".csv", values)
		page, err := p.HTML()
		require.NoError(t, err)
		golden(t, partner+".html", page)
		require.Equal(t, "tea-2026-03-"+partner+".csv", p.Name("csv"))
	}
}

// TestTheValuesSumToTheNet: whoever adds up the column of amounts gets what is paid.
func TestTheValuesSumToTheNet(t *testing.T) {
	c := march(t)
	for _, partner := range c.Partners() {
		p := of(t, c, partner)
		text, err := p.CSV()
		require.NoError(t, err)
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		require.NoError(t, err)
		sum := money.Minor(0)
		for _, row := range rows[1:] {
			amount, err := money.ParseAmount(row[13], "EUR")
			require.NoError(t, err)
			sum += amount
		}
		require.Equal(t, p.Statement.Net, sum)
	}
}

// TestNothingRunsInADocument (X24): names that a spreadsheet or a browser would execute are shown as what they are.
func TestNothingRunsInADocument(t *testing.T) {
	hostile := []string{
		"=cmd|'/c calc'!A1", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "<script>alert(1)</script>", `"onerror=alert(1)`, "javascript:alert(1)", "a,b;\"c\"",
	}
	for _, name := range hostile {
		c := march(t)
		for i, l := range c.Lines {
			if l.Issuer == "b" {
				c.Lines[i].Issuer = name
			}
			if l.Debtor == "b" {
				c.Lines[i].Debtor = name
			}
		}
		c.Program, c.Unit, c.Statements[0].Name = name, name, name
		p := of(t, c, "c")
		text, err := p.CSV()
		require.NoError(t, err)
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		require.NoError(t, err)
		for _, row := range rows {
			for i, cell := range row {
				if i == 13 { // an amount of ours may be below zero
					_, err := money.ParseAmount(cell, "EUR")
					require.True(t, err == nil || cell == "amount")
					continue
				}
				require.NotContains(t, "=+-@\t\r\n", string((cell + " ")[0]), "%q", cell)
			}
		}
		page, err := p.HTML()
		require.NoError(t, err)
		z := html.NewTokenizer(strings.NewReader(string(page)))
		for z.Next() != html.ErrorToken {
			tag := z.Token()
			require.NotEqual(t, "script", tag.Data, name)
			for _, a := range tag.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "javascript:"), "%s: %v", name, tag)
			}
		}
	}
}

func TestPrice(t *testing.T) {
	for _, c := range []struct{ price, currency, want string }{
		{"4/5", "EUR", "0.008"}, {"1", "EUR", "0.01"}, {"0", "EUR", "0"}, {"250", "EUR", "2.5"}, {"1/3", "EUR", "1/300"},
		{"3/10", "JPY", "0.3"}, {"5", "JPY", "5"}, {"1", "KWD", "0.001"}, {"1/40", "EUR", "0.00025"},
	} {
		require.Equal(t, c.want, paper.Price(ratio(t, c.price), money.Currency(c.currency)), c)
	}
}
