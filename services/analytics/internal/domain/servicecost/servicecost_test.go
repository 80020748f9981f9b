package servicecost_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/servicecost"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

var day, end = calendar.Date(2025, time.March, 1), calendar.Date(2025, time.July, 1)

// visited spends so much in one order and is visited so often, at 10 a visit and 1 an order.
func visited(id string, spend money.Minor, visits int) history.Customer {
	c := history.Customer{ID: id, Orders: []history.Order{{Day: day, Base: spend}}}
	for range visits {
		c.Deeds = append(c.Deeds, history.Deed{Day: day, Type: "visit"})
	}
	return c
}

func report(t *testing.T, customers ...history.Customer) servicecost.Report {
	t.Helper()
	b := servicecost.New(calendar.None, end, &program.Economics{Order: 1, Actions: map[string]money.Minor{"visit": 10}})
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func TestG4WhoGetsLessThanAWorseClass(t *testing.T) {
	r := report(t, visited("ann", 8000, 1), visited("bob", 1500, 3), visited("cid", 300, 9), visited("dan", 200, 2))
	require.Equal(t, []string{"A", "B", "C"}, []string{r.Classes[0].Name, r.Classes[1].Name, r.Classes[2].Name})
	require.Equal(t, []bool{true, true, false}, []bool{r.Classes[0].Below, r.Classes[1].Below, r.Classes[2].Below}, "11 against 31 and 56, 31 against 56")
	require.EqualValues(t, 3, r.OverCount, "all get more than ann")
	require.Equal(t, "cid 91 C 80", fmt.Sprint(r.Over[0].ID, " ", r.Over[0].Cost, " ", r.Over[0].Class, " ", r.Over[0].Off), "91 where one of A costs 11")
	require.EqualValues(t, 80+20+10, r.OverSum)
	require.Equal(t, []string{"ann", "bob"}, []string{r.Under[0].ID, r.Under[1].ID}, "both less than one of C, who costs 56")
	require.EqualValues(t, -45, r.Under[0].Off)
	require.Equal(t, "56.000000000", r.Classes[2].Mean().String())
}

func TestG4HoldsMeansAgainstEachOther(t *testing.T) {
	r := report(t, visited("ann", 5000, 1), visited("amy", 4800, 1), visited("cid", 200, 2))
	require.EqualValues(t, 2, r.Classes[0].Customers)
	require.True(t, r.Classes[0].Below, "11 each against 21, though both together cost 22")
}

func TestG4WithoutMuch(t *testing.T) {
	empty := report(t)
	require.Zero(t, empty.Customers)
	require.Empty(t, empty.Classes[0].Mean().String())
	one := report(t, visited("ann", 0, 3))
	require.Zero(t, one.OverCount+one.UnderCount, "nobody to be held against")
	alike := report(t, visited("ann", 800, 1), visited("bob", 150, 1), visited("cid", 50, 1))
	require.Zero(t, alike.OverCount+alike.UnderCount)
	require.False(t, alike.Classes[0].Below)
	b := servicecost.New(calendar.None, end, &program.Economics{Actions: map[string]money.Minor{"visit": 1 << 62}})
	require.Error(t, b.Add(visited("ann", 1, 3)), "a cost that does not fit")
}
