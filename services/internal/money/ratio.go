package money

import (
	"cmp"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Ratio is an exact fraction, zero or more: a rate or a multiplier. Equal ratios are == (always
// reduced). The zero value is 0.
type Ratio struct {
	num, den int64 // reduced, both > 0; zero is {0, 0} alone
}

// ratioDigitsMax is how many digits after the point a decimal may have, so that its denominator
// fits.
const ratioDigitsMax = 18

// NewRatio returns num/den, reduced. A negative numerator or a denominator below 1 is a
// reason.InvalidField.
func NewRatio(num, den int64) (Ratio, error) {
	if num < 0 || den < 1 {
		return Ratio{}, reason.New(reason.InvalidField, "", "%d/%d is not a ratio; the numerator must be 0 or more, the denominator 1 or more", num, den)
	}
	if num == 0 {
		return Ratio{}, nil
	}
	g := gcd(num, den)
	return Ratio{num / g, den / g}, nil
}

// MustRatio is NewRatio of constants. It panics on what is no ratio.
func MustRatio(num, den int64) Ratio {
	r, err := NewRatio(num, den)
	if err != nil {
		panic(err)
	}
	return r
}

// ParseRatio reads "5/4", "1.25" or "3", without sign, blanks or exponent. Errors are
// reason.InvalidField (form) and reason.AmountOutOfRange (does not fit 64 bits, or more than 18
// digits after the point), without a field.
func ParseRatio(text string) (Ratio, error) {
	if over, under, ok := strings.Cut(text, "/"); ok {
		return parseFraction(text, over, under)
	}
	whole, fraction, err := cutDecimal(text)
	if err != nil {
		return Ratio{}, err
	}
	fraction = strings.TrimRight(fraction, "0")
	num, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || len(fraction) > ratioDigitsMax {
		return Ratio{}, tooLong(text)
	}
	den := int64(1)
	for range fraction {
		den *= 10
	}
	return NewRatio(num, den)
}

func parseFraction(text, over, under string) (Ratio, error) {
	if len(text) > textCharsMax || !isDigits(over) || !isDigits(under) {
		return Ratio{}, reason.New(reason.InvalidField, "", "%.40q is not a fraction; write two whole numbers, for example 5/4", text)
	}
	num, errOver := strconv.ParseInt(over, 10, 64)
	den, errUnder := strconv.ParseInt(under, 10, 64)
	if errOver != nil || errUnder != nil {
		return Ratio{}, tooLong(text)
	}
	return NewRatio(num, den)
}

func tooLong(text string) error {
	return reason.New(reason.AmountOutOfRange, "", "%q has more digits than a ratio can hold", text)
}

// Num returns the numerator of the reduced fraction; 0 for zero.
func (r Ratio) Num() int64 { return r.num }

// Den returns the denominator of the reduced fraction; 1 for zero and whole numbers.
func (r Ratio) Den() int64 { return max(r.den, 1) }

// String returns "5/4", or "3" for a whole number. ParseRatio reads it.
func (r Ratio) String() string {
	if r.Den() == 1 {
		return strconv.FormatInt(r.num, 10)
	}
	return strconv.FormatInt(r.num, 10) + "/" + strconv.FormatInt(r.den, 10)
}

// Cmp returns -1, 0 or +1 as r is less than, equal to or greater than o.
func (r Ratio) Cmp(o Ratio) int {
	// r.num/r.den ? o.num/o.den, cross-multiplied in 128 bits.
	leftHigh, leftLow := bits.Mul64(uint64(r.num), uint64(o.Den()))
	rightHigh, rightLow := bits.Mul64(uint64(o.num), uint64(r.Den()))
	return cmp.Or(cmp.Compare(leftHigh, rightHigh), cmp.Compare(leftLow, rightLow))
}

// Mul returns the exact product. If its reduced form does not fit 64 bits it is a
// reason.AmountOutOfRange.
func (r Ratio) Mul(o Ratio) (Ratio, error) {
	if r.num == 0 || o.num == 0 {
		return Ratio{}, nil
	}
	// Reducing crosswise first leaves the product reduced, so it overflows only if the result
	// itself does not fit.
	g, h := gcd(r.num, o.den), gcd(o.num, r.den)
	numHigh, num := bits.Mul64(uint64(r.num/g), uint64(o.num/h))
	denHigh, den := bits.Mul64(uint64(r.den/h), uint64(o.den/g))
	if numHigh|denHigh != 0 || max(num, den) > math.MaxInt64 {
		return Ratio{}, reason.New(reason.AmountOutOfRange, "", "%s times %s does not fit a ratio", r, o)
	}
	return Ratio{int64(num), int64(den)}, nil
}

// Floor returns floor(n·r) for n >= 0, with 128 bits in between. A negative n is a
// reason.InvalidField, a result that does not fit a reason.AmountOutOfRange.
func (r Ratio) Floor(n int64) (int64, error) {
	if n < 0 {
		return 0, negativeTerm(n)
	}
	high, low := bits.Mul64(uint64(n), uint64(r.num))
	den := uint64(r.Den())
	if high >= den { // the quotient needs more than 64 bits
		return 0, outOfRange()
	}
	quotient, _ := bits.Div64(high, low, den)
	if quotient > math.MaxInt64 {
		return 0, outOfRange()
	}
	return int64(quotient), nil
}

func negativeTerm(n int64) error {
	return reason.New(reason.InvalidField, "", "%d is negative; a rate applies to amounts of 0 or more", n)
}

func outOfRange() error {
	return reason.New(reason.AmountOutOfRange, "", "the result is more than fits")
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
