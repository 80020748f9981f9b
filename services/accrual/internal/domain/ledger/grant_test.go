package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// grants lets one be given or ended, and posts what the ledger says.
func (h *house) grants(g ledger.Grant, t time.Time) (ledger.Verdict, error) {
	h.pass(t)
	g.OccurredAt = t
	v, err := ledger.TakeGrant(h.account, g, h.schedule, later(h.account.Clock, h.clock))
	if err == nil && v.Repeats == "" {
		h.post(v.Entry)
		requireSame(h.t, h.account, v.Account)
	}
	return v, err
}

func gold(id, from, until string) ledger.Grant {
	day := func(text string) calendar.Day {
		d, err := calendar.Parse(text)
		if err != nil {
			panic(err)
		}
		return d
	}
	return ledger.Grant{
		Given:   ladder.Grant{ID: id, Tier: "gold", From: day(from), Until: day(until), Reason: "late delivery", Actor: "eva"},
		EventID: "e-" + id, Source: "laurel/tier",
	}
}

func end(id string) ledger.Grant {
	return ledger.Grant{Given: ladder.Grant{ID: id, Actor: "eva"}, Ends: true}
}

func TestAGrantIsAnEntryWithoutPointsAndItsTierMultiplies(t *testing.T) {
	h := newHouse(t, rules(t, ladderOf100, "earning: {points: 1, per: 1.00, multipliers: {tier: {gold: 3/2}}}", "expiry: {rule: never}"))
	h.tell("2025-01-10 paid o1: 10.00 cd")
	v, err := h.grants(gold("g1", "2025-01-11", "2025-03-15"), instant(t, "2025-01-11"))
	require.NoError(t, err)
	require.Equal(t, ledger.FormatGrants, v.Entry.Format)
	require.Equal(t, "grant/anna/g1", v.Entry.Key)
	require.Equal(t, "operator/eva", v.Entry.Actor)
	require.Empty(t, v.Entry.Movements)
	require.Equal(t, "gold", v.Entry.After.Tier)
	require.Equal(t, []string{
		"On 11 January 2025 tier gold was granted until the end of 14 March 2025: late delivery.",
		"The tier rose to gold, because it was granted.",
	}, ledger.Explain(v.Entry, h.schedule[0].Program)[:2])
	again, err := h.grants(gold("g1", "2025-01-11", "2025-03-15"), instant(t, "2025-01-12"))
	require.NoError(t, err)
	require.Equal(t, "grant/anna/g1", again.Repeats)
	h.tell(`
		2025-02-10 paid o2: 10.00 cd
		2025-03-16 paid o3: 10.00 cd`)
	require.Equal(t, trimmed(`
		2025-01-10 earn: earn 10 = active 10; bronze at 10.00 (first)
		2025-02-10 earn: earn 15 = active 25
		2025-03-15 state = active 25; bronze at 20.00 (grant_ended)
		2025-03-16 earn: earn 10 = active 35`), joined(h.told))
	require.Contains(t, ledger.Explain(h.entries[3], h.schedule[0].Program), "The tier is bronze again: the grant of gold is over.")
	h.rebuild()
}

func TestAGrantEndsBeforeItsTimeOnce(t *testing.T) {
	h := newHouse(t, rules(t, ladderOf100))
	_, err := h.grants(end("g1"), instant(t, "2025-01-10"))
	refusedWith(t, err, reason.GrantNotFound)
	_, err = h.grants(gold("g1", "2025-01-10", "2025-03-15"), instant(t, "2025-01-10"))
	require.NoError(t, err, "also for an account of which nothing is known")
	require.Equal(t, "gold", h.account.Ladder.Tier)
	v, err := h.grants(end("g1"), instant(t, "2025-01-20"))
	require.NoError(t, err)
	require.Equal(t, "grant/anna/g1/ended", v.Entry.Key)
	require.Equal(t, "bronze", v.Entry.After.Tier)
	require.Equal(t, "On 20 January 2025 the grant g1 was ended.", ledger.Explain(v.Entry, h.schedule[0].Program)[0])
	v, err = h.grants(end("g1"), instant(t, "2025-01-21"))
	require.NoError(t, err)
	require.Equal(t, "grant/anna/g1/ended", v.Repeats)
	_, err = h.grants(gold("g2", "2025-01-10", "2025-01-21"), instant(t, "2025-01-21"))
	refusedWith(t, err, reason.EventTooLate)
	h.pass(instant(t, "2026-01-01"))
	require.Empty(t, h.account.Ladder.Grants)
	h.rebuild()
}

// A ledger with grants is the same whenever it is swept, and its account is what its entries give.
func TestGrantsDoNotDependOnSweeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schedule := rules(t, "ladder: {window_months: 2, tiers: [{name: bronze, from: 0}, {name: silver, from: 10}, {name: gold, from: 30}]}")
		lazy, swept := newHouse(t, schedule), newHouse(t, schedule)
		now, n := time.Date(2025, 1, 10, 12, 0, 0, 0, time.UTC), 0
		both := func(deed func(*house)) { deed(lazy); deed(swept) }
		t.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 60*24).Draw(t, "hours")) * time.Hour)
				swept.pass(now)
			},
			"order": func(t *rapid.T) {
				n++
				c := command(fmt.Sprint("o", n), orderOf(calendar.DayOf(now, time.UTC), money.Minor(100*rapid.Int64Range(1, 40).Draw(t, "amount"))))
				both(func(h *house) { _, err := h.take(c, now); require.NoError(t, err) })
			},
			"grant": func(t *rapid.T) {
				from := calendar.DayOf(now, time.UTC).AddDays(rapid.IntRange(-2, 20).Draw(t, "from"))
				g := gold(fmt.Sprint("g", rapid.IntRange(1, 9).Draw(t, "id")), from.String(), from.AddDays(rapid.IntRange(0, 60).Draw(t, "days")).String())
				g.Given.Tier = rapid.SampledFrom([]string{"bronze", "silver", "gold", "tin"}).Draw(t, "tier")
				g.Ends = rapid.IntRange(0, 3).Draw(t, "ends") == 0
				both(func(h *house) { _, _ = h.grants(g, now) })
			},
		})
		now = now.AddDate(1, 0, 0)
		both(func(h *house) { h.pass(now); h.rebuild() })
		require.Equal(t, swept.entries, lazy.entries)
	})
}
