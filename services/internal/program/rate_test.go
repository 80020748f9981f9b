package program

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

const rich = `earning:
  points: 1
  per: 1.00
  multipliers:
    category: {books: 2, coffee beans: 1.5, junk: 0.1}
    tier: {bronze: 1, gold: 3/2}
  exclude:
    category: [gift-card]
    sku: ["4711", tax]
`

func TestLineRate(t *testing.T) {
	p := mustParse(t, rich)
	for _, c := range []struct {
		name          string
		category, sku string
		tier          string
		rate          string
		rules         []string
	}{
		{"no category, no tier", "", "", "", "1/100", []string{"rate"}},
		{"a category and a tier without rules", "shoes", "1", "silver", "1/100", []string{"rate"}},
		{"a category counts twice", "books", "1", "", "2/100", []string{"rate", "category books x2"}},
		{"a tier counts one and a half times", "", "1", "gold", "3/200", []string{"rate", "tier gold x3/2"}},
		{"category and tier are multiplied", "coffee beans", "1", "gold", "9/400", []string{"rate", "category coffee beans x3/2", "tier gold x3/2"}},
		{"a factor of one is said", "junk", "1", "bronze", "1/1000", []string{"rate", "category junk x1/10", "tier bronze x1"}},
		{"capitals are another category", "Books", "1", "", "1/100", []string{"rate"}},
		{"an excluded category", "gift-card", "1", "gold", "0", []string{"excluded category gift-card"}},
		{"an excluded product of a category that counts twice", "books", "4711", "gold", "0", []string{"excluded sku 4711"}},
		{"both are excluded", "gift-card", "tax", "", "0", []string{"excluded category gift-card"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rate, rules := p.LineRate(orders.Line{Category: c.category, SKU: c.sku}, c.tier, "")
			require.Equal(t, ratio(t, c.rate), rate)
			require.Equal(t, c.rules, rules)
		})
	}
}

// The worked case of the reference page: books for 9.99 and a vase for 10.00, bought by a gold member.
func TestReferenceOrderEarns44(t *testing.T) {
	p, faults := parseText(referenceExamples(t)[0])
	require.Empty(t, faults)
	books, _ := p.LineRate(orders.Line{Category: "books"}, "gold", "")
	vase, _ := p.LineRate(orders.Line{Category: "vases"}, "gold", "")
	points, err := money.SumFloor([]money.Term{{N: 999, R: books}, {N: 1000, R: vase}})
	require.NoError(t, err)
	require.EqualValues(t, 44, points)
}

// slowRate is the obvious twin of LineRate.
func slowRate(t require.TestingT, e Earning, line orders.Line, tier string) money.Ratio {
	if slices.Contains(e.ExcludeCategories, line.Category) || slices.Contains(e.ExcludeSKUs, line.SKU) {
		return money.Ratio{}
	}
	rate := e.Rate
	for _, f := range []struct {
		of   map[string]money.Ratio
		name string
	}{{e.CategoryMultipliers, line.Category}, {e.TierMultipliers, tier}} {
		if ratio, ok := f.of[f.name]; ok {
			var err error
			rate, err = rate.Mul(ratio)
			require.NoError(t, err)
		}
	}
	return rate
}

func TestLineRateEqualsTheProductOfItsFactors(t *testing.T) {
	names := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "g"})
	factors := rapid.MapOfN(names.Filter(func(s string) bool { return s != "" }), rapid.Custom(func(t *rapid.T) money.Ratio {
		r, err := money.NewRatio(rapid.Int64Range(1, 9999).Draw(t, "over"), rapid.Int64Range(100, 9999).Draw(t, "under"))
		require.NoError(t, err)
		return r
	}), 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		rate, err := money.NewRatio(rapid.Int64Range(1, pointsMost).Draw(t, "points"), rapid.Int64Range(1, int64(perMost)).Draw(t, "per"))
		require.NoError(t, err)
		e := Earning{Rate: rate, CategoryMultipliers: factors.Draw(t, "categories"), TierMultipliers: factors.Draw(t, "tiers"),
			ExcludeCategories: []string{"g"}, ExcludeSKUs: []string{"f", "g"}}
		p := &Program{Earning: e}
		p.rates, err = newRates(e)
		require.NoError(t, err, "whatever Parse accepts can be multiplied")
		for range 20 {
			line, tier := orders.Line{Category: names.Draw(t, "category"), SKU: names.Draw(t, "sku")}, names.Draw(t, "tier")
			got, rules := p.LineRate(line, tier, "")
			require.Equal(t, slowRate(t, e, line, tier), got)
			require.NotEmpty(t, rules)
		}
	})
}

func TestRatesThatDoNotFitAreRefused(t *testing.T) {
	tiny := ratio(t, "1/3037000501")
	_, err := newRates(Earning{Rate: tiny, CategoryMultipliers: map[string]money.Ratio{"a": tiny}, TierMultipliers: map[string]money.Ratio{"b": tiny}})
	require.ErrorContains(t, err, "multiply by")
}

func TestTheGreatestAndTheLeastRateFit(t *testing.T) {
	p := mustParse(t, "earning: {points: 9999, per: 9999999.97, multipliers: {category: {a: 99.9999}, tier: {gold: 9999/9998}}}")
	rate, _ := p.LineRate(orders.Line{Category: "a"}, "gold", "")
	require.Equal(t, slowRate(t, p.Earning, orders.Line{Category: "a"}, "gold"), rate)
}

func BenchmarkLineRate(b *testing.B) {
	p := mustParse(b, rich)
	line := orders.Line{Category: "coffee beans", SKU: "12345"}
	for b.Loop() {
		p.LineRate(line, "gold", "")
	}
}

func TestASegmentIsOneMoreFactor(t *testing.T) {
	p := mustParse(t, "earning: {points: 1, per: 1, multipliers: {category: {books: 2}, segment: {slipping: 3/2, new: 2, kept: 2, cold: 1/2}}}")
	for _, c := range []struct {
		name, category, segment, rate string
		rules                         []string
	}{
		{"none", "", "", "1/100", []string{"rate"}},
		{"one without a factor", "", "other", "1/100", []string{"rate"}},
		{"one", "", "slipping", "3/200", []string{"rate", "segment slipping x3/2"}},
		{"behind a category", "books", "new", "4/100", []string{"rate", "category books x2", "segment new x2"}},
		{"the same again is not touched by the others", "books", "", "2/100", []string{"rate", "category books x2"}},
	} {
		rate, rules := p.LineRate(orders.Line{Category: c.category}, "", c.segment)
		require.Equal(t, ratio(t, c.rate), rate, c.name)
		require.Equal(t, c.rules, rules, c.name)
	}
	require.Empty(t, p.BoostOf(PaidOrder{Segments: nil}))
	require.Empty(t, p.BoostOf(PaidOrder{Segments: []string{"other"}}))
	require.Equal(t, "cold", p.BoostOf(PaidOrder{Segments: []string{"cold", "other"}}), "a factor below one counts too")
	require.Equal(t, "slipping", p.BoostOf(PaidOrder{Segments: []string{"cold", "other", "slipping"}}))
	require.Equal(t, "kept", p.BoostOf(PaidOrder{Segments: []string{"cold", "kept", "new", "slipping"}}), "of equal ones the first by name")
	_, faults := parseText("earning: {points: 1, per: 1, multipliers: {segment: {slipping: 0}}}")
	require.NotEmpty(t, faults)
}
