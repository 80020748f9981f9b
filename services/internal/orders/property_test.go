package orders_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Ids, numbers and times are few, so that events meet: same lines, same returns, same revisions.

func drawLines(t *rapid.T) []orders.Line {
	ids := rapid.SampledFrom([][]string{{"a"}, {"a", "b"}, {"b", "a"}, {"", "a"}, {"a", "b", ""}, {"", "", ""}, {}}).Draw(t, "ids")
	var lines []orders.Line
	for _, id := range ids {
		lines = append(lines, orders.Line{
			ID:       id,
			SKU:      rapid.SampledFrom([]string{"cd", "dvd", "gas"}).Draw(t, "sku"),
			Quantity: rapid.Int64Range(0, 4).Draw(t, "quantity"),
			Amount:   money.Minor(rapid.Int64Range(0, 60).Draw(t, "amount")),
			Points:   money.Minor(rapid.SampledFrom([]int64{0, 0, 7}).Draw(t, "points")),
		})
	}
	return lines
}

func drawRows(t *rapid.T) []orders.ReturnedLine {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) orders.ReturnedLine {
		r := orders.ReturnedLine{
			Line:     rapid.SampledFrom([]string{"a", "a", "b", "1", "2", "", ""}).Draw(t, "line"),
			Quantity: rapid.Int64Range(0, 3).Draw(t, "quantity"),
		}
		if r.Line == "" || rapid.IntRange(0, 3).Draw(t, "names sku") == 0 {
			r.SKU = rapid.SampledFrom([]string{"cd", "dvd", "gas"}).Draw(t, "sku")
		}
		if rapid.Bool().Draw(t, "has amount") {
			r.HasAmount, r.Amount = true, money.Minor(rapid.Int64Range(0, 40).Draw(t, "amount"))
		}
		return r
	}), 0, 3).Draw(t, "rows")
}

func drawEvent(t *rapid.T) orders.Event {
	e := orders.Event{
		Kind: rapid.SampledFrom([]orders.Kind{
			orders.Placed, orders.Paid, orders.Paid, orders.Returned, orders.Returned, orders.Returned,
			orders.Returned, orders.Shipped, orders.Payment, orders.Canceled, orders.Lapsed,
		}).Draw(t, "kind"),
		OccurredAt: noon.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "hour")) * time.Hour),
		Currency:   "USD",
	}
	if rapid.IntRange(0, 15).Draw(t, "another currency") == 15 {
		e.Currency = rapid.SampledFrom([]money.Currency{"", "EUR"}).Draw(t, "currency")
	}
	switch e.Kind {
	case orders.Placed:
		e.Lines = drawLines(t)
	case orders.Paid:
		e.Lines, e.Revision = drawLines(t), rapid.Int32Range(0, 2).Draw(t, "revision")
	case orders.Returned:
		e.Returned, e.Occurrence = drawRows(t), drawID(t)
	case orders.Shipped:
		e.Occurrence = drawID(t)
	case orders.Payment:
		e.Occurrence, e.Amount = drawID(t), money.Minor(rapid.Int64Range(0, 2).Draw(t, "payment"))
	case orders.Lapsed:
		e.LapsedKind = rapid.SampledFrom([]orders.Kind{orders.Returned, orders.Returned, orders.Canceled}).Draw(t, "lapsed kind")
		if e.LapsedKind == orders.Returned {
			e.Occurrence = drawID(t)
		}
	}
	return e
}

func drawID(t *rapid.T) string {
	return rapid.SampledFrom([]string{"r1", "r2", "r3", "r4", "r5", "r6"}).Draw(t, "occurrence")
}

// snapshot is all that a state answers.
func snapshot(s orders.State) string {
	return fmt.Sprint(s.Events(), s.Currency(), s.Paid(), s.PaidAt(), s.Canceled(), s.Waiting(), s.Base(), s.Kept())
}

func TestAnyHistoryIsThatOfTheTwin(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var s orders.State
		w := twin{gone: map[int]bool{}}
		var before []orders.State
		var told []string
		for range rapid.IntRange(4, 24).Draw(t, "events") {
			e := drawEvent(t)
			if len(w.events) > 0 && rapid.IntRange(0, 4).Draw(t, "again") == 4 {
				e = rapid.SampledFrom(w.events).Draw(t, "known event")
			}
			if e.Check() != nil {
				continue
			}
			outcome, n, err := s.Judge(e)
			got := verdict(outcome, n, err)
			require.Equal(t, w.judge(e), got, "%+v", e)
			word, _, _ := strings.Cut(got, " ")
			seen[word]++
			if outcome != orders.Takes && outcome != orders.Waits {
				continue
			}
			s = s.Apply(e)
			w.apply(e)
			before, told = append(before, s), append(told, snapshot(s))
			if len(w.kept()) > 0 || len(s.Kept()) > 0 {
				require.Equal(t, w.kept(), s.Kept())
			}
			require.Equal(t, w.base(), s.Base())
			require.Equal(t, w.waiting(), s.Waiting())
			require.Equal(t, len(w.events), s.Events())
			require.Equal(t, w.currency(), s.Currency())
			require.Equal(t, w.canceled(), s.Canceled())
			require.Equal(t, w.paid() != nil, s.Paid())
			require.Equal(t, w.paidAt(), s.PaidAt())
		}
		for i, s := range before {
			require.Equal(t, told[i], snapshot(s), "a later event changed state %d", i+1)
		}
	})
	t.Log(seen)
	for _, word := range []string{"takes", "waits", "repeats", "CONFLICTING_DUPLICATE", "CURRENCY_MISMATCH", "UNKNOWN_LINE", "RETURN_EXCEEDS_ORDER"} {
		require.NotZero(t, seen[word], "no history led to %s", word)
	}
}

// accept folds what is let in and returns it; the last result says that nothing was refused or known.
func accept(events []orders.Event) (orders.State, []orders.Event, bool) {
	var s orders.State
	var in []orders.Event
	for _, e := range events {
		if outcome, _, _ := s.Judge(e); outcome == orders.Takes || outcome == orders.Waits {
			s, in = s.Apply(e), append(in, e)
		}
	}
	return s, in, len(in) == len(events)
}

// A lapse is left out: it is about what waits at its place, so its place matters.
func TestTheOrderOfArrivalIsNothingToWhatIsLeft(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent).Filter(func(e orders.Event) bool {
			return e.Kind != orders.Lapsed && e.Check() == nil
		}), 1, 10).Draw(t, "events")
		one, in, _ := accept(events)
		other, _, all := accept(rapid.Permutation(in).Draw(t, "another order of arrival"))
		if !all {
			return
		}
		compared++
		require.Equal(t, one.Kept(), other.Kept())
		require.Equal(t, one.Base(), other.Base())
		require.Equal(t, one.Canceled(), other.Canceled())
		require.Equal(t, one.Events(), other.Events())
	})
	t.Log(compared)
	require.Greater(t, compared, 10, "hardly any history was let in both ways")
}

func TestTheBaseStaysWithinTheLinesAndNoReturnRaisesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s orders.State
		for range rapid.IntRange(1, 14).Draw(t, "events") {
			e := drawEvent(t)
			if outcome, _, _ := s.Judge(e); outcome != orders.Takes && outcome != orders.Waits {
				continue
			}
			base := s.Base()
			s = s.Apply(e)
			var lines, kept money.Minor
			for _, k := range s.Kept() {
				require.GreaterOrEqual(t, k.Quantity, int64(0))
				require.LessOrEqual(t, k.Quantity, k.Line.Quantity)
				require.GreaterOrEqual(t, k.Amount, money.Minor(0))
				require.LessOrEqual(t, k.Amount, k.Line.Amount)
				lines, kept = lines+k.Line.Amount, kept+k.Amount
			}
			require.Equal(t, kept, s.Base())
			require.LessOrEqual(t, s.Base(), lines)
			if e.Kind != orders.Paid {
				require.LessOrEqual(t, s.Base(), base, "raised by %+v", e)
			}
		}
	})
}

func TestWhoReturnsEverythingKeepsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _, _ := accept(rapid.SliceOfN(rapid.Custom(drawEvent), 1, 8).Draw(t, "events"))
		if !s.Paid() {
			return
		}
		all := orders.Event{Kind: orders.Returned, Occurrence: "all", OccurredAt: noon}
		outcome, _, err := s.Judge(all)
		if err != nil {
			require.ErrorIs(t, err, reason.ReturnExceedsOrder)
			require.Zero(t, s.Base(), "nothing was left, says Judge")
			return
		}
		require.Equal(t, orders.Takes, outcome)
		require.Zero(t, s.Apply(all).Base())
	})
}

func TestWhoReturnsLineByLineKeepsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _, _ := accept(rapid.SliceOfN(rapid.Custom(drawEvent), 1, 8).Draw(t, "events"))
		for i := range s.Kept() {
			k := s.Kept()[i] // a waited return by sku may have moved on to this line meanwhile
			e := returned(fmt.Sprint("last ", i), pieces(k.Line.ID, k.Quantity))
			e.Currency = ""
			if k.Quantity == 0 {
				e.Returned[0] = worth(k.Line.ID, 0, k.Amount)
			}
			if s.Canceled() {
				break
			}
			outcome, _, err := s.Judge(e)
			require.NoError(t, err)
			require.Equal(t, orders.Takes, outcome)
			s = s.Apply(e)
		}
		require.Zero(t, s.Base())
	})
}

// However the pieces of a line come back, after k of n the order has lost floor(amount x k / n).
func TestSharesAlwaysSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quantity := rapid.Int64Range(1, 1_000_000_000).Draw(t, "quantity")
		amount := money.Minor(rapid.Int64Range(0, 1<<62).Draw(t, "amount"))
		s := fold(t, paid(line("a", "cd", quantity, amount)))
		for i, back := 0, int64(0); back < quantity; i++ {
			part := rapid.Int64Range(max(1, (quantity-back)/4), quantity-back).Draw(t, "part")
			e := returned(fmt.Sprint(i), pieces("a", part))
			_, _, err := s.Judge(e)
			require.NoError(t, err)
			s, back = s.Apply(e), back+part
			lost := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(back))
			lost.Quo(lost, big.NewInt(quantity))
			require.Equal(t, int64(amount)-lost.Int64(), int64(s.Base()))
		}
	})
}

// What Judge would refuse may still stand in a stored history of another age: Apply takes it all.
func TestApplyIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s orders.State
		for _, e := range rapid.SliceOf(rapid.Make[orders.Event]()).Draw(t, "events") {
			s = s.Apply(e)
			snapshot(s)
			_, _, _ = s.Judge(e)
		}
	})
}
