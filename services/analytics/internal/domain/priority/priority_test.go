package priority_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/priority"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

var end = calendar.Date(2025, time.July, 1)

// silent bought for so much once, so many days ago.
func silent(id string, ago int, spend money.Minor) history.Customer {
	return history.Customer{ID: id, Orders: []history.Order{{Day: end.AddDays(-ago), Base: spend}}}
}

func half() *program.Economics {
	margin, _ := money.NewRatio(1, 2)
	return &program.Economics{Margin: &margin}
}

func report(t *testing.T, p priority.Params, e *program.Economics, alive func(history.Customer) (float64, error), customers ...history.Customer) priority.Report {
	t.Helper()
	require.NoError(t, p.Check())
	b := priority.New(end, p, e, alive)
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func text(o priority.Option) string {
	cost := "-"
	if o.Whole != nil {
		cost = fmt.Sprint(*o.Whole)
	}
	return fmt.Sprintf("%s: %d, %d of %d for %s: %s", o.Name, o.Customers, o.Expected, o.Gain, cost, o.Return)
}

// TestG7WhereMoneyDoesMost is worked out by hand: margins of a year 1000, 2000, 4000 and 800 (at a half), mean 1950. Winning one
// costs 500 (two of the four were won in the year), keeping one 100.
func TestG7WhereMoneyDoesMost(t *testing.T) {
	p := priority.Defaults()
	p.Acquire.Spend, p.Acquire.Won = 1000, 2
	customers := []history.Customer{silent("new", 10, 2000), silent("risk", 200, 4000), silent("lost", 1000, 8000), silent("gone", 900, 1600)}
	r := report(t, p, half(), nil, customers...)
	require.True(t, r.Margin)
	var got []string
	for _, o := range r.Options {
		got = append(got, text(o))
	}
	require.Equal(t, []string{
		"keep: 1, 500 of 2000 for 100: 5.000000000",      // a quarter of 2000
		"acquire: 2, 3000 of 3000 for 1000: 3.000000000", // two of them at the mean margin of the year, 1500
		"develop: 1, 95 of 950 for 100: 0.950000000",     // up to the mean of 1950
		"win back: 2, 480 of 4800 for 1000: 0.480000000", // by what they brought in their last year
	}, got)
	require.Equal(t, "lost", r.Options[3].Most[0].ID)

	p.Cost[priority.WinBack] = 20
	r = report(t, p, half(), func(history.Customer) (float64, error) { return 0.5, nil }, customers...)
	require.Equal(t, "win back: 2, 480 of 4800 for 40: 12.000000000", text(r.Options[0]), "who has lapsed is not weighed")
	require.Equal(t, "keep: 1, 250 of 1000 for 100: 2.500000000", text(r.Options[2]), "who may be gone is")
	require.True(t, r.Alive)
}

func TestG7WithoutMuch(t *testing.T) {
	empty := report(t, priority.Defaults(), half(), nil)
	for _, o := range empty.Options {
		require.False(t, o.Return.IsSet(), o.Name)
	}
	r := report(t, priority.Defaults(), &program.Economics{}, nil, silent("ann", 10, 2000))
	require.False(t, r.Margin, "no cost of goods is known: turnover")
	require.EqualValues(t, 0, *r.CAC)
	require.False(t, r.Options[0].Return.IsSet(), "nothing was told of what winning costs")
	p := priority.Defaults()
	p.Success[0], _ = money.NewRatio(3, 2)
	require.ErrorContains(t, p.Check(), "success")
}
