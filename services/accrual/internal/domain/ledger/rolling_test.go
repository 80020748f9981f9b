package ledger_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

const rolling12 = "expiry: {rule: rolling, months: 12}"

func TestRollingPoints(t *testing.T) {
	tellAll(t, []story{
		{name: "all points lapse twelve months after the last order that earned", rules: []string{rolling12}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-06-20 paid o2: 5.00 cd
			2026-01-16 passes
			2026-06-20T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-06-20 earn: earn 5 = active 15
			2026-06-20 expire: expire 15 = active 0`},
		{name: "an order that earns nothing is no activity", rules: []string{rolling12, "earning: {points: 1, per: 1.00, exclude: {category: [card]}}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-06-20 paid o2: 5.00 gift@card
			2026-01-15T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-06-20 earn = active 10
			2026-01-15 expire: expire 10 = active 0`},
		{name: "a return does not move the day back", rules: []string{rolling12}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-06-20 paid o2: 5.00 cd
			2025-06-21 returned o2/r1
			2026-01-15T00:00 passes
			2026-06-20T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-06-20 earn: earn 5 = active 15
			2025-06-21 reverse: reverse 5 = active 10
			2026-06-20 expire: expire 10 = active 0`},
		{name: "an order counts at the day on which it was paid, however late it comes in", rules: []string{rolling12}, script: `
			2025-06-20 paid o1: 10.00 cd
			on 2025-08-01, 2025-03-01 paid o2: 5.00 cd
			on 2025-09-01, 2025-07-01 paid o3: 1.00 cd
			2026-07-01T00:00 passes`, want: `
			2025-06-20 earn: earn 10 = active 10
			2025-08-01 earn: earn 5 = active 15
			2025-09-01 earn: earn 1 = active 16
			2026-07-01 expire: expire 16 = active 0`},
		{name: "what comes in too late for its own life lapses at once", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			on 2025-04-01, 2025-01-15 paid o1: 10.00 cd
			2025-04-02 paid o2: 3.00 cd
			2025-04-03 returned o1/r1`, want: `
			2025-04-01 earn: earn 10, expire 10 = active 0
			2025-04-02 earn: earn 3 = active 3
			2025-04-03 reverse: uncount 10 = active 3`},
		{name: "what lapsed does not come back, and its return takes nothing of what came after", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-03-01 paid o2: 5.00 cd
			2025-03-02 returned o1/r1
			2025-03-03 returned o2/r1`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-02-14 expire: expire 10 = active 0
			2025-03-01 earn: earn 5 = active 5
			2025-03-02 reverse: uncount 10 = active 5
			2025-03-03 reverse: reverse 5 = active 0`},
		{name: "spending counts where the programme says so, when the points are captured", rules: []string{"expiry: {rule: rolling, days: 30, activity: [earn, spend]}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-01-31 holds h1: 3 240h
			2025-02-05 captures c1/h1: 2
			2025-02-14 refunds r1/c1
			2025-03-06T23:59 passes
			2025-03-07T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-01-31 hold: hold 3 = active 7, held 3
			2025-02-05 capture: capture 2 for books, release 1 = active 8
			2025-02-14 refund: refund 2 for books = active 10
			2025-03-07 expire: expire 10 = active 0`},
		{name: "spending does not count where the programme does not say so", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-02-05 holds h1: 3
			2025-02-05 captures c1/h1
			2025-02-14 refunds r1/c1`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-02-05 hold: hold 3 = active 7, held 3
			2025-02-05 capture: capture 3 for books = active 7
			2025-02-14 expire: expire 7 = active 0
			2025-02-14 refund: refund 3 for books, expire 3 = active 0`},
		{name: "what comes back after the rest lapsed lives as long as refunds give it", rules: []string{"expiry: {rule: rolling, days: 30}", "refunds: {extend_expired_days: 10}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-01-20 holds h1: 4 240h
			2025-01-21 captures c1/h1: 4
			2025-02-20 refunds r1/c1
			2025-03-01T23:59 passes
			2025-03-02T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-01-20 hold: hold 4 = active 6, held 4
			2025-01-21 capture: capture 4 for books = active 6
			2025-02-14 expire: expire 6 = active 0
			2025-02-20 refund: refund 4 gone 2025-03-02 for books = active 4
			2025-03-02 expire: expire 4 gone 2025-03-02 = active 0`},
		{name: "what is held while the rest lapses goes when it is free, unless the account lives again", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-02-05 holds h1: 3 480h
			2025-02-05 holds h2: 2 960h
			2025-02-20 voids v1/h1
			2025-02-21 paid o2: 1.00 cd
			2025-02-22 voids v2/h2
			2025-02-23 returned o1/r1`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-02-05 hold: hold 3 = active 7, held 3
			2025-02-05 hold: hold 2 = active 5, held 5
			2025-02-14 expire: expire 5 = active 0, held 5
			2025-02-20 void: release 3, expire 3 = active 0, held 2
			2025-02-21 earn: earn 1 = active 1, held 2
			2025-02-22 void: release 2 = active 3
			2025-02-23 reverse: reverse 2, uncount 8 = active 1`},
		{name: "an adjustment is no activity, but what it brings lives", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-02-10 adjusts j1: 5
			2025-02-20 adjusts j2: 2
			2025-03-22T00:00 passes`, want: `
			2025-01-15 earn: earn 10 = active 10
			2025-02-10 adjust: credit 5 = active 15
			2025-02-14 expire: expire 15 = active 0
			2025-02-20 adjust: credit 2 = active 2
			2025-03-22 expire: expire 2 = active 0`},
		{name: "an award with a day of its own keeps it, one without rolls, and what is gone first is spent first", rules: []string{"expiry: {rule: rolling, days: 30}"}, script: `
			2025-01-15 awards a1: 10 cafe - 2025-02-20
			2025-01-15 awards a2: 10
			2025-01-16 holds h1: 4
			2025-01-28 awards a3: 10
			2025-01-29 holds h2: 4
			2025-02-20T00:00 passes
			2025-02-27T00:00 passes`, want: `
			2025-01-15 earn: earn 10 gone 2025-02-20 = active 10
			2025-01-15 earn: earn 10 = active 20
			2025-01-16 hold: hold 4 = active 16, held 4
			2025-01-17 void: release 4 = active 20
			2025-01-28 earn: earn 10 = active 30
			2025-01-29 hold: hold 4 gone 2025-02-20 = active 26, held 4
			2025-01-30 void: release 4 gone 2025-02-20 = active 30
			2025-02-20 expire: expire 10 gone 2025-02-20 = active 20
			2025-02-27 expire: expire 20 = active 0`},
		{name: "points that wait are rolled with the others", rules: []string{"expiry: {rule: rolling, days: 30}", "earning: {points: 1, per: 1.00, pending_days: 10}"}, script: `
			2025-01-15 paid o1: 10.00 cd
			2025-01-20 paid o2: 5.00 cd
			2025-02-18T12:00 passes
			2025-02-19T00:00 passes`, want: `
			2025-01-15 earn: earn 10 active 2025-01-25 = active 0, pending 10
			2025-01-20 earn: earn 5 active 2025-01-30 = active 0, pending 15
			2025-01-25 activate: activate 10 active 2025-01-25 = active 10, pending 5
			2025-01-30 activate: activate 5 active 2025-01-30 = active 15
			2025-02-19 expire: expire 15 = active 0`},
	})
}

// TestWhatHasADayKeepsItWhenPointsBeginToRollOrCease to: only what is earned under a rule follows it.
func TestWhatHasADayKeepsItWhenPointsBeginToRollOrCease(t *testing.T) {
	revision := func(n int, month int, rule string) program.Known {
		return program.Known{Revision: n, Effective: calendar.Date(2025, 1, 1).AddMonths(month - 1).Start(noon(0).Location()), Program: programme(t, rule)}
	}
	h := newHouse(t, program.Schedule{revision(1, 1, "expiry: {rule: days, days: 100}"), revision(2, 2, "expiry: {rule: rolling, days: 50}"), revision(3, 3, "expiry: {rule: days, days: 10}")})
	h.tell(`
		2025-01-31 paid o1: 10.00 cd
		2025-02-10 paid o2: 5.00 cd
		2025-02-20 paid o3: 2.00 cd
		2025-03-20 paid o4: 1.00 cd
		2025-07-01 passes`)
	require.Equal(t, []string{
		"2025-03-20 earn: earn 1 gone 2025-03-30 = active 18",
		"2025-03-30 expire: expire 1 gone 2025-03-30 = active 17",
		"2025-04-11 expire: expire 7 = active 10",
		"2025-05-11 expire: expire 10 gone 2025-05-11 = active 0",
	}, h.told[3:])
	h.rebuild()
}

// TestRollingPointsThatAreSentKeepTheirDay at the receiver, and roll again if they come back.
func TestRollingPointsThatAreSentKeepTheirDay(t *testing.T) {
	schedule := rules(t, "expiry: {rule: rolling, days: 30}", "transfers: {older_than_days: 0, fee: {points: 1}}")
	anna, ben := newHouse(t, schedule), newHouse(t, schedule)
	ben.account = ledger.NewAccount("shop", "ben")
	anna.tell("2025-01-15 paid o1: 20.00 cd")
	ben.tell("2025-01-20 paid b1: 5.00 cd")
	at := noon(calendar.Date(2025, 1, 25))
	out, err := anna.do(ledger.Request{Caller: "till", Key: "s", Deed: ledger.Transfer{To: "ben", Points: 8}}, at)
	require.NoError(t, err)
	require.Equal(t, calendar.Date(2025, 2, 14), out.Transfer.Rolled)
	_, err = ben.arrive(out, "", at)
	require.NoError(t, err)
	ben.told = nil
	ben.tell(`
		2025-02-10 paid b2: 1.00 cd
		2025-02-14T00:00 passes
		2025-03-12T00:00 passes`)
	require.Equal(t, []string{
		"2025-02-10 earn: earn 1 = active 14", "2025-02-14 expire: expire 8 gone 2025-02-14 = active 6", "2025-03-12 expire: expire 6 = active 0",
	}, ben.told[len(ben.told)-3:])

	again, err := anna.do(ledger.Request{Caller: "till", Key: "t", Deed: ledger.Transfer{To: "nobody", Points: 8}}, at)
	require.NoError(t, err)
	_, err = anna.arrive(again, "ACCOUNT_NOT_FOUND", at)
	require.NoError(t, err)
	anna.told = nil
	anna.tell(`
		2025-02-01 paid o2: 1.00 cd
		2025-03-03T00:00 passes`)
	require.Equal(t, "2025-03-03 expire: expire 12 = active 0", anna.told[len(anna.told)-1])
	anna.rebuild()
	ben.rebuild()
}

// TestMoreTimeForRollingPoints moves the day that they share, and the account's next activity does not bring it back.
func TestMoreTimeForRollingPoints(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: rolling, days: 30}"))
	h.tell("2025-01-15 paid o1: 20.00 cd")
	extend := ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: calendar.Date(2025, 3, 1), To: calendar.Date(2025, 4, 1)}, Reason: "CLOSED", Most: 20}
	require.EqualValues(t, 20, extend.Extends(h.account, "points"))
	e, err := h.do(ledger.Request{Caller: "till", Key: "x", Deed: extend}, noon(calendar.Date(2025, 1, 20)))
	require.NoError(t, err)
	require.EqualValues(t, 20, e.Command.Points)
	require.Empty(t, e.Postings)
	require.Contains(t, ledger.Explain(e, h.schedule[0].Program), "Now all points of the account without a last day of their own can be spent until 31 March 2025.")
	h.tell(`
		2025-02-01 paid o2: 1.00 cd
		2025-03-31 passes
		2025-04-01T00:00 passes`)
	require.Equal(t, "2025-04-01 expire: expire 21 = active 0", h.told[len(h.told)-1])
	h.rebuild()
}

// TestWhatIsSaidOfRollingPoints to people: until when they live, and why they lapsed.
func TestWhatIsSaidOfRollingPoints(t *testing.T) {
	h := newHouse(t, rules(t, rolling12))
	h.tell(`
		2025-01-15 paid o1: 10.00 cd
		2026-01-15T00:00 passes`)
	p := h.schedule[0].Program
	said := ledger.Explain(h.entries[0], p)
	require.Contains(t, said, "10 points were added; their last day follows what the account does.")
	require.Contains(t, said, "Now all points of the account without a last day of their own can be spent until 14 January 2026.")
	require.Contains(t, ledger.Explain(h.entries[1], p),
		"10 points expired unspent: the last day was 14 January 2026, and until then the account did nothing that its points live by.")
}

// TestAnEntryThatSaysOtherwiseOfRollingPointsContradictsItself: the day never goes back, and lots of the future are not known.
func TestAnEntryThatSaysOtherwiseOfRollingPointsContradictsItself(t *testing.T) {
	h := aRollingLife(t)
	second := slices.IndexFunc(h.entries, func(e ledger.Entry) bool { return e.Order != nil && e.Order.Ref.Order == "o2" })
	for name, alter := range map[string]func(*ledger.Entry){
		"moves the day":  func(e *ledger.Entry) { e.Rolls = &ledger.RollPart{Until: h.entries[0].Rolls.Until} },
		"nothing that":   func(e *ledger.Entry) { e.Actor = ledger.ActorClock },
		"cannot be roll": func(e *ledger.Entry) { e.Movements[0].Lot.Life++ },
	} {
		e := h.entries[second]
		e.Movements = append([]ledger.Movement(nil), e.Movements...)
		alter(&e)
		a := h.before(second)
		_, err := a.Apply(ledger.Rehashed(e, a.Hash))
		require.ErrorContains(t, err, name)
	}
}
