package analytics_test

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// cdnow tells all purchases of a file: of the master file by its ids, of the sample by the sample's.
func (h *standing) cdnow(name string) {
	h.t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	file, err := os.Open(filepath.Join(os.Getenv("LAUREL_CDNOW"), name))
	require.NoError(h.t, err, "run `make test`, which fetches the CDNOW purchases")
	defer func() { require.NoError(h.t, file.Close()) }()
	var told []bus.Outgoing
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) == 5 {
			f = f[1:]
		}
		at, err := time.Parse("20060102", f[1])
		if err != nil {
			continue // the head
		}
		cents, err := strconv.ParseInt(strings.Replace(f[3], ".", "", 1), 10, 64)
		require.NoError(h.t, err)
		told = append(told, h.ledger.paid(f[0], fmt.Sprint("cdnow-", len(told)+1), calendar.DayOf(at, time.UTC), cents))
	}
	require.NoError(h.t, lines.Err())
	h.tell(told...)
}

// fit asks for a fit and waits until it has ended.
func (s *service) fit(in *analyticsv1.FitModelRequest) *analyticsv1.Fit {
	s.h.t.Helper()
	in.Program = cmp.Or(in.GetProgram(), "tea")
	asked, err := s.models.FitModel(s.h.t.Context(), in)
	require.NoError(s.h.t, err)
	var fit *analyticsv1.Fit
	testkit.Eventually(s.h.t, func() bool {
		answer, err := s.models.GetFit(s.h.t.Context(), &analyticsv1.GetFitRequest{Program: in.GetProgram(), Fit: asked.GetFit().GetId()})
		require.NoError(s.h.t, err)
		fit = answer.GetFit()
		return fit.GetState() == analyticsv1.FitState_FIT_STATE_DONE || fit.GetState() == analyticsv1.FitState_FIT_STATE_FAILED
	}, "the fit has ended")
	return fit
}

// lifetimes lists what all customers of the tea club are expected to do, in pages of a size.
func (s *service) lifetimes(in *analyticsv1.ListLifetimesRequest) map[string]*analyticsv1.Lifetime {
	s.h.t.Helper()
	all := map[string]*analyticsv1.Lifetime{}
	in.Program = "tea"
	for {
		answer, err := s.models.ListLifetimes(s.h.t.Context(), in)
		require.NoError(s.h.t, err)
		for _, l := range answer.GetLifetimes() {
			all[l.GetAccount()] = l
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return all
		}
	}
}

func requireNear(t *testing.T, want float64, got string, part float64) {
	t.Helper()
	f, err := strconv.ParseFloat(got, 64)
	require.NoError(t, err, "%q", got)
	require.InEpsilon(t, want, f, part)
}

// values are the parameters of a model by name.
func values(m *analyticsv1.FittedModel) map[string]string {
	list := map[string]string{}
	for _, p := range m.GetParameters() {
		list[p.GetName()] = p.GetValue()
	}
	return list
}

// reference is what data.md (sections 8 and 9) says of a file.
type reference struct {
	file                       string
	buying, amounts            map[string]float64
	ll, amountsLL, mean, corr  float64
	customers, payers          int64
	expected, error, alive     float64
	actual                     int64
	sum, average, median, most float64
	top                        float64
	people                     []person
	inputs                     [5]int64   // with repeats, Σ x, greatest x, Σ 7·t_x, Σ 7·T
	newcomer                   [2]float64 // E[X(39)], E[X(78)]
	deviations                 map[string]float64
}

type person struct {
	account                          string
	repeats, recency, age            int64
	alive, purchases, each, residual float64
}

func TestF7LifetimesOfARealShop(t *testing.T) {
	t.Parallel()
	for _, c := range []reference{
		{
			file: "CDNOW_sample.txt", buying: map[string]float64{"r": 0.24259, "alpha": 4.41360, "a": 0.79292, "b": 2.42591},
			amounts: map[string]float64{"p": 6.2496, "q": 3.7442, "v": 15.4435}, ll: -9582.4292, amountsLL: -4055.9177, mean: 35.1704,
			inputs: [5]int64{946, 2_457, 29, 112_949, 539_779}, newcomer: [2]float64{1.19501, 1.85796},
			deviations: map[string]float64{"r": 0.0126, "alpha": 0.378, "a": 0.186, "b": 0.705},
			corr:       0.1139, customers: 2357, payers: 946, expected: 1653.41, error: 0.78545, alive: 0.813440, actual: 1882,
			sum: 72_429, average: 30.7291, median: 10.3208, most: 1190.05, top: 0.71289,
			people: []person{
				{"0001", 2, 213, 272, 0.72662, 1.22599, 24.6539, 36.7435}, {"0002", 1, 12, 272, 0.212391, 0.203419, 18.9100, 4.7012},
				{"0003", 0, 0, 272, 1, 0.194794, 35.1704, 8.4536}, {"0006", 7, 206, 272, 0.641835, 3.33757, 71.4647, 287.2001},
				{"1516", 26, 216, 217, 0.968854, 20.7489, 39.8903, 984.3806}, {"0157", 29, 264, 266, 0.969221, 20.0552, 26.3943, 633.4159},
			},
		}, {
			file: "CDNOW_master.txt", buying: map[string]float64{"r": 0.25162, "alpha": 4.78894, "a": 0.72343, "b": 2.16109},
			amounts: map[string]float64{"p": 6.2754, "q": 3.6245, "v": 14.9837}, ll: -95368.4439, amountsLL: -40763.4763, mean: 35.8277,
			inputs: [5]int64{9_451, 24_337, 80, 1_129_644, 5_399_736}, newcomer: [2]float64{1.17426, 1.84698},
			deviations: map[string]float64{"r": 0.0042, "alpha": 0.131, "a": 0.0539, "b": 0.199},
			corr:       0.0802, customers: 23_570, payers: 9_450, expected: 16_873.73, error: 0.81874, alive: 0.815240, actual: 19_684,
			sum: 777_947, average: 33.0058, median: 10.7788, most: 7309.51, top: 0.72184,
			people: []person{
				{"00001", 0, 0, 272, 1, 0.20009, 35.8277, 8.8454}, {"00003", 2, 90, 271, 0.364236, 0.617392, 22.8614, 17.1871},
				{"00004", 2, 213, 272, 0.72939, 1.23288, 24.6767, 37.0499}, {"00111", 7, 206, 272, 0.658868, 3.45146, 71.6040, 298.6287},
				{"07592", 80, 243, 244, 0.988231, 60.0533, 101.5961, 7309.5058}, {"14048", 70, 218, 223, 0.961054, 54.4454, 54.3769, 3538.0349},
				{"23570", 1, 1, 189, 0.224796, 0.282972, 40.8568, 14.0248},
			},
		},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.cdnow(c.file)
			s := h.run(size{lanes: 2})
			s.drained()
			if c.file == "CDNOW_master.txt" {
				requireReference(t, s)
			}
			checked := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "checked", AsOf: "1998-07-01", HoldoutDays: 273})
			c.requireModels(t, checked.GetCalibration())
			c.requireCheck(t, checked.GetCheck())
			require.True(t, checked.GetChampion(), checked.GetVerdict())
			then := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "then", AsOf: "1997-10-01", Choice: analyticsv1.Choice_CHOICE_NEVER})
			c.requireModels(t, then.GetFinal())
			c.requireValues(t, s, then.GetId())
		})
	}
}

func (c reference) requireModels(t *testing.T, m *analyticsv1.ModelFit) {
	t.Helper()
	require.Equal(t, c.customers, m.GetCustomers())
	require.True(t, m.GetBuying().GetConverged(), m.GetBuying().GetWhy())
	require.True(t, m.GetAmounts().GetConverged(), m.GetAmounts().GetWhy())
	requireNear(t, c.ll, m.GetBuying().GetLogLikelihood(), 1e-3/-c.ll)
	requireNear(t, c.amountsLL, m.GetAmounts().GetLogLikelihood(), 1e-3/-c.amountsLL)
	for name, want := range c.buying {
		requireNear(t, want, values(m.GetBuying())[name], 1e-3)
	}
	for name, want := range c.amounts {
		requireNear(t, want, values(m.GetAmounts())[name], 1e-3)
	}
	for _, p := range m.GetBuying().GetParameters() {
		requireNear(t, c.deviations[p.GetName()], p.GetStandardError(), 0.01)
	}
	require.Equal(t, c.inputs[0], m.GetRepeaters())
	require.Equal(t, c.inputs[1], m.GetRepeats())
	newcomer := bgnbd.Model{Kind: bgnbd.BG}
	for name, of := range map[string]*float64{"r": &newcomer.R, "alpha": &newcomer.Alpha, "a": &newcomer.A, "b": &newcomer.B} {
		var err error
		*of, err = strconv.ParseFloat(values(m.GetBuying())[name], 64)
		require.NoError(t, err)
	}
	require.InEpsilon(t, c.newcomer[0], newcomer.New(39), 1e-3, "by the parameters as they are told")
	require.InEpsilon(t, c.newcomer[1], newcomer.New(78), 1e-3)
	require.Equal(t, c.payers, m.GetAmounts().GetCustomers())
	requireNear(t, c.mean, m.GetMeanAmount(), 2e-4)
	requireNear(t, c.corr, m.GetCorrelation(), 1e-4/c.corr)
}

func (c reference) requireCheck(t *testing.T, check *analyticsv1.HoldoutCheck) {
	t.Helper()
	require.Equal(t, []string{"1997-10-01", "1998-07-01"}, []string{check.GetFrom(), check.GetTo()})
	require.Equal(t, c.actual, check.GetActual())
	requireNear(t, c.expected, check.GetExpected(), 5e-4)
	requireNear(t, c.error, check.GetMeanError(), 1e-3)
	requireNear(t, c.alive, check.GetMeanAlive(), 2e-4/c.alive)
	require.Len(t, check.GetByRepeats(), 8)
	require.Len(t, check.GetTracking(), 78)
	last := check.GetTracking()[77]
	require.Equal(t, "1998-06-30", last.GetDay())
	if c.file != "CDNOW_master.txt" {
		return
	}
	mean := []float64{0.2309, 0.5198, 1.0372, 1.5791, 2.2669, 2.8916, 3.5327, 6.4685}
	for i, customers := range []int64{14_119, 4_442, 2_064, 1_084, 605, 348, 272, 636} {
		line := check.GetByRepeats()[i]
		require.Equal(t, customers, line.GetCustomers())
		requireNear(t, mean[i]*float64(customers), line.GetExpected(), 5e-4)
		actual := []float64{0.2507, 0.7841, 1.4026, 1.8367, 2.4512, 3.0632, 3.8015, 6.5912}[i]
		require.InDelta(t, actual, float64(line.GetActual())/float64(customers), 5e-5)
	}
}

func (c reference) requireValues(t *testing.T, s *service, fit string) {
	t.Helper()
	r := s.ask(&analyticsv1.GetReportRequest{
		Program: "tea", Name: "lifetime", AsOf: "1997-10-01",
		Parameters: &analyticsv1.GetReportRequest_Lifetime{Lifetime: &analyticsv1.LifetimeParameters{Fit: fit}},
	}).GetLifetime()
	require.Equal(t, c.customers, r.GetHistoric().GetCustomers())
	m := r.GetModel()
	for _, v := range []struct {
		want float64
		got  string
	}{
		{c.sum, m.GetResidualSum()}, {c.average, m.GetResidualMean()}, {c.median, m.GetResidualMedian()}, {c.most, m.GetResidualGreatest()},
		{c.top, m.GetTopShare()}, {c.alive * float64(c.customers), m.GetAlive()},
	} {
		requireNear(t, v.want, v.got, 1e-3)
	}
	all := s.lifetimes(&analyticsv1.ListLifetimesRequest{
		AsOf: "1997-10-01", PageSize: 5000, Parameters: &analyticsv1.LifetimeParameters{Fit: fit},
	})
	ahead := s.lifetimes(&analyticsv1.ListLifetimesRequest{
		AsOf: "1997-10-01", PageSize: 4000, Parameters: &analyticsv1.LifetimeParameters{Fit: fit, Weeks: 39},
	})
	require.Len(t, all, int(c.customers))
	require.Len(t, ahead, int(c.customers))
	var inputs [5]int64
	for _, l := range all {
		if l.GetRepeats() > 0 {
			inputs[0]++
		}
		inputs[1] += l.GetRepeats()
		inputs[2] = max(inputs[2], l.GetRepeats())
		inputs[3] += l.GetRecencyDays()
		inputs[4] += l.GetAgeDays()
	}
	require.Equal(t, c.inputs, inputs)
	for _, p := range c.people {
		got := all[p.account]
		require.Equal(t, []int64{p.repeats, p.recency, p.age}, []int64{got.GetRepeats(), got.GetRecencyDays(), got.GetAgeDays()}, p.account)
		requireNear(t, p.alive, got.GetAlive(), 5e-3)
		requireNear(t, p.purchases, ahead[p.account].GetPurchases(), 2e-3)
		requireNear(t, p.each, got.GetPerPurchase(), 2e-3)
		requireNear(t, p.residual, got.GetResidual(), 2e-3)
	}
	if c.file == "CDNOW_sample.txt" { // surely gone, as far as a float goes, and yet not 0
		requireNear(t, 2.52139e-11, all["1901"].GetAlive(), 0.02)
		requireNear(t, 4.55721e-10, ahead["1901"].GetPurchases(), 0.02)
		requireNear(t, 294.2172, all["1901"].GetPerPurchase(), 2e-3)
		residual, err := strconv.ParseFloat(all["1901"].GetResidual(), 64)
		require.NoError(t, err)
		require.InDelta(t, 0, residual, 5e-5)
	}
	require.True(t, slices.ContainsFunc(r.GetNotes(), func(n string) bool { return strings.Contains(n, "no holdout") }))
}
