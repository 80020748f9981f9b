package orders_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// step is an event, what Judge says to it, and what then is left. What is refused or known is not
// applied, as in the ledger.
type step struct {
	event orders.Event
	want  string // see verdict
	left  string // see left
	base  money.Minor
}

func TestStories(t *testing.T) {
	cds := paid(line("a", "cd", 3, 100), line("b", "dvd", 1, 50))
	cases := []struct {
		name  string
		steps []step
	}{
		{"an order is placed, paid and shipped, and a payment comes", []step{
			{placed(line("a", "cd", 3, 100)), "takes", "", 0},
			{cds, "takes", "a 3/100 b 1/50", 150},
			{shipped("s1"), "takes", "a 3/100 b 1/50", 150},
			{shipped("s2"), "takes", "a 3/100 b 1/50", 150},
			{payment("p1", 150), "takes", "a 3/100 b 1/50", 150},
		}},
		{"three returns of a third take back everything, to the last unit", []step{
			{paid(line("a", "cd", 3, 100)), "takes", "a 3/100", 100},
			{returned("r1", pieces("a", 1)), "takes", "a 2/67", 67},
			{returned("r2", pieces("a", 1)), "takes", "a 1/34", 34},
			{returned("r3", pieces("a", 1)), "takes", "a 0/0", 0},
			{returned("r4", pieces("a", 1)), "RETURN_EXCEEDS_ORDER", "a 0/0", 0},
		}},
		{"a return by sku", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", ofSKU("dvd", 1)), "takes", "a 3/100 b 0/0", 100},
			{returned("r2", ofSKU("book", 1)), "UNKNOWN_LINE", "a 3/100 b 0/0", 100},
		}},
		{"a return by the position of a line without an id", []step{
			{paid(line("", "cd", 1, 10), line("", "cd", 1, 20)), "takes", "1 1/10 2 1/20", 30},
			{returned("r1", whole("2")), "takes", "1 1/10 2 0/0", 10},
		}},
		{"a sku that two lines have names neither", []step{
			{paid(line("a", "cd", 1, 10), line("b", "cd", 1, 20)), "takes", "a 1/10 b 1/20", 30},
			{returned("r1", ofSKU("cd", 1)), "UNKNOWN_LINE", "a 1/10 b 1/20", 30},
			{returned("r1", orders.ReturnedLine{Line: "b", SKU: "cd"}), "takes", "a 1/10 b 0/0", 10},
		}},
		{"a row whose id and sku disagree names no line", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", orders.ReturnedLine{Line: "a", SKU: "dvd", Quantity: 1}), "UNKNOWN_LINE", "a 3/100 b 1/50", 150},
		}},
		{"the shop says what it paid back", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", worth("a", 1, 90)), "takes", "a 2/10 b 1/50", 60},
			{returned("r2", worth("a", 1, 11)), "RETURN_EXCEEDS_ORDER", "a 2/10 b 1/50", 60},
			{returned("r3", pieces("a", 1)), "takes", "a 1/0 b 1/50", 50}, // its share is 33, 10 are left
			{returned("r4", pieces("a", 1)), "takes", "a 0/0 b 1/50", 50},
		}},
		{"pieces came back for no money", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", worth("a", 2, 0)), "takes", "a 1/100 b 1/50", 150},
			{returned("r2", worth("a", 1, 0)), "takes", "a 0/0 b 1/50", 50}, // all pieces are back
		}},
		{"money came back without pieces", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", worth("a", 0, 40)), "takes", "a 3/60 b 1/50", 110},
			{returned("r2", worth("a", 0, 61)), "RETURN_EXCEEDS_ORDER", "a 3/60 b 1/50", 110},
			{returned("r3", pieces("a", 2)), "takes", "a 1/0 b 1/50", 50}, // 66 of 60
			{returned("r4", worth("b", 0, 0)), "takes", "a 1/0 b 1/50", 50},
			{returned("r5", whole("a")), "takes", "a 0/0 b 1/50", 50},
		}},
		{"an amount that is not said to count does not", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", orders.ReturnedLine{Line: "a", Quantity: 1, Amount: 999}), "takes", "a 2/67 b 1/50", 117},
		}},
		{"one return names a line twice", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 2), pieces("a", 2)), "RETURN_EXCEEDS_ORDER", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 2), ofSKU("cd", 1)), "takes", "a 0/0 b 1/50", 50},
		}},
		{"a return is taken whole or not at all", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 1), pieces("b", 2)), "RETURN_EXCEEDS_ORDER", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 1), pieces("c", 1)), "UNKNOWN_LINE", "a 3/100 b 1/50", 150},
		}},
		{"goods that are not counted come back by amount, or whole", []step{
			{paid(line("a", "gas", 0, 100), line("b", "oil", 0, 30)), "takes", "a 0/100 b 0/30", 130},
			{returned("r1", pieces("a", 1)), "RETURN_EXCEEDS_ORDER", "a 0/100 b 0/30", 130},
			{returned("r1", worth("a", 0, 60)), "takes", "a 0/40 b 0/30", 70},
			{returned("r2", whole("b")), "takes", "a 0/40 b 0/0", 40},
			{returned("r3", whole("b")), "RETURN_EXCEEDS_ORDER", "a 0/40 b 0/0", 40},
			{returned("r4", worth("a", 0, 40)), "takes", "a 0/0 b 0/0", 0},
			{returned("r5", whole("a")), "RETURN_EXCEEDS_ORDER", "a 0/0 b 0/0", 0},
		}},
		{"a line of neither pieces nor money comes back once", []step{
			{paid(line("a", "leaflet", 0, 0)), "takes", "a 0/0", 0},
			{returned("r1", whole("a")), "takes", "a 0/0", 0},
			{returned("r2", whole("a")), "RETURN_EXCEEDS_ORDER", "a 0/0", 0},
			{returned("r3"), "RETURN_EXCEEDS_ORDER", "a 0/0", 0},
		}},
		{"a free gift comes back", []step{
			{paid(line("a", "gift", 2, 0)), "takes", "a 2/0", 0},
			{returned("r1", pieces("a", 1)), "takes", "a 1/0", 0},
			{returned("r2"), "takes", "a 0/0", 0},
			{returned("r3"), "RETURN_EXCEEDS_ORDER", "a 0/0", 0},
		}},
		{"what is left comes back as a whole, once", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 1)), "takes", "a 2/67 b 1/50", 117},
			{returned("r2"), "takes", "a 0/0 b 0/0", 0},
			{returned("r3"), "RETURN_EXCEEDS_ORDER", "a 0/0 b 0/0", 0},
			{returned("r4", pieces("b", 1)), "RETURN_EXCEEDS_ORDER", "a 0/0 b 0/0", 0},
			{returned("r2"), "repeats 3", "a 0/0 b 0/0", 0},
		}},
		{"an amendment replaces the lines", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{amended(1, line("a", "cd", 4, 140)), "takes", "a 4/140", 140},
			{amended(3, line("a", "cd", 1, 30)), "takes", "a 1/30", 30},
			{amended(2, line("a", "cd", 9, 300)), "takes", "a 1/30", 30}, // late: a place without effect
			{amended(2, line("a", "cd", 9, 301)), "CONFLICTING_DUPLICATE", "a 1/30", 30},
			{cds, "repeats 1", "a 1/30", 30},
		}},
		{"an amendment comes under earlier returns, which still count", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 2)), "takes", "a 1/34 b 1/50", 84},
			{amended(1, line("a", "cd", 4, 200), line("b", "dvd", 1, 50)), "takes", "a 2/100 b 1/50", 150},
			{amended(2, line("a", "cd", 1, 40), line("b", "dvd", 1, 50)), "takes", "a 0/0 b 1/50", 50}, // 2 of 1
			{amended(3, line("b", "dvd", 1, 50)), "takes", "b 1/50", 50},                               // a is no longer there
			{amended(4, line("a", "book", 3, 30)), "takes", "a 1/10", 10},                              // another a: the id alone was named
		}},
		{"an amendment gives another product the id of what came back", []step{
			{paid(line("a", "cd", 1, 10)), "takes", "a 1/10", 10},
			{returned("r1", orders.ReturnedLine{Line: "a", SKU: "cd", Quantity: 1}), "takes", "a 0/0", 0},
			{amended(1, line("a", "book", 1, 70)), "takes", "a 1/70", 70},
		}},
		{"an amendment splits a line of which pieces came back by sku", []step{
			{paid(line("a", "cd", 3, 90)), "takes", "a 3/90", 90},
			{returned("r1", ofSKU("cd", 2)), "takes", "a 1/30", 30},
			{amended(1, line("a", "cd", 1, 30), line("b", "cd", 2, 60)), "takes", "a 0/0 b 1/30", 30},
		}},
		{"an amendment below what was paid back", []step{
			{paid(line("a", "cd", 3, 100)), "takes", "a 3/100", 100},
			{returned("r1", worth("a", 0, 80)), "takes", "a 3/20", 20},
			{amended(1, line("a", "cd", 3, 60)), "takes", "a 3/0", 0},
			{amended(2, line("a", "cd", 3, 120)), "takes", "a 3/40", 40},
		}},
		{"what came back as a whole stays back, whatever an amendment says", []step{
			{paid(line("a", "cd", 1, 10)), "takes", "a 1/10", 10},
			{returned("r1"), "takes", "a 0/0", 0},
			{amended(1, line("a", "cd", 2, 20), line("b", "dvd", 1, 5)), "takes", "a 0/0 b 0/0", 0},
		}},
		{"a cancellation takes what is left", []step{
			{cds, "takes", "a 3/100 b 1/50", 150},
			{returned("r1", pieces("a", 1)), "takes", "a 2/67 b 1/50", 117},
			{canceled(), "takes", "a 0/0 b 0/0", 0},
			{canceled(), "repeats 3", "a 0/0 b 0/0", 0},
			{returned("r2", pieces("a", 1)), "RETURN_EXCEEDS_ORDER", "a 0/0 b 0/0", 0},
			{returned("r2"), "RETURN_EXCEEDS_ORDER", "a 0/0 b 0/0", 0},
			{returned("r1", pieces("a", 1)), "repeats 2", "a 0/0 b 0/0", 0},
			{amended(1, line("a", "cd", 5, 500)), "takes", "a 0/0", 0},
			{shipped("s1"), "takes", "a 0/0", 0},
		}},
		{"returns come before their order and are taken from it, as far as it goes", []step{
			{returned("r2", pieces("a", 1), pieces("z", 1)), "waits", "", 0},
			{returned("r1", pieces("a", 5)), "waits", "", 0},
			{returned("r1", pieces("a", 5)), "repeats 2", "", 0},
			{returned("r1", pieces("a", 4)), "CONFLICTING_DUPLICATE", "", 0},
			{cds, "takes", "a 0/0 b 1/50", 50},
			{returned("r3", pieces("a", 1)), "RETURN_EXCEEDS_ORDER", "a 0/0 b 1/50", 50},
		}},
		{"a return that waits asks for a higher amount than was paid", []step{
			{returned("r1", worth("a", 1, 1000)), "waits", "", 0},
			{cds, "takes", "a 2/0 b 1/50", 50},
		}},
		{"a return of everything comes before its order", []step{
			{placed(line("a", "cd", 3, 100)), "takes", "", 0},
			{returned("r1"), "waits", "", 0},
			{cds, "takes", "a 0/0 b 0/0", 0},
		}},
		{"a return by a sku that two lines have waits, and is taken from the first on", []step{
			{returned("r1", ofSKU("cd", 3), ofSKU("gone", 1)), "waits", "", 0},
			{paid(line("a", "cd", 2, 20), line("b", "dvd", 1, 5), line("c", "cd", 2, 40)), "takes", "a 0/0 b 1/5 c 1/20", 25},
			{returned("r2", pieces("c", 2)), "RETURN_EXCEEDS_ORDER", "a 0/0 b 1/5 c 1/20", 25},
			{returned("r2", pieces("c", 1)), "takes", "a 0/0 b 1/5 c 0/0", 5},
		}},
		{"a return by a sku that two lines have, of which the first has enough", []step{
			{returned("r1", ofSKU("cd", 1)), "waits", "", 0},
			{paid(line("a", "cd", 2, 20), line("b", "cd", 2, 40)), "takes", "a 1/10 b 2/40", 50},
		}},
		{"two returns by a sku that two lines have are taken in the order of their ids", []step{
			{returned("r2", ofSKU("cd", 3)), "waits", "", 0},
			{returned("r1", orders.ReturnedLine{SKU: "cd", Quantity: 2, Amount: 5, HasAmount: true}), "waits", "", 0},
			{paid(line("a", "cd", 3, 30), line("b", "cd", 3, 60)), "takes", "a 0/0 b 1/20", 20},
		}},
		{"the same two returns in the other order", []step{
			{returned("r1", orders.ReturnedLine{SKU: "cd", Quantity: 2, Amount: 5, HasAmount: true}), "waits", "", 0},
			{returned("r2", ofSKU("cd", 3)), "waits", "", 0},
			{paid(line("a", "cd", 3, 30), line("b", "cd", 3, 60)), "takes", "a 0/0 b 1/20", 20},
		}},
		{"an amount by a sku that two lines have waits, and is taken from the first on", []step{
			{returned("r1", orders.ReturnedLine{SKU: "gas", Amount: 50, HasAmount: true}), "waits", "", 0},
			{paid(line("a", "gas", 0, 40), line("b", "gas", 0, 30)), "takes", "a 0/0 b 0/20", 20},
		}},
		{"all lines of a sku that two lines have come back while they wait", []step{
			{returned("r1", ofSKU("cd", 0)), "waits", "", 0},
			{paid(line("a", "cd", 2, 20), line("b", "dvd", 1, 5), line("c", "cd", 2, 40)), "takes", "a 0/0 b 1/5 c 0/0", 5},
		}},
		{"a cancellation comes before its order", []step{
			{canceled(), "waits", "", 0},
			{canceled(), "repeats 1", "", 0},
			{cds, "takes", "a 0/0 b 0/0", 0},
		}},
		{"a return lapses, and its order comes after all: it counts whole", []step{
			{returned("r1", pieces("a", 1)), "waits", "", 0},
			{returned("r2", pieces("b", 1)), "waits", "", 0},
			{lapsed(orders.Returned, "r1"), "takes", "", 0},
			{lapsed(orders.Returned, "r1"), "repeats 3", "", 0},
			{cds, "takes", "a 3/100 b 0/0", 100},
			{returned("r1", pieces("a", 1)), "takes", "a 2/67 b 0/0", 67}, // it comes again, and now counts
			{returned("r1", pieces("a", 1)), "repeats 5", "a 2/67 b 0/0", 67},
			{returned("r1", pieces("a", 2)), "CONFLICTING_DUPLICATE", "a 2/67 b 0/0", 67},
		}},
		{"a return lapses, waits again with other content, and lapses again at the same moment", []step{
			{returned("r1", pieces("a", 1)), "waits", "", 0},
			{lapsed(orders.Returned, "r1"), "takes", "", 0},
			{returned("r1", pieces("a", 2)), "waits", "", 0},
			{lapsed(orders.Returned, "r1"), "takes", "", 0},
			{lapsed(orders.Returned, "r1"), "repeats 4", "", 0},
			{cds, "takes", "a 3/100 b 1/50", 150},
		}},
		{"a cancellation lapses, and a later one cancels", []step{
			{canceled(), "waits", "", 0},
			{lapsed(orders.Canceled, ""), "takes", "", 0},
			{cds, "takes", "a 3/100 b 1/50", 150},
			{canceled(), "takes", "a 0/0 b 0/0", 0},
			{canceled(), "repeats 4", "a 0/0 b 0/0", 0},
		}},
		{"a lapse of what does not wait has a place and no effect", []step{
			{lapsed(orders.Returned, "r1"), "takes", "", 0},
			{returned("r1", pieces("a", 1)), "waits", "", 0},
			{cds, "takes", "a 2/67 b 1/50", 117},
			{lapsed(orders.Canceled, ""), "takes", "a 2/67 b 1/50", 117},
		}},
		{"the same occurrence under another kind is another one", []step{
			{payment("x", 1), "takes", "", 0},
			{shipped("x"), "takes", "", 0},
			{returned("x"), "waits", "", 0},
			{payment("x", 1), "repeats 1", "", 0},
			{payment("x", 2), "CONFLICTING_DUPLICATE", "", 0},
		}},
		{"an order has one currency", []step{
			{placed(line("a", "cd", 1, 1)), "takes", "", 0},
			{orders.Event{Kind: orders.Paid, OccurredAt: noon, Currency: "EUR"}, "CURRENCY_MISMATCH", "", 0},
			{orders.Event{Kind: orders.Returned, Occurrence: "r", OccurredAt: noon, Currency: "EUR"}, "CURRENCY_MISMATCH", "", 0},
			{orders.Event{Kind: orders.Payment, Occurrence: "p", OccurredAt: noon, Currency: "EUR"}, "CURRENCY_MISMATCH", "", 0},
			{shipped("s1"), "takes", "", 0}, // has none
			{cds, "takes", "a 3/100 b 1/50", 150},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s orders.State
			for i, step := range c.steps {
				outcome, n, err := s.Judge(step.event)
				require.Equal(t, step.want, verdict(outcome, n, err), "step %d: %+v", i+1, step.event)
				if outcome == orders.Takes || outcome == orders.Waits {
					s = s.Apply(step.event)
				}
				require.Equal(t, step.left, left(s), "step %d: what is left", i+1)
				require.Equal(t, step.base, s.Base(), "step %d: base", i+1)
			}
		})
	}
}

func TestAnOrderOfWhichNothingIsKnown(t *testing.T) {
	var s orders.State
	require.Zero(t, s.Events())
	require.Empty(t, s.Currency())
	require.False(t, s.Paid())
	require.False(t, s.Canceled())
	require.True(t, s.PaidAt().IsZero())
	require.Nil(t, s.Kept())
	require.Nil(t, s.Waiting())
	require.Zero(t, s.Base())
}

func TestTheFirstPaidToArriveDatesTheOrder(t *testing.T) {
	s := fold(t, placed(), amended(2, line("a", "cd", 1, 1)))
	want := noon.Add(2 * time.Hour)
	require.Equal(t, want, s.PaidAt())
	s = s.Apply(amended(1)).Apply(amended(3))
	require.Equal(t, want, s.PaidAt(), "neither an earlier nor a later revision moves it")
}

func TestACancellationCountsOncePaid(t *testing.T) {
	s := fold(t, canceled())
	require.False(t, s.Canceled())
	require.False(t, s.Paid())
	s = s.Apply(paid(line("a", "cd", 1, 1)))
	require.True(t, s.Canceled())
	require.True(t, s.Paid())
}

func TestWhatWaits(t *testing.T) {
	r1, r2 := returned("r1", pieces("a", 1)), returned("r2")
	s := fold(t, r1, placed(), canceled(), r2)
	want := []orders.Waiting{
		{Kind: orders.Returned, Occurrence: "r1", OccurredAt: r1.OccurredAt},
		{Kind: orders.Canceled, OccurredAt: canceled().OccurredAt},
		{Kind: orders.Returned, Occurrence: "r2", OccurredAt: r2.OccurredAt},
	}
	require.Equal(t, want, s.Waiting())
	require.Equal(t, 4, s.Events())

	s = s.Apply(lapsed(orders.Canceled, ""))
	require.Equal(t, []orders.Waiting{want[0], want[2]}, s.Waiting())
	require.Equal(t, 5, s.Events(), "a lapse has a place")

	require.Nil(t, s.Apply(paid(line("a", "cd", 1, 1))).Waiting(), "nothing waits for a paid order")
	s = s.Apply(lapsed(orders.Returned, "r1")).Apply(lapsed(orders.Returned, "r2"))
	require.Nil(t, s.Waiting())
}

// Judge lets none of these in; if they were stored all the same, the fold must stay sane.
func TestApplyOfWhatJudgeRefuses(t *testing.T) {
	order := paid(line("a", "cd", 2, 20), line("b", "dvd", 1, 5))
	cases := []struct {
		name   string
		events []orders.Event
		left   string
	}{
		{"a revision again with other lines: the first stays", []orders.Event{order, paid(line("a", "cd", 9, 90))}, "a 2/20 b 1/5"},
		{"more pieces than were bought", []orders.Event{order, returned("r", pieces("a", 3))}, "a 0/0 b 1/5"},
		{"a higher amount than was paid", []orders.Event{order, returned("r", worth("b", 0, 6))}, "a 2/20 b 1/0"},
		{"a line that is not there", []orders.Event{order, returned("r", pieces("c", 1))}, "a 2/20 b 1/5"},
		{"amounts that add up to more than fits", []orders.Event{
			order, returned("r1", worth("a", 0, math.MaxInt64)), returned("r2", worth("a", 0, math.MaxInt64), worth("a", math.MaxInt64, 1)),
		}, "a 0/0 b 1/5"},
		{"a return after a cancellation", []orders.Event{order, canceled(), returned("r")}, "a 0/0 b 0/0"},
		{"a lapse of what never waits", []orders.Event{payment("p", 1), lapsed(orders.Payment, "p"), order, returned("r", whole("a"))}, "a 0/0 b 1/5"},
		{"an event without a kind", []orders.Event{order, {}}, "a 2/20 b 1/5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s orders.State
			for _, e := range c.events {
				s = s.Apply(e)
			}
			require.Equal(t, c.left, left(s))
			require.Equal(t, len(c.events), s.Events())
		})
	}
}

func TestALineSumThatDoesNotFitIsCut(t *testing.T) {
	s := orders.State{}.Apply(paid(line("a", "cd", 1, math.MaxInt64), line("b", "cd", 1, 1)))
	require.Equal(t, money.Minor(math.MaxInt64), s.Base())
}

func TestTheFirstEventWithACurrencyFixesIt(t *testing.T) {
	require.Equal(t, money.Currency("USD"), fold(t, shipped("s"), placed()).Currency())
	require.Equal(t, money.Currency("USD"), fold(t, returned("r")).Currency())
}

func TestKeptShowsTheLineAsItWasPaid(t *testing.T) {
	l := orders.Line{SKU: "cd", Category: "music", Brand: "emi", Quantity: 2, Amount: 30}
	s := fold(t, paid(l), returned("r", pieces("1", 1)))
	l.ID = "1"
	require.Equal(t, []orders.Kept{{Line: l, Quantity: 1, Amount: 15}}, s.Kept())
}
