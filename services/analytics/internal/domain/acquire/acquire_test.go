package acquire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/acquire"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func bought(id string, base money.Minor) history.Customer {
	return history.Customer{ID: id, Orders: []history.Order{{Day: 50, Base: base}}}
}

// TestF2AcquisitionAgainstValue: 175,000 spent on 10 new customers, each worth 30,000 a period.
func TestF2AcquisitionAgainstValue(t *testing.T) {
	p := acquire.Defaults()
	p.Spend, p.Won, p.Value = 17_500_000, 10, 3_000_000
	margin, err := money.NewRatio(3, 5)
	require.NoError(t, err)
	b := acquire.New(0, 100, p, &program.Economics{Margin: &margin})
	require.NoError(t, b.Add(bought("a", 1_000_000)))
	require.NoError(t, b.Add(bought("b", 4_000_000)))
	r, err := b.Report()
	require.NoError(t, err)
	require.EqualValues(t, 1_750_000, *r.CAC, "F2: 17,500")
	require.EqualValues(t, 1_250_000, *r.Net, "F2: 12,500")
	require.Equal(t, "1.714285714", r.Ratio.String(), "F2")
	require.EqualValues(t, 350_000, *r.Keeping, "F2: a fifth is 3,500")
	require.Equal(t, "0.583333333", r.Payback.String())
	require.EqualValues(t, 1_800_000, *r.Margin, "60 % of the stated value")
	require.EqualValues(t, 50_000, *r.MarginNet)
	require.Equal(t, "1.028571429", r.MarginRatio.String())
	require.EqualValues(t, 2_000_000, *r.Gap, "who spends more than the value has no gap")
	require.EqualValues(t, 1_166_666, *r.GapCAC)
}

func TestAcquisitionAsMeasured(t *testing.T) {
	b := acquire.New(10, 100, acquire.Defaults(), &program.Economics{})
	told := history.Deed{Day: 20, Type: acquire.Deed, Data: `{"amount_minor":900}`}
	odd := []history.Deed{{Day: 5, Type: acquire.Deed, Data: `{"amount_minor":7}`}, {Day: 20, Type: acquire.Deed, Data: `{"amount_minor":-7}`},
		{Day: 20, Type: acquire.Deed, Data: `{"amount_minor":1.5}`}, {Day: 20, Type: "visit", Data: `{"amount_minor":7}`}}
	old := history.Customer{ID: "old", Orders: []history.Order{{Day: 1, Base: 1}, {Day: 60, Base: 200}}}
	require.NoError(t, b.Add(history.Customer{ID: "office", Deeds: append(odd, told)}))
	require.NoError(t, b.Add(bought("new", 100)))
	require.NoError(t, b.Add(old))
	r, err := b.Report()
	require.NoError(t, err)
	require.EqualValues(t, 900, r.Spend)
	require.EqualValues(t, 1, r.Won)
	require.EqualValues(t, 2, r.Existing)
	require.EqualValues(t, 150, *r.Value)
	require.EqualValues(t, -750, *r.Net)
	require.Nil(t, r.Margin, "nobody tells what goods cost")
	require.Empty(t, r.MarginRatio.String())
	require.EqualValues(t, 50, *r.Gap)
}

func TestNobodyWasWon(t *testing.T) {
	r, err := acquire.New(10, 100, acquire.Defaults(), &program.Economics{}).Report()
	require.NoError(t, err)
	require.Equal(t, acquire.Report{}, r)
	p := acquire.Defaults()
	p.Won = 5
	r, err = acquire.New(10, 100, p, &program.Economics{}).Report()
	require.NoError(t, err)
	require.Zero(t, *r.CAC)
	require.Empty(t, r.Ratio.String(), "won for nothing: no ratio")
	two, err := money.NewRatio(2, 1)
	require.NoError(t, err)
	p.Keeping = two
	require.ErrorIs(t, p.Check(), reason.InvalidArgument)
}
