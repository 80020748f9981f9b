package program

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

var noon = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// sold is an order of these lines after these returns.
func sold(c money.Currency, lines []orders.Line, returns ...orders.ReturnedLine) orders.State {
	s := orders.State{}.Apply(orders.Event{Kind: orders.Paid, OccurredAt: noon, Currency: c, Lines: lines})
	for i, r := range returns {
		s = s.Apply(orders.Event{Kind: orders.Returned, Occurrence: fmt.Sprint("r", i), OccurredAt: noon, Returned: []orders.ReturnedLine{r}})
	}
	return s
}

func TestWhatCountsOfAnOrder(t *testing.T) {
	cd := orders.Line{SKU: "cd", Quantity: 2, Amount: 11900, Tax: 1900}
	sent := orders.Line{SKU: "post", Amount: 595, Tax: 95, Shipping: true}
	half := orders.Line{SKU: "cd", Quantity: 4, Amount: 8000, Tax: 800, Points: 2000, PointsTax: 200}
	free := orders.Line{SKU: "tea", Quantity: 4, Points: 1000, PointsTax: 100}
	gift := orders.Line{SKU: "bag", Points: 500}
	card := orders.Line{SKU: "dvd", Quantity: 1, Amount: 5000, Tax: 500, GiftCard: 2500}
	for _, c := range []struct {
		name, rules string
		currency    money.Currency
		lines       []orders.Line
		back        []orders.ReturnedLine
		want        []money.Minor
	}{
		{"everything, where nothing is said", "", "EUR", []orders.Line{cd, sent, card}, nil, []money.Minor{11900, 595, 5000}},
		{"without tax", "orders: {leave_out: [tax]}", "EUR", []orders.Line{cd, sent, card}, nil, []money.Minor{10000, 500, 4500}},
		{"without shipping", "orders: {leave_out: [shipping]}", "EUR", []orders.Line{cd, sent}, nil, []money.Minor{11900, 0}},
		{"without what gift cards paid", "orders: {leave_out: [gift_cards]}", "EUR", []orders.Line{card}, nil, []money.Minor{2500}},
		{"gift cards pay their share of the tax", "orders: {leave_out: [tax, gift_cards]}", "EUR", []orders.Line{card}, nil, []money.Minor{2250}},
		{"one of two came back", "orders: {leave_out: [tax]}", "EUR", []orders.Line{cd}, []orders.ReturnedLine{{SKU: "cd", Quantity: 1}}, []money.Minor{5000}},
		{"the second takes what is left", "orders: {leave_out: [tax]}", "EUR", []orders.Line{cd},
			[]orders.ReturnedLine{{SKU: "cd", Quantity: 1}, {SKU: "cd", Quantity: 1}}, []money.Minor{0}},
		{"not what was paid with points, where nothing is said", "", "EUR", []orders.Line{half, free, gift}, nil, []money.Minor{8000, 0, 0}},
		{"what was paid with points too", "orders: {count_paid_with_points: true}", "EUR", []orders.Line{half, free, gift}, nil, []money.Minor{10000, 1000, 500}},
		{"and its tax not", "orders: {count_paid_with_points: true, leave_out: [tax]}", "EUR", []orders.Line{half, free, gift}, nil, []money.Minor{9000, 900, 500}},
		{"it comes back as the money does, or by pieces", "orders: {count_paid_with_points: true}", "EUR", []orders.Line{half, free, gift},
			[]orders.ReturnedLine{{SKU: "cd", Quantity: 1}, {SKU: "tea", Quantity: 3}}, []money.Minor{7500, 250, 500}},
		{"by what was paid back", "orders: {count_paid_with_points: true}", "EUR", []orders.Line{half},
			[]orders.ReturnedLine{{SKU: "cd", Quantity: 1, Amount: 8000, HasAmount: true}}, []money.Minor{0}},
		{"or whole", "orders: {count_paid_with_points: true}", "EUR", []orders.Line{half, free, gift},
			[]orders.ReturnedLine{{SKU: "cd"}, {SKU: "tea"}, {SKU: "bag"}}, []money.Minor{0, 0, 0}},
		{"at the rate of its day, too", "orders: {count_paid_with_points: true, rates: {USD: {2026-01-01: 0.5}}}", "USD", []orders.Line{half}, nil, []money.Minor{5000}},
		{"at the rate of its day", "orders: {rates: {USD: {2026-01-01: 0.92, 2026-01-11: 0.5}}}", "USD", []orders.Line{{SKU: "cd", Amount: 10001}}, nil,
			[]money.Minor{9200}}, // 92.0092
		{"a currency without cents", "orders: {rates: {JPY: {2026-01-01: 0.0061}}}", "JPY", []orders.Line{{SKU: "cd", Amount: 1000}}, nil, []money.Minor{610}},
		{"one rounding for all, shared by largest remainder", "orders: {rates: {USD: {2026-01-01: 0.5}}}", "USD",
			[]orders.Line{{SKU: "a", Amount: 3}, {SKU: "b", Amount: 3}, {SKU: "c", Amount: 3}}, nil, []money.Minor{2, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := mustParse(t, c.rules)
			counted, base := p.Counted(sold(c.currency, c.lines, c.back...))
			var got []money.Minor
			sum := money.Minor(0)
			for _, line := range counted {
				got, sum = append(got, line.Base), sum+line.Base
			}
			require.Equal(t, c.want, got)
			require.Equal(t, sum, base)
			require.Equal(t, base, p.Base(sold(c.currency, c.lines, c.back...)))
		})
	}
}

func TestTheCostOfALineIsExchangedToo(t *testing.T) {
	p := mustParse(t, "orders: {leave_out: [tax], rates: {USD: {2026-01-01: 0.92}}}")
	line := orders.Line{SKU: "cd", Quantity: 2, Amount: 11900, Tax: 1900, Cost: 5000, HasCost: true}
	counted, base := p.Counted(sold("USD", []orders.Line{line}, orders.ReturnedLine{SKU: "cd", Quantity: 1}))
	require.EqualValues(t, 4600, base)
	require.EqualValues(t, 2300, counted[0].Cost)
	require.True(t, counted[0].HasCost)
}

// TestWhatCountsOnlyShrinksAsGoodsComeBack: whatever comes back in whatever pieces, what counts never grows, never is below 0, and is 0
// once all is back.
func TestWhatCountsOnlyShrinksAsGoodsComeBack(t *testing.T) {
	p := mustParse(t, "orders: {leave_out: [tax, shipping, gift_cards], count_paid_with_points: true, rates: {USD: {2026-01-01: 0.9137}}}")
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.Int64Range(1, 7).Draw(t, "pieces")
		amount := rapid.Int64Range(0, 1_000_000).Draw(t, "amount")
		line := orders.Line{
			SKU: "cd", Quantity: pieces, Amount: money.Minor(amount), Tax: money.Minor(rapid.Int64Range(0, amount).Draw(t, "tax")),
			GiftCard: money.Minor(rapid.Int64Range(0, amount).Draw(t, "gift card")), Shipping: rapid.Bool().Draw(t, "shipping"),
			Points: money.Minor(rapid.Int64Range(0, 1_000_000).Draw(t, "points")),
		}
		line.PointsTax = money.Minor(rapid.Int64Range(0, int64(line.Points)).Draw(t, "tax of the points"))
		other := orders.Line{SKU: "dvd", Quantity: 1, Amount: 995}
		state := sold(rapid.SampledFrom([]money.Currency{"EUR", "USD"}).Draw(t, "currency"), []orders.Line{line, other})
		before, _ := p.Counted(state)
		for left := pieces; left > 0; {
			n := rapid.Int64Range(1, left).Draw(t, "back")
			left -= n
			state = state.Apply(orders.Event{Kind: orders.Returned, Occurrence: fmt.Sprint("r", left), OccurredAt: noon,
				Returned: []orders.ReturnedLine{{SKU: "cd", Quantity: n}}})
			after, base := p.Counted(state)
			if sum := after[0].Base + after[1].Base; sum != base {
				t.Fatalf("the lines count %d, the order %d", sum, base)
			}
			if after[0].Base < 0 || after[0].Base > before[0].Base+1 { // one more by the largest remainder
				t.Fatalf("the line counts %d after %d", after[0].Base, before[0].Base)
			}
			before = after
		}
		if before[0].Base != 0 {
			t.Fatalf("all is back, and %d count", before[0].Base)
		}
	})
}

func TestRatesAreKnownByDay(t *testing.T) {
	p := mustParse(t, "orders: {rates: {USD: {2026-02-01: 0.5, 2026-01-01: 0.92}}}")
	for _, c := range []struct {
		day, want string
		known     bool
	}{{"2025-12-31", "0", false}, {"2026-01-01", "23/25", true}, {"2026-01-31", "23/25", true}, {"2026-02-01", "1/2", true}} {
		rate, known := p.Exchange("USD", day(t, c.day))
		require.Equal(t, c.known, known, c.day)
		require.Equal(t, c.want, rate.String(), c.day)
	}
	_, known := p.Exchange("GBP", day(t, "2026-01-01"))
	require.False(t, known)
}
