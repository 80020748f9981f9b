// Package money holds amounts, points and rates, and the only rounding that Laurel does: down, and
// shares by largest remainder. Nothing here is ever a float. It owns the currency table and the
// text forms of amounts and rates; which rate applies is left to programme and earning.
package money

import (
	"math"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Minor is an amount of money in the minor unit of its currency: cents for USD, yen for JPY.
type Minor int64

// Points is a number of points of one unit.
type Points int64

// textCharsMax limits the text of an amount or a rate: 19 digits and leading zeros fit, a novel
// does not.
const textCharsMax = 64

// ParseAmount reads an exact decimal amount in major units: digits, at most one point with digits
// on both sides, a leading "-" for negative amounts (whether those make sense is the caller's to
// say). No exponent, no plus sign, no grouping. More digits after the point than the currency has
// are refused even when they are zeros: nothing is ever rounded here. Errors are
// reason.InvalidField (form), reason.AmountOutOfRange (does not fit), reason.UnknownCurrency,
// without a field.
func ParseAmount(text string, c Currency) (Minor, error) {
	digits, ok := exponent(string(c))
	if !ok {
		return 0, reason.New(reason.UnknownCurrency, "", "%.40q is not an ISO 4217 code", string(c))
	}
	unsigned, negative := strings.CutPrefix(text, "-")
	whole, fraction, err := cutDecimal(unsigned)
	if err != nil {
		return 0, err
	}
	if len(fraction) > digits {
		return 0, reason.New(reason.InvalidField, "", "%q has %d digits after the point, %s has %d", text, len(fraction), c, digits)
	}
	magnitude, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
	if negative && magnitude == -math.MinInt64 && err == nil {
		return math.MinInt64, nil
	}
	if err != nil || magnitude > math.MaxInt64 {
		return 0, reason.New(reason.AmountOutOfRange, "", "%q is more than fits", text)
	}
	if negative {
		return -Minor(magnitude), nil
	}
	return Minor(magnitude), nil
}

// Format returns the amount in major units with exactly the digits of its currency: "12.34" and
// "-0.05" for USD, "1200" for JPY. It is what ParseAmount reads.
func Format(m Minor, c Currency) string {
	magnitude, sign := uint64(m), ""
	if m < 0 {
		magnitude, sign = -magnitude, "-" // wraps to the right magnitude for the lowest amount too
	}
	text, digits := strconv.FormatUint(magnitude, 10), c.Exponent()
	if digits == 0 {
		return sign + text
	}
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	point := len(text) - digits
	return sign + text[:point] + "." + text[point:]
}

// cutDecimal returns the whole part and the fraction of an unsigned decimal, both made of digits.
func cutDecimal(text string) (string, string, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if len(text) > textCharsMax || !isDigits(whole) || pointed && !isDigits(fraction) {
		return "", "", reason.New(reason.InvalidField, "", "%.40q is not a decimal number; write digits and at most one point, for example 12.34", text)
	}
	return whole, fraction, nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
