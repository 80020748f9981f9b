package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestParseCurrency(t *testing.T) {
	for code, exponent := range map[string]int{
		"USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "INR": 2, "HUF": 2, "IDR": 2, "MGA": 2,
		"SLE": 2, "XCG": 2, "ZWG": 2, // newcomers
		"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "XOF": 0,
		"KWD": 3, "BHD": 3, "TND": 3,
		"CLF": 4, "UYW": 4,
	} {
		t.Run(code, func(t *testing.T) {
			c, err := money.ParseCurrency(code)
			require.NoError(t, err)
			require.Equal(t, money.Currency(code), c)
			require.Equal(t, exponent, c.Exponent())
		})
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	for name, code := range map[string]string{
		"nothing":               "",
		"small letters":         "usd",
		"a blank":               "USD ",
		"a symbol":              "$",
		"a number":              "840",
		"a code nobody has":     "ABC",
		"the mark":              "DEM",
		"the kuna":              "HRK",
		"the lev":               "BGN",
		"the guilder of before": "ANG",
		"gold":                  "XAU",
		"drawing rights":        "XDR",
		"the code for tests":    "XTS",
		"no currency":           "XXX",
		"letters that look so":  "UЅD",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := money.ParseCurrency(code)
			require.ErrorIs(t, err, reason.UnknownCurrency)
			require.Empty(t, c)
			require.Zero(t, money.Currency(code).Exponent())
		})
	}
}

// The list has 178 codes in 2026; 13 of them are metals, bond units, tests and the like, which have
// no minor unit.
func TestTheTableIsWhole(t *testing.T) {
	count := map[int]int{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				if currency, err := money.ParseCurrency(string([]rune{a, b, c})); err == nil {
					count[currency.Exponent()]++
				}
			}
		}
	}
	require.Equal(t, map[int]int{0: 17, 2: 139, 3: 7, 4: 2}, count)
}
