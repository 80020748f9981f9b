package analytics_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// requireReference holds what a service says of all purchases of the master file, over gRPC, against every figure of
// data.md 4 to 7.
func requireReference(t *testing.T, s *service) {
	t.Helper()
	requirePareto(t, s)
	requireRFM(t, s.report("rfm", "1998-07-01").GetRfm())
	requireExamples(t, s)
	requireCohorts(t, s.report("cohorts", "1998-07-01").GetCohorts())
	requireSurvival(t, s.report("survival", "1998-07-01").GetSurvival())
}

func requirePareto(t *testing.T, s *service) {
	t.Helper()
	for _, c := range []struct {
		asOf                string
		total, top          int64
		topShare, gini      string
		most, half          int64
		mostShare           string
		customers, spend    []int64
		classes, scoresOrNo string // digests
	}{
		{
			asOf: "1998-07-01", total: 250_031_563, top: 169_464_850, topShare: "0.677773830", gini: "0.634571185",
			most: 7_695, mostShare: "0.326474", half: 2_262,
			customers: []int64{7_695, 8_044, 7_831}, spend: []int64{200_026_506, 37_503_710, 12_501_347},
			classes:    "92bcec43763d824f68469897a87167937e4246556131a3c72882973f2846bcbb",
			scoresOrNo: "1779e0e80c5bdd721c540147b0ec9e530dea6470afaf75fe84ab81388848ff73",
		}, {
			asOf: "1998-01-01", total: 202_416_126, top: 131_590_974, topShare: "0.650101237", gini: "0.604354001",
			most: 8_451, mostShare: "0.358549", half: 2_551, customers: []int64{8_451, 8_006, 7_113},
			classes: "44f8f010284e00394809997eda74cb17f722f7cf154ae14aa7b88c83a67beb2d",
		},
	} {
		r := s.report("pareto", c.asOf).GetPareto()
		require.EqualValues(t, 23_570, r.GetCustomers(), c.asOf)
		require.Equal(t, c.total, r.GetTotalMinor(), c.asOf)
		require.EqualValues(t, 4_714, r.GetTop().GetCustomers(), c.asOf)
		require.Equal(t, c.top, r.GetTop().GetSumMinor(), c.asOf)
		require.Equal(t, c.topShare, r.GetTop().GetSumShare(), c.asOf)
		require.Equal(t, c.most, r.GetMost().GetCustomers(), c.asOf)
		require.Equal(t, c.mostShare, r.GetMost().GetCustomersShare()[:8], c.asOf)
		require.Equal(t, c.half, r.GetHalf().GetCustomers(), c.asOf)
		require.Equal(t, c.gini, r.GetGini(), c.asOf)
		sum := int64(0)
		for i, name := range []string{"A", "B", "C"} {
			class := r.GetClasses()[i]
			require.Equal(t, name, class.GetName())
			require.Equal(t, c.customers[i], class.GetCustomers(), "%s %s", c.asOf, name)
			if c.spend != nil {
				require.Equal(t, c.spend[i], class.GetSumMinor(), "%s %s", c.asOf, name)
			}
			sum += class.GetSumMinor()
		}
		require.Equal(t, c.total, sum, "the classes hold everybody's spend")
		all := s.customers(c.asOf, 5000)
		require.Len(t, all, 23_570)
		classes, scores := sha256.New(), sha256.New()
		for _, x := range all {
			_, _ = fmt.Fprintf(classes, "%s,%s\n", x.GetAccount(), x.GetClass())
			_, _ = fmt.Fprintf(scores, "%s,%d,%d,%d\n", x.GetAccount(), x.GetRecencyScore(), x.GetFrequencyScore(), x.GetMonetaryScore())
		}
		require.Equal(t, c.classes, hex.EncodeToString(classes.Sum(nil)), "digest of classes, %s", c.asOf)
		if c.scoresOrNo != "" {
			require.Equal(t, c.scoresOrNo, hex.EncodeToString(scores.Sum(nil)), "digest of scores, %s", c.asOf)
			require.EqualValues(t, 68, r.GetZeroSpenders())
		}
	}
}

func requireRFM(t *testing.T, r *analyticsv1.RfmReport) {
	t.Helper()
	require.EqualValues(t, 23_570, r.GetCustomers())
	for _, c := range []struct {
		name string
		got  []*analyticsv1.ScoreBand
		want [][4]int64 // score, customers, best, worst
	}{
		{"recency", r.GetRecency(), [][4]int64{{5, 4_719, 1, 142}, {4, 4_720, 143, 433}, {3, 4_844, 434, 486}, {2, 4_748, 487, 513}, {1, 4_539, 514, 546}}},
		{"frequency", r.GetFrequency(), [][4]int64{{5, 5_366, 217, 4}, {4, 6_296, 3, 2}, {3, 11_908, 1, 1}}},
		{"monetary", r.GetMonetary(), [][4]int64{
			{5, 4_715, 1_399_093, 13_395}, {4, 4_713, 13_389, 5_993}, {3, 4_716, 5_992, 3_135}, {2, 5_033, 3_134, 1_536}, {1, 4_393, 1_530, 0},
		}},
	} {
		var got [][4]int64
		for _, b := range c.got {
			got = append(got, [4]int64{int64(b.GetScore()), b.GetCustomers(), b.GetBest(), b.GetWorst()})
		}
		require.Equal(t, c.want, got, c.name)
	}
	require.Len(t, r.GetCells(), 57)
	cells, largest := map[string]int64{}, int64(0)
	for _, cell := range r.GetCells() {
		cells[fmt.Sprint(cell.GetRecency(), cell.GetFrequency(), cell.GetMonetary())] = cell.GetCustomers()
	}
	for name, n := range map[string]int64{"5 5 5": 2_633, "1 3 1": 1_528, "2 3 1": 1_489, "2 3 2": 1_447, "1 3 2": 1_435, "3 3 1": 1_359} {
		require.Equal(t, n, cells[name], name)
		delete(cells, name)
	}
	for _, n := range cells {
		largest = max(largest, n)
	}
	require.Less(t, largest, int64(1_359), "no other cell is larger")
	want := []*analyticsv1.Segment{
		{Name: "champions", Customers: 3_394, SumMinor: 122_574_725}, {Name: "loyal", Customers: 6_045, SumMinor: 73_013_636},
		{Name: "promising"}, {Name: "needs attention", Customers: 1_366, SumMinor: 11_834_373},
		{Name: "at risk", Customers: 857, SumMinor: 6_614_160}, {Name: "lost", Customers: 4_243, SumMinor: 12_969_643},
		{Name: "hibernating", Customers: 7_665, SumMinor: 23_025_026},
	}
	require.Len(t, r.GetSegments(), len(want))
	for i, s := range r.GetSegments() {
		require.True(t, proto.Equal(want[i], s), "want %v, got %v", want[i], s)
	}
}

// requireExamples holds eight customers against the reference.
func requireExamples(t *testing.T, s *service) {
	t.Helper()
	said := map[string]string{}
	for _, c := range s.customers("1998-07-01", 5000) {
		said[c.GetAccount()] = fmt.Sprintf("%d, %d, %d → %d%d%d", c.GetRecencyDays(), c.GetOrders(), c.GetSumMinor(),
			c.GetRecencyScore(), c.GetFrequencyScore(), c.GetMonetaryScore())
	}
	for id, want := range map[string]string{
		"00001": "546, 1, 1177 → 131", "00003": "34, 6, 15646 → 555", "00004": "201, 4, 10050 → 454", "00021": "534, 2, 7511 → 144",
		"00111": "11, 16, 110704 → 555", "07592": "2, 201, 1399093 → 555", "14048": "1, 217, 897633 → 555", "23570": "462, 2, 9408 → 344",
	} {
		require.Equal(t, want, said[id], id)
	}
}

func requireCohorts(t *testing.T, r *analyticsv1.CohortReport) {
	t.Helper()
	require.Len(t, r.GetCohorts(), 3)
	require.Zero(t, r.GetOlderCustomers())
	for i, active := range [][]int64{
		{7_846, 1_157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498},
		{8_476, 1_312, 980, 783, 847, 786, 626, 619, 666, 721, 661, 545, 568, 718, 545, 548, 551},
		{7_248, 1_032, 752, 756, 674, 564, 561, 579, 634, 569, 464, 472, 678, 420, 443, 457},
	} {
		require.Equal(t, fmt.Sprintf("1997-0%d", i+1), r.GetCohorts()[i].GetMonth())
		require.Equal(t, active, r.GetCohorts()[i].GetActive())
	}
	require.EqualValues(t, 11_516, r.GetAll().GetSecond())
	require.Equal(t, "0.488587", r.GetAll().GetSecondShare()[:8])
	require.EqualValues(t, 11_662, r.GetTwoOrders())
	second := map[int32]int64{}
	for _, w := range r.GetAll().GetWindows() {
		require.EqualValues(t, 23_570, w.GetCustomers())
		second[w.GetDays()] = w.GetSecond()
	}
	require.Equal(t, map[int32]int64{30: 4_115, 90: 6_887, 180: 8_827, 365: 10_810}, second)
}

func requireSurvival(t *testing.T, r *analyticsv1.SurvivalReport) {
	t.Helper()
	days := []int32{30, 90, 180, 270, 365, 450, 500}
	for _, c := range []struct {
		name             string
		curve            *analyticsv1.SurvivalCurve
		events, duration int64
		median           int32 // 0: not reached
		s, deviation     []float64
	}{
		{
			name: "first repeat", curve: r.GetFirstRepeat(), events: 11_516, duration: 7_330_622,
			s:         []float64{0.825414, 0.707807, 0.625499, 0.575986, 0.541366, 0.519431, 0.511704},
			deviation: []float64{0.002473, 0.002962, 0.003153, 0.003219, 0.003246, 0.003254, 0.003265},
		}, {
			name: "loss", curve: r.GetLoss(), events: 21_788, duration: 5_539_745, median: 180,
			s:         []float64{1, 1, 0.374501, 0.217734, 0.124905, 0.091642, 0.074899},
			deviation: []float64{0, 0, 0.003153, 0.002688, 0.002153, 0.001879, 0.001763},
		},
	} {
		require.EqualValues(t, 23_570, c.curve.GetCustomers(), c.name)
		require.Equal(t, c.events, c.curve.GetEvents(), c.name)
		require.Equal(t, c.duration, c.curve.GetTotalDays(), c.name)
		require.Equal(t, c.median, c.curve.GetMedianDays(), c.name)
		for i, day := range days {
			survival, deviation := stepAt(t, c.curve, day)
			require.InDelta(t, c.s[i], survival, 1e-6, "%s: S(%d)", c.name, day)
			require.InDelta(t, c.deviation[i], deviation, 1e-5, "%s: standard error at %d", c.name, day)
		}
	}
}

// stepAt is what a curve says of a day, its last step up to then: how many are left, and the standard error.
func stepAt(t *testing.T, c *analyticsv1.SurvivalCurve, day int32) (float64, float64) {
	t.Helper()
	at := &analyticsv1.SurvivalStep{Survival: "1", Error: "0"}
	for _, step := range c.GetSteps() {
		if step.GetDay() <= day {
			at = step
		}
	}
	survival, err := strconv.ParseFloat(at.GetSurvival(), 64)
	require.NoError(t, err)
	deviation, err := strconv.ParseFloat(at.GetError(), 64)
	require.NoError(t, err)
	return survival, deviation
}
