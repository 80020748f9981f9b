package money_test

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// anyCurrency has one of each number of digits.
var anyCurrency = rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD", "CLF"})

func TestParseAmountAndFormat(t *testing.T) {
	for _, row := range []struct {
		name, text string
		currency   money.Currency
		want       money.Minor
	}{
		{"dollars and cents", "12.34", "USD", 1234},
		{"one cent", "0.01", "USD", 1},
		{"nothing", "0.00", "USD", 0},
		{"five cents back", "-0.05", "USD", -5},
		{"the greatest row of CDNOW", "1286.01", "USD", 128601},
		{"yen have no digits", "1200", "JPY", 1200},
		{"one yen back", "-1", "JPY", -1},
		{"no yen", "0", "JPY", 0},
		{"dinars have three", "1.005", "KWD", 1005},
		{"one fils", "0.001", "KWD", 1},
		{"the unidad de fomento has four", "37000.1234", "CLF", 370001234},
		{"the most that fits", "92233720368547758.07", "USD", math.MaxInt64},
		{"the least that fits", "-92233720368547758.08", "USD", math.MinInt64},
		{"the most yen", "9223372036854775807", "JPY", math.MaxInt64},
		{"the least yen", "-9223372036854775808", "JPY", math.MinInt64},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := money.ParseAmount(row.text, row.currency)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
			require.Equal(t, row.text, money.Format(got, row.currency))
		})
	}
}

func TestParseAmountTakesShorterForms(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       money.Minor
	}{
		{"no cents", "12", 1200},
		{"one digit after the point", "12.3", 1230},
		{"leading zeros", "0012.34", 1234},
		{"a minus before nothing", "-0.00", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := money.ParseAmount(row.text, "USD")
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

func TestParseAmountRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		currency   money.Currency
		want       reason.Reason
	}{
		{"nothing", "", "USD", reason.InvalidField},
		{"a lone minus", "-", "USD", reason.InvalidField},
		{"a lone point", ".", "USD", reason.InvalidField},
		{"no digit before the point", ".50", "USD", reason.InvalidField},
		{"no digit after the point", "5.", "USD", reason.InvalidField},
		{"no digit after the point of yen", "5.", "JPY", reason.InvalidField},
		{"a third digit of a dollar", "12.345", "USD", reason.InvalidField},
		{"a third digit of a dollar, though zero", "12.340", "USD", reason.InvalidField},
		{"a digit of a yen, though zero", "1200.0", "JPY", reason.InvalidField},
		{"an exponent", "1e3", "USD", reason.InvalidField},
		{"a plus sign", "+5.00", "USD", reason.InvalidField},
		{"two minus signs", "--5.00", "USD", reason.InvalidField},
		{"a minus behind", "5.00-", "USD", reason.InvalidField},
		{"a minus after the point", "5.-1", "USD", reason.InvalidField},
		{"a decimal comma", "12,34", "USD", reason.InvalidField},
		{"grouped thousands", "1,200.00", "USD", reason.InvalidField},
		{"underscores", "1_200.00", "USD", reason.InvalidField},
		{"two points", "1.2.3", "USD", reason.InvalidField},
		{"a blank before", " 5.00", "USD", reason.InvalidField},
		{"a blank behind", "5.00 ", "USD", reason.InvalidField},
		{"the currency in it", "5.00 USD", "USD", reason.InvalidField},
		{"hexadecimal", "0x10", "USD", reason.InvalidField},
		{"not a number", "NaN", "USD", reason.InvalidField},
		{"endless", "Inf", "USD", reason.InvalidField},
		{"digits of another alphabet", "١٢", "USD", reason.InvalidField},
		{"a novel", strings.Repeat("9", 10_000), "USD", reason.InvalidField},
		{"one cent more than fits", "92233720368547758.08", "USD", reason.AmountOutOfRange},
		{"one cent less than fits", "-92233720368547758.09", "USD", reason.AmountOutOfRange},
		{"more than 64 bits", "99999999999999999999.00", "USD", reason.AmountOutOfRange},
		{"a currency that does not exist", "5.00", "ABC", reason.UnknownCurrency},
		{"no currency", "5.00", "", reason.UnknownCurrency},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := money.ParseAmount(row.text, row.currency)
			require.ErrorIs(t, err, row.want)
			require.Zero(t, got)
			require.Less(t, len(err.Error()), 300, "the input is not thrown back whole")
		})
	}
}

func TestFormatIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := money.Minor(rapid.Int64().Draw(t, "amount")), anyCurrency.Draw(t, "currency")
		got, err := money.ParseAmount(money.Format(m, c), c)
		require.NoError(t, err)
		require.Equal(t, m, got)
	})
}

// The twin reads with a pattern and big.Rat.
func TestParseAmountAgreesWithItsTwin(t *testing.T) {
	form := regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	text := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,5})?`), rapid.StringMatching(`[-+.,e 0-9]{0,8}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text, c := text.Draw(t, "text"), anyCurrency.Draw(t, "currency")
		got, err := money.ParseAmount(text, c)
		_, fraction, _ := strings.Cut(text, ".")
		if !form.MatchString(text) || len(fraction) > c.Exponent() {
			require.ErrorIs(t, err, reason.InvalidField)
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		exact.Mul(exact, big.NewRat(int64(math.Pow10(c.Exponent())), 1))
		if !exact.Num().IsInt64() {
			require.ErrorIs(t, err, reason.AmountOutOfRange)
			return
		}
		require.NoError(t, err)
		require.True(t, exact.IsInt())
		require.Equal(t, exact.Num().Int64(), int64(got))
	})
}
