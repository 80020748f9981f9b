package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func TestEconomics(t *testing.T) {
	require.Nil(t, mustParse(t, "").Economics)
	e := mustParse(t, "economics: {margin: 0.3, margins: {books: \"0.25\"}, order: 2.40, actions: {visit: 45.00}, point: 0.008, measured: [order, margins]}").Economics
	ratio := func(text string) money.Ratio {
		r, err := money.ParseRatio(text)
		require.NoError(t, err)
		return r
	}
	require.Equal(t, ratio("1/4"), *e.MarginOf("books"))
	require.Equal(t, ratio("3/10"), *e.MarginOf("tea"))
	require.EqualValues(t, 240, e.Order)
	require.EqualValues(t, 4500, e.Actions["visit"])
	require.Equal(t, ratio("0.8"), e.Point)
	require.True(t, e.IsMeasured("order"))
	require.False(t, e.IsMeasured("margin"))
	nothing := mustParse(t, "economics: {}").Economics
	require.Nil(t, nothing.MarginOf("tea"), "it is not known, which is not 0")
}

func TestFaultsOfEconomics(t *testing.T) {
	var margins, costs []string
	for n := range marginsMax + 1 {
		margins = append(margins, fmt.Sprintf("c%d: 0.1", n))
	}
	for n := range actionCostsMax + 1 {
		costs = append(costs, fmt.Sprintf("a%d: 1.00", n))
	}
	for _, c := range []struct{ name, text, want string }{
		{"a margin beyond all", "economics: {margin: 1.1}", "is not a share; write a number from 0 to 1"},
		{"a margin below nothing", "economics: {margins: {books: -0.1}}", "below 0"},
		{"a cost of too many digits", "economics: {order: 1.234}", "too many digits"},
		{"a point for nothing", "economics: {point: 0}", "out of range"},
		{"a part that nobody knows", "economics: {measured: [margn]}", `did you mean "margin"`},
		{"a key that nobody knows", "economics: {orders: 1.00}", `did you mean "order"`},
		{"a name that is none", `economics: {actions: {" visit": 1.00}}`, "has blanks around it"},
		{"too many margins", "economics: {margins: {" + strings.Join(margins, ", ") + "}}", "1001 lines; write at most 1000"},
		{"too many costs", "economics: {actions: {" + strings.Join(costs, ", ") + "}}", "101 lines; write at most 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := parseText(whole(c.text))
			require.Len(t, faults, 1, "%v", lines(faults))
			require.Contains(t, faults[0].String(), c.want)
		})
	}
}
