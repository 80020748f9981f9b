package abcxyz

import (
	"math/big"
	"math/bits"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Variation is the coefficient of variation of what was spent a month: standard deviation (of the population) ÷ mean. It is
// kept exactly, and small, for there is one of each customer: n·Σx² − (Σx)² over (Σx)² is its square. The zero Variation is none.
type Variation struct {
	months int64
	sum    int64
	// squares are below 2¹²⁶, for the sum fits into 63 bits: the upper half and the lower.
	squaresHigh, squaresLow uint64
}

// none tells whether there is no variation.
func (v Variation) none() bool { return v.sum == 0 }

// square is the square of the variation, as a fraction.
func (v Variation) square() (num, den *big.Int) { //nolint:nonamedreturns // which is which
	den = new(big.Int).Mul(big.NewInt(v.sum), big.NewInt(v.sum))
	num = new(big.Int).SetUint64(v.squaresHigh)
	num.Or(num.Lsh(num, 64), new(big.Int).SetUint64(v.squaresLow))
	num.Mul(num, big.NewInt(v.months))
	return num.Sub(num, den), den
}

// digits is how many digits after the point a variation is printed with, and precision the bits that it is computed in.
const (
	digits    = 9
	precision = 256
)

// String prints nine digits after the point; empty for none.
func (v Variation) String() string {
	if v.none() {
		return ""
	}
	num, den := v.square()
	square := new(big.Float).SetPrec(precision).Quo(new(big.Float).SetPrec(precision).SetInt(num), new(big.Float).SetPrec(precision).SetInt(den))
	return square.Sqrt(square).Text('f', digits)
}

// atMost tells whether a variation, given by its square, is at most so much, exactly.
func atMost(num, den *big.Int, most money.Ratio) bool {
	square := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(n)) }
	left := new(big.Int).Mul(num, square(most.Den()))
	return left.Cmp(new(big.Int).Mul(den, square(most.Num()))) <= 0
}

// evenness is X, Y or Z; empty without a variation.
func (p *Params) evenness(v Variation) string {
	if v.none() {
		return ""
	}
	num, den := v.square()
	switch {
	case atMost(num, den, p.X):
		return "X"
	case atMost(num, den, p.Y):
		return "Y"
	}
	return "Z"
}

// variation is that of the months of the period, counted back from its end, from the one of the customer's first purchase on;
// none for fewer than three of them, or where nothing was spent.
func (b *Builder) variation(c history.Customer) Variation {
	spent := make([]money.Minor, 0, len(b.starts))
	orders := c.Orders
	for _, start := range b.starts {
		sum := money.Minor(0)
		n := len(orders)
		for n > 0 && orders[n-1].Day >= start {
			n--
			sum += orders[n].Base // a part of what fits
		}
		orders = orders[:n]
		spent = append(spent, sum)
		if c.First() >= start {
			break
		}
	}
	if len(spent) < monthsLeast || slices.Max(spent) == 0 {
		return Variation{}
	}
	v := Variation{months: int64(len(spent))}
	for _, x := range spent {
		v.sum += int64(x)                             // a part of what fits
		high, low := bits.Mul64(uint64(x), uint64(x)) //nolint:gosec // no order is below zero
		var carry uint64
		v.squaresLow, carry = bits.Add64(v.squaresLow, low, 0)
		v.squaresHigh += high + carry
	}
	return v
}
