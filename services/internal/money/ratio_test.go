package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func ratio(t testing.TB, text string) money.Ratio {
	t.Helper()
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

// anyRatio has small ones, as programmes do, and such that nearly do not fit.
var anyRatio = rapid.Custom(func(t *rapid.T) money.Ratio {
	top := rapid.SampledFrom([]int64{10, 1000, math.MaxInt64}).Draw(t, "top")
	r, err := money.NewRatio(rapid.Int64Range(0, top).Draw(t, "num"), rapid.Int64Range(1, top).Draw(t, "den"))
	require.NoError(t, err)
	return r
})

func exact(r money.Ratio) *big.Rat { return big.NewRat(r.Num(), r.Den()) }

func TestParseRatio(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		num, den         int64
	}{
		{"a fraction", "5/4", "5/4", 5, 4},
		{"a decimal", "1.25", "5/4", 5, 4},
		{"a whole number", "3", "3", 3, 1},
		{"a fraction that is a whole number", "6/2", "3", 3, 1},
		{"a fraction to be reduced", "150/100", "3/2", 3, 2},
		{"one point per dollar, by the cent", "0.01", "1/100", 1, 100},
		{"zeros at the end", "2.500000000000000000000000", "5/2", 5, 2},
		{"zeros in front", "007/0014", "1/2", 1, 2},
		{"zero", "0", "0", 0, 1},
		{"zero as a fraction", "0/7", "0", 0, 1},
		{"zero as a decimal", "0.00", "0", 0, 1},
		{"the most digits", "0.000000000000000001", "1/1000000000000000000", 1, 1e18},
		{"the greatest", "9223372036854775807", "9223372036854775807", math.MaxInt64, 1},
		{"the least above zero", "1/9223372036854775807", "1/9223372036854775807", 1, math.MaxInt64},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := ratio(t, row.text)
			require.Equal(t, row.num, r.Num())
			require.Equal(t, row.den, r.Den())
			require.Equal(t, row.want, r.String())
		})
	}
}

func TestParseRatioRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       reason.Reason
	}{
		{"nothing", "", reason.InvalidField},
		{"a negative one", "-1", reason.InvalidField},
		{"a negative fraction", "-1/2", reason.InvalidField},
		{"a plus sign", "+1/2", reason.InvalidField},
		{"nothing above", "/2", reason.InvalidField},
		{"nothing below", "1/", reason.InvalidField},
		{"zero below", "1/0", reason.InvalidField},
		{"two strokes", "1/2/3", reason.InvalidField},
		{"a decimal in a fraction", "1.5/2", reason.InvalidField},
		{"blanks", "5 / 4", reason.InvalidField},
		{"an exponent", "1e3", reason.InvalidField},
		{"a percentage", "5%", reason.InvalidField},
		{"a times sign", "x2", reason.InvalidField},
		{"no digit before the point", ".5", reason.InvalidField},
		{"no digit after the point", "1.", reason.InvalidField},
		{"a comma", "1,25", reason.InvalidField},
		{"a novel", strings.Repeat("1", 10_000), reason.InvalidField},
		{"a novel of a fraction", strings.Repeat("1", 10_000) + "/3", reason.InvalidField},
		{"one more than fits", "9223372036854775808", reason.AmountOutOfRange},
		{"a denominator that does not fit", "1/9223372036854775808", reason.AmountOutOfRange},
		{"a numerator that does not fit", "9223372036854775808/1", reason.AmountOutOfRange},
		{"19 digits after the point", "0.0000000000000000001", reason.AmountOutOfRange},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := money.ParseRatio(row.text)
			require.ErrorIs(t, err, row.want)
			require.Equal(t, money.Ratio{}, r)
			require.Less(t, len(err.Error()), 300, "the input is not thrown back whole")
		})
	}
}

func TestNewRatioRefuses(t *testing.T) {
	for name, pair := range map[string][2]int64{"a negative numerator": {-1, 2}, "a zero denominator": {1, 0}, "a negative denominator": {1, -2}} {
		t.Run(name, func(t *testing.T) {
			_, err := money.NewRatio(pair[0], pair[1])
			require.ErrorIs(t, err, reason.InvalidField)
		})
	}
}

func TestZeroRatio(t *testing.T) {
	zero := money.Ratio{}
	require.Equal(t, zero, ratio(t, "0/5"))
	require.Equal(t, "0", zero.String())
	require.Equal(t, -1, zero.Cmp(ratio(t, "1/9")))
	product, err := zero.Mul(ratio(t, "5/4"))
	require.NoError(t, err)
	require.Equal(t, zero, product)
	points, err := zero.Floor(math.MaxInt64)
	require.NoError(t, err)
	require.Zero(t, points)
}

func TestEqualRatiosAreEqualValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den, k := rapid.Int64Range(0, 1e6).Draw(t, "num"), rapid.Int64Range(1, 1e6).Draw(t, "den"), rapid.Int64Range(1, 1e6).Draw(t, "k")
		r, err := money.NewRatio(num, den)
		require.NoError(t, err)
		same, err := money.NewRatio(num*k, den*k)
		require.NoError(t, err)
		require.Equal(t, r, same)
		back, err := money.ParseRatio(r.String())
		require.NoError(t, err)
		require.Equal(t, r, back)
	})
}

func TestMulWorked(t *testing.T) {
	for _, row := range []struct{ name, a, b, want string }{
		{"gold earns half as much again", "1/100", "3/2", "3/200"},
		{"silver earns a quarter more", "0.01", "5/4", "1/80"},
		{"twice a half", "2", "1/2", "1"},
		{"excluded", "1/100", "0", "0"},
		{"large parts that cancel out", "9223372036854775807/3", "3/9223372036854775807", "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := ratio(t, row.a).Mul(ratio(t, row.b))
			require.NoError(t, err)
			require.Equal(t, row.want, got.String())
		})
	}
}

func TestMulRefusesWhatDoesNotFit(t *testing.T) {
	for _, row := range []struct{ name, a, b string }{
		{"a numerator of 64 bits", "9223372036854775807", "2"},
		{"a numerator that wraps around to nothing", "4294967296", "4294967296"},
		{"a denominator of 64 bits", "1/9223372036854775807", "1/2"},
		{"a denominator that wraps around to nothing", "1/4294967296", "1/4294967296"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ratio(t, row.a).Mul(ratio(t, row.b))
			require.ErrorIs(t, err, reason.AmountOutOfRange)
		})
	}
}

func TestRatioAgreesWithBigRat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyRatio.Draw(t, "a"), anyRatio.Draw(t, "b")
		require.Equal(t, exact(a).Cmp(exact(b)), a.Cmp(b))
		require.Equal(t, a == b, a.Cmp(b) == 0)
		want := new(big.Rat).Mul(exact(a), exact(b))
		got, err := a.Mul(b)
		if !want.Num().IsInt64() || !want.Denom().IsInt64() {
			require.ErrorIs(t, err, reason.AmountOutOfRange)
			return
		}
		require.NoError(t, err)
		require.Zero(t, want.Cmp(exact(got)), "%s times %s is %s, got %s", a, b, want, got)
		swapped, err := b.Mul(a)
		require.NoError(t, err)
		require.Equal(t, got, swapped)
	})
}

// Rows of CDNOW earn floor(cents·num/(100·den)) points (data.md 10).
func TestFloorWorked(t *testing.T) {
	for _, row := range []struct {
		name, rate string
		n, want    int64
	}{
		{"11.77 dollars at a point per dollar", "1/100", 1177, 11},
		{"99 cents are no point", "1/100", 99, 0},
		{"one dollar is one", "1/100", 100, 1},
		{"the greatest row of CDNOW", "1/100", 128601, 1286},
		{"silver: 11.77 x 5/4 = 14.7125", "1/80", 1177, 14},
		{"gold: 11.77 x 3/2 = 17.655", "3/200", 1177, 17},
		{"nothing bought", "1/100", 0, 0},
		{"all there is, as it is", "1", math.MaxInt64, math.MaxInt64},
		{"all there is, by a third", "1/3", math.MaxInt64, 3074457345618258602},
		{"more than 64 bits in between", "9223372036854775807/9223372036854775806", math.MaxInt64 - 1, math.MaxInt64},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := ratio(t, row.rate).Floor(row.n)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

func TestFloorRefuses(t *testing.T) {
	_, err := ratio(t, "1/100").Floor(-1)
	require.ErrorIs(t, err, reason.InvalidField)
	for name, text := range map[string]string{"just above": "9223372036854775807/9223372036854775806", "beyond 63 bits": "2", "just beyond 64 bits": "3", "far beyond": "5"} {
		t.Run(name, func(t *testing.T) {
			_, err := ratio(t, text).Floor(math.MaxInt64)
			require.ErrorIs(t, err, reason.AmountOutOfRange)
		})
	}
}

func TestFloorAgreesWithBigRat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, r := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n"), anyRatio.Draw(t, "r")
		want := new(big.Int).Mul(big.NewInt(n), big.NewInt(r.Num()))
		want.Div(want, big.NewInt(r.Den()))
		got, err := r.Floor(n)
		if !want.IsInt64() {
			require.ErrorIs(t, err, reason.AmountOutOfRange)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), got)
	})
}
