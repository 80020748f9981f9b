package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// statusAndStamps: status points live 30 days and count without multipliers, a stamp for each order lives for ever.
	statusAndStamps = "units: {status: {earn: {points: 3, per: 2.00}, plain: true, expiry: {rule: days, days: 30}}, stamps: {earn: {per_order: 1}, expiry: {rule: never}}}"
	pendingStatus   = "units: {status: {earn: {points: 1, per: 1.00}, expiry: {rule: days, days: 30}, pending_days: 7}}"
	booksTwice      = "earning: {points: 1, per: 1.00, multipliers: {category: {books: 2}}, exclude: {category: [card]}}"
)

func TestAnOrderEarnsInEveryUnit(t *testing.T) {
	tellAll(t, []story{
		{name: "each unit by its own rate, rounded down once", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 59.90 cd`, want: `
			2025-01-10 earn: earn 59 gone 2026-02-01, earn 1 stamps, earn 89 status gone 2025-02-09 = active 59 | active 1 stamps | active 89 status`},
		{name: "multipliers do not count for a plain unit, and what is excluded earns nothing of any", rules: []string{statusAndStamps, booksTwice}, script: `
			2025-01-10 paid o1: 10.00 book@books; 50.00 gift@card
			2025-01-11 paid o2: 50.00 gift@card`, want: `
			2025-01-10 earn: earn 20 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 20 | active 1 stamps | active 15 status
			2025-01-11 earn = active 20 | active 1 stamps | active 15 status`},
		{name: "an order that is placed alone earns nothing of any", rules: []string{statusAndStamps}, script: `
			2025-01-10 placed o1: 10.00 cd
			2025-01-11 paid o1: 10.00 cd`, want: `
			2025-01-10 state = nothing yet
			2025-01-11 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-10 = active 10 | active 1 stamps | active 15 status`},
		{name: "returns in part take back pro rata, and the last one all that is left", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 3 x 10.00 cd
			2025-01-11 returned o1/r1: 1 x cd
			2025-01-12 returned o1/r2: 1 x cd
			2025-01-13 returned o1/r3: 1 x cd`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-01-11 reverse: reverse 4 gone 2026-02-01, reverse 5 status gone 2025-02-09 = active 6 | active 1 stamps | active 10 status
			2025-01-12 reverse: reverse 3 gone 2026-02-01, reverse 5 status gone 2025-02-09 = active 3 | active 1 stamps | active 5 status
			2025-01-13 reverse: reverse 3 gone 2026-02-01, reverse 1 stamps, reverse 5 status gone 2025-02-09 = active 0 | active 0 stamps | active 0 status`},
		{name: "an order that grows earns what is missing, one that shrinks gives it back", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-01-11 amended o1/1: 20.00 cd
			2025-01-12 amended o1/2: 5.00 cd`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-01-11 earn: earn 10 gone 2026-02-01, earn 15 status gone 2025-02-09 = active 20 | active 1 stamps | active 30 status
			2025-01-12 reverse: reverse 15 gone 2026-02-01, reverse 23 status gone 2025-02-09 = active 5 | active 1 stamps | active 7 status`},
		{name: "a cancelled order has nothing of any", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-01-11 cancelled o1`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-01-11 reverse: reverse 10 gone 2026-02-01, reverse 1 stamps, reverse 15 status gone 2025-02-09 = active 0 | active 0 stamps | active 0 status`},
		{name: "a return before its payment: the payment counts what is left", rules: []string{statusAndStamps}, script: `
			2025-01-10 returned o1/r1: 10.00 #1
			2025-01-11 paid o1: 30.00 cd`, want: `
			2025-01-10 park = nothing yet; waits until 2025-02-09
			2025-01-11 earn: earn 20 gone 2026-02-01, earn 1 stamps, earn 30 status gone 2025-02-10 = active 20 | active 1 stamps | active 30 status`},
		{name: "what lapsed of the order counts as taken back", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-02-09T00:00 passes
			2025-02-10 paid o2: 20.00 cd
			2025-02-11 returned o1/r1`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-02-09 expire: expire 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 0 status
			2025-02-10 earn: earn 20 gone 2026-03-01, earn 1 stamps, earn 30 status gone 2025-03-12 = active 30 | active 2 stamps | active 30 status
			2025-02-11 reverse: reverse 10 gone 2026-02-01, reverse 1 stamps, uncount 15 status gone 2025-02-09 = active 20 | active 1 stamps | active 30 status`},
		{name: "pending, and taken back while it is; two units become active and lapse by one entry", rules: []string{
			pendingStatus, "earning: {points: 1, per: 1.00, pending_days: 7}", "expiry: {rule: days, days: 30}",
		}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-01-12 returned o1/r1: 4.00 cd
			2025-01-17T00:00 passes
			2025-02-09T00:00 passes`, want: `
			2025-01-10 earn: earn 10 active 2025-01-17 gone 2025-02-09, earn 10 status active 2025-01-17 gone 2025-02-09 = active 0, pending 10 | active 0 status, pending 10
			2025-01-12 reverse: reverse 4 active 2025-01-17 gone 2025-02-09, reverse 4 status active 2025-01-17 gone 2025-02-09 = active 0, pending 6 | active 0 status, pending 6
			2025-01-17 activate: activate 6 active 2025-01-17 gone 2025-02-09, activate 6 status active 2025-01-17 gone 2025-02-09 = active 6 | active 6 status
			2025-02-09 expire: expire 6 gone 2025-02-09, expire 6 status gone 2025-02-09 = active 0 | active 0 status`},
		{name: "what comes in after its day lapses at once", rules: []string{pendingStatus}, script: `
			on 2025-03-01, 2025-01-10 paid o1: 10.00 cd
			2025-03-02 returned o1/r1: 4.00 cd`, want: `
			2025-03-01 earn: earn 10 gone 2026-02-01, earn 10 status gone 2025-02-09, expire 10 status gone 2025-02-09 = active 10 | active 0 status
			2025-03-02 reverse: reverse 4 gone 2026-02-01, uncount 4 status gone 2025-02-09 = active 6 | active 0 status`},
		{name: "points that were spent are owed, status points never", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-01-11 spends 8
			2025-01-12 returned o1/r1
			2025-01-13 paid o2: 2.00 cd`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-01-11 state: reverse 8 gone 2026-02-01 for cafe = active 2 | active 1 stamps | active 15 status
			2025-01-12 reverse: reverse 2 gone 2026-02-01, owe 8, reverse 1 stamps, reverse 15 status gone 2025-02-09 = active 0, debt 8 | active 0 stamps | active 0 status
			2025-01-13 earn: earn 2 gone 2026-02-01, payoff 2 gone 2026-02-01, earn 1 stamps, earn 3 status gone 2025-02-12 = active 0, debt 6 | active 1 stamps | active 3 status`},
		{name: "nothing but the programme's unit can be held, adjusted or awarded", rules: []string{statusAndStamps}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-01-11 holds h1: 11
			2025-01-12 adjusts j1: -11
			2025-01-13 awards a1: 5`, want: `
			2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			refused: INSUFFICIENT_POINTS
			refused: INSUFFICIENT_POINTS
			2025-01-13 earn: earn 5 gone 2026-02-01 = active 15 | active 1 stamps | active 15 status`},
		{name: "beside rolling points, which status points do not follow", rules: []string{statusAndStamps, rolling12}, script: `
			2025-01-10 paid o1: 10.00 cd
			2025-02-09T00:00 passes
			2025-12-01 paid o2: 1.00 cd
			2026-01-10T00:00 passes`, want: `
			2025-01-10 earn: earn 10, earn 1 stamps, earn 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 15 status
			2025-02-09 expire: expire 15 status gone 2025-02-09 = active 10 | active 1 stamps | active 0 status
			2025-12-01 earn: earn 1, earn 1 stamps, earn 1 status gone 2025-12-31 = active 11 | active 2 stamps | active 1 status
			2025-12-31 expire: expire 1 status gone 2025-12-31 = active 11 | active 2 stamps | active 0 status`},
	})
}

func TestAnAccountThatMayNotEarnGetsNothingOfAnyUnit(t *testing.T) {
	h := newHouse(t, rules(t, statusAndStamps))
	_, err := h.do(ledger.Request{Caller: "operator/eva", Key: "f1", Deed: ledger.Freeze{Frozen: ledger.Frozen{Earning: true}, Reason: "LOOKED_INTO"}}, noon(calendar.Date(2025, 1, 9)))
	require.ErrorIs(t, err, reason.AccountNotFound)
	h.tell(`2025-01-09 placed o1: 10.00 cd`)
	_, err = h.do(ledger.Request{Caller: "operator/eva", Key: "f1", Deed: ledger.Freeze{Frozen: ledger.Frozen{Earning: true}, Reason: "LOOKED_INTO"}}, noon(calendar.Date(2025, 1, 9)))
	require.NoError(t, err)
	h.told = nil
	h.tell(`
		2025-01-11 paid o1: 10.00 cd
		2025-01-12 returned o1/r1`)
	require.Equal(t, []string{"2025-01-11 earn = nothing yet", "2025-01-12 reverse = nothing yet"}, h.told)
	paid := h.entries[len(h.entries)-2]
	require.Equal(t, []ledger.UnitPoints{{Unit: "stamps"}, {Unit: "status"}}, paid.Order.Others)
	require.Equal(t, ledger.FormatUnits, paid.Format)
}

// An order keeps the units of the revision by which it was first paid, whatever comes later.
func TestAnOrderKeepsTheUnitsOfItsRevision(t *testing.T) {
	later := programme(t, "units: {stamps: {earn: {per_order: 2}, expiry: {rule: never}}, miles: {earn: {points: 5, per: 1.00}, expiry: {rule: never}}}")
	h := newHouse(t, program.Schedule{
		{Revision: 1, Program: programme(t, "units: {stamps: {earn: {per_order: 1}, expiry: {rule: days, days: 100}}}")},
		{Revision: 2, Program: later, Effective: noon(calendar.Date(2025, 2, 1))},
	})
	h.tell(`
		2025-01-10 paid o1: 10.00 cd
		2025-02-02 amended o1/1: 20.00 cd
		2025-02-03 paid o2: 10.00 cd
		2025-02-04 returned o1/r1
		2025-02-05 returned o2/r1`)
	require.Equal(t, trimmed(`
		2025-01-10 earn: earn 10 gone 2026-02-01, earn 1 stamps gone 2025-04-20 = active 10 | active 1 stamps
		2025-02-02 earn: earn 10 gone 2026-02-01 = active 20 | active 1 stamps
		2025-02-03 earn: earn 10 gone 2026-03-01, earn 50 miles, earn 2 stamps = active 50 miles | active 30 | active 3 stamps
		2025-02-04 reverse: reverse 20 gone 2026-02-01, reverse 1 stamps gone 2025-04-20 = active 50 miles | active 10 | active 2 stamps
		2025-02-05 reverse: reverse 10 gone 2026-03-01, reverse 50 miles, reverse 2 stamps = active 0 miles | active 0 | active 0 stamps`), joined(h.told))
}

// What lapsed so long ago that it is forgotten is not owed: another order's points go, and then nothing more.
func TestWhatIsMissingOfAUnitThatNobodySpendsIsLetGo(t *testing.T) {
	h := newHouse(t, rules(t, "units: {status: {earn: {points: 1, per: 1.00}, expiry: {rule: days, days: 1}}}", "orders: {accept_late_days: 3650}"))
	h.blind = true
	day := calendar.Date(2025, 1, 1)
	for range ledger.LapsedLotsMax + 1 {
		h.tell(day.String() + " paid o" + day.String()[8:10] + day.String()[5:7] + ": 5.00 cd")
		day = day.AddDays(1)
	}
	h.told = nil
	h.tell(day.String() + " paid last: 2.00 cd\n" + day.String() + " returned o0101/r1\n" + day.String() + " returned last/r1")
	require.Equal(t, trimmed(`
		2025-03-07 expire: expire 5 status gone 2025-03-07 = active 325 | active 0 status
		2025-03-07 earn: earn 2 gone 2026-04-01, earn 2 status gone 2025-03-08 = active 327 | active 2 status
		2025-03-07 reverse: reverse 5 gone 2026-02-01, reverse 2 status gone 2025-03-08, forgive 3 status = active 322 | active 0 status
		2025-03-07 reverse: reverse 2 gone 2026-04-01, forgive 2 status = active 320 | active 0 status`), joined(h.told))
	require.Empty(t, h.account.Debts)
	h.rebuild()
}

func TestAnOrderThatDoesNotFitInAnotherUnitIsRefused(t *testing.T) {
	h := newHouse(t, rules(t, "units: {miles: {earn: {points: 100, per: 0.01}, expiry: {rule: never}}}"))
	h.tell("2025-01-10 paid o1: 500000000000000.00 cd\n2025-01-11 paid o2: 500000000000000.00 cd")
	require.Equal(t, trimmed(`
		2025-01-10 earn: earn 500000000000000 gone 2026-02-01, earn 5000000000000000000 miles = active 5000000000000000000 miles | active 500000000000000
		refused: AMOUNT_OUT_OF_RANGE`), joined(h.told))
}

// What is remembered of lapsed lots, and how many lots are too many, is counted by unit: one does not push another out.
func TestLimitsAreCountedByUnit(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: days, days: 1}", "units: {status: {earn: {points: 1, per: 1.00}, expiry: {rule: days, days: 1}}}"))
	h.blind = true
	day := calendar.Date(2025, 1, 1)
	for range ledger.LapsedLotsMax - 10 {
		h.tell(day.String() + " paid o" + day.String()[8:10] + day.String()[5:7] + ": 5.00 cd")
		day = day.AddDays(1)
	}
	h.told = nil
	h.tell(day.String() + " returned o0101/r1")
	require.Equal(t, "2025-02-24 reverse: uncount 5 gone 2025-01-02, uncount 5 status gone 2025-01-02 = active 0 | active 0 status", h.told[len(h.told)-1])

	h = newHouse(t, rules(t, "expiry: {rule: never}", "units: {status: {earn: {points: 1, per: 1.00}, expiry: {rule: days, days: 1000}}}"))
	h.blind = true
	day = calendar.Date(2025, 1, 1)
	for range ledger.LotsMax {
		h.tell(day.String() + " paid o" + day.String()[8:10] + day.String()[5:7] + ": 5.00 cd")
		day = day.AddDays(1)
	}
	h.told = nil
	h.tell(day.String() + " awards a1: 7 cafe")
	require.Equal(t, []string{"2025-09-14 earn: earn 7 = active 1287 | active 1280 status"}, h.told)
}
