package orders_test

import (
	"fmt"
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// What the hot path does with nearly every order: judge its only event, apply it, ask for the base.
func BenchmarkAnOrderThatIsPaid(b *testing.B) {
	e := paid(line("", "cd", 1, 1177), line("", "dvd", 2, 2900))
	b.ReportAllocs()
	for b.Loop() {
		var s orders.State
		if _, _, err := s.Judge(e); err != nil {
			b.Fatal(err)
		}
		if s = s.Apply(e); s.Base() != 4077 {
			b.Fatal("base")
		}
	}
}

func BenchmarkAReturnOfAPaidOrder(b *testing.B) {
	order, back := paid(line("", "cd", 1, 1177), line("", "dvd", 2, 2900)), returned("r", pieces("2", 1))
	b.ReportAllocs()
	for b.Loop() {
		s := orders.State{}.Apply(order)
		if _, _, err := s.Judge(back); err != nil {
			b.Fatal(err)
		}
		if s = s.Apply(back); s.Base() != 2627 {
			b.Fatal("base")
		}
	}
}

// The longest order that the ledger takes: folding its prefix is linear.
func BenchmarkAnOrderOfAThousandReturns(b *testing.B) {
	events := []orders.Event{paid(line("a", "cd", 2000, 1_000_000))}
	for i := range 999 {
		events = append(events, returned(fmt.Sprint("r", i), pieces("a", 1)))
	}
	b.ReportAllocs()
	for b.Loop() {
		var s orders.State
		for _, e := range events {
			s = s.Apply(e)
		}
		if s.Base() != 500_500 {
			b.Fatal("base")
		}
	}
}
