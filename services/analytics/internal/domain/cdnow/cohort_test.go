package cdnow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestF11F24CohortsAndNewToRegular(t *testing.T) {
	list := shop(t)
	params := cohort.Defaults()
	b := cohort.New(end, params)
	feed(t, list, b.Add)
	r := b.Report()
	require.Zero(t, r.Older)
	require.Len(t, r.Cohorts, 3)
	for i, active := range [][]int64{
		{7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498},
		{8476, 1312, 980, 783, 847, 786, 626, 619, 666, 721, 661, 545, 568, 718, 545, 548, 551},
		{7248, 1032, 752, 756, 674, 564, 561, 579, 634, 569, 464, 472, 678, 420, 443, 457},
	} {
		require.Equal(t, calendar.Date(1997, time.Month(i+1), 1), r.Cohorts[i].Month)
		require.Equal(t, active, r.Cohorts[i].Active)
		require.Equal(t, active[0], r.Cohorts[i].Customers)
	}
	require.EqualValues(t, 11662, r.Orders2)
	require.EqualValues(t, 11516, r.Days2)
	require.EqualValues(t, 11516, r.All.Second)
	require.Equal(t, "0.488587", r.All.Ever().String()[:8])
	for i, second := range []int64{4115, 6887, 8827, 10810} {
		w := r.All.Windows[i]
		require.EqualValues(t, customers, w.Customers)
		require.Equal(t, second, w.Second)
		require.LessOrEqual(t, w.Third, w.Second)
		require.False(t, w.Regular(params.Mark), "CDNOW never makes regulars of most newcomers")
	}
}
