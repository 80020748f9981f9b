package money_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// line is a term as an order has it: cents and points per cent.
func line(t testing.TB, cents int64, rate string) money.Term {
	t.Helper()
	return money.Term{N: cents, R: ratio(t, rate)}
}

func TestSumFloorAndSplitWorked(t *testing.T) {
	const perDollar, double = "1/100", "2/100"
	for _, row := range []struct {
		name   string
		terms  []money.Term
		sum    int64
		shares []int64
	}{
		{"no line", nil, 0, []int64{}},
		{"one line", []money.Term{line(t, 1177, perDollar)}, 11, []int64{11}},
		{"one floor, not one for each line", []money.Term{line(t, 150, perDollar), line(t, 150, perDollar)}, 3, []int64{2, 1}},
		{"equal remainders go to the earlier", []money.Term{line(t, 50, perDollar), line(t, 50, perDollar), line(t, 50, perDollar), line(t, 50, perDollar)}, 2, []int64{1, 1, 0, 0}},
		{"the larger remainder goes first", []money.Term{line(t, 110, perDollar), line(t, 190, perDollar)}, 3, []int64{1, 2}},
		{"a whole line keeps its own", []money.Term{line(t, 1000, perDollar), line(t, 90, perDollar)}, 10, []int64{10, 0}},
		{"an excluded line gets nothing", []money.Term{line(t, 5000, "0"), line(t, 99, perDollar), line(t, 1, perDollar)}, 1, []int64{0, 1, 0}},
		{"a returned line gets nothing", []money.Term{line(t, 0, perDollar), line(t, 250, perDollar)}, 2, []int64{0, 2}},
		{"books count double", []money.Term{line(t, 1025, double), line(t, 1050, perDollar)}, 31, []int64{21, 10}},
		{"rates without a common denominator", []money.Term{line(t, 1, "1/3"), line(t, 1, "1/7"), line(t, 1, "11/21")}, 1, []int64{0, 0, 1}},
		{"less than a point in all", []money.Term{line(t, 40, perDollar), line(t, 50, perDollar)}, 0, []int64{0, 0}},
		{"the most that fits", []money.Term{line(t, math.MaxInt64, "1/2"), line(t, math.MaxInt64, "1/2")}, math.MaxInt64, []int64{4611686018427387904, 4611686018427387903}},
	} {
		t.Run(row.name, func(t *testing.T) {
			sum, err := money.SumFloor(row.terms)
			require.NoError(t, err)
			require.Equal(t, row.sum, sum)
			shares, err := money.Split(sum, row.terms)
			require.NoError(t, err)
			require.Equal(t, row.shares, shares)
		})
	}
}

func TestSplitOfAnotherTotal(t *testing.T) {
	terms := []money.Term{line(t, 1000, "1/100"), line(t, 3000, "1/100"), line(t, 0, "1/100")}
	for _, row := range []struct {
		name  string
		total int64
		want  []int64
	}{
		{"a cap on the order", 20, []int64{5, 15, 0}},
		{"a cap that leaves a remainder", 10, []int64{3, 7, 0}}, // 2.5 and 7.5: a tie, so the earlier
		{"a floor for the order", 100, []int64{25, 75, 0}},
		{"one point", 1, []int64{0, 1, 0}},
		{"nothing", 0, []int64{0, 0, 0}},
		{"all there is", math.MaxInt64, []int64{2305843009213693952, 6917529027641081855, 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := money.Split(row.total, terms)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

func TestSumFloorAndSplitRefuse(t *testing.T) {
	negative := []money.Term{line(t, -1, "1/100"), line(t, 500, "1/100")}
	for name, terms := range map[string][]money.Term{"alone": negative[:1], "beside another": negative} {
		t.Run("a negative term "+name, func(t *testing.T) {
			_, err := money.SumFloor(terms)
			require.ErrorIs(t, err, reason.InvalidField)
			_, err = money.Split(1, terms)
			require.ErrorIs(t, err, reason.InvalidField)
		})
	}
	for name, terms := range map[string][]money.Term{
		"alone":         {line(t, math.MaxInt64, "3/2")},
		"by a sum":      {line(t, math.MaxInt64, "1"), line(t, 1, "1")},
		"by far in all": {line(t, math.MaxInt64, "9"), line(t, math.MaxInt64, "9")},
	} {
		t.Run("more than fits "+name, func(t *testing.T) {
			_, err := money.SumFloor(terms)
			require.ErrorIs(t, err, reason.AmountOutOfRange)
		})
	}
	for name, terms := range map[string][]money.Term{"no line": nil, "only lines of nothing": {line(t, 0, "1"), line(t, 5, "0")}} {
		t.Run("points to share out and "+name, func(t *testing.T) {
			_, err := money.Split(1, terms)
			require.ErrorIs(t, err, reason.InvalidField)
		})
	}
	_, err := money.Split(-1, []money.Term{line(t, 5, "1")})
	require.ErrorIs(t, err, reason.InvalidField)
}

var anyTerms = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) money.Term {
	top := rapid.SampledFrom([]int64{20, 100_000, math.MaxInt64}).Draw(t, "top")
	return money.Term{N: rapid.Int64Range(0, top).Draw(t, "n"), R: anyRatio.Draw(t, "rate")}
}), 0, 12)

func value(term money.Term) *big.Rat {
	return new(big.Rat).Mul(big.NewRat(term.N, 1), exact(term.R))
}

func floor(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) }

func sumOf(terms []money.Term) *big.Rat {
	sum := new(big.Rat)
	for _, term := range terms {
		sum.Add(sum, value(term))
	}
	return sum
}

// splitTwin gives the points that are left one at a time, each to the largest remainder found by
// looking at all.
func splitTwin(total int64, terms []money.Term) []int64 {
	scale, sum := big.NewRat(1, 1), sumOf(terms)
	if sum.Sign() > 0 && floor(sum).Cmp(big.NewInt(total)) != 0 {
		scale.Quo(big.NewRat(total, 1), sum)
	}
	shares, remainders, left := make([]int64, len(terms)), make([]*big.Rat, len(terms)), total
	for i, term := range terms {
		quota := new(big.Rat).Mul(value(term), scale)
		shares[i] = floor(quota).Int64()
		remainders[i] = quota.Sub(quota, new(big.Rat).SetInt64(shares[i]))
		left -= shares[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range remainders {
			if remainders[i].Cmp(remainders[best]) > 0 {
				best = i
			}
		}
		shares[best]++
		remainders[best] = big.NewRat(-1, 1)
	}
	return shares
}

func TestSumFloorAgreesWithBigRat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms.Draw(t, "terms")
		want := floor(sumOf(terms))
		got, err := money.SumFloor(terms)
		if !want.IsInt64() {
			require.ErrorIs(t, err, reason.AmountOutOfRange)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), got)
	})
}

func TestSplitAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms.Draw(t, "terms")
		total := rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "total")
		if sumOf(terms).Sign() == 0 {
			total = 0
		}
		got, err := money.Split(total, terms)
		require.NoError(t, err)
		require.Equal(t, splitTwin(total, terms), got)
		sum := int64(0)
		for i, share := range got {
			sum += share
			require.True(t, share == 0 || value(terms[i]).Sign() > 0, "line %d of nothing got %d", i, share)
		}
		require.Equal(t, total, sum)
	})
}

// The points of an order: each line gets the whole part of its own, or one more.
func TestSplitOfTheSumIsFairToEachLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms.Draw(t, "terms")
		total, err := money.SumFloor(terms)
		if err != nil {
			t.Skip("does not fit")
		}
		shares, err := money.Split(total, terms)
		require.NoError(t, err)
		require.Equal(t, splitTwin(total, terms), shares)
		for i, share := range shares {
			own := floor(value(terms[i])).Int64()
			require.True(t, share == own || share == own+1, "line %d is worth %s, got %d", i, value(terms[i]), share)
			if value(terms[i]).IsInt() {
				require.Equal(t, own, share)
			}
		}
	})
}

func BenchmarkSplitThreeLines(b *testing.B) {
	terms := []money.Term{line(b, 1177, "1/100"), line(b, 1299, "1/80"), line(b, 2599, "3/200")}
	for b.Loop() {
		total, err := money.SumFloor(terms)
		require.NoError(b, err)
		_, err = money.Split(total, terms)
		require.NoError(b, err)
	}
}
