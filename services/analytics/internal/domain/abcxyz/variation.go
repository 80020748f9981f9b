package abcxyz

import (
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Variation is the coefficient of variation of what was spent a month: standard deviation (of the population) ÷ mean. It is
// kept exactly: n·Σx² − (Σx)² over (Σx)² is its square. The zero Variation is none.
type Variation struct{ num, den *big.Int }

// digits is how many digits after the point a variation is printed with, and precision the bits that it is computed in.
const (
	digits    = 9
	precision = 256
)

// String prints nine digits after the point; empty for none.
func (v Variation) String() string {
	if v.den == nil {
		return ""
	}
	square := new(big.Float).SetPrec(precision).Quo(
		new(big.Float).SetPrec(precision).SetInt(v.num), new(big.Float).SetPrec(precision).SetInt(v.den))
	return square.Sqrt(square).Text('f', digits)
}

// atMost tells whether the variation is at most so much, exactly.
func (v Variation) atMost(most money.Ratio) bool {
	square := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(n)) }
	left := new(big.Int).Mul(v.num, square(most.Den()))
	return left.Cmp(new(big.Int).Mul(v.den, square(most.Num()))) <= 0
}

// evenness is X, Y or Z; empty without a variation.
func (p *Params) evenness(v Variation) string {
	switch {
	case v.den == nil:
		return ""
	case v.atMost(p.X):
		return "X"
	case v.atMost(p.Y):
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
	sum, squares := new(big.Int), new(big.Int)
	for _, x := range spent {
		sum.Add(sum, big.NewInt(int64(x)))
		squares.Add(squares, new(big.Int).Mul(big.NewInt(int64(x)), big.NewInt(int64(x))))
	}
	whole := new(big.Int).Mul(sum, sum)
	squares.Mul(squares, big.NewInt(int64(len(spent))))
	return Variation{squares.Sub(squares, whole), whole}
}
