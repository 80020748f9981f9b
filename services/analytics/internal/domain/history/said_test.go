package history_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
)

func TestWhatAnOwnEventTells(t *testing.T) {
	d := history.Deed{Data: `{"amount_minor": 1200, "less": -1, "part": 1.5, "much": 1000000000000001, "none": null, "name": "rent", "text": "5"}`}
	n, ok := d.Amount("amount_minor")
	require.True(t, ok)
	require.EqualValues(t, 1200, n)
	for _, name := range []string{"less", "part", "much", "none", "name", "text", "amount"} {
		_, ok := d.Number(name)
		require.False(t, ok, name)
	}
	require.Equal(t, "rent", d.Text("name"))
	require.Empty(t, d.Text("amount_minor"))
	for _, data := range []string{"", "[]", `"amount_minor"`, `{"amount_minor"`} {
		_, ok := history.Deed{Data: data}.Number("amount_minor")
		require.False(t, ok, data)
	}
	c := history.Customer{Deeds: []history.Deed{{Data: `{"n": 1}`}, {Data: `{"n": 2}`}, {Data: `{"n": "3"}`}}}
	latest, ok := c.Latest("n")
	require.True(t, ok)
	require.EqualValues(t, 2, latest)
	_, ok = c.Latest("m")
	require.False(t, ok)
}
