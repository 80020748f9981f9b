package lifetime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var today = calendar.Date(2026, time.January, 1)

// club makes some customers who come, come back and go as chance has it.
func club(seed uint64, customers int) []history.Customer {
	r := rand.New(rand.NewPCG(seed, 2))
	list := make([]history.Customer, customers)
	for i := range list {
		list[i].ID = strconv.Itoa(i)
		every, typical, leaves := 1+r.ExpFloat64()*60, 500+r.ExpFloat64()*4000, r.Float64()*r.Float64()
		for day := today.AddDays(-1 - r.IntN(400)); day < today; day = day.AddDays(1 + int(r.ExpFloat64()*every)) {
			list[i].Orders = append(list[i].Orders, history.Order{Day: day, Base: money.Minor(1 + r.ExpFloat64()*typical)})
			if r.Float64() < leaves {
				break
			}
		}
	}
	return list
}

func fit(t *testing.T, p lifetime.Plan, customers []history.Customer) lifetime.Outcome {
	t.Helper()
	b := lifetime.New(p, 100)
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	o, err := b.Fit(nil)
	require.NoError(t, err)
	_, err = json.Marshal(o)
	require.NoError(t, err, "no number in it is none, and none without end")
	return o
}

func TestOtherNamesAndAnotherOrderChangeNothing(t *testing.T) {
	for _, kind := range lifetime.Kinds() {
		otherNamesChangeNothing(t, kind)
	}
}

func otherNamesChangeNothing(t *testing.T, kind lifetime.Kind) {
	t.Helper()
	customers := club(3, 400)
	plan := lifetime.Plan{AsOf: today, Holdout: 90, Kind: kind}
	before := fit(t, plan, customers)
	require.True(t, before.Final.Buying.Converged, before.Final.Buying.Why)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(customers), func(i, j int) { customers[i], customers[j] = customers[j], customers[i] })
	for i := range customers {
		customers[i].ID = "other-" + customers[i].ID
	}
	require.Equal(t, before, fit(t, plan, customers), "to the last bit")
}

func TestAnotherUnitOfMoneyIsAnotherUnitOfMoney(t *testing.T) {
	customers := club(4, 400)
	plan := lifetime.Plan{AsOf: today, Kind: lifetime.MBGNBD}
	cents := fit(t, plan, customers)
	for i := range customers {
		for j := range customers[i].Orders {
			customers[i].Orders[j].Base *= 1000
		}
	}
	more := fit(t, plan, customers)
	require.Equal(t, cents.Final.Buying, more.Final.Buying)
	require.InEpsilon(t, 1000*cents.Final.AmountsModel().Mean(), more.Final.AmountsModel().Mean(), 1e-6)
	require.InEpsilon(t, cents.Final.AmountsModel().P, more.Final.AmountsModel().P, 1e-5)
}

func TestAHoldoutIsCountedByDaysAndAddsUp(t *testing.T) {
	customers := club(5, 500)
	o := fit(t, lifetime.Plan{AsOf: today, Holdout: 100, Kind: lifetime.BGNBD}, customers)
	require.NotNil(t, o.Check)
	cut := today.AddDays(-100)
	actual, known := int64(0), int64(0)
	for _, c := range customers {
		days := c.Days()
		if days[0] >= cut {
			continue
		}
		known++
		for _, d := range days {
			if d >= cut {
				actual++
			}
		}
	}
	require.Equal(t, known, o.Check.Customers)
	require.Equal(t, actual, o.Check.Actual)
	sum, expected := int64(0), 0.0
	for _, l := range o.Check.ByRepeats {
		sum += l.Customers
		expected += l.Expected
	}
	require.Equal(t, known, sum)
	require.InDelta(t, o.Check.Expected, expected, 1e-9)
	require.InDelta(t, 1, o.Check.Expected/float64(actual), 0.5, "the forecast is of the right size")
	for i, p := range o.Check.Tracking[1:] {
		require.GreaterOrEqual(t, p.Actual, o.Check.Tracking[i].Actual)
		require.Greater(t, p.Expected, o.Check.Tracking[i].Expected)
	}
}

func TestFitsOfNothingSayWhy(t *testing.T) {
	one := history.Customer{ID: "ann", Orders: []history.Order{{Day: today.AddDays(-50), Base: 100}}}
	zero := history.Customer{ID: "bob", Orders: []history.Order{{Day: today.AddDays(-60)}, {Day: today.AddDays(-20)}}}
	huge := history.Customer{ID: "cid", Orders: []history.Order{{Day: today.AddDays(-60), Base: math.MaxInt64 - 1}, {Day: today.AddDays(-20), Base: 1}}}
	for _, c := range []struct {
		name      string
		customers []history.Customer
		asOf      calendar.Day
		why       string
	}{
		{"nobody", nil, today, "there is no customer"},
		{"a day before the first order", []history.Customer{one, zero}, today.AddDays(-100), "there is no customer"},
		{"one, once", []history.Customer{one}, today, "nobody came back"},
		{"one who pays nothing", []history.Customer{zero}, today, ""},
		{"one who pays all there is", []history.Customer{huge}, today, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := fit(t, lifetime.Plan{AsOf: c.asOf, Holdout: 30, Kind: lifetime.BGNBD}, c.customers)
			require.False(t, o.Final.Buying.Converged)
			require.Contains(t, o.Final.Buying.Why, c.why)
			require.NotEmpty(t, o.Final.Buying.Why)
			require.False(t, o.Final.Amounts.Converged)
			require.NotEmpty(t, o.Final.Amounts.Why)
			require.Nil(t, o.Check, "what did not converge forecasts nothing")
			_, ok := o.Final.Model(lifetime.BGNBD)
			require.False(t, ok)
			require.Nil(t, o.Final.AmountsModel())
		})
	}
	b := lifetime.New(lifetime.Plan{AsOf: today, Kind: lifetime.BGNBD}, 100)
	require.ErrorIs(t, b.Add(history.Customer{Orders: []history.Order{{Base: math.MaxInt64}, {Base: 1}}}), reason.AmountOutOfRange)
}

// TestAHoldoutThatLeavesNobody: one that begins on the first day of all or before is refused, with the longest there is.
func TestAHoldoutThatLeavesNobody(t *testing.T) {
	customers := club(8, 60)
	first := today
	for _, c := range customers {
		first = min(first, c.Orders[0].Day)
	}
	for _, kind := range lifetime.Kinds() {
		most := int(today-first) - 1
		for days, says := range map[int]string{most: "", most + 1: fmt.Sprintf("ask for at most %d days", most), 3660: "the first order is of " + first.String()} {
			b := lifetime.New(lifetime.Plan{AsOf: today, Holdout: days, Kind: kind}, 100)
			for _, c := range customers {
				require.NoError(t, b.Add(c))
			}
			o, err := b.Fit(nil)
			if says == "" {
				require.NoError(t, err)
				require.Positive(t, o.Calibration.Sum.Customers)
				continue
			}
			require.ErrorIs(t, err, reason.InvalidArgument)
			require.ErrorContains(t, err, says)
		}
	}
}

func TestAFitThatIsStopped(t *testing.T) {
	b := lifetime.New(lifetime.Plan{AsOf: today, Kind: lifetime.BGNBD}, 100)
	for _, c := range club(6, 50) {
		require.NoError(t, b.Add(c))
	}
	enough, n := errors.New("enough"), 0
	_, err := b.Fit(func() error {
		if n++; n > 20 {
			return enough
		}
		return nil
	})
	require.ErrorIs(t, err, enough)
	require.Less(t, n, 60, "it ends soon")
}

func TestAValueDiscountsWeekByWeek(t *testing.T) {
	buying := bgnbd.Model{Kind: bgnbd.BG, R: 0.24259, Alpha: 4.41360, A: 0.79292, B: 2.42591}
	amounts := &gammagamma.Model{P: 6.2496, Q: 3.7442, V: 15.4435}
	c := repeat.Customer{Count: repeat.Count{Repeats: 2, Recency: 213, Age: 272}, Repeated: 4469}
	v := lifetime.NewValuer(buying, amounts, lifetime.Terms{Weeks: 52, Discount: 0.1}, 100).Value(c)
	require.InEpsilon(t, 0.72662, v.Alive, 1e-4)
	require.InEpsilon(t, 24.6539, v.PerPurchase, 1e-4)
	require.InEpsilon(t, 36.7435, v.Residual, 1e-3)
	free := lifetime.NewValuer(buying, amounts, lifetime.Terms{Weeks: 52}, 100).Value(c)
	require.InEpsilon(t, v.PerPurchase*v.Purchases, free.Residual, 1e-9, "without discount it is purchases by amount")
	require.InEpsilon(t, 1.22599, lifetime.NewValuer(buying, nil, lifetime.Terms{Weeks: 39}, 100).Value(c).Purchases, 1e-3)
	require.Zero(t, lifetime.NewValuer(buying, nil, lifetime.Terms{Weeks: 39}, 100).Value(c).Residual)
}
