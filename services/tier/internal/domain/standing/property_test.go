package standing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// twin is the slow, obvious account: it keeps what was taken of each order, adds up the whole window for each question and
// looks at each day, one by one. Steps are bronze, silver from 10.00 and gold from 30.00, over two months.
type twin struct {
	orders map[string]orders.State
	tier   int // -1: none
	today  calendar.Day
	waits  []wait
}

// wait is a return that came before its order.
type wait struct {
	order, id string
	until     calendar.Day
}

func (w *twin) window(from, before calendar.Day) money.Minor {
	sum := money.Minor(0)
	for _, s := range w.orders {
		if day := calendar.DayOf(s.PaidAt(), time.UTC); s.Paid() && from <= day && day < before {
			sum += s.Base()
		}
	}
	return sum
}

func fit(amount money.Minor) int {
	switch {
	case amount >= 30_00:
		return 2
	case amount >= 10_00:
		return 1
	}
	return 0
}

func (w *twin) pass(until calendar.Day) {
	for ; w.today < until; w.today++ {
		on := w.today + 1
		for _, x := range w.waits {
			if x.until == on { // a wait that is over by then finds nothing
				w.orders[x.order] = w.orders[x.order].Apply(orders.Event{Kind: orders.Lapsed, LapsedKind: orders.Returned, Occurrence: x.id})
			}
		}
		if on == on.FirstOfMonth() && w.tier > 0 && fit(w.window(on.AddMonths(-2), on)) < w.tier {
			w.tier--
		}
	}
}

func (w *twin) take(order string, e orders.Event) {
	w.orders[order] = w.orders[order].Apply(e)
	if !w.orders[order].Paid() {
		w.waits = append(w.waits, wait{order, e.Occurrence, w.today + 30})
		return
	}
	w.tier = max(w.tier, fit(w.window(w.today.AddMonths(-2)+1, w.today+1)))
}

// An account has the tier of the twin, and the same lines, rows and notices whenever it is swept.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schedule := rules(t, "ladder: {notice_days: 10, window_months: 2, tiers: [{name: bronze, from: 0}, {name: silver, from: 10}, {name: gold, from: 30}]}")
		lazy, swept := newHouse(t, schedule), newHouse(t, schedule)
		now, n := at("2025-01-10T12:00"), 0
		w := &twin{orders: map[string]orders.State{}, tier: -1, today: calendar.DayOf(now, time.UTC)}
		granted := false
		t.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 50*24).Draw(t, "hours")) * time.Hour)
				swept.pass(now)
				w.pass(calendar.DayOf(now, time.UTC))
			},
			"event": func(t *rapid.T) {
				n++
				order := fmt.Sprint("o", rapid.IntRange(max(1, n-5), n).Draw(t, "order"))
				e := paid(now, money.Minor(rapid.Int64Range(1, 4000).Draw(t, "amount")))
				if rapid.Bool().Draw(t, "comes back") {
					e = returned(now, fmt.Sprint("r", n), money.Minor(rapid.Int64Range(1, 4000).Draw(t, "back")))
				}
				c := orderbook.Arrival{Ref: orders.Ref{Merchant: "till", Order: order}, Event: e, ID: fmt.Sprint("e", n), Source: "//till"}
				one, err1 := lazy.send(c, now)
				two, err2 := swept.send(c, now)
				require.Equal(t, err1, err2)
				require.Equal(t, one, two)
				if err1 == nil {
					w.take(order, e)
				}
			},
			"grant": func(t *rapid.T) {
				granted = true
				from := calendar.DayOf(now, time.UTC).AddDays(rapid.IntRange(-2, 20).Draw(t, "from"))
				g := standing.Grant{Ends: rapid.IntRange(0, 3).Draw(t, "ends") == 0, Given: ladder.Grant{
					ID: fmt.Sprint("g", rapid.IntRange(1, 9).Draw(t, "id")), Tier: rapid.SampledFrom([]string{"silver", "gold", "tin"}).Draw(t, "tier"),
					From: from, Until: from.AddDays(rapid.IntRange(0, 60).Draw(t, "days")),
				}}
				one, err1 := lazy.grant(g, now)
				two, err2 := swept.grant(g, now)
				require.Equal(t, err1, err2)
				require.Equal(t, one, two)
			},
			"": func(t *rapid.T) {
				if swept.pass(now); !granted {
					require.Equal(t, []string{"", "bronze", "silver", "gold"}[w.tier+1], swept.account.Ladder.Tier)
				}
			},
		})
		now = now.AddDate(1, 0, 0)
		lazy.pass(now)
		swept.pass(now)
		require.Equal(t, lazy.lines, swept.lines)
		require.Equal(t, lazy.rows, swept.rows)
		require.Equal(t, lazy.told, swept.told)
		require.Equal(t, lazy.account, swept.account)
	})
}
