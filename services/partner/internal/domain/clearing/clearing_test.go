package clearing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

func ratio(t *testing.T, text string) money.Ratio {
	t.Helper()
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

// terms reads agreements as "airline: spent 0.8, given 1, fee 0.05, on issue", in minor units per point; the same in all
// revisions.
func terms(t *testing.T, text string) clearing.Terms {
	t.Helper()
	known := map[string]clearing.Agreement{}
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		var a clearing.Agreement
		for part := range strings.SplitSeq(rest, ",") {
			switch word, value, _ := strings.Cut(strings.TrimSpace(part), " "); word {
			case "spent":
				a.RedemptionPrice = ratio(t, value)
			case "given":
				a.IssuePrice = ratio(t, value)
			case "fee":
				a.Fee = ratio(t, value)
			case "on":
				a.OnIssue = true
			}
		}
		known[name] = a
	}
	return func(partner string, _ int) clearing.Agreement { return known[partner] }
}

// rows reads "capture 100 a c", one a line: move, points, issuer, redeemer.
func rows(t *testing.T, text string) []clearing.Row {
	t.Helper()
	var list []clearing.Row
	for line := range strings.Lines(text) {
		word := strings.Fields(line)
		if len(word) == 0 {
			continue
		}
		move, ok := clearing.ParseMove(word[0])
		require.True(t, ok, line)
		r := clearing.Row{Cell: clearing.Cell{Move: move, Unit: "points", Issuer: word[2]}, Revision: 1}
		_, err := fmt.Sscan(word[1], &r.Points)
		require.NoError(t, err)
		if len(word) > 3 {
			r.Redeemer = word[3]
		}
		if len(word) > 4 {
			r.Late, err = clearing.ParsePeriod(word[4])
			require.NoError(t, err)
		}
		list = append(list, r)
	}
	return list
}

func book(t *testing.T, text string) clearing.Book {
	t.Helper()
	march, err := clearing.ParsePeriod("2026-03")
	require.NoError(t, err)
	return clearing.Book{Program: "tea", Period: march, Currency: "EUR", Unit: "points", Rows: rows(t, text)}
}

// told writes a settlement down, a line each.
func told(s clearing.Settlement) string {
	var b strings.Builder
	for _, l := range s.Lines {
		fmt.Fprintf(&b, "%s owes %s %s: %s %d", l.Debtor, l.Creditor, money.Format(l.Amount, s.Currency), l.Basis, l.Points)
		if l.Back > 0 {
			fmt.Fprintf(&b, "-%d", l.Back)
		}
		fmt.Fprintf(&b, " of %s", l.Issuer)
		if l.Redeemer != "" {
			fmt.Fprintf(&b, " at %s", l.Redeemer)
		}
		fmt.Fprintf(&b, " x %s", l.Price)
		if l.Late != (clearing.Period{}) {
			fmt.Fprintf(&b, " (of %s)", l.Late)
		}
		b.WriteString("\n")
	}
	for _, p := range s.Net {
		fmt.Fprintf(&b, "%s %s\n", p.Partner, money.Format(p.Net, s.Currency))
	}
	return b.String()
}

func lines(list ...string) string { return strings.Join(list, "\n") + "\n" }

func TestSettle(t *testing.T) {
	for _, c := range []struct{ name, terms, rows, want string }{
		{
			name:  "E2: two issuers, spent at a third, then at one of the two",
			terms: "a: spent 1\nb:\nc: spent 4/5",
			rows:  "earn 100 a\nearn 50 b\ncapture 100 a c\ncapture 20 b c\ncapture 30 b a",
			want: lines("b owes a 0.30: redemption 30 of b at a x 1", "a owes c 0.80: redemption 100 of a at c x 4/5",
				"b owes c 0.16: redemption 20 of b at c x 4/5", "a -0.50", "b -0.46", "c 0.96"),
		},
		{
			name:  "lines share by largest remainder what is rounded once",
			terms: "c: spent 4/5",
			rows:  "capture 33 a c\ncapture 33 b c\ncapture 34 d c",
			want: lines("a owes c 0.27: redemption 33 of a at c x 4/5", "b owes c 0.26: redemption 33 of b at c x 4/5",
				"d owes c 0.27: redemption 34 of d at c x 4/5", "a -0.27", "b -0.26", "c 0.80", "d -0.27"),
		},
		{
			name:  "one's own points at one's own till cost nothing, nor a fee",
			terms: "a: spent 1, fee 0.1",
			rows:  "capture 40 a a",
			want:  lines("a 0.00"),
		},
		{
			name:  "what came back is netted before it is rounded",
			terms: "c: spent 4/5",
			rows:  "capture 33 a c\nrefund 33 a c\ncapture 10 b c\nrefund 5 b c",
			want: lines("a owes c 0.00: redemption 33-33 of a at c x 4/5", "b owes c 0.04: redemption 10-5 of b at c x 4/5",
				"a 0.00", "b -0.04", "c 0.04"),
		},
		{
			name:  "more came back than was spent: the redeemer owes the issuer, and gets its fee back",
			terms: "c: spent 4/5, fee 0.25",
			rows:  "capture 10 a c\nrefund 60 a c",
			want: lines("c owes a 0.40: refund 60-10 of a at c x 4/5", "operator owes c 0.10: fee_return 60-10 of a at c x 1/5",
				"a 0.40", "c -0.30", "operator -0.10"),
		},
		{
			name:  "the operator keeps its fee of what a redeemer is owed",
			terms: "c: spent 1, fee 0.025",
			rows:  "capture 1000 a c",
			want: lines("a owes c 10.00: redemption 1000 of a at c x 1", "c owes operator 0.25: fee 1000 of a at c x 1/40",
				"a -10.00", "c 9.75", "operator 0.25"),
		},
		{
			name:  "who funds on issue pays the operator for points given, who pays the redeemer",
			terms: "a: given 1, on issue\nc: spent 4/5",
			rows:  "earn 500 a\nreverse 100 a\ncapture 300 a c\nexpire 50 a",
			want: lines("operator owes c 2.40: redemption 300 of a at c x 4/5", "a owes operator 4.00: issue 500-100 of a x 1",
				"a -4.00", "c 2.40", "operator 1.60"),
		},
		{
			name:  "who funds on issue is owed for its own points at its own till, for it has paid",
			terms: "a: given 1, spent 4/5, on issue",
			rows:  "capture 100 a a",
			want:  lines("operator owes a 0.80: redemption 100 of a at a x 4/5", "a 0.80", "operator -0.80"),
		},
		{
			name:  "what lapsed and was taken back after all, and what paid its own debt, is paid back",
			terms: "a: given 2, on issue",
			rows:  "uncount 5 a\npayoff 7 a\nowe 100 a\ncapture 1 a operator",
			want:  lines("operator owes a 0.24: issue_return 12 of a x 2", "a 0.24", "operator -0.24"),
		},
		{
			name:  "points of another that a return or a debt took are owed for like a redemption",
			terms: "a: given 1\nb: spent 4/5",
			rows:  "reverse 10 a b\npayoff 20 b a\nreverse 40 b",
			want: lines("b owes a 0.20: redemption 20 of b at a x 1", "a owes b 0.08: redemption 10 of a at b x 4/5",
				"a 0.12", "b -0.12"),
		},
		{
			name:  "the operator's rewards are owed for at the issuer's issue price, without a fee",
			terms: "a: given 1/2, fee 0.5",
			rows:  "capture 9 a operator",
			want:  lines("a owes operator 0.04: redemption 9 of a at operator x 1/2", "a -0.04", "operator 0.04"),
		},
		{
			name: "without any price nothing is owed, and the line says so",
			rows: "capture 9 a stranger",
			want: lines("a owes stranger 0.00: redemption 9 of a at stranger x 0", "a 0.00", "stranger 0.00"),
		},
		{
			name:  "late ones stand apart",
			terms: "c: spent 1",
			rows:  "capture 5 a c\ncapture 7 a c 2026-02",
			want: lines("a owes c 0.05: redemption 5 of a at c x 1", "a owes c 0.07: redemption 7 of a at c x 1 (of 2026-02)",
				"a -0.12", "c 0.12"),
		},
		{name: "nothing happened", want: "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := clearing.Settle(book(t, c.rows), terms(t, c.terms))
			require.NoError(t, err)
			require.Equal(t, strings.TrimPrefix(c.want, "\n"), told(s))
		})
	}
}

// TestEachPriceHasItsLine: the agreement changed within the month, and a refund is owed back at the price of its capture.
func TestEachPriceHasItsLine(t *testing.T) {
	b := book(t, "capture 100 a c\ncapture 10 a c\nrefund 40 a c")
	b.Rows[1].Revision = 2
	s, err := clearing.Settle(b, func(_ string, revision int) clearing.Agreement {
		return clearing.Agreement{RedemptionPrice: ratio(t, fmt.Sprint(revision))}
	})
	require.NoError(t, err)
	require.Equal(t, lines("a owes c 0.60: redemption 100-40 of a at c x 1", "a owes c 0.20: redemption 10 of a at c x 2", "a -0.80", "c 0.80"), told(s))
}

func TestYenHaveNoCents(t *testing.T) {
	b := book(t, "capture 7 a c\ncapture 4 b c")
	b.Currency = "JPY"
	s, err := clearing.Settle(b, terms(t, "c: spent 3/10"))
	require.NoError(t, err)
	require.Equal(t, lines("a owes c 2: redemption 7 of a at c x 3/10", "b owes c 1: redemption 4 of b at c x 3/10", "a -2", "b -1", "c 3"), told(s))
}

func TestIssued(t *testing.T) {
	s, err := clearing.Settle(book(t, `
		earn 500 a
		reverse 100 a
		capture 300 a c
		refund 50 a c
		reverse 5 a c
		payoff 6 a
		payoff 7 a c
		expire 30 a
		uncount 9 a
		credit 4 a
		debit 1 a
		owe 77 a
		expire 15 b
		uncount 16 d
		earn 3 operator`), terms(t, "a: given 1/3, on issue\nb: given 1\nd: given 1/3, on issue"))
	require.NoError(t, err)
	require.Equal(t, []clearing.Issued{
		{Issuer: "a", Given: 500, TakenBack: 115, Spent: 262, Lapsed: 21, Adjusted: 3, Breakage: 7},
		{Issuer: "b", Lapsed: 15},
		{Issuer: "d", TakenBack: 16, Lapsed: -16, Breakage: -6},
		{Issuer: "operator", Given: 3},
	}, s.Issued)
}

func TestStatement(t *testing.T) {
	s, err := clearing.Settle(book(t, "earn 9 a\ncapture 100 a c\ncapture 20 b c\ncapture 30 b a"), terms(t, "a: spent 1\nc: spent 4/5"))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, s.Partners())
	a, ok := s.Statement("a")
	require.True(t, ok)
	require.Equal(t, clearing.Position{Partner: "a", Owes: 80, Owed: 30, Net: -50}, a.Position)
	require.Len(t, a.Lines, 2)
	require.EqualValues(t, 9, a.Issued.Given)
	c, ok := s.Statement("c")
	require.True(t, ok)
	require.Nil(t, c.Issued)
	require.Len(t, c.Lines, 2)
	_, ok = s.Statement("nobody")
	require.False(t, ok)
}

func TestOtherUnitsAreWorthNothing(t *testing.T) {
	b := book(t, "capture 100 a c")
	b.Unit = "miles"
	s, err := clearing.Settle(b, terms(t, "c: spent 1"))
	require.NoError(t, err)
	require.Empty(t, told(s))
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"points of a line":     "capture 9223372036854775807 a c\ncapture 1 a c",
		"an amount":            "capture 9223372036854775807 a c",
		"points of an issuer":  "capture 9223372036854775807 a a\ncapture 9223372036854775807 a a", //nolint:dupword // issuer and redeemer are one
		"amounts of a partner": "capture 3000000000000000 a c\ncapture 3000000000000000 a d\ncapture 4000000000000000 a e",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clearing.Settle(book(t, text), terms(t, "c: spent 1000\nd: spent 1000\ne: spent 1000"))
			require.ErrorIs(t, err, reason.AmountOutOfRange)
		})
	}
	_, err := clearing.Settle(book(t, "expire 2000000000000000000 a"), terms(t, "a: given 1000, on issue"))
	require.ErrorIs(t, err, reason.AmountOutOfRange)
}

func TestPeriod(t *testing.T) {
	for _, text := range []string{"1997-01", "2026-12", "2024-02"} {
		p, err := clearing.ParsePeriod(text)
		require.NoError(t, err)
		require.Equal(t, text, p.String())
		require.Equal(t, text+"-01", p.First().String())
		require.Equal(t, p, clearing.PeriodOf(p.First()))
		require.Equal(t, p, clearing.PeriodOf(p.Next().First()-1))
		require.Equal(t, p.First().NextMonth(), p.Next().First())
		require.Negative(t, p.Compare(p.Next()))
	}
	require.Empty(t, clearing.Period{}.String())
	require.Equal(t, "1969-12", clearing.PeriodOf(calendar.Day(-1)).String())
	for _, text := range []string{"", "2026", "2026-13", "2026-3", "2026-03-01", "0000-05", "26-03", "2026-03 "} {
		_, err := clearing.ParsePeriod(text)
		require.ErrorIs(t, err, reason.InvalidArgument, text)
	}
}

func TestWordsAreReadBack(t *testing.T) {
	for m := clearing.MoveEarn; m <= clearing.MoveDebit; m++ {
		read, ok := clearing.ParseMove(m.String())
		require.True(t, ok)
		require.Equal(t, m, read)
	}
	for b := clearing.BasisRedemption; b <= clearing.BasisFeeReturn; b++ {
		read, ok := clearing.ParseBasis(b.String())
		require.True(t, ok)
		require.Equal(t, b, read)
	}
	for _, word := range []string{"", "hold", "move(99)"} {
		_, ok := clearing.ParseMove(word)
		require.False(t, ok)
		_, ok = clearing.ParseBasis(word)
		require.False(t, ok)
	}
	require.Equal(t, "move(99)", clearing.Move(99).String())
}
