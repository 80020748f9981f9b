package abcxyz_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/abcxyz"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func date(month, day int) calendar.Day { return calendar.Date(2025, time.Month(month), day) }

var end = date(7, 1)

// monthly spends so much in each month from January on; 0 is no order.
func monthly(id string, spend ...money.Minor) history.Customer {
	c := history.Customer{ID: id}
	for i, s := range spend {
		if s > 0 {
			c.Orders = append(c.Orders, history.Order{Day: date(i+1, 3), Base: s})
		}
	}
	return c
}

func report(t require.TestingT, p abcxyz.Params, customers ...history.Customer) abcxyz.Report {
	require.NoError(t, p.Check())
	margin := ratioOf("0.5")
	b := abcxyz.New(end, p, &program.Economics{Margin: &margin})
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func counts(list []abcxyz.Class) string {
	text := ""
	for _, c := range list {
		text += fmt.Sprint(c.Name, c.Customers, " ")
	}
	return text
}

func half() abcxyz.Params {
	p := abcxyz.Defaults()
	p.Months = 6
	return p
}

func TestF4ClassesByHowEvenlyCustomersBuy(t *testing.T) {
	for _, c := range []struct {
		name, variation, class string
		spend                  []money.Minor
	}{
		{"the same each month", "0.000000000", "X", []money.Minor{100, 100, 100, 100, 100, 100}},
		{"at the first mark", "0.100000000", "X", []money.Minor{90, 110, 90, 110, 90, 110}},
		{"just beyond it", "0.110000000", "Y", []money.Minor{89, 111, 89, 111, 89, 111}},
		{"at the second mark", "0.250000000", "Y", []money.Minor{75, 125, 75, 125, 75, 125}},
		{"just beyond it", "0.260000000", "Z", []money.Minor{74, 126, 74, 126, 74, 126}},
		{"near all that fits", "0.250000000", "Y", []money.Minor{75e16, 125e16, 75e16, 125e16, 75e16, 125e16}},
		{"and by three cents beyond the mark", "0.250000000", "Z", []money.Minor{75e16 - 3, 125e16 + 3, 75e16 - 3, 125e16 + 3, 75e16 - 3, 125e16 + 3}},
		{"one month of six", "2.236067977", "Z", []money.Minor{600}},
		{"since the third month", "0.000000000", "X", []money.Minor{0, 0, 50, 50, 50, 50}},
		{"known for two months", "", "", []money.Minor{0, 0, 0, 0, 50, 50}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := half()
			p.Members = "*/*"
			r := report(t, p, monthly("ann", c.spend...))
			if c.class == "" {
				require.EqualValues(t, 1, r.Unrated.Customers)
				return
			}
			require.Equal(t, c.variation, r.Members[0].Variation.String())
			require.Equal(t, c.class, r.Members[0].XYZ)
		})
	}
}

func TestF4ClassesBySeveralCriteria(t *testing.T) {
	told := func(c history.Customer, kind, data string) history.Customer {
		c.Deeds = append(c.Deeds, history.Deed{Day: date(2, 1), Type: kind, Data: data})
		return c
	}
	p := half()
	p.Members = "*/*"
	r := report(t, p,
		told(told(monthly("ann", 900, 900, 900, 900, 900, 900), "payment", `{"days_to_pay": 40}`), "survey", `{"potential_minor": 5000}`),
		told(told(monthly("bob", 500, 500, 500), "payment", `{"days_to_pay": 10}`), "survey", `{"potential_minor": 9500}`),
		told(monthly("cid", 100), "payment", `{"days_to_pay": 10}`))
	byID := map[string]abcxyz.Member{}
	for _, m := range r.Members {
		byID[m.ID] = m
	}
	require.Equal(t, "A2 B0 C1 ", counts(r.One), "5400, 1500 and 100 of 7000: who crosses 80 % is still A")
	// Volume, potential (0 and 8000), payment speed, profitability, loyalty.
	require.Equal(t, [5]int8{5, 3, 2, 5, 5}, byID["ann"].Scores, "who pays late comes last")
	require.Equal(t, [5]int8{4, 5, 5, 4, 4}, byID["bob"].Scores)
	require.Equal(t, [5]int8{2, 0, 5, 2, 2}, byID["cid"].Scores, "the potential is not known, and takes no part")
	require.Equal(t, "4.000000000", byID["ann"].Score.String())
	require.Equal(t, "2.750000000", byID["cid"].Score.String())
	require.Equal(t, "A2 B1 C0 ", counts(r.Several))
	require.EqualValues(t, 2, r.Criteria[abcxyz.Potential].Customers)
	require.EqualValues(t, 2, r.Agree, "all but cid")

	p.Weights[abcxyz.Volume], p.Weights[abcxyz.Potential], p.Weights[abcxyz.Profit], p.Weights[abcxyz.Loyalty] = money.Ratio{}, money.Ratio{}, money.Ratio{}, money.Ratio{}
	p.Several, p.Members = true, "C/X"
	require.NoError(t, p.Check())
	only := report(t, p, told(monthly("ann", 900, 900, 900, 900, 900, 900), "payment", `{"days_to_pay": 40}`), monthly("dan", 100, 100, 100, 100, 100, 100))
	require.Equal(t, "A1 B0 C1 ", counts(only.Several), "of whom nothing is known that counts is C")
	require.Len(t, only.Members, 1)
	require.Equal(t, "dan", only.Members[0].ID)
	require.EqualValues(t, 1, only.Fields[6].Customers, "CX")
}

func TestF4WithoutMuch(t *testing.T) {
	empty := report(t, half())
	require.Zero(t, empty.Customers)
	require.Equal(t, "A0 B0 C0 ", counts(empty.One))
	returned := monthly("ann", 100, 100, 100)
	for i := range returned.Orders {
		returned.Orders[i].Base = 0
	}
	r := report(t, half(), returned)
	require.Equal(t, "A0 B0 C1 ", counts(r.One), "only returns: nothing is a share of nothing")
	require.EqualValues(t, 1, r.Unrated.Customers, "and has no variation")
	huge := monthly("ann", 1<<62, 1<<61, 1<<60)
	require.Equal(t, "X0 Y0 Z1 ", counts(report(t, half(), huge).XYZ))
	b := abcxyz.New(end, half(), &program.Economics{})
	require.NoError(t, b.Add(huge))
	require.Error(t, b.Add(monthly("bob", 1<<62)), "a sum that does not fit")
}

func TestF4IsRefused(t *testing.T) {
	for field, alter := range map[string]func(*abcxyz.Params){
		"criterion":             func(p *abcxyz.Params) { p.By = "joy" },
		"months":                func(p *abcxyz.Params) { p.Months = 2 },
		"b_share":               func(p *abcxyz.Params) { p.A = p.B },
		"a_score":               func(p *abcxyz.Params) { p.AScore = ratioOf("5.001") },
		"y_variation":           func(p *abcxyz.Params) { p.X = money.Ratio{} },
		"weights":               func(p *abcxyz.Params) { p.Weights = [5]money.Ratio{} },
		"weights.payment_speed": func(p *abcxyz.Params) { p.Weights[abcxyz.Payment] = ratioOf("1/3") },
		"members_of":            func(p *abcxyz.Params) { p.Members = "D/X" },
	} {
		p := abcxyz.Defaults()
		alter(&p)
		require.ErrorContains(t, p.Check(), field)
	}
}

func ratioOf(text string) money.Ratio {
	r, err := money.ParseRatio(text)
	if err != nil {
		panic(err)
	}
	return r
}

// TestF4HoldsForAnyCustomers: A, B and C are those of the Pareto report, every part sums to the whole, and neither doubling all
// amounts nor the order of customers changes a class.
func TestF4HoldsForAnyCustomers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spends := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(0, 500), 1, 6), 0, 12).Draw(t, "spends")
		var once, twice []history.Customer
		classic := pareto.New(end, pareto.Defaults())
		for i, s := range spends {
			c, d := history.Customer{ID: fmt.Sprintf("c%02d", i)}, history.Customer{ID: fmt.Sprintf("c%02d", i)}
			for k, x := range s {
				c.Orders = append(c.Orders, history.Order{Day: date(k+1, 3), Base: money.Minor(100 * x)})
				d.Orders = append(d.Orders, history.Order{Day: date(k+1, 3), Base: money.Minor(200 * x)})
			}
			once, twice = append(once, c), append([]history.Customer{d}, twice...)
			require.NoError(t, classic.Add(c))
		}
		r, doubled := report(t, half(), once...), report(t, half(), twice...)
		for i, c := range classic.Report().Classes {
			require.Equal(t, c.Customers, r.One[i].Customers)
			require.Equal(t, c.Sum, r.One[i].Sum)
		}
		sum := r.Unrated.Customers
		for _, f := range r.Fields {
			sum += f.Customers
		}
		require.Equal(t, r.Customers, sum)
		require.Equal(t, counts(r.One)+counts(r.Several)+counts(r.XYZ), counts(doubled.One)+counts(doubled.Several)+counts(doubled.XYZ))
	})
}
