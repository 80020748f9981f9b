package clearing

import (
	"maps"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Issued is what became of an issuer's points in the period, whenever they were given.
type Issued struct {
	Issuer string
	Given  money.Points
	// TakenBack by returns and cancellations, and by debts of the issuer's own that were paid.
	TakenBack money.Points
	// Spent anywhere, less what came back.
	Spent money.Points
	// Lapsed is the issuer's breakage; below zero where more had lapsed before and was taken back after all.
	Lapsed money.Points
	// Adjusted by hand, below zero if more was taken away.
	Adjusted money.Points
	// Breakage is what was paid for the lapsed points when they were given, rounded down. It stays with the operator. 0 for
	// an issuer that pays when they are spent: it keeps what it never had to pay.
	Breakage money.Minor
}

// issued adds rows up by issuer.
func issued(rows []Row, terms Terms) ([]Issued, error) {
	all, breakage := map[string]*Issued{}, map[string]*big.Rat{}
	for _, r := range rows {
		i := all[r.Issuer]
		if i == nil {
			i = &Issued{Issuer: r.Issuer}
			all[r.Issuer], breakage[r.Issuer] = i, new(big.Rat)
		}
		if !i.add(r) {
			return nil, tooMuch()
		}
		if a := terms(r.Issuer, r.Revision); a.OnIssue {
			paid := new(big.Rat).Mul(new(big.Rat).SetInt64(int64(r.lapsed())), big.NewRat(a.IssuePrice.Num(), a.IssuePrice.Den()))
			breakage[r.Issuer].Add(breakage[r.Issuer], paid)
		}
	}
	var list []Issued
	for _, issuer := range slices.Sorted(maps.Keys(all)) {
		floor := new(big.Int).Div(breakage[issuer].Num(), breakage[issuer].Denom()) // Euclid's: down, the denominator is > 0
		if !floor.IsInt64() {
			return nil, tooMuch()
		}
		all[issuer].Breakage = money.Minor(floor.Int64())
		list = append(list, *all[issuer])
	}
	return list, nil
}

// lapsed is by how much a row raises what has lapsed.
func (r Row) lapsed() money.Points {
	switch r.Move {
	case MoveExpire:
		return r.Points
	case MoveUncount:
		return -r.Points
	default:
		return 0
	}
}

// add counts a row; false: it is more than fits.
func (i *Issued) add(r Row) bool {
	i.Lapsed += r.lapsed()
	sum, points := (*money.Points)(nil), r.Points
	switch r.Move {
	case MoveEarn:
		sum = &i.Given
	case MoveCapture:
		sum = &i.Spent
	case MoveRefund:
		sum, points = &i.Spent, -points
	case MoveReverse, MovePayoff:
		sum = &i.TakenBack
		if r.Redeemer != "" {
			sum = &i.Spent
		}
	case MoveUncount:
		sum = &i.TakenBack
	case MoveCredit:
		sum = &i.Adjusted
	case MoveDebit:
		sum, points = &i.Adjusted, -points
	case MoveUnset, MoveExpire, MoveOwe:
		return fits(i.Lapsed)
	}
	*sum += points
	return fits(*sum) && fits(i.Lapsed)
}

// pointsMost is the most that a sum may come to, either way: two of them can be added.
const pointsMost money.Points = 1 << 61

func fits(p money.Points) bool { return -pointsMost <= p && p <= pointsMost }
