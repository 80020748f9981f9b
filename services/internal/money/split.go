package money

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Term is the exact product N·R: an amount that counts and the rate at which it does. N is 0 or
// more.
type Term struct {
	N int64
	R Ratio
}

// SumFloor returns floor(Σ N·R): one floor for the whole sum, as an order earns. A negative N is a
// reason.InvalidField, a result that does not fit a reason.AmountOutOfRange.
func SumFloor(terms []Term) (int64, error) {
	if len(terms) == 1 { // most orders
		return terms[0].R.Floor(terms[0].N)
	}
	w, err := weigh(terms)
	if err != nil {
		return 0, err
	}
	floor := w.sumFloor()
	if !floor.IsInt64() {
		return 0, outOfRange()
	}
	return floor.Int64(), nil
}

// Split shares total out among the terms by largest remainder: each gets the whole part of its
// quota, and what is left goes, one each, to the largest remainders, ties to the earlier. The
// shares sum to total.
//
// When total is SumFloor of the terms, as it is for an order's points, the quota of a term is its
// own exact value: no line gets less than it would alone, and none more than one above. For any
// other total (a cap, say) the quotas are the values scaled to it. A term of 0 gets 0.
//
// A negative total or N, or a total above 0 with all terms 0, is a reason.InvalidField.
func Split(total int64, terms []Term) ([]int64, error) {
	w, err := weigh(terms)
	if err != nil {
		return nil, err
	}
	if total < 0 || total > 0 && w.sum.Sign() == 0 {
		return nil, reason.New(reason.InvalidField, "", "%d cannot be shared out among %d terms that sum to %s", total, len(terms), w.sum)
	}
	return w.shares(big.NewInt(total)), nil
}

// weights are terms over one common denominator: term i is values[i]/den.
type weights struct {
	values   []*big.Int
	sum, den *big.Int
}

func weigh(terms []Term) (weights, error) {
	w := weights{values: make([]*big.Int, len(terms)), sum: new(big.Int), den: big.NewInt(1)}
	for _, t := range terms {
		if t.N < 0 {
			return weights{}, negativeTerm(t.N)
		}
		w.widen(t.R.Den())
	}
	for i, t := range terms {
		value := new(big.Int).Div(w.den, big.NewInt(t.R.Den()))
		value.Mul(value, big.NewInt(t.R.Num()))
		w.values[i] = value.Mul(value, big.NewInt(t.N))
		w.sum.Add(w.sum, value)
	}
	return w, nil
}

// widen makes the common denominator a multiple of den.
func (w *weights) widen(den int64) {
	d := big.NewInt(den)
	if new(big.Int).Mod(w.den, d).Sign() == 0 { // the rates of an order are few
		return
	}
	g := new(big.Int).GCD(nil, nil, w.den, d)
	w.den.Mul(w.den, d.Div(d, g))
}

func (w weights) sumFloor() *big.Int {
	return new(big.Int).Div(w.sum, w.den)
}

// shares gives each weight its quota, value·total/sum, or its own value/den where total is the
// floor of the sum.
func (w weights) shares(total *big.Int) []int64 {
	shares := make([]int64, len(w.values))
	if total.Sign() == 0 {
		return shares
	}
	factor, divisor := total, w.sum
	if w.sumFloor().Cmp(total) == 0 {
		factor, divisor = big.NewInt(1), w.den
	}
	left := total.Int64()
	remainders := make([]*big.Int, len(w.values))
	order := make([]int, len(w.values))
	for i, value := range w.values {
		quota := new(big.Int).Mul(value, factor)
		quota, remainders[i] = quota.DivMod(quota, divisor, new(big.Int))
		shares[i], order[i] = quota.Int64(), i
		left -= shares[i]
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(remainders[b].Cmp(remainders[a]), cmp.Compare(a, b))
	})
	for _, i := range order[:left] { // fewer are left than there are remainders above 0
		shares[i]++
	}
	return shares
}
