package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

const pendingTwoWeeks = "earning: {points: 1, per: 1.00, pending_days: 14}"

func TestPendingActiveGone(t *testing.T) {
	tellAll(t, []story{
		{
			name:  "pending until the activation day, active until the expiry day",
			rules: []string{pendingTwoWeeks, "expiry: {rule: end_of_month, months: 1}"},
			script: `
				2025-01-10T23:59 paid o1: 10.00 cd
				2025-01-23T23:59 passes
				2025-01-24T00:00 passes
				2025-02-28T23:59 passes
				2025-03-01T00:00 passes`,
			want: `
				2025-01-10 earn: earn 10 active 2025-01-24 gone 2025-03-01 = active 0, pending 10
				2025-01-24 activate: activate 10 active 2025-01-24 gone 2025-03-01 = active 10
				2025-03-01 expire: expire 10 gone 2025-03-01 = active 0`,
		}, {
			name:  "points of two days that become active one after the other merge, as they expire together",
			rules: []string{pendingTwoWeeks, "expiry: {rule: end_of_month, months: 1}"},
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-12 paid o2: 5.00 cd
				2025-03-01T00:00 passes`,
			want: `
				2025-01-10 earn: earn 10 active 2025-01-24 gone 2025-03-01 = active 0, pending 10
				2025-01-12 earn: earn 5 active 2025-01-26 gone 2025-03-01 = active 0, pending 15
				2025-01-24 activate: activate 10 active 2025-01-24 gone 2025-03-01 = active 10, pending 5
				2025-01-26 activate: activate 5 active 2025-01-26 gone 2025-03-01 = active 15
				2025-03-01 expire: expire 15 gone 2025-03-01 = active 0`,
		}, {
			name:  "what one day activates is one entry, whatever lots it comes from",
			rules: []string{pendingTwoWeeks, "expiry: {rule: end_of_month, months: 1}"},
			script: `
				2025-01-31 paid o1: 10.00 cd
				on 2025-02-01, 2025-01-31 paid o2: 5.00 cd
				2025-02-14T00:00 passes`,
			want: `
				2025-01-31 earn: earn 10 active 2025-02-14 gone 2025-03-01 = active 0, pending 10
				2025-02-01 earn: earn 5 active 2025-02-14 gone 2025-03-01 = active 0, pending 15
				2025-02-14 activate: activate 15 active 2025-02-14 gone 2025-03-01 = active 15`,
		}, {
			name:  "a return takes pending points first, then those of the same expiry",
			rules: []string{pendingTwoWeeks},
			script: `
				2025-01-02 paid o1: 10.00 cd
				2025-01-20 paid o2: 2 x 10.00 cd
				2025-01-21 returned o2/r1: 1 x cd
				2025-02-03 returned o2/r2: 1 x cd
				2025-02-04 returned o1/r1`,
			want: `
				2025-01-02 earn: earn 10 active 2025-01-16 gone 2026-02-01 = active 0, pending 10
				2025-01-16 activate: activate 10 active 2025-01-16 gone 2026-02-01 = active 10
				2025-01-20 earn: earn 10 active 2025-02-03 gone 2026-02-01 = active 10, pending 10
				2025-01-21 reverse: reverse 5 active 2025-02-03 gone 2026-02-01 = active 10, pending 5
				2025-02-03 activate: activate 5 active 2025-02-03 gone 2026-02-01 = active 15
				2025-02-03 reverse: reverse 5 gone 2026-02-01 = active 10
				2025-02-04 reverse: reverse 10 gone 2026-02-01 = active 0`,
		}, {
			name:  "an order that comes in after its activation day is active at once",
			rules: []string{pendingTwoWeeks},
			script: `
				on 2025-01-24, 2025-01-10 paid o1: 10.00 cd
				on 2025-01-24, 2025-01-11 paid o2: 5.00 cd`,
			want: `
				2025-01-24 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-24 earn: earn 5 active 2025-01-25 gone 2026-02-01 = active 10, pending 5`,
		}, {
			name:  "an order that comes in on its expiry day has earned and lost its points in one entry",
			rules: []string{"expiry: {rule: end_of_month, months: 1}"},
			script: `
				on 2025-02-28T23:59, 2025-01-10 paid o1: 10.00 cd
				on 2025-03-01T00:00, 2025-01-10 paid o2: 5.00 cd
				2025-03-02 returned o2/r1`,
			want: `
				2025-02-28 earn: earn 10 gone 2025-03-01 = active 10
				2025-03-01 expire: expire 10 gone 2025-03-01 = active 0
				2025-03-01 earn: earn 5 gone 2025-03-01, expire 5 gone 2025-03-01 = active 0
				2025-03-02 reverse: uncount 5 gone 2025-03-01 = active 0`,
		}, {
			name:  "points that never lapse do not",
			rules: []string{"expiry: {rule: never}"},
			script: `
				2025-01-10 paid o1: 10.00 cd
				2125-01-10 passes
				2125-01-11 spends 3`,
			want: `
				2025-01-10 earn: earn 10 = active 10
				2125-01-11 state: reverse 3 for cafe = active 7`,
		}, {
			name:  "several things due between two events fall due each at its own moment, in order",
			rules: []string{pendingTwoWeeks, "expiry: {rule: end_of_month, months: 1}", ladderOf100},
			script: `
				2025-01-18 paid o1: 120.00 cd
				2025-02-17 paid o2: 10.00 cd
				2025-02-18 returned o9/r1
				2026-03-01T00:00 passes`,
			want: `
				2025-01-18 earn: earn 120 active 2025-02-01 gone 2025-03-01 = active 0, pending 120; silver at 120.00 (first)
				2025-02-01 activate: activate 120 active 2025-02-01 gone 2025-03-01 = active 120
				2025-02-17 earn: earn 10 active 2025-03-03 gone 2025-04-01 = active 120, pending 10
				2025-02-18 park = active 120, pending 10; waits until 2025-03-20
				2025-03-01 expire: expire 120 gone 2025-03-01 = active 0, pending 10
				2025-03-03 activate: activate 10 active 2025-03-03 gone 2025-04-01 = active 10
				2025-03-20 park = active 10
				2025-04-01 expire: expire 10 gone 2025-04-01 = active 0
				2026-02-01 state = active 0; bronze at 10.00 (review)`,
		}, {
			name:  "at one moment: the wait ends, points become active, others lapse, the tier is reviewed",
			rules: []string{"earning: {points: 1, per: 1.00, pending_days: 28}", "expiry: {rule: end_of_month, months: 11}", strings.Replace(ladderOf100, "12", "11", 1)},
			script: `
				2025-01-10 paid o1: 120.00 cd
				2025-12-02 returned o9/r1
				2025-12-04 paid o2: 7.00 cd
				2026-01-01T00:00 passes`,
			want: `
				2025-01-10 earn: earn 120 active 2025-02-07 gone 2026-01-01 = active 0, pending 120; silver at 120.00 (first)
				2025-02-07 activate: activate 120 active 2025-02-07 gone 2026-01-01 = active 120
				2025-12-02 park = active 120; waits until 2026-01-01
				2025-12-04 earn: earn 7 active 2026-01-01 gone 2026-12-01 = active 120, pending 7
				2026-01-01 park = active 120, pending 7
				2026-01-01 activate: activate 7 active 2026-01-01 gone 2026-12-01 = active 127
				2026-01-01 expire: expire 120 gone 2026-01-01 = active 7
				2026-01-01 state = active 7; bronze at 7.00 (review)`,
		},
	})
}

func TestWhatLapsedUnspentCountsAsTakenBack(t *testing.T) {
	short := []string{"expiry: {rule: end_of_month, months: 1}"}
	tellAll(t, []story{
		{
			name: "a return of lapsed points takes nothing else", rules: short,
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-03-10 paid o2: 5.00 cd
				2025-03-11 returned o1/r1`,
			want: `
				2025-01-10 earn: earn 10 gone 2025-03-01 = active 10
				2025-03-01 expire: expire 10 gone 2025-03-01 = active 0
				2025-03-10 earn: earn 5 gone 2025-05-01 = active 5
				2025-03-11 reverse: uncount 10 gone 2025-03-01 = active 5`,
		}, {
			name: "what was spent before the rest lapsed comes from other lots, and then is owed", rules: short,
			script: `
				2025-01-10 paid o1: 2 x 10.00 cd
				2025-01-11 spends 7
				2025-03-10 paid o2: 3.00 cd
				2025-03-11 returned o1/r1: 1 x cd
				2025-03-12 returned o1/r2: 1 x cd`,
			want: `
				2025-01-10 earn: earn 10 gone 2025-03-01 = active 10
				2025-01-11 state: reverse 7 gone 2025-03-01 for cafe = active 3
				2025-03-01 expire: expire 3 gone 2025-03-01 = active 0
				2025-03-10 earn: earn 3 gone 2025-05-01 = active 3
				2025-03-11 reverse: uncount 3 gone 2025-03-01, reverse 2 gone 2025-05-01 = active 1
				2025-03-12 reverse: reverse 1 gone 2025-05-01, owe 4 = active 0, debt 4`,
		}, {
			name: "two orders of one lot use its lapsed remainder up in the order of their returns", rules: short,
			script: `
				2025-01-10 paid o1: 6.00 cd
				2025-01-11 paid o2: 6.00 cd
				2025-01-12 spends 4
				2025-03-02 returned o2/r1
				2025-03-03 returned o1/r1`,
			want: `
				2025-01-10 earn: earn 6 gone 2025-03-01 = active 6
				2025-01-11 earn: earn 6 gone 2025-03-01 = active 12
				2025-01-12 state: reverse 4 gone 2025-03-01 for cafe = active 8
				2025-03-01 expire: expire 8 gone 2025-03-01 = active 0
				2025-03-02 reverse: uncount 6 gone 2025-03-01 = active 0
				2025-03-03 reverse: uncount 2 gone 2025-03-01, owe 4 = active 0, debt 4`,
		}, {
			name: "an order amended up after its lot has lapsed earns and loses the difference, and a return gives it all back", rules: short,
			script: `
				2025-01-10 paid o1: 6.00 cd
				2025-03-02 amended o1/1: 9.00 cd
				2025-03-03 returned o1/r1`,
			want: `
				2025-01-10 earn: earn 6 gone 2025-03-01 = active 6
				2025-03-01 expire: expire 6 gone 2025-03-01 = active 0
				2025-03-02 earn: earn 3 gone 2025-03-01, expire 3 gone 2025-03-01 = active 0
				2025-03-03 reverse: uncount 9 gone 2025-03-01 = active 0`,
		},
	})
}

func TestDaysAreThoseOfTheProgrammesZone(t *testing.T) {
	h := newHouse(t, rules(t, "zone: Europe/Berlin", ladderOf100, "expiry: {rule: end_of_month, months: 1}"))
	h.tell(`
		2025-03-31T21:59 paid o1: 100.00 cd
		2025-03-31T22:00 paid o2: 10.00 cd
		2025-04-30T21:59 passes
		2025-04-30T22:00 passes`)
	require.Equal(t, trimmed(`
		2025-03-31 earn: earn 100 gone 2025-05-01 = active 100; silver at 100.00 (first)
		2025-04-01 earn: earn 10 gone 2025-06-01 = active 110
		2025-05-01 expire: expire 100 gone 2025-05-01 = active 10`), joined(h.told))
	due, ok := ledger.NextDue(h.account, h.schedule)
	require.True(t, ok)
	require.Equal(t, "2025-05-31T22:00:00Z", due.Format(time.RFC3339))
}

func TestNothingIsDueForAnAccountWithoutEntries(t *testing.T) {
	a := ledger.NewAccount("shop", "anna")
	_, ok := ledger.NextDue(a, rules(t, ladderOf100))
	require.False(t, ok)
	entries, after, err := ledger.BringUp(a, rules(t, ladderOf100), nil, noon(calendar.Date(2125, 1, 1)))
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Equal(t, a, after)
}
