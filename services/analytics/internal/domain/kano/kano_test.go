package kano_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/kano"
)

// TestF20TheTableOf1984 writes the evaluation table out: rows are the answer with the feature, columns the one without.
func TestF20TheTableOf1984(t *testing.T) {
	letters := map[kano.Class]string{
		kano.Attractive: "A", kano.OneDimensional: "O", kano.MustBe: "M", kano.Indifferent: "I", kano.Reverse: "R", kano.Questionable: "Q",
	}
	for i, row := range []string{"QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"} {
		for k, want := range row {
			class, ok := kano.Of(i+1, k+1)
			require.True(t, ok)
			require.Equal(t, string(want), letters[class], "with %d, without %d", i+1, k+1)
		}
	}
	for _, none := range [][2]int{{0, 1}, {1, 6}, {-1, 3}} {
		_, ok := kano.Of(none[0], none[1])
		require.False(t, ok, none)
	}
}

func said(feature string, functional, dysfunctional int) history.Deed {
	return history.Deed{Day: 1, Type: "kano", Data: fmt.Sprintf(`{"feature":%q,"functional":%d,"dysfunctional":%d}`, feature, functional, dysfunctional)}
}

// TestF20AnswersWorkedOutByHand: ten people on three features. Wi-Fi: 1/5 four times is O, 1/2 three times is A, 2/5 twice
// is M, 3/3 once is I. So better = (3 + 4) ÷ 10, worse = −(4 + 2) ÷ 10. Music: R of 2/1 six times, Q of 1/1 three times, I
// of 4/2 once: better = 0 ÷ 1. Ice: two of each of M (3/5) and O (1/5), a tie that must-be wins; the one who changed their
// mind counts once.
func TestF20AnswersWorkedOutByHand(t *testing.T) {
	wifi := [][2]int{{1, 5}, {1, 5}, {1, 5}, {1, 5}, {1, 2}, {1, 2}, {1, 2}, {2, 5}, {2, 5}, {3, 3}}
	music := [][2]int{{2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}, {1, 1}, {1, 1}, {1, 1}, {4, 2}}
	ice := [][2]int{{3, 5}, {3, 5}, {1, 5}, {1, 5}}
	b := kano.New(10, "kano")
	for i := range 10 {
		c := history.Customer{ID: fmt.Sprint(i), Deeds: []history.Deed{said("wifi", wifi[i][0], wifi[i][1]), said("music", music[i][0], music[i][1])}}
		if i < len(ice) {
			c.Deeds = append([]history.Deed{said("ice", 5, 1)}, append(c.Deeds, said("ice", ice[i][0], ice[i][1]))...)
		}
		require.NoError(t, b.Add(c))
	}
	require.NoError(t, b.Add(history.Customer{ID: "odd", Deeds: []history.Deed{
		said("wifi", 0, 1), said("", 1, 1), {Day: 1, Type: "kano", Data: "[]"}, {Day: 1, Type: "kano"}, {Day: 1, Type: "visit"}, {Day: 10, Type: "kano", Data: "{}"},
	}}))
	r := b.Report()
	require.EqualValues(t, 24, r.Answers)
	require.EqualValues(t, 4, r.Unreadable)
	require.Len(t, r.Features, 3)
	for i, want := range []struct{ name, verdict, better, worse string }{
		{"ice", "must-be", "0.500000000", "-1.000000000"},
		{"music", "reverse", "0.000000000", "0.000000000"},
		{"wifi", "one-dimensional", "0.700000000", "-0.600000000"},
	} {
		f := r.Features[i]
		require.Equal(t, want.name, f.Name)
		require.Equal(t, want.verdict, f.Verdict().String(), f.Name)
		require.Equal(t, want.better, f.Better().String(), f.Name)
		require.Equal(t, want.worse, f.Worse().String(), f.Name)
	}
	only := kano.Feature{Answers: 1}
	only.Of[kano.Reverse] = 1
	require.Empty(t, only.Better().String(), "nobody falls into the four: no coefficient")
}
