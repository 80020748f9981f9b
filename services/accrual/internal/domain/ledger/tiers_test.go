package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func TestTiers(t *testing.T) {
	tellAll(t, []story{
		{
			name:  "D: the ladder of domain.md, end to end",
			rules: []string{ladderOf500},
			script: `
				2025-01-10 paid o1: 600.00 cd
				2025-03-05 paid o2: 1500.00 tv
				2025-03-20 returned o2/r1: 200.00 tv
				2025-04-01T00:00 passes
				2026-02-01T00:00 passes
				2026-04-01T00:00 passes
				2027-04-01T00:00 passes`,
			want: `
				2025-01-10 earn: earn 600 gone 2026-02-01 = active 600; silver at 600.00 (first)
				2025-03-05 earn: earn 1500 gone 2026-04-01 = active 2100; gold at 2100.00 (reached)
				2025-03-20 reverse: reverse 200 gone 2026-04-01 = active 1900
				2025-04-01 state = active 1900; silver at 1900.00 (review)
				2026-02-01 expire: expire 600 gone 2026-02-01 = active 1300
				2026-04-01 expire: expire 1300 gone 2026-04-01 = active 0
				2026-04-01 state = active 0; bronze at 0.00 (review)`,
		}, {
			name:  "data.md 10: account 00003 of CDNOW is silver on 1997-11-15 and bronze again on 1998-04-01",
			rules: []string{ladderOf100},
			script: `
				1997-01-02 paid o1: 20.76 cd
				1997-03-30 paid o2: 20.76 cd
				1997-04-02 paid o3: 19.54 cd
				1997-11-15 paid o4: 57.45 cd
				1997-11-25 paid o5: 20.96 cd
				1998-05-28 paid o6: 16.99 cd`,
			want: `
				1997-01-02 earn: earn 20 gone 1998-02-01 = active 20; bronze at 20.76 (first)
				1997-03-30 earn: earn 20 gone 1998-04-01 = active 40
				1997-04-02 earn: earn 19 gone 1998-05-01 = active 59
				1997-11-15 earn: earn 57 gone 1998-12-01 = active 116; silver at 118.51 (reached)
				1997-11-25 earn: earn 20 gone 1998-12-01 = active 136
				1998-02-01 expire: expire 20 gone 1998-02-01 = active 116
				1998-04-01 expire: expire 20 gone 1998-04-01 = active 96
				1998-04-01 state = active 96; bronze at 97.95 (review)
				1998-05-01 expire: expire 19 gone 1998-05-01 = active 77
				1998-05-28 earn: earn 16 gone 1999-06-01 = active 93`,
		}, {
			name:  "two steps up at once, one step down at each review",
			rules: []string{ladderOf100},
			script: `
				2025-01-10 paid o1: 0.50 cd
				2025-01-20 paid o2: 700.00 tv
				2025-01-25 returned o2/r1
				2025-12-01 passes`,
			want: `
				2025-01-10 earn = nothing yet; bronze at 0.50 (first)
				2025-01-20 earn: earn 700 gone 2026-02-01 = active 700; gold at 700.50 (reached)
				2025-01-25 reverse: reverse 700 gone 2026-02-01 = active 0
				2025-02-01 state = active 0; silver at 0.50 (review)
				2025-03-01 state = active 0; bronze at 0.50 (review)`,
		}, {
			name:  "without a soft landing the review goes down to what fits",
			rules: []string{"ladder: {window_months: 12, downgrade: to_fit, tiers: [{name: bronze, from: 0}, {name: silver, from: 100}, {name: gold, from: 500}]}"},
			script: `
				2025-01-20 paid o1: 700.00 tv
				2025-01-25 cancelled o1
				2025-12-01 passes`,
			want: `
				2025-01-20 earn: earn 700 gone 2026-02-01 = active 700; gold at 700.00 (first)
				2025-01-25 reverse: reverse 700 gone 2026-02-01 = active 0
				2025-02-01 state = active 0; bronze at 0.00 (review)`,
		}, {
			name:  "spending points never lowers a tier",
			rules: []string{ladderOf100},
			script: `
				2025-01-20 paid o1: 120.00 tv
				2025-01-21 spends 120
				2025-02-01T00:00 passes`,
			want: `
				2025-01-20 earn: earn 120 gone 2026-02-01 = active 120; silver at 120.00 (first)
				2025-01-21 state: reverse 120 gone 2026-02-01 for cafe = active 0`,
		}, {
			name:  "a late order counts at its own day, now: it lifts, but a passed review is not redone",
			rules: []string{ladderOf100},
			script: `
				2025-01-20 paid o1: 90.00 cd
				on 2025-06-10, 2025-02-10 paid o2: 20.00 cd
				on 2025-06-11, 2024-06-20 paid o3: 500.00 cd
				2025-07-01T00:00 passes`,
			want: `
				2025-01-20 earn: earn 90 gone 2026-02-01 = active 90; bronze at 90.00 (first)
				2025-06-10 earn: earn 20 gone 2026-03-01 = active 110; silver at 110.00 (reached)
				2025-06-11 earn: earn 500 gone 2025-07-01 = active 610; gold at 610.00 (reached)
				2025-07-01 expire: expire 500 gone 2025-07-01 = active 110
				2025-07-01 state = active 110; silver at 110.00 (review)`,
		}, {
			name:  "a late order that is older than the window lifts nobody",
			rules: []string{ladderOf100, "orders: {accept_late_days: 800}"},
			script: `
				2025-06-10 paid o1: 10.00 cd
				on 2025-06-11, 2024-06-11 paid o2: 500.00 cd
				on 2025-06-11, 2024-06-12 paid o3: 95.00 cd`,
			want: `
				2025-06-10 earn: earn 10 gone 2026-07-01 = active 10; bronze at 10.00 (first)
				2025-06-11 earn: earn 500 gone 2025-07-01 = active 510
				2025-06-11 earn: earn 95 gone 2025-07-01 = active 605; silver at 105.00 (reached)`,
		}, {
			name:  "an order a few minutes ahead of the clock lifts at once, though its day has not begun",
			rules: []string{ladderOf100},
			script: `
				2025-06-10 paid o1: 10.00 cd
				on 2025-06-11T23:58, 2025-06-12T00:02 paid o2: 95.00 cd
				2025-07-01T00:00 passes`,
			want: `
				2025-06-10 earn: earn 10 gone 2026-07-01 = active 10; bronze at 10.00 (first)
				2025-06-11 earn: earn 95 gone 2026-07-01 = active 105; silver at 105.00 (reached)`,
		}, {
			name:  "an order at midnight comes after the review of its day, one before midnight comes before it",
			rules: []string{ladderOf100},
			script: `
				2025-01-31T23:59 paid o1: 100.00 cd
				2026-02-01T00:00 paid o2: 99.99 cd
				2026-02-28T23:59 paid o3: 0.01 cd`,
			want: `
				2025-01-31 earn: earn 100 gone 2026-02-01 = active 100; silver at 100.00 (first)
				2026-02-01 expire: expire 100 gone 2026-02-01 = active 0
				2026-02-01 state = active 0; bronze at 0.00 (review)
				2026-02-01 earn: earn 99 gone 2027-03-01 = active 99
				2026-02-28 earn = active 99; silver at 100.00 (reached)`,
		}, {
			name:  "an order of the first day of the window still counts at the review of the day after it",
			rules: []string{ladderOf100},
			script: `
				2025-02-01T00:00 paid o1: 100.00 cd
				2026-03-01T00:00 passes`,
			want: `
				2025-02-01 earn: earn 100 gone 2026-03-01 = active 100; silver at 100.00 (first)
				2026-03-01 expire: expire 100 gone 2026-03-01 = active 0
				2026-03-01 state = active 0; bronze at 0.00 (review)`,
		},
	})
}

func TestTwoRevisions(t *testing.T) {
	const steep = "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 1000}]}"
	for _, c := range []struct{ name, from, script, want string }{
		{
			name: "the next review falls under the revision in force on its day",
			from: "2025-06-15T09:00",
			script: `
				2025-01-20 paid o1: 700.00 cd
				2025-12-31 passes`,
			want: `
				2025-01-20 earn: earn 700 gone 2026-02-01 = active 700; gold at 700.00 (first)
				2025-07-01 state = active 700; bronze at 700.00 (review)`,
		}, {
			name: "a review at the very instant at which a revision begins is the new one's",
			from: "2025-07-01T00:00",
			script: `
				2025-01-20 paid o1: 700.00 cd
				2025-07-01T00:00 passes`,
			want: `
				2025-01-20 earn: earn 700 gone 2026-02-01 = active 700; gold at 700.00 (first)
				2025-07-01 state = active 700; bronze at 700.00 (review)`,
		}, {
			name: "a review on the day on which a revision begins later is the old one's",
			from: "2025-07-01T00:01",
			script: `
				2025-01-20 paid o1: 700.00 cd
				2025-08-01T00:00 passes`,
			want: `
				2025-01-20 earn: earn 700 gone 2026-02-01 = active 700; gold at 700.00 (first)
				2025-08-01 state = active 700; bronze at 700.00 (review)`,
		}, {
			name: "an order of before the second revision keeps the first, also for what comes later",
			from: "2025-06-15T09:00",
			script: `
				2025-06-15T08:59 paid o1: 2 x 10.00 cd
				2025-06-15T09:00 paid o2: 10.00 cd
				2025-06-16 returned o1/r1: 1 x cd
				2025-06-17 amended o1/1: 2 x 100.00 cd`,
			want: `
				2025-06-15 earn: earn 10 gone 2026-07-01 = active 10; bronze at 10.00 (first)
				2025-06-15 earn: earn 20 = active 30
				2025-06-16 reverse: reverse 5 gone 2026-07-01 = active 25
				2025-06-17 earn: earn 45 gone 2026-07-01 = active 70`,
		}, {
			name: "a late order earns by the revision of its day and climbs the ladder of today",
			from: "2025-06-15T09:00",
			script: `
				on 2025-06-20, 2025-06-10 paid o1: 600.00 cd`,
			want: `
				2025-06-20 earn: earn 600 gone 2026-07-01 = active 600; bronze at 600.00 (first)`,
		}, {
			name: "points that never lapse are taken last",
			from: "2025-06-15T09:00",
			script: `
				2025-06-20 paid o1: 10.00 cd
				on 2025-06-21, 2025-06-10 paid o2: 10.00 cd
				2025-06-22 spends 25`,
			want: `
				2025-06-20 earn: earn 20 = active 20; bronze at 10.00 (first)
				2025-06-21 earn: earn 10 gone 2026-07-01 = active 30
				2025-06-22 state: reverse 10 gone 2026-07-01 for cafe, reverse 15 for cafe = active 5`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, program.Schedule{
				{Revision: 1, Program: programme(t, ladderOf100)},
				{
					Revision: 2, Effective: instant(t, c.from),
					Program: programme(t, steep, "earning: {points: 2, per: 1.00}", "expiry: {rule: never}"),
				},
			})
			h.tell(c.script)
			require.Equal(t, trimmed(c.want), joined(h.told))
			h.rebuild()
		})
	}
}

func TestALadderThatComesLaterCountsNoReturnsOfWhatItNeverCounted(t *testing.T) {
	h := newHouse(t, program.Schedule{
		{Revision: 1, Program: programme(t)},
		{Revision: 2, Effective: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), Program: programme(t, ladderOf100)},
	})
	h.tell(`
		2025-01-20 paid o1: 700.00 cd
		2025-02-02 paid o2: 110.00 cd
		2025-02-03 returned o1/r1
		2025-02-04 shipped o2/s1
		2025-03-01T00:00 passes`)
	require.Equal(t, trimmed(`
		2025-01-20 earn: earn 700 gone 2026-02-01 = active 700
		2025-02-02 earn: earn 110 gone 2026-03-01 = active 810; silver at 110.00 (first)
		2025-02-03 reverse: reverse 700 gone 2026-02-01 = active 110
		2025-02-04 state = active 110`), joined(h.told))
}

// Sweeps run before a revision is known or after it: as long as it begins after the clock of that moment, what was due by
// then is the same.
func TestARevisionThatBeginsAfterTheClockChangesNothingThatWasDue(t *testing.T) {
	first := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	old := rules(t, ladderOf500)
	both := append(rules(t, ladderOf500), program.Known{Revision: 2, Effective: first.Add(time.Millisecond), Program: programme(t, ladderOf100)})
	script := `
		2025-01-20 paid o1: 700.00 cd
		2025-02-20 returned o1/r1: 300.00 cd
		2025-02-21 paid o2: 200.00 cd
		2025-06-20 returned o2/r1`
	swept, lazy := newHouse(t, old), newHouse(t, old)
	swept.tell(script)
	lazy.tell(script)
	require.Len(t, swept.pass(first), 1, "the review of July lowers the tier")
	for _, h := range []*house{swept, lazy} {
		h.schedule = both
		h.pass(first.AddDate(1, 0, 0))
	}
	require.Equal(t, swept.entries, lazy.entries)
}
