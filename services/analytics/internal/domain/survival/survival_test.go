package survival_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func bought(days ...calendar.Day) history.Customer {
	var c history.Customer
	for _, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d})
	}
	return c
}

func report(t require.TestingT, list []history.Customer, asOf calendar.Day, silent int) survival.Report {
	require.NoError(t, survival.CheckSilent(silent))
	b := survival.New(asOf, survival.Params{Silent: silent})
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

// TestFreireichLeukaemia is the remission of 21 patients on 6-MP (Freireich and others 1963), the worked example of many
// textbooks: S(6) = 0.857, S(10) = 0.753, S(16) = 0.627, S(23) = 0.448 with Greenwood's errors 0.0764, 0.0963, 0.1141, 0.1346.
func TestFreireichLeukaemia(t *testing.T) {
	relapsed := []calendar.Day{6, 6, 6, 7, 10, 13, 16, 22, 23}
	censored := []calendar.Day{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}
	var list []history.Customer
	for _, days := range relapsed {
		list = append(list, bought(1, 1+days))
	}
	for _, days := range censored {
		list = append(list, bought(100-days)) // observed to day 100
	}
	curve := report(t, list, 101, 180).Repeat
	require.EqualValues(t, 21, curve.Customers)
	require.EqualValues(t, 9, curve.Events)
	require.Equal(t, 23, curve.Median)
	for _, c := range []struct {
		day       int
		risk      int64
		s, greens float64
	}{
		{6, 21, 0.8571, 0.0764}, {7, 17, 0.8067, 0.0869}, {10, 15, 0.7529, 0.0963}, {13, 12, 0.6902, 0.1068},
		{16, 11, 0.6275, 0.1141}, {22, 7, 0.5378, 0.1282}, {23, 6, 0.4482, 0.1346},
	} {
		at := curve.At(c.day)
		require.Equal(t, c.risk, at.AtRisk)
		require.InDelta(t, c.s, float64(at.S), 5e-5)
		require.InDelta(t, c.greens, float64(at.Error), 5e-5)
	}
	require.Equal(t, "1.000000000", curve.At(5).S.String(), "nothing has happened yet")
	require.Equal(t, curve.At(23).S.String(), curve.At(1000).S.String(), "nothing happens any more")
}

func TestTheFirstRepeat(t *testing.T) {
	for _, c := range []struct {
		name     string
		customer history.Customer
		events   int64
		days     int64
	}{
		{"bought once, on the last day", bought(99), 0, 0},
		{"bought once", bought(90), 0, 9},
		{"twice on one day is once", bought(90, 90), 0, 9},
		{"came back the next day", bought(90, 91), 1, 1},
		{"came back after the end", bought(90, 100), 0, 9},
		{"came back twice: the first counts", bought(10, 15, 40), 1, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			curve := report(t, []history.Customer{c.customer}, 100, 180).Repeat
			require.Equal(t, c.events, curve.Events)
			require.Equal(t, c.days, curve.Days)
		})
	}
}

func TestTheLossAfterTenSilentDays(t *testing.T) {
	for _, c := range []struct {
		name     string
		customer history.Customer
		events   int64
		days     int64
	}{
		{"silent up to the end, but one day short", bought(90), 0, 9},
		{"silent up to the end", bought(89), 1, 10},
		{"came back on the tenth day: not lost then, and not yet again", bought(80, 90), 0, 19},
		{"came back on the eleventh day: lost before", bought(50, 61), 1, 10},
		{"lost after the second purchase", bought(50, 55, 80), 1, 15},
		{"lost twice: the first counts", bought(10, 40), 1, 10},
		{"what comes after the end says nothing", bought(89, 100), 1, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			curve := report(t, []history.Customer{c.customer}, 100, 10).Loss
			require.Equal(t, c.events, curve.Events)
			require.Equal(t, c.days, curve.Days)
		})
	}
}

func TestWhereNobodyIsLeft(t *testing.T) {
	curve := report(t, []history.Customer{bought(1, 5), bought(1, 9)}, 100, 180).Repeat
	require.Equal(t, []survival.Step{
		{Day: 4, AtRisk: 2, Events: 1, S: 0.5, Error: survival.Estimate(0.5 * math.Sqrt(0.5)), Low: curve.Steps[0].Low, High: curve.Steps[0].High, Bounded: true},
		{Day: 8, AtRisk: 1, Events: 1},
	}, curve.Steps)
	require.InDelta(t, 0.0060, float64(curve.Steps[0].Low), 5e-5, "0.5^exp(1.96·0.7071/0.6931)")
	require.InDelta(t, 0.9104, float64(curve.Steps[0].High), 5e-5)
	require.Equal(t, 4, curve.Median, "a half is enough")
	require.Equal(t, "0.500000000", curve.Steps[0].S.String())
}

func TestNobodyIsThere(t *testing.T) {
	r := report(t, []history.Customer{bought(100)}, 100, 180)
	require.Zero(t, r.Repeat.Customers)
	require.Empty(t, r.Loss.Steps)
	require.Equal(t, "1.000000000", r.Loss.At(30).S.String())
}

func TestSilentDaysThatMakeNoSense(t *testing.T) {
	for _, days := range []int{-1, 0, 3661} {
		require.ErrorIs(t, survival.CheckSilent(days), reason.InvalidArgument)
	}
}

// TestTheCurveAgreesWithItsTwin computes S anew for each day from all customers, in exact fractions.
func TestTheCurveAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []history.Customer
		for range rapid.IntRange(0, 25).Draw(t, "customers") {
			d, c := calendar.Day(rapid.IntRange(0, 60).Draw(t, "first")), history.Customer{}
			for range rapid.IntRange(1, 4).Draw(t, "orders") {
				c.Orders = append(c.Orders, history.Order{Day: d})
				d += calendar.Day(rapid.IntRange(0, 25).Draw(t, "gap"))
			}
			list = append(list, c)
		}
		silent := rapid.IntRange(1, 30).Draw(t, "silent")
		r := report(t, list, 100, silent)
		requireCurve(t, r.Repeat, list, func(c history.Customer) (int, bool) { return comesBack(c, 99) })
		requireCurve(t, r.Loss, list, func(c history.Customer) (int, bool) { return isLost(c, 99, silent) })
	})
}

// comesBack looks at each day after the first.
func comesBack(c history.Customer, last calendar.Day) (int, bool) {
	for d := c.First() + 1; d <= last; d++ {
		if buysOn(c, d) {
			return int(d - c.First()), true
		}
	}
	return int(last - c.First()), false
}

// isLost counts silent days, day by day.
func isLost(c history.Customer, last calendar.Day, silent int) (int, bool) {
	quiet := 0
	for d := c.First() + 1; d <= last; d++ {
		quiet++
		if buysOn(c, d) {
			quiet = 0
		}
		if quiet == silent {
			return int(d - c.First()), true
		}
	}
	return int(last - c.First()), false
}

func buysOn(c history.Customer, d calendar.Day) bool {
	for _, o := range c.Orders {
		if o.Day == d {
			return true
		}
	}
	return false
}

func requireCurve(t *rapid.T, curve survival.Curve, list []history.Customer, observe func(history.Customer) (int, bool)) {
	s, greenwood := big.NewRat(1, 1), new(big.Rat)
	median := 0
	for day := range 100 {
		risk, events := int64(0), int64(0)
		for _, c := range list {
			days, happened := observe(c)
			if days >= day {
				risk++
			}
			if days == day && happened {
				events++
			}
		}
		if events > 0 {
			s.Mul(s, big.NewRat(risk-events, risk))
			if risk > events {
				greenwood.Add(greenwood, big.NewRat(events, risk*(risk-events)))
			}
		}
		want, _ := s.Float64()
		sum, _ := greenwood.Float64()
		at := curve.At(day)
		require.InDelta(t, want, float64(at.S), 1e-12, "S(%d)", day)
		require.InDelta(t, want*math.Sqrt(sum), float64(at.Error), 1e-12, "error at %d", day)
		if median == 0 && events > 0 && s.Cmp(big.NewRat(1, 2)) <= 0 {
			median = day
		}
	}
	require.Equal(t, median, curve.Median)
}
