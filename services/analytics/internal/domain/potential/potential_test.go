package potential_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/potential"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var end = calendar.Date(2025, time.July, 1)

func customer(id string, ago int, data string) history.Customer {
	c := history.Customer{ID: id, Orders: []history.Order{{Day: end.AddDays(-ago), Base: 1000}}}
	if data != "" {
		c.Deeds = []history.Deed{{Day: end.AddDays(-1), Type: "survey", Data: data}}
	}
	return c
}

func report(t *testing.T, p potential.Params, alive float64, customers ...history.Customer) potential.Report {
	t.Helper()
	b := potential.New(end, p, func(history.Customer) (float64, error) { return alive, nil })
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

// TestF22Potential: two of one segment say 1000 and 3000 a year and a quarter of it here: 2 × 0.75 × 2000 × 0.5.
func TestF22Potential(t *testing.T) {
	r := report(t, potential.Params{}, 0.5,
		customer("ann", 3, `{"category_spend_minor": 1000, "wallet_percent": 20, "alternatives": 2}`),
		customer("bob", 3, `{"category_spend_minor": 3000, "wallet_percent": 3e1}`))
	require.EqualValues(t, 2, r.Known)
	require.EqualValues(t, 1500, r.Potential)
	for _, s := range r.Segments {
		if s.Customers == 0 {
			require.Nil(t, s.Potential, s.Name)
			continue
		}
		require.EqualValues(t, 2, s.Spend.Answers)
		require.Equal(t, "0.250000000", s.Wallet.Mean.String())
		require.Equal(t, "0.500000000", s.Alive.String())
		require.Equal(t, "2.000000000", s.Others.Mean.String())
		require.True(t, s.Spend.Own)
	}
}

func TestF22WhereNobodySaysAnything(t *testing.T) {
	spend, quarter := money.Minor(1000), history.ShareOf(1, 4)
	require.Zero(t, report(t, potential.Params{}, 1).Customers)
	require.Zero(t, report(t, potential.Params{}, 1, customer("ann", 3, "")).Known)
	r := report(t, potential.Params{Wallet: quarter, Spend: &spend}, 1, customer("ann", 3, ""))
	require.EqualValues(t, 750, r.Potential)
	r = report(t, potential.Params{Wallet: quarter, Spend: &spend}, 1, customer("ann", 1, `{"category_spend_minor": 2000, "wallet_percent": 101}`),
		customer("bob", 300, ""))
	text := ""
	for _, s := range r.Segments {
		if s.Customers > 0 {
			text += fmt.Sprintf("%d own=%t assumed=%t,%t; ", *s.Potential, s.Spend.Own, s.Spend.Assumed, s.Wallet.Assumed)
		}
	}
	require.Equal(t, "1500 own=true assumed=false,true; 1500 own=false assumed=false,true; ", text, "bob's segment takes what others say; more than all is no answer")
	full := report(t, potential.Params{}, 1, customer("ann", 3, `{"category_spend_minor": 1000, "wallet_percent": 100}`))
	require.Zero(t, full.Potential, "who buys all here")
	require.EqualValues(t, 1, full.Known)
}

func TestF22ASumThatDoesNotFitIsNone(t *testing.T) {
	most := money.Minor(math.MaxInt64)
	b := potential.New(end, potential.Params{Wallet: history.ShareOf(0, 1), Spend: &most}, func(history.Customer) (float64, error) { return 1, nil })
	for _, id := range []string{"ann", "bob"} {
		require.NoError(t, b.Add(customer(id, 3, "")))
	}
	_, err := b.Report()
	require.ErrorIs(t, err, reason.AmountOutOfRange)
}
