package orders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestARefusalSaysWhatWhereAndHowMuch(t *testing.T) {
	order := []orders.Event{paid(line("a", "cd", 3, 100), line("b", "cd", 1, 50)), returned("r1", pieces("a", 2))}
	cases := []struct {
		name     string
		before   []orders.Event
		event    orders.Event
		field    string
		metadata map[string]string
	}{
		{"more pieces than are left", order, returned("r2", pieces("b", 1), pieces("a", 2)),
			"lines[1].quantity", map[string]string{"line": "a", "left": "1", "asked": "2"}},
		{"a higher amount than is left", order, returned("r2", worth("a", 1, 35)),
			"lines[0].amount_minor", map[string]string{"line": "a", "left": "34", "asked": "35"}},
		{"a line that came back whole", append(order, returned("r2", whole("b"))), returned("r3", whole("b")),
			"lines[0].line_id", map[string]string{"line": "b", "left": "0"}},
		{"an order that came back whole", append(order, returned("r2")), returned("r3"),
			"lines", map[string]string{"left": "0"}},
		{"an order that is cancelled", append(order, canceled()), returned("r2", pieces("a", 1)),
			"lines", map[string]string{"left": "0"}},
		{"a line that is not there", order, returned("r2", pieces("c", 1)), "lines[0].line_id", nil},
		{"a sku that is there twice", order, returned("r2", ofSKU("cd", 1)), "lines[0].sku", nil},
		{"another return under a known id", order, returned("r1", pieces("a", 1)),
			"return_id", map[string]string{"known": "2"}},
		{"another order under a known revision", order, paid(), "revision", map[string]string{"known": "1"}},
		{"another payment under a known id", []orders.Event{payment("p", 1)}, payment("p", 2),
			"payment_id", map[string]string{"known": "1"}},
		{"another shipment under a known id", []orders.Event{shipped("s")},
			orders.Event{Kind: orders.Shipped, Occurrence: "s", OccurredAt: noon.AddDate(0, 0, 1)},
			"shipment_id", map[string]string{"known": "1"}},
		{"a second cancellation", []orders.Event{canceled()}, orders.Event{Kind: orders.Canceled, OccurredAt: noon},
			"", map[string]string{"known": "1"}},
		{"another currency", order, orders.Event{Kind: orders.Payment, Currency: "EUR"},
			"currency", map[string]string{"order": "USD", "event": "EUR"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			outcome, n, err := fold(t, c.before...).Judge(c.event)
			require.Equal(t, orders.OutcomeUnset, outcome)
			require.Zero(t, n)
			refusal, ok := reason.Of(err)
			require.True(t, ok)
			require.Equal(t, c.field, refusal.Field)
			require.Equal(t, c.metadata, refusal.Metadata)
			require.NotEmpty(t, refusal.Message)
		})
	}
}

func TestJudgeChangesNothing(t *testing.T) {
	s := fold(t, paid(line("a", "cd", 3, 100)), returned("r1", pieces("a", 1)))
	for range 3 {
		outcome, _, err := s.Judge(returned("r2", pieces("a", 2)))
		require.NoError(t, err)
		require.Equal(t, orders.Takes, outcome)
	}
	require.Equal(t, "a 2/67", left(s))
	require.Equal(t, 2, s.Events())
}
