package summary

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Count writes a number with commas between thousands: 2,453,159. A minus is the typographic one.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if n < 0 {
		return "−" + grouped(digits[1:])
	}
	return grouped(digits)
}

// Percent is part of whole as a whole percentage, halves up; "" where there is no sensible one.
func Percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return ""
	}
	n := new(big.Int).Mul(big.NewInt(part), big.NewInt(200))
	n.Add(n, big.NewInt(whole)).Quo(n, new(big.Int).Mul(big.NewInt(whole), big.NewInt(2)))
	if n.Sign() == 0 {
		return "less than 1%"
	}
	return n.String() + "%"
}

// Thousandths rounds a share of nine digits to three, halves up: 0.634571185 is 0.635. What is no number stays as it is.
func Thousandths(share string) string {
	exact, ok := new(big.Rat).SetString(share)
	if !ok {
		return share
	}
	return exact.FloatString(3)
}

// Amount writes money with commas and its currency: 2,500,315.63 USD.
func Amount(m money.Minor, c money.Currency) string {
	text, minus := strings.CutPrefix(money.Format(m, c), "-")
	whole, fraction, cut := strings.Cut(text, ".")
	text = grouped(whole)
	if cut {
		text += "." + fraction
	}
	if minus {
		text = "−" + text
	}
	return strings.TrimSpace(text + " " + string(c))
}

// Plural is "1 order", "2 orders".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

func grouped(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// safe keeps names and details from steering the terminal that they are printed on.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
