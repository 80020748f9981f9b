package laurelctl

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// TestTheMeanOfAllBesideThatOfSome by hand: 1.96 × 10 ÷ √100 is 1.96, so that 52 lies too far from 50, and 51.9 does not.
func TestTheMeanOfAllBesideThatOfSome(t *testing.T) {
	g, all := grid{}, plantedMean{N: 1000, Of: 50, Deviation: 10}
	truthRows{&g}.mean("r", "f", all, 10, sampled{52, 100})
	truthRows{&g}.mean("r", "f", all, 10, sampled{51.9, 100})
	truthRows{&g}.mean("r", "f", all, 10, sampled{})
	require.Equal(t, [][]string{
		{"r", "f", "500", "520", "4.00 %", "500", "540", "no"},
		{"r", "f", "500", "519", "3.80 %", "499", "539", "yes"},
		{"r", "f", "500", "0", "-100.00 %", "0", "0", "no"},
	}, g.rows)
}

func TestWhatSegmentsSayIsAddedUp(t *testing.T) {
	var s bySegment
	for _, of := range []*analyticsv1.PotentialSaid{{Answers: 3, Mean: "0.200000000"}, {Mean: "0.9", From: "all"}, {}, {Answers: 1, Mean: "0.6"}} {
		require.NoError(t, s.add(of))
	}
	require.EqualValues(t, 4, s.answers)
	require.InDelta(t, 0.3, s.mean(), 1e-12)
	require.Error(t, s.add(&analyticsv1.PotentialSaid{Answers: 1, Mean: "much"}))
	require.Error(t, func() error { _, err := decimals("it", "1", "", "x"); return err }())
	list, err := decimals("it", "1.5", "")
	require.NoError(t, err)
	require.Equal(t, []float64{1.5, 0}, list)
}
