package segment_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var asOf = calendar.Date(2025, time.March, 1)

// three are ann, who bought often and much, bob, who bought once long ago, and cid, whose order came back.
func three() []history.Customer {
	return []history.Customer{
		{ID: "ann", Orders: []history.Order{
			{Day: calendar.Date(2025, time.January, 10), Base: 8000}, {Day: calendar.Date(2025, time.January, 10), Base: 1001},
			{Day: calendar.Date(2025, time.February, 27), Base: 1000},
		}},
		{ID: "bob", Orders: []history.Order{{Day: calendar.Date(2024, time.March, 1), Base: 1500}}},
		{ID: "cid", Orders: []history.Order{{Day: calendar.Date(2025, time.February, 11), Base: 0}, {Day: calendar.Date(2025, time.March, 1), Base: 9999}}},
	}
}

// members returns who belongs.
func members(t require.TestingT, text string, all []history.Customer, asOf calendar.Day) []string {
	condition, err := segment.Parse(text)
	require.NoError(t, err)
	m := ruler.New(asOf, pareto.Defaults())
	for _, c := range all {
		require.NoError(t, m.Add(c))
	}
	rulers, err := m.Rulers()
	require.NoError(t, err)
	var ids []string
	for _, c := range all {
		measured, some, err := segment.Measure(rulers, c, asOf)
		require.NoError(t, err)
		if !some {
			continue
		}
		holds, err := condition.Holds(&measured)
		require.NoError(t, err)
		if holds {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func TestWhoBelongs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"true":               {"ann", "bob", "cid"},
		"false":              nil,
		"orders == 3":        {"ann"},
		"purchase_days == 2": {"ann"},
		"spend_minor == 10001 && average_minor == 3333": {"ann"},
		"spend_minor == 0":                                    {"cid"},
		"recency_days == 2 && tenure_days == 50":              {"ann"},
		"recency_days >= 365":                                 {"bob"},
		`first_day < "2025-01-01" || last_day > "2025-02-20"`: {"ann", "bob"},
		`class == "A"`:                                        {"ann"},
		`class in ["B", "C"]`:                                 {"bob", "cid"},
		"recency_score == 5 && frequency_score == 5":          {"ann"},
		"monetary_score == 2":                                 {"cid"},
		`rfm == "champions"`:                                  {"ann"},
		`account.startsWith("c")`:                             {"cid"},
	} {
		require.Equal(t, want, members(t, text, three(), asOf), text)
	}
	require.Equal(t, []string{"bob"}, members(t, "true", three(), calendar.Date(2025, time.January, 10)), "orders of the day itself do not count")
	require.Empty(t, members(t, "true", nil, asOf))
}

func TestConditionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                     "it is empty",
		"orders >":                             "line 1, column 9",
		"orders >= 3 &&\n spent":               "line 2, column 2",
		"orders":                               "true or false",
		"orders > 1.5":                         "no matching overload",
		`orders == "3"`:                        "no matching overload",
		"true // " + strings.Repeat("x", 2041): "at most 2048",
	} {
		_, err := segment.Parse(text)
		refusal, ok := reason.Of(err)
		require.True(t, ok, "%q: %v", text, err)
		require.Equal(t, reason.InvalidArgument, refusal.Reason, text)
		require.Equal(t, "condition", refusal.Field, text)
		require.ErrorContains(t, err, says, text)
	}
}

// TestWhatCannotBeComputedNamesTheCustomer: a division by zero, and a bomb.
func TestWhatCannotBeComputedNamesTheCustomer(t *testing.T) {
	t.Parallel()
	const ten = "[1,2,3,4,5,6,7,8,9,10]"
	for text, says := range map[string]string{
		"orders / spend_minor > 1": "division by zero",
		ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, " + ten + ".all(d, " + ten + ".all(e, a+b+c+d+e > orders - 10)))))": "cost limit",
		"spend_minor + 9223372036854775807 - 9223372036854775807 + orders * 9223372036854775807 > 0":                             "overflow",
	} {
		condition, err := segment.Parse(text)
		require.NoError(t, err)
		measured, some, err := segment.Measure(ruler.Rulers{}, history.Customer{ID: "cid", Orders: []history.Order{{Day: 1}, {Day: 2}}}, asOf)
		require.NoError(t, err)
		require.True(t, some)
		_, err = condition.Holds(&measured)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "account cid")
	}
}

// TestCategoriesAreWhatWasKept: what came back whole was not bought.
func TestCategoriesAreWhatWasKept(t *testing.T) {
	t.Parallel()
	order := func(day calendar.Day, lines ...history.Line) history.Order {
		return history.Order{Day: day, Base: 1, Detail: &history.Detail{Lines: lines}}
	}
	first := calendar.Date(2025, time.January, 10)
	all := []history.Customer{
		{ID: "ann", Orders: []history.Order{
			order(first, history.Line{Category: "tea", Base: 700}, history.Line{Category: "tea", Base: 300}, history.Line{Category: "pots", Base: 0}),
			order(first+1, history.Line{Category: "tea", Base: 50}, history.Line{Category: "cups", Base: 60}),
			order(asOf, history.Line{Category: "late", Base: 1}),
		}},
		{ID: "bob", Orders: []history.Order{{Day: first, Base: 5}}},
	}
	for text, want := range map[string][]string{
		`categories == ["cups", "tea"]`:                                 {"ann"},
		`"pots" in categories || "late" in category_orders`:             nil,
		`"tea" in category_minor && category_minor["tea"] == 1050`:      {"ann"},
		`"tea" in category_orders && category_orders["tea"] == 2`:       {"ann"},
		`size(categories) == 0 && size(category_minor) == 0`:            {"bob"},
		`categories.exists(c, c.startsWith("cu")) && spend_minor < 100`: {"ann"},
	} {
		require.Equal(t, want, members(t, text, all, asOf), text)
	}
}

func TestWhoIsLikelyToBuyIsAFigure(t *testing.T) {
	t.Parallel()
	condition, err := segment.Parse("alive_percent >= 29")
	require.NoError(t, err)
	for p, want := range map[float64]bool{0.29: true, 0.2899: false, 1: true, 0: false} {
		c, _, err := segment.Measure(ruler.Rulers{}, three()[0], asOf)
		require.NoError(t, err)
		c.Score(segment.Score{Alive: p})
		holds, err := condition.Holds(&c)
		require.NoError(t, err)
		require.Equal(t, want, holds, p)
	}
}

// TestWhatIsToComeAndWhatWasBroughtAreFigures: bands are fifths of those who were scaled.
func TestWhatIsToComeAndWhatWasBroughtAreFigures(t *testing.T) {
	t.Parallel()
	rulers := ruler.Rulers{Worth: rfm.ScaleOf([]int64{100, 400, 200, 500, 300})}
	for worth, score := range map[int64]int64{500: 5, 400: 4, 300: 3, 200: 2, 100: 1, 0: 1, 450: 4, 900: 5} {
		c, _, err := segment.Measure(rulers, three()[0], asOf)
		require.NoError(t, err)
		c.Score(segment.Score{Worth: worth})
		c.Profit(money.Minor(-worth))
		condition, err := segment.Parse(fmt.Sprintf("worth_score == %d && worth_minor == %d && profit_minor == %d", score, worth, -worth))
		require.NoError(t, err)
		holds, err := condition.Holds(&c)
		require.NoError(t, err)
		require.True(t, holds, condition)
	}
}

// TestEachFieldCanBeAskedFor: and only what depends on others needs all of them.
func TestEachFieldCanBeAskedFor(t *testing.T) {
	t.Parallel()
	require.True(t, slices.IsSortedFunc(segment.Fields(), func(a, b segment.Field) int { return strings.Compare(a.Name, b.Name) }))
	for _, f := range segment.Fields() {
		text := f.Name + " >= 0"
		switch f.Kind {
		case segment.Text:
			text = f.Name + ` >= ""`
		case segment.Texts, segment.Numbers:
			text = "size(" + f.Name + ") >= 0"
		default:
		}
		condition, err := segment.Parse(text)
		require.NoError(t, err)
		require.Equal(t, f.Needs, condition.Needs(), f.Name)
		require.Equal(t, []string{"ann", "bob", "cid"}, members(t, text, three(), asOf), f.Name)
	}
}

// TestTheReferencePageListsTheFields: docs/reference/segments.md is written by hand.
func TestTheReferencePageListsTheFields(t *testing.T) {
	t.Parallel()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	page, err := os.ReadFile("../../../../../docs/reference/segments.md")
	require.NoError(t, err)
	var table []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") {
			table = append(table, line)
		}
	}
	for i, f := range segment.Fields() {
		require.Equal(t, "| `"+f.Name+"` | "+f.Meaning+" |\n", table[i])
	}
	require.Len(t, table, len(segment.Fields()))
}

// TestAmountsTwiceAsHighMoveNobody: a segment by rank is the same in another currency.
func TestAmountsTwiceAsHighMoveNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all, doubled []history.Customer
		for i := range rapid.IntRange(0, 12).Draw(t, "customers") {
			c, d := history.Customer{ID: string(rune('a' + i))}, history.Customer{ID: string(rune('a' + i))}
			day := calendar.Date(2024, time.January, 1)
			for range rapid.IntRange(0, 5).Draw(t, "orders") {
				day += calendar.Day(rapid.IntRange(0, 60).Draw(t, "gap"))
				base := money.Minor(rapid.IntRange(0, 5000).Draw(t, "base"))
				c.Orders = append(c.Orders, history.Order{Day: day, Base: base})
				d.Orders = append(d.Orders, history.Order{Day: day, Base: 2 * base})
			}
			all, doubled = append(all, c), append(doubled, d)
		}
		for _, text := range []string{`class == "A"`, "monetary_score >= 4", `rfm in ["champions", "at risk"]`} {
			require.Equal(t, members(t, text, all, asOf), members(t, text, doubled, asOf), text)
		}
	})
}
