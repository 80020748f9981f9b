package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// returnedTooMuch is how many pieces come back of orders that had fewer.
const returnedTooMuch = 99

// What becomes of orders of the slice beside their payment, and how much of it there is.
const (
	sliceRefused = 9 // returns of more than was bought
	sliceLapsed  = 3 // returns of orders that never come: they wait, and lapse
	sliceEvents  = sliceOrders + 5*9 + sliceLapsed
)

// eventfulSlice writes the slice with returns of a piece and of whole orders, cancellations, returns that come before their
// orders, returns of too much and returns of nothing known, all in the order of time.
func eventfulSlice(t *testing.T) string {
	t.Helper()
	rows := sliceRows(t, sliceOrders)
	events := slices.Clone(rows[1:])
	for i, row := range rows[1:] {
		c := strings.Split(strings.TrimSpace(row), ",")
		event := func(order, kind string, days int, rest string) {
			day, err := time.Parse(time.DateOnly, c[2])
			require.NoError(t, err)
			events = append(events, fmt.Sprintf("%s,%s,%s,%s,USD,%s\n", order, c[1], day.AddDate(0, 0, days).Format(time.DateOnly), kind, rest))
		}
		switch i % 100 {
		case 13:
			event(c[0], "returned", 3, "cd,,1,")
		case 23:
			event(c[0], "returned", 5, ",,,")
		case 33:
			event(c[0], "cancelled", 2, ",,,")
		case 43:
			event(c[0], "returned", -1, ",,,")
		case 53:
			event(c[0], "returned", 4, fmt.Sprintf("cd,,%d,", returnedTooMuch))
		}
		if i%300 == 63 {
			event("never-"+c[0], "returned", 0, "cd,,1,")
		}
	}
	require.Len(t, events, sliceEvents)
	slices.SortStableFunc(events, func(a, b string) int {
		return strings.Compare(strings.Split(a, ",")[2], strings.Split(b, ",")[2])
	})
	return write(t, "slice.csv", rows[0]+strings.Join(events, ""))
}

// dead are the subjects and reasons of all dead letters, in order.
func (l *ledger) dead(t *testing.T) []string {
	t.Helper()
	stream, err := l.js.Stream(t.Context(), bus.Dead)
	require.NoError(t, err)
	var letters []string
	for sequence := uint64(1); sequence <= stream.CachedInfo().State.LastSeq; sequence++ {
		m, err := stream.GetMsg(t.Context(), sequence)
		require.NoError(t, err)
		letters = append(letters, m.Subject+" "+m.Header.Get("ce-id")+" "+m.Header.Get("Laurel-Reason"))
	}
	slices.Sort(letters)
	return letters
}

func countReasons(dead []string) map[string]int {
	reasons := map[string]int{}
	for _, letter := range dead {
		reasons[letter[strings.LastIndex(letter, " ")+1:]]++
	}
	return reasons
}
