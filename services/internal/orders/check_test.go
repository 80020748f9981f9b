package orders_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestCheckRefusesWhatMakesNoSense(t *testing.T) {
	many := make([]orders.Line, 40)
	for i := range many {
		many[i] = line(fmt.Sprintf("l%d", i), "cd", 1, 1)
	}
	many[39].ID = "l3"
	cases := []struct {
		name   string
		event  orders.Event
		reason reason.Reason
		field  string
	}{
		{"no kind", orders.Event{}, reason.InvalidField, "kind"},
		{"a kind from the future", orders.Event{Kind: 99}, reason.InvalidField, "kind"},
		{"a lapse of nothing", lapsed(orders.KindUnset, "r"), reason.InvalidField, "lapsed_kind"},
		{"a lapse of a payment, which never waits", lapsed(orders.Payment, "p"), reason.InvalidField, "lapsed_kind"},
		{"a negative revision", amended(-1), reason.InvalidField, "revision"},
		{"a negative payment", payment("p", -1), reason.InvalidField, "amount_minor"},
		{"a line of minus one piece", paid(line("a", "x", -1, 0)), reason.InvalidField, "lines[0].quantity"},
		{"a line that costs less than nothing", paid(line("a", "x", 1, 5), line("b", "y", 1, -5)), reason.InvalidField, "lines[1].amount_minor"},
		{"a line that has cost less than nothing", paid(orders.Line{SKU: "x", HasCost: true, Cost: -1}), reason.InvalidField, "lines[0].cost_minor"},
		{"lines that add up to more than fits", paid(line("a", "x", 1, math.MaxInt64), line("b", "y", 1, 1)), reason.AmountOutOfRange, "lines[1].amount_minor"},
		{"two lines with one id", paid(line("a", "x", 1, 1), line("b", "x", 1, 1), line("a", "y", 1, 1)), reason.InvalidField, "lines[2].line_id"},
		{"an id that is the position of a line without one", paid(line("2", "x", 1, 1), line("", "y", 1, 1)), reason.InvalidField, "lines[1].line_id"},
		{"two of forty lines with one id", paid(many...), reason.InvalidField, "lines[39].line_id"},
		{"a placed order with two lines of one id", placed(line("a", "x", 1, 1), line("a", "y", 1, 1)), reason.InvalidField, "lines[1].line_id"},
		{"a returned row that names no line", returned("r", pieces("a", 1), pieces("", 1)), reason.InvalidField, "lines[1].line_id"},
		{"minus one piece returned", returned("r", pieces("a", -1)), reason.InvalidField, "lines[0].quantity"},
		{"a negative amount returned", returned("r", worth("a", 1, -1)), reason.InvalidField, "lines[0].amount_minor"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refusal, ok := reason.Of(c.event.Check())
			require.True(t, ok)
			require.Equal(t, c.reason, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
			_, _, err := orders.State{}.Judge(c.event)
			require.ErrorIs(t, err, c.reason, "Judge refuses it as well")
		})
	}
}

func TestCheckTakes(t *testing.T) {
	cases := []struct {
		name  string
		event orders.Event
	}{
		{"lines without ids", paid(line("", "x", 1, 1), line("", "x", 1, 1))},
		{"a line that costs nothing", paid(line("a", "gift", 1, 0))},
		{"goods that are not counted", paid(line("a", "gas", 0, 4200))},
		{"the highest sum that fits", paid(line("a", "x", 1, math.MaxInt64))},
		{"no lines at all", paid()},
		{"a return of everything", returned("r")},
		{"the same line in two rows", returned("r", pieces("a", 1), worth("a", 0, 5))},
		{"a cancellation", canceled()},
		{"a shipment", shipped("s")},
		{"a payment", payment("p", 100)},
		{"a lapse", lapsed(orders.Returned, "r")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.NoError(t, c.event.Check()) })
	}
}
