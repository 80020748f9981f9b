package analytics_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// forecaster is a model of buying, made of the parameters as they are told.
type forecaster interface {
	Alive(c repeat.Count) float64
	WhileAlive(repeats, ageDays int, weeks float64) float64
	New(weeks float64) float64
}

func forecasterOf(t *testing.T, buying analyticsv1.BuyingModel, m *analyticsv1.ModelFit) forecaster {
	t.Helper()
	require.True(t, m.GetBuying().GetConverged(), m.GetBuying().GetWhy())
	p := map[string]float64{}
	for name, text := range values(m.GetBuying()) {
		p[name] = estimated(t, text)
	}
	switch buying {
	case analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD:
		require.Len(t, p, 4)
		return paretonbd.Model{R: p["r"], Alpha: p["alpha"], S: p["s"], Beta: p["beta"]}
	case analyticsv1.BuyingModel_BUYING_MODEL_MBG_NBD:
		return bgnbd.Model{Kind: bgnbd.MBG, R: p["r"], Alpha: p["alpha"], A: p["a"], B: p["b"]}
	default:
		return bgnbd.Model{Kind: bgnbd.BG, R: p["r"], Alpha: p["alpha"], A: p["a"], B: p["b"]}
	}
}

// days are the days on which each account bought, by what the ledger knows.
func (l *ledger) days() map[string][]calendar.Day {
	all := map[string][]calendar.Day{}
	for _, o := range l.orders {
		if !o.cancelled && o.day != calendar.None {
			all[o.account] = append(all[o.account], o.day)
		}
	}
	for account, list := range all {
		slices.Sort(list)
		all[account] = slices.Compact(list)
	}
	return all
}

// held is what a holdout comes to, customer by customer and day by day.
type held struct {
	customers, actual          int64
	expected, absolute, alive  float64
	lineCustomers, lineActual  [8]int64
	lineExpected               [8]float64
	trackActual, trackExpected map[string]float64
}

// holdOut asks a model of the days before one what those who had bought by then do until another.
func (l *ledger) holdOut(m forecaster, from, to calendar.Day) held {
	h := held{trackActual: map[string]float64{}, trackExpected: map[string]float64{}}
	known := map[string][]calendar.Day{}
	begin := to
	for account, days := range l.days() {
		if days[0] < from {
			known[account] = slices.DeleteFunc(days, func(d calendar.Day) bool { return d >= to })
			begin = min(begin, days[0])
		}
	}
	for _, days := range known {
		before, _ := slices.BinarySearch(days, from)
		c := repeat.Count{Repeats: before - 1, Recency: int(days[before-1] - days[0]), Age: int(from - 1 - days[0])}
		bought := len(days) - before
		expected := m.Alive(c) * m.WhileAlive(c.Repeats, c.Age, float64(to-from)/7)
		line := min(c.Repeats, 7)
		h.customers++
		h.lineCustomers[line]++
		h.actual += int64(bought)
		h.lineActual[line] += int64(bought)
		h.expected += expected
		h.lineExpected[line] += expected
		h.absolute += math.Abs(expected - float64(bought))
		h.alive += m.Alive(c)
		for last := begin + 6; last < to; last += 7 {
			for _, d := range days[1:] {
				if d <= last {
					h.trackActual[last.String()]++
				}
			}
			if last > days[0] {
				h.trackExpected[last.String()] += m.New(float64(last-days[0]) / 7)
			}
		}
	}
	return h
}

// TestEachModelIsHeldAgainstWhatCame: the check of a fit, by number of repeats and week by week, against customers counted one by one,
// and the report with its plots.
func TestEachModelIsHeldAgainstWhatCame(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	for _, buying := range buyingModels() {
		t.Run(buying.String(), func(t *testing.T) {
			f := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: strconv.Itoa(int(buying)), Buying: buying, HoldoutDays: 60, Prior: true})
			check := f.GetCheck()
			from, to := date(check.GetFrom()), date(check.GetTo())
			require.Equal(t, f.GetPlan().GetAsOf(), check.GetTo())
			require.EqualValues(t, 60, to-from)
			want := s.h.ledger.holdOut(forecasterOf(t, buying, f.GetCalibration()), from, to)
			require.Equal(t, []int64{want.customers, want.actual}, []int64{check.GetCustomers(), check.GetActual()})
			require.Positive(t, check.GetActual())
			requireNear(t, want.expected, check.GetExpected(), 1e-8)
			requireNear(t, want.absolute/float64(want.customers), check.GetMeanError(), 1e-8)
			requireNear(t, want.alive/float64(want.customers), check.GetMeanAlive(), 1e-8)
			requireNear(t, want.expected/float64(want.actual)-1, check.GetDeviation(), 1e-6)
			require.Len(t, check.GetByRepeats(), 8)
			for i, line := range check.GetByRepeats() {
				require.EqualValues(t, i, line.GetRepeats())
				require.Equal(t, i == 7, line.GetAndMore())
				require.Equal(t, []int64{want.lineCustomers[i], want.lineActual[i]}, []int64{line.GetCustomers(), line.GetActual()}, i)
				require.InDelta(t, want.lineExpected[i], estimated(t, line.GetExpected()), 1e-7, i)
			}
			require.Greater(t, len(check.GetTracking()), 20)
			for _, p := range check.GetTracking() {
				require.InDelta(t, want.trackActual[p.GetDay()], p.GetActual(), 0, p.GetDay())
				require.InDelta(t, want.trackExpected[p.GetDay()], estimated(t, p.GetExpected()), 1e-7, p.GetDay())
			}
			require.Less(t, to-date(check.GetTracking()[len(check.GetTracking())-1].GetDay()), calendar.Day(8), "to the end of the holdout")

			_, err := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: f.GetId(), IdempotencyKey: "k"})
			require.NoError(t, err)
			report, page := s.page("lifetime", "")
			require.Equal(t, buying, report.GetLifetime().GetModel().GetBuying())
			require.True(t, proto.Equal(check, report.GetLifetime().GetCheck()))
			require.Contains(t, page, "Repeat purchases of all customers known before the holdout")
			require.Contains(t, page, fmt.Sprintf("%s expected of %d customers, %d made.", check.GetExpected(), check.GetCustomers(), check.GetActual()))
		})
	}
}

// TestAnyModelIsChampionOrChallenger: of two histories one is told best by BG/NBD, then MBG/NBD, then Pareto/NBD, the other the other way
// round; so each replaces each in one of them, and in the other does not.
func TestAnyModelIsChampionOrChallenger(t *testing.T) {
	t.Parallel()
	h := open(t)
	type match struct {
		program              string
		ledger               *ledger
		champion, challenger analyticsv1.BuyingModel
		wins                 bool
	}
	var matches []match
	for _, seed := range []uint64{7, 4} {
		for _, champion := range buyingModels() {
			for _, challenger := range buyingModels() {
				m := match{fmt.Sprintf("tea-%d-%d-%d", seed, champion, challenger), nil, champion, challenger, champion == challenger || (champion > challenger) == (seed == 7)}
				m.ledger = newLedger(m.program)
				h.tell(m.ledger.makeUp(seed, 24, 300)...)
				matches = append(matches, m)
			}
		}
	}
	s := h.run(size{})
	s.drained()
	for _, m := range matches {
		t.Run(fmt.Sprint(m.program, " ", m.challenger, " against ", m.champion), func(t *testing.T) {
			// The champion is of an earlier day, with a holdout of its own.
			end := date(s.fit(&analyticsv1.FitModelRequest{Program: m.program, IdempotencyKey: "end", Choice: analyticsv1.Choice_CHOICE_NEVER}).GetPlan().GetAsOf())
			first := s.fit(&analyticsv1.FitModelRequest{
				Program: m.program, IdempotencyKey: "1", Buying: m.champion, Prior: true, HoldoutDays: 50, AsOf: end.AddDays(-10).String(),
			})
			require.Equal(t, "in use: it is the first that converged", first.GetVerdict())
			second := s.fit(&analyticsv1.FitModelRequest{Program: m.program, IdempotencyKey: "2", Buying: m.challenger, Prior: true, HoldoutDays: 60})
			theirs := m.ledger.holdOut(forecasterOf(t, m.champion, first.GetCalibration()), end.AddDays(-60), end)
			requireNear(t, theirs.absolute/float64(theirs.customers), second.GetChampionMeanError(), 1e-8)
			inUse := first
			if m.wins {
				inUse = second
				require.Equal(t, "in use: in the holdout it errs no more than "+first.GetId(), second.GetVerdict())
				require.LessOrEqual(t, estimated(t, second.GetCheck().GetMeanError()), estimated(t, second.GetChampionMeanError()))
			} else {
				require.Equal(t, "a challenger: in the holdout "+first.GetId()+" errs less", second.GetVerdict())
				require.Greater(t, estimated(t, second.GetCheck().GetMeanError()), estimated(t, second.GetChampionMeanError()))
			}
			require.Equal(t, m.wins, second.GetChampion())
			list, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: m.program, PageSize: 1})
			require.NoError(t, err)
			require.Equal(t, inUse.GetId(), list.GetFit())
			report := s.ask(&analyticsv1.GetReportRequest{Program: m.program, Name: "lifetime"}).GetLifetime()
			require.Equal(t, inUse.GetPlan().GetBuying(), report.GetModel().GetBuying())
			model := forecasterOf(t, inUse.GetPlan().GetBuying(), inUse.GetFinal())
			l := list.GetLifetimes()[0]
			requireNear(t, model.Alive(repeat.Count{Repeats: int(l.GetRepeats()), Recency: int(l.GetRecencyDays()), Age: int(l.GetAgeDays())}), l.GetAlive(), 1e-8)
		})
	}
}
