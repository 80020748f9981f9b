package backup

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// TestAMendingGoesOnWhereItWasKilled: it makes a stream that is not there, that is still the old one, or of which it has made a
// part; it leaves one that is whole, and touches none that others have made since.
func TestAMendingGoesOnWhereItWasKilled(t *testing.T) {
	was := time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)
	m := &mending{Mending: &Mending{ID: "m-1"}, dir: "mend"}
	s := Mended{Was: was}
	s.Config, s.Last, s.Messages = jetstream.StreamConfig{Name: bus.Facts}, 900, 800
	for _, c := range []struct {
		name    string
		is      bus.State
		has     bool
		refused bool
	}{
		{name: "not there"},
		{name: "the old one", is: bus.State{Created: was, Last: 7, Messages: 7}},
		{name: "a part of it", is: bus.State{Created: was.Add(time.Hour), Last: 900, Messages: 799, Mending: "m-1"}},
		{name: "whole", is: bus.State{Created: was.Add(time.Hour), Last: 900, Messages: 800, Mending: "m-1"}, has: true},
		{name: "whole, and opened", is: bus.State{Created: was.Add(time.Hour), Last: 900, Messages: 800}, has: true},
		{name: "made by others", is: bus.State{Created: was.Add(time.Hour), Last: 3, Messages: 3}, refused: true},
		{name: "a part of another mending", is: bus.State{Created: was.Add(time.Hour), Last: 3, Messages: 3, Mending: "m-2"}, refused: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			has, err := m.has(c.is, s)
			require.Equal(t, c.refused, err != nil, "%v", err)
			require.Equal(t, c.has, has)
		})
	}
}
