package history

import (
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// shareDigits is how many digits after the point a share is printed with.
const shareDigits = 9

// Share is an exact part of a whole. The zero value is no share: the whole was nothing.
type Share struct{ exact *big.Rat }

// ShareOf returns part of whole; no share if the whole is not above zero.
func ShareOf(part, whole int64) Share {
	if whole <= 0 {
		return Share{}
	}
	return Share{big.NewRat(part, whole)}
}

// NewShare returns num/den; no share if den is not above zero.
func NewShare(num, den *big.Int) Share {
	if den.Sign() <= 0 {
		return Share{}
	}
	return Share{new(big.Rat).SetFrac(num, den)}
}

// IsSet tells whether there is a share.
func (s Share) IsSet() bool { return s.exact != nil }

// String prints nine digits after the point, the last one rounded half away from zero; the empty text for no share.
func (s Share) String() string {
	if s.exact == nil {
		return ""
	}
	return s.exact.FloatString(shareDigits)
}

// AtLeast tells whether the share reaches a mark. No share reaches none.
func (s Share) AtLeast(mark money.Ratio) bool {
	return s.exact != nil && s.exact.Cmp(big.NewRat(mark.Num(), mark.Den())) >= 0
}

// Reaching returns the least whole number that is at least mark × whole, for a mark of at most 1 and a whole of zero or
// more. So n ≥ mark × whole is n ≥ Reaching(mark, whole), and n < mark × whole is n < Reaching(mark, whole).
func Reaching(mark money.Ratio, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(mark.Num()), big.NewInt(whole))
	den := big.NewInt(mark.Den())
	n.Add(n, den).Sub(n, big.NewInt(1))
	return n.Div(n, den).Int64()
}

// Rat is the exact share; false: there is none.
func (s Share) Rat() (*big.Rat, bool) {
	if s.exact == nil {
		return nil, false
	}
	return new(big.Rat).Set(s.exact), true
}

// Median sorts numbers and returns the one in the middle, or what is half-way between the two; not set without any.
func Median(values []int64) Share {
	n := len(values)
	if n == 0 {
		return Share{}
	}
	slices.Sort(values)
	sum := new(big.Int).Add(big.NewInt(values[(n-1)/2]), big.NewInt(values[n/2]))
	return NewShare(sum, big.NewInt(2)) //nolint:mnd // half
}
