package actions

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of a number. An exponent without one would make a number of a few bytes fill the memory.
const (
	digitsMax   = 40
	exponentMax = 40
)

// Number is an exact decimal: digits × 10^exponent. Equal numbers are ==, however they were written.
type Number struct {
	digits   string // without zeros around it; empty is 0
	exponent int
	negative bool
}

// ParseNumber reads a JSON number. One with more than 40 digits, or an exponent beyond 40, is refused with
// reason.InvalidField.
func ParseNumber(written string) (Number, error) {
	rest, negative := strings.CutPrefix(written, "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(rest), "e")
	exponent := 0
	if power != "" {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return Number{}, outOfBounds(written)
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if exponent < -exponentMax || exponent > exponentMax || len(whole)+len(fraction) > digitsMax {
		return Number{}, outOfBounds(written)
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	if short == "" {
		return Number{}, nil
	}
	return Number{short, exponent, negative}, nil
}

func outOfBounds(written string) error {
	return reason.New(reason.InvalidField, "data", "the number %.60s has more than %d digits, or an exponent beyond %d", written, digitsMax, exponentMax)
}

// String writes the number in one form: "12e-1" for 1.2.
func (n Number) String() string {
	if n.digits == "" {
		return "0"
	}
	text := n.digits
	if n.exponent != 0 {
		text += "e" + strconv.Itoa(n.exponent)
	}
	if n.negative {
		return "-" + text
	}
	return text
}

// Decimal writes the number without an exponent, as people do.
func (n Number) Decimal() string {
	text := n.digits
	switch {
	case text == "":
		return "0"
	case n.exponent >= 0:
		text += strings.Repeat("0", n.exponent)
	case len(text) > -n.exponent:
		text = text[:len(text)+n.exponent] + "." + text[len(text)+n.exponent:]
	default:
		text = "0." + strings.Repeat("0", -n.exponent-len(text)) + text
	}
	if n.negative {
		return "-" + text
	}
	return text
}

// Negative tells whether the number is below 0.
func (n Number) Negative() bool { return n.negative }

// FloorTimes returns number × rate, rounded down once. False: it does not fit, or the number is below 0.
func (n Number) FloorTimes(rate money.Ratio) (money.Points, bool) {
	if n.negative {
		return 0, false
	}
	if n.digits == "" || rate.Num() == 0 {
		return 0, true
	}
	over, ok := new(big.Int).SetString(n.digits, 10)
	if !ok {
		return 0, false
	}
	under := big.NewInt(rate.Den())
	over.Mul(over, big.NewInt(rate.Num()))
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.exponent, -n.exponent))), nil)
	if n.exponent < 0 {
		under.Mul(under, scale)
	} else {
		over.Mul(over, scale)
	}
	over.Quo(over, under)
	return money.Points(over.Int64()), over.IsInt64()
}
