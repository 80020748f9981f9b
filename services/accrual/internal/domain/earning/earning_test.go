package earning_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// shop is a programme with one line of earning rules.
func shop(t require.TestingT, rules string) *program.Program {
	text := strings.Join([]string{
		"programme: shop", "zone: UTC", "currency: EUR", "unit: points", "expiry: {rule: never}", "earning: {" + rules + "}",
		"ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 500}, {name: gold, from: 2000}]}",
	}, "\n")
	p, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(text)}})
	require.Empty(t, faults, text)
	return p
}

// kept is a line of which everything is kept.
func kept(id, sku, category string, amount money.Minor) program.Counted {
	return program.Counted{Line: orders.Line{ID: id, SKU: sku, Category: category, Quantity: 1, Amount: amount}, Base: amount}
}

// partly is a line of which only an amount is kept.
func partly(k program.Counted, amount money.Minor) program.Counted {
	k.Base = amount
	return k
}

func shares(r earning.Rating) []money.Points {
	var list []money.Points
	for _, l := range r.Lines {
		list = append(list, l.Points)
	}
	return list
}

const (
	oneEach = "points: 1, per: 1.00"
	books   = oneEach + ", multipliers: {category: {books: 2, tea: 1.25}, tier: {silver: 5/4, gold: 3/2}}, exclude: {category: [card], sku: ['4711']}"
)

func TestWhatAnOrderEarns(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  string
		tier   string
		lines  []program.Counted
		points money.Points
		shares []money.Points
	}{
		{
			name: "one point for each whole euro", rules: oneEach,
			lines: []program.Counted{kept("1", "cd", "", 1299)}, points: 12, shares: []money.Points{12},
		}, {
			name: "less than a euro earns nothing", rules: oneEach,
			lines: []program.Counted{kept("1", "cd", "", 99)}, points: 0, shares: []money.Points{0},
		}, {
			name: "an order without lines earns nothing", rules: oneEach,
		}, {
			name: "one floor per order: two halves make a point, which goes to the earlier line", rules: oneEach,
			lines:  []program.Counted{kept("1", "cd", "", 150), kept("2", "dvd", "", 150)},
			points: 3, shares: []money.Points{2, 1},
		}, {
			name: "the larger remainder gets the point", rules: oneEach,
			lines:  []program.Counted{kept("1", "cd", "", 140), kept("2", "dvd", "", 170)},
			points: 3, shares: []money.Points{1, 2},
		}, {
			name: "two points are left, three lines want them", rules: oneEach,
			lines:  []program.Counted{kept("1", "a", "", 166), kept("2", "b", "", 167), kept("3", "c", "", 167)},
			points: 5, shares: []money.Points{1, 2, 2},
		}, {
			name: "an excluded category earns nothing, the rest of the order does", rules: books,
			lines:  []program.Counted{kept("1", "voucher", "card", 5000), kept("2", "cd", "", 1050)},
			points: 10, shares: []money.Points{0, 10},
		}, {
			name: "an excluded product earns nothing in a category that earns double", rules: books,
			lines:  []program.Counted{kept("1", "4711", "books", 5000), kept("2", "cd", "", 1050)},
			points: 10, shares: []money.Points{0, 10},
		}, {
			name: "a category that earns double, before the floor", rules: books,
			lines: []program.Counted{kept("1", "novel", "books", 1075)}, points: 21, shares: []money.Points{21},
		}, {
			name: "the tier held before the order", rules: books, tier: "silver",
			lines: []program.Counted{kept("1", "cd", "", 1000)}, points: 12, shares: []money.Points{12},
		}, {
			name: "a tier without a multiplier counts once", rules: books, tier: "bronze",
			lines: []program.Counted{kept("1", "cd", "", 1000)}, points: 10, shares: []money.Points{10},
		}, {
			name: "no tier yet counts once", rules: books,
			lines: []program.Counted{kept("1", "cd", "", 1000)}, points: 10, shares: []money.Points{10},
		}, {
			name: "docs/reference/programme.md: a gold member's books and vase", rules: books, tier: "gold",
			lines:  []program.Counted{kept("1", "novel", "books", 999), kept("2", "vase", "", 1000)},
			points: 44, shares: []money.Points{29, 15},
		}, {
			name: "category times tier is exact: 1.25 x 5/4", rules: books, tier: "silver",
			lines: []program.Counted{kept("1", "earl grey", "tea", 1024)}, points: 16, shares: []money.Points{16},
		}, {
			name: "what is left after returns, not what was paid", rules: oneEach,
			lines:  []program.Counted{partly(kept("1", "cd", "", 3000), 1000), partly(kept("2", "dvd", "", 500), 0)},
			points: 10, shares: []money.Points{10, 0},
		}, {
			name: "three points for each 2.50", rules: "points: 3, per: 2.50",
			lines: []program.Counted{kept("1", "cd", "", 416), kept("2", "cd", "", 1)}, points: 5, shares: []money.Points{5, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := earning.Rate(shop(t, c.rules), c.tier, "", c.lines)
			require.NoError(t, err)
			require.Equal(t, c.points, got.Points)
			require.Equal(t, c.shares, shares(got))
		})
	}
}

func TestEachLineSaysWhatItEarnedAndWhy(t *testing.T) {
	got, err := earning.Rate(shop(t, books), "gold", "", []program.Counted{
		kept("a", "novel", "books", 999), partly(kept("b", "voucher", "card", 5000), 2500), kept("c", "cd", "", 100),
	})
	require.NoError(t, err)
	ratio := func(num, den int64) money.Ratio {
		r, err := money.NewRatio(num, den)
		require.NoError(t, err)
		return r
	}
	require.Equal(t, earning.Rating{Points: 31, Lines: []earning.Line{
		{ID: "a", SKU: "novel", Category: "books", Base: 999, Rate: ratio(3, 100), Points: 30, Rules: []string{"rate", "category books x2", "tier gold x3/2"}},
		{ID: "b", SKU: "voucher", Category: "card", Base: 2500, Rate: ratio(0, 1), Rules: []string{"excluded category card"}},
		{ID: "c", SKU: "cd", Base: 100, Rate: ratio(3, 200), Points: 1, Rules: []string{"rate", "tier gold x3/2"}},
	}}, got)
}

func TestPointsThatDoNotFitAreAnError(t *testing.T) {
	p := shop(t, "points: 100, per: 0.01")
	_, err := earning.Rate(p, "", "", []program.Counted{kept("1", "jet", "", math.MaxInt64/100+1)})
	require.ErrorIs(t, err, reason.AmountOutOfRange)
	_, err = earning.Rate(p, "", "", []program.Counted{kept("1", "jet", "", math.MaxInt64/100), kept("2", "jet", "", 1)})
	require.ErrorIs(t, err, reason.AmountOutOfRange)
	got, err := earning.Rate(p, "", "", []program.Counted{kept("1", "jet", "", math.MaxInt64/100)})
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64/100*100, got.Points)
}

// exact is what a line earns, as a fraction.
func exact(k program.Counted, tier string) *big.Rat {
	r := big.NewRat(int64(k.Base), 100)
	times := func(num, den int64) { r.Mul(r, big.NewRat(num, den)) }
	switch {
	case k.Line.Category == "card" || k.Line.SKU == "4711":
		return new(big.Rat)
	case k.Line.Category == "books":
		times(2, 1)
	case k.Line.Category == "tea":
		times(5, 4)
	}
	switch tier {
	case "silver":
		times(5, 4)
	case "gold":
		times(3, 2)
	}
	return r
}

func floor(r *big.Rat) int64 { return new(big.Int).Div(r.Num(), r.Denom()).Int64() }

func TestAnyOrderEarnsTheFloorOfItsSumAndSharesItOut(t *testing.T) {
	p := shop(t, books)
	rapid.Check(t, func(t *rapid.T) {
		tier := rapid.SampledFrom([]string{"", "bronze", "silver", "gold", "platinum"}).Draw(t, "tier")
		var lines []program.Counted
		sum := new(big.Rat)
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			k := kept("", rapid.SampledFrom([]string{"cd", "4711"}).Draw(t, "sku"),
				rapid.SampledFrom([]string{"", "music", "books", "tea", "card"}).Draw(t, "category"),
				money.Minor(rapid.OneOf(rapid.Int64Range(0, 500), rapid.Int64Range(0, 1e15)).Draw(t, "amount")))
			lines = append(lines, k)
			sum.Add(sum, exact(k, tier))
		}
		got, err := earning.Rate(p, tier, "", lines)
		require.NoError(t, err)
		require.Equal(t, floor(sum), int64(got.Points))
		shared := money.Points(0)
		for i, l := range got.Lines {
			shared += l.Points
			alone := exact(lines[i], tier)
			require.GreaterOrEqual(t, int64(l.Points), floor(alone), "no line gets less than it would alone")
			require.LessOrEqual(t, int64(l.Points), floor(alone)+1, "nor more than one point above")
			require.False(t, alone.Sign() == 0 && l.Points > 0, "what earns nothing gets nothing")
			if i > 0 && alone.Cmp(exact(lines[i-1], tier)) == 0 {
				require.LessOrEqual(t, l.Points, got.Lines[i-1].Points, "ties go to the earlier line")
			}
		}
		require.Equal(t, got.Points, shared)

		again, err := earning.Rate(p, tier, "", lines)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

func TestAReturnNeverRaisesWhatIsEarned(t *testing.T) {
	p := shop(t, books)
	rapid.Check(t, func(t *rapid.T) {
		var before, after []program.Counted
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			k := kept("", "cd", rapid.SampledFrom([]string{"", "books", "tea", "card"}).Draw(t, "category"),
				money.Minor(rapid.Int64Range(0, 900).Draw(t, "amount")))
			before = append(before, k)
			after = append(after, partly(k, money.Minor(rapid.Int64Range(0, int64(k.Base)).Draw(t, "left"))))
		}
		paid, err := earning.Rate(p, "silver", "", before)
		require.NoError(t, err)
		left, err := earning.Rate(p, "silver", "", after)
		require.NoError(t, err)
		require.LessOrEqual(t, left.Points, paid.Points)
	})
}
