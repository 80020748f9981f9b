package actions_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func day(text string) calendar.Day {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestActionsByTypeAndMonth(t *testing.T) {
	days := []actions.Count{
		{Type: "visit", Day: day("2025-01-31"), Number: 2, Points: 10},
		{Type: "review", Day: day("2025-02-01"), Number: 1, Points: 50},
		{Type: "visit", Day: day("2025-01-01"), Number: 1, Points: 5},
		{Type: "visit", Day: day("2025-03-01"), Number: 4},
		{Type: "visit", Day: day("2025-03-02"), Number: 7, Points: 7},
	}
	require.Equal(t, []actions.Count{
		{Type: "review", Day: day("2025-02-01"), Number: 1, Points: 50},
		{Type: "visit", Day: day("2025-01-01"), Number: 3, Points: 15},
		{Type: "visit", Day: day("2025-03-01"), Number: 4},
	}, actions.ByMonth(days, day("2025-03-02")))
	require.Empty(t, actions.ByMonth(days, day("2025-01-01")))
	require.Empty(t, actions.ByMonth(nil, day("2025-01-01")))
}
