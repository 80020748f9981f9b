package orders_test

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// full is an event in which every field is set, though no shop would send it.
func full() orders.Event {
	return orders.Event{
		Kind: orders.Paid, Occurrence: "o", Revision: 2, LapsedKind: orders.Returned, OccurredAt: noon, Currency: "USD",
		Lines:    []orders.Line{{ID: "1", SKU: "cd", Category: "music", Brand: "emi", Quantity: 2, Amount: 2577}},
		Returned: []orders.ReturnedLine{{Line: "1", SKU: "cd", Quantity: 1, Amount: 1288, HasAmount: true}},
		Amount:   5, Channel: "web", Member: "m",
	}
}

// Hashes stand in the ledger for ever: these two may only be joined by those of a new format. They
// were computed by a second program (Python's struct and hashlib), not by the code under test.
func TestContentIsPinned(t *testing.T) {
	sum := full().Content()
	require.Equal(t, "1edbaf9435b25727bfb0890331251c9d3ab6378b3d112c6e847310bb3babe403", hex.EncodeToString(sum[:]))
	sum = orders.Event{}.Content()
	require.Equal(t, "56031fa14abab2dc27402b344ea72bac4eb3bd683870ce8904402b464ab2de44", hex.EncodeToString(sum[:]))
}

func TestContentTellsApart(t *testing.T) {
	cases := []struct {
		name   string
		change func(e *orders.Event)
	}{
		{"another kind", func(e *orders.Event) { e.Kind = orders.Placed }},
		{"another occurrence", func(e *orders.Event) { e.Occurrence = "p" }},
		{"another revision", func(e *orders.Event) { e.Revision++ }},
		{"another lapsed kind", func(e *orders.Event) { e.LapsedKind = orders.Canceled }},
		{"a millisecond later", func(e *orders.Event) { e.OccurredAt = e.OccurredAt.Add(time.Millisecond) }},
		{"another currency", func(e *orders.Event) { e.Currency = "EUR" }},
		{"no lines", func(e *orders.Event) { e.Lines = nil }},
		{"one line more", func(e *orders.Event) { e.Lines = append(e.Lines, orders.Line{}) }},
		{"another line id", func(e *orders.Event) { e.Lines[0].ID = "2" }},
		{"another sku", func(e *orders.Event) { e.Lines[0].SKU = "dvd" }},
		{"another category", func(e *orders.Event) { e.Lines[0].Category = "film" }},
		{"another brand", func(e *orders.Event) { e.Lines[0].Brand = "ecm" }},
		{"another quantity", func(e *orders.Event) { e.Lines[0].Quantity++ }},
		{"another amount of a line", func(e *orders.Event) { e.Lines[0].Amount++ }},
		{"a line that tells its cost", func(e *orders.Event) { e.Lines[0].HasCost = true }},
		{"another cost of a line", func(e *orders.Event) { e.Lines[0].HasCost, e.Lines[0].Cost = true, 1 }},
		{"letters moved from sku to category", func(e *orders.Event) { e.Lines[0].SKU, e.Lines[0].Category = "c", "dmusic" }},
		{"nothing returned", func(e *orders.Event) { e.Returned = nil }},
		{"another line returned", func(e *orders.Event) { e.Returned[0].Line = "2" }},
		{"another sku returned", func(e *orders.Event) { e.Returned[0].SKU = "dvd" }},
		{"another quantity returned", func(e *orders.Event) { e.Returned[0].Quantity++ }},
		{"another amount returned", func(e *orders.Event) { e.Returned[0].Amount++ }},
		{"the line has tax", func(e *orders.Event) { e.Lines[0].Tax = 1 }},
		{"the line has another tax", func(e *orders.Event) { e.Lines[0].Tax = 2 }},
		{"a gift card paid of the line", func(e *orders.Event) { e.Lines[0].GiftCard = 1 }},
		{"the line is for shipping", func(e *orders.Event) { e.Lines[0].Shipping = true }},
		{"a part was paid with points", func(e *orders.Event) { e.Lines[0].Points = 1 }},
		{"another part was paid with points", func(e *orders.Event) { e.Lines[0].Points = 2 }},
		{"there is tax in the part that was paid with points", func(e *orders.Event) { e.Lines[0].Points, e.Lines[0].PointsTax = 2, 1 }},
		{"the amount returned is open", func(e *orders.Event) { e.Returned[0].HasAmount = false }},
		{"another payment", func(e *orders.Event) { e.Amount++ }},
		{"another channel", func(e *orders.Event) { e.Channel = "till" }},
		{"another member", func(e *orders.Event) { e.Member = "n" }},
	}
	seen := map[[32]byte]string{full().Content(): "the event itself"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := full()
			c.change(&e)
			require.Empty(t, seen[e.Content()], "same content as")
			seen[e.Content()] = c.name
		})
	}
}

// A field that is added to one of these types needs a row above and a place in Content.
func TestContentCoversAllFields(t *testing.T) {
	require.Equal(t, 11, reflect.TypeFor[orders.Event]().NumField())
	require.Equal(t, 13, reflect.TypeFor[orders.Line]().NumField())
	require.Equal(t, 5, reflect.TypeFor[orders.ReturnedLine]().NumField())
}

// TestWhatWasKeptWithoutItsPartInPointsIsKnownAgain: earlier versions did not keep that part.
func TestWhatWasKeptWithoutItsPartInPointsIsKnownAgain(t *testing.T) {
	e, before := full(), full()
	require.Equal(t, [][32]byte{before.Content()}, before.Contents())
	e.Lines[0].Points, e.Lines[0].PointsTax = 5, 2
	require.Equal(t, [][32]byte{e.Content(), before.Content()}, e.Contents())
	require.EqualValues(t, 5, e.Lines[0].Points, "the event itself is as it was")

	paid := orders.Event{Kind: orders.Paid, Currency: "EUR", Lines: []orders.Line{{SKU: "cd", Amount: 80}}}
	again := orders.Event{Kind: orders.Paid, Currency: "EUR", Lines: []orders.Line{{SKU: "cd", Amount: 80, Points: 20}}}
	verdict, place, err := orders.State{}.Apply(paid).Judge(again)
	require.NoError(t, err)
	require.Equal(t, orders.Repeats, verdict)
	require.Equal(t, 1, place)
	again.Lines[0].Amount = 81
	_, _, err = orders.State{}.Apply(paid).Judge(again)
	require.Error(t, err)
}

func TestContentIsTheSame(t *testing.T) {
	cases := []struct {
		name   string
		change func(e *orders.Event)
	}{
		{"the same instant in another zone", func(e *orders.Event) { e.OccurredAt = e.OccurredAt.In(time.FixedZone("", 3600)) }},
		{"a microsecond later", func(e *orders.Event) { e.OccurredAt = e.OccurredAt.Add(time.Microsecond) }},
		{"the line's position instead of its id", func(e *orders.Event) { e.Lines[0].ID = "" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := full()
			c.change(&e)
			require.Equal(t, full().Content(), e.Content())
		})
	}
	t.Run("an amount that does not count", func(t *testing.T) {
		a, b := full(), full()
		a.Returned[0].HasAmount, b.Returned[0].HasAmount = false, false
		b.Returned[0].Amount = 0
		require.Equal(t, a.Content(), b.Content())
	})
	t.Run("a cost that is not told", func(t *testing.T) {
		a, b := full(), full()
		a.Lines[0].Cost = 7
		require.Equal(t, b.Content(), a.Content())
	})
	t.Run("no list and an empty list", func(t *testing.T) {
		e := orders.Event{Lines: []orders.Line{}, Returned: []orders.ReturnedLine{}}
		require.Equal(t, orders.Event{}.Content(), e.Content())
	})
}

func TestContentOfAnUsualEventAllocatesNothing(t *testing.T) {
	e := full()
	require.Zero(t, testing.AllocsPerRun(100, func() { e.Content() }))
}
