package clearing_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// houses are the partners of the properties; what each agreed changes with the revision.
var houses = []string{"a", "b", "c", "d", clearing.Operator}

func drawTerms(t *rapid.T) clearing.Terms {
	price := func(name string) money.Ratio {
		r, err := money.NewRatio(rapid.Int64Range(0, 30).Draw(t, name), rapid.Int64Range(1, 12).Draw(t, name+" per"))
		require.NoError(t, err)
		return r
	}
	known := map[string][2]clearing.Agreement{}
	for _, name := range houses[:4] {
		var both [2]clearing.Agreement
		for i := range both {
			a := clearing.Agreement{RedemptionPrice: price("spent"), IssuePrice: price("given"), OnIssue: rapid.Bool().Draw(t, "on issue")}
			var err error
			a.Fee, err = money.NewRatio(rapid.Int64Range(0, 5).Draw(t, "fee"), 40)
			require.NoError(t, err)
			both[i] = a
		}
		known[name] = both
	}
	return func(partner string, revision int) clearing.Agreement { return known[partner][revision-1] }
}

func drawRows(t *rapid.T) []clearing.Row {
	redeeming := []clearing.Move{clearing.MoveCapture, clearing.MoveCapture, clearing.MoveRefund, clearing.MoveReverse, clearing.MovePayoff}
	alone := []clearing.Move{
		clearing.MoveEarn, clearing.MoveReverse, clearing.MoveExpire, clearing.MoveUncount, clearing.MovePayoff, clearing.MoveOwe,
		clearing.MoveCredit, clearing.MoveDebit,
	}
	var list []clearing.Row
	for range rapid.IntRange(0, 40).Draw(t, "rows") {
		r := clearing.Row{Revision: rapid.IntRange(1, 2).Draw(t, "revision"), Points: money.Points(rapid.Int64Range(1, 200).Draw(t, "points"))}
		r.Unit, r.Issuer = "points", rapid.SampledFrom(houses).Draw(t, "issuer")
		if rapid.Bool().Draw(t, "spent") {
			r.Move, r.Redeemer = rapid.SampledFrom(redeeming).Draw(t, "move"), rapid.SampledFrom(houses).Draw(t, "redeemer")
		} else {
			r.Move = rapid.SampledFrom(alone).Draw(t, "move")
		}
		if rapid.IntRange(0, 4).Draw(t, "late") == 0 {
			r.Late = clearing.PeriodOf(0)
		}
		list = append(list, r)
	}
	return list
}

// owed is the twin: what each partner is owed less what it owes, exactly, movement by movement, by the words of the
// design, without lines and without rounding.
func owed(rows []clearing.Row, terms clearing.Terms) map[string]*big.Rat {
	net := map[string]*big.Rat{}
	for _, name := range houses {
		net[name] = new(big.Rat)
	}
	pay := func(from, to string, amount *big.Rat) {
		net[from].Sub(net[from], amount)
		net[to].Add(net[to], amount)
	}
	rat := func(r money.Ratio) *big.Rat { return big.NewRat(r.Num(), r.Den()) }
	for _, r := range rows {
		issuer, redeemer, n := terms(r.Issuer, r.Revision), terms(r.Redeemer, r.Revision), big.NewRat(int64(r.Points), 1)
		if r.Redeemer == "" {
			sign := map[clearing.Move]int64{
				clearing.MoveEarn: 1, clearing.MoveReverse: -1, clearing.MoveUncount: -1, clearing.MovePayoff: -1,
			}[r.Move]
			if issuer.OnIssue {
				pay(r.Issuer, clearing.Operator, n.Mul(n, rat(issuer.IssuePrice)).Mul(n, big.NewRat(sign, 1)))
			}
			continue
		}
		price := issuer.IssuePrice
		switch {
		case redeemer.RedemptionPrice.Num() > 0:
			price = redeemer.RedemptionPrice
		case redeemer.IssuePrice.Num() > 0:
			price = redeemer.IssuePrice
		}
		n.Mul(n, rat(price))
		if r.Move == clearing.MoveRefund {
			n.Neg(n)
		}
		payer := r.Issuer
		if issuer.OnIssue {
			payer = clearing.Operator
		}
		pay(payer, r.Redeemer, n)
		if payer != r.Redeemer {
			pay(r.Redeemer, clearing.Operator, new(big.Rat).Mul(n, rat(redeemer.Fee)))
		}
	}
	return net
}

func TestSettlementsClearToZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, rows := drawTerms(t), drawRows(t)
		s, err := clearing.Settle(clearing.Book{Program: "tea", Currency: "EUR", Unit: "points", Rows: rows}, terms)
		require.NoError(t, err)

		net := money.Minor(0)
		exact, touched := owed(rows, terms), map[string]int64{}
		totals, fractions := map[string]money.Minor{}, map[string]*big.Rat{}
		for _, l := range s.Lines {
			touched[l.Debtor]++
			touched[l.Creditor]++
			value := big.NewRat(int64(l.Points-l.Back), 1)
			value.Mul(value, big.NewRat(l.Price.Num(), l.Price.Den()))
			off := new(big.Rat).Sub(big.NewRat(int64(l.Amount), 1), value)
			require.Negative(t, off.Abs(off).Cmp(big.NewRat(1, 1)), "a line is within one minor unit: %+v", l)
			require.NotEqual(t, l.Debtor, l.Creditor)
			if fractions[l.Creditor] == nil {
				fractions[l.Creditor] = new(big.Rat)
			}
			fractions[l.Creditor].Add(fractions[l.Creditor], value)
			totals[l.Creditor] += l.Amount
		}
		for creditor, sum := range fractions {
			require.Equal(t, new(big.Int).Quo(sum.Num(), sum.Denom()).Int64(), int64(totals[creditor]), "the lines of %s sum to its rounded total", creditor)
		}
		for _, p := range s.Net {
			net += p.Net
			require.Equal(t, p.Owed-p.Owes, p.Net)
			off := new(big.Rat).Sub(big.NewRat(int64(p.Net), 1), exact[p.Partner])
			require.LessOrEqual(t, off.Abs(off).Cmp(big.NewRat(touched[p.Partner], 1)), 0, "%s: %d, exactly %s", p.Partner, p.Net, exact[p.Partner])
		}
		require.Zero(t, net, "net positions sum to zero")
		statements(t, s)
		points(t, rows, s, terms)
	})
}

// statements holds that both sides of a line say the same, and that gross is the sum of the lines.
func statements(t *rapid.T, s clearing.Settlement) {
	var sides, gross, amounts money.Minor
	for _, partner := range s.Partners() {
		own, ok := s.Statement(partner)
		require.True(t, ok)
		balance := money.Minor(0)
		for _, l := range own.Lines {
			sides += l.Amount
			if l.Creditor == partner {
				balance += l.Amount
			} else {
				balance -= l.Amount
			}
		}
		require.Equal(t, own.Net, balance, "the lines of %s come to its net", partner)
	}
	for _, l := range s.Lines {
		amounts += l.Amount
	}
	for _, c := range s.Gross {
		require.Positive(t, c.Amount)
		gross += c.Amount
	}
	require.Equal(t, amounts, gross)
	require.Equal(t, 2*amounts, sides, "each line stands on two statements")
}

// points holds that every point that passed between two partners stands on exactly one line, and that what issuers see is
// the sum of the movements.
func points(t *rapid.T, rows []clearing.Row, s clearing.Settlement, terms clearing.Terms) {
	var moved, lined, spent, seen money.Points
	for _, r := range rows {
		if r.Redeemer == "" {
			continue
		}
		n := r.Points
		if r.Move == clearing.MoveRefund {
			n = -n
		}
		spent += n
		payer := r.Issuer
		if terms(r.Issuer, r.Revision).OnIssue {
			payer = clearing.Operator
		}
		if payer != r.Redeemer {
			moved += n
		}
	}
	for _, l := range s.Lines {
		switch l.Basis {
		case clearing.BasisRedemption:
			lined += l.Points - l.Back
		case clearing.BasisRefund:
			lined -= l.Points - l.Back
		default:
		}
	}
	for _, i := range s.Issued {
		seen += i.Spent
	}
	require.Equal(t, moved, lined, "statements are the sum of the lot movements")
	require.Equal(t, spent, seen)
}

// TestOrderAndCutsOfRowsDoNotMatter: books of many partitions come to what one book does.
func TestOrderAndCutsOfRowsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, rows := drawTerms(t), drawRows(t)
		want, err := clearing.Settle(clearing.Book{Unit: "points", Currency: "EUR", Rows: rows}, terms)
		require.NoError(t, err)
		var cut []clearing.Row
		for _, r := range rapid.Permutation(rows).Draw(t, "order") {
			part := r
			part.Points = money.Points(rapid.Int64Range(1, int64(r.Points)).Draw(t, "cut"))
			r.Points -= part.Points
			if cut = append(cut, part); r.Points > 0 {
				cut = append(cut, r)
			}
		}
		got, err := clearing.Settle(clearing.Book{Unit: "points", Currency: "EUR", Rows: cut}, terms)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
