package ledger_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestPointsAreHeldCapturedAndGivenBack(t *testing.T) {
	tellAll(t, []story{
		{
			name: "I: a hold counts against what can be held next",
			script: `
				2025-01-10 awards a1: 300
				2025-01-11 holds h1: 200
				2025-01-11 holds h2: 101
				2025-01-11 holds h3: 100
				2025-01-11 holds h4: 1`,
			want: `
				2025-01-10 earn: earn 300 gone 2026-02-01 = active 300
				2025-01-11 hold: hold 200 gone 2026-02-01 = active 100, held 200
				refused: INSUFFICIENT_POINTS
				2025-01-11 hold: hold 100 gone 2026-02-01 = active 0, held 300
				refused: INSUFFICIENT_POINTS`,
		},
		{
			name: "each captured point names its issuer, the first to lapse first; the rest of the hold is free again",
			script: `
				2025-01-10 awards a1: 100 cafe - 2025-06-01
				2025-01-10 awards a2: 100 air - 2025-06-01
				2025-01-10 awards a3: 100 operator - never
				2025-01-11 holds h1: 250 48h
				2025-01-12 captures c1/h1: 150
				2025-01-13 captures c2/h1: 100`,
			want: `
				2025-01-10 earn: earn 100 gone 2025-06-01 = active 100
				2025-01-10 earn: earn 100 gone 2025-06-01 = active 200
				2025-01-10 earn: earn 100 = active 300
				2025-01-11 hold: hold 100 gone 2025-06-01, hold 100 gone 2025-06-01, hold 50 = active 50, held 250
				2025-01-12 capture: capture 100 gone 2025-06-01 for books, capture 50 gone 2025-06-01 for books, release 50 gone 2025-06-01, release 50 = active 150
				refused: HOLD_NOT_FOUND`,
		},
		{
			name: "I: a capture retried a week after a lost answer is the same capture",
			script: `
				2025-01-10 awards a1: 100
				2025-01-10 holds h1: 60
				2025-01-10 captures c1/h1
				2025-01-17 captures c1/h1
				2025-01-17 captures c1/h1: 60
				2025-01-17 holds h1: 60
				2025-01-17 awards a1: 101`,
			want: `
				2025-01-10 earn: earn 100 gone 2026-02-01 = active 100
				2025-01-10 hold: hold 60 gone 2026-02-01 = active 40, held 60
				2025-01-10 capture: capture 60 gone 2026-02-01 for books = active 40
				repeats cmd/till/c1
				refused: IDEMPOTENCY_KEY_REUSED
				repeats cmd/till/h1
				refused: IDEMPOTENCY_KEY_REUSED`,
		},
		{
			name: "held points do not expire; released after their day they lapse in the same entry",
			script: `
				2025-01-10 awards a1: 100 operator - 2025-02-01
				2025-01-31 holds h1: 60 240h
				2025-02-05 captures c1/h1: 50
				2025-02-06 refunds r1/c1`,
			want: `
				2025-01-10 earn: earn 100 gone 2025-02-01 = active 100
				2025-01-31 hold: hold 60 gone 2025-02-01 = active 40, held 60
				2025-02-01 expire: expire 40 gone 2025-02-01 = active 0, held 60
				2025-02-05 capture: capture 50 gone 2025-02-01 for books, release 10 gone 2025-02-01, expire 10 gone 2025-02-01 = active 0
				2025-02-06 refund: refund 50 gone 2025-02-01 for books, expire 50 gone 2025-02-01 = active 0`,
		},
		{
			name: "a hold lapses at its deadline, before what else is due then",
			script: `
				2025-01-31 awards a1: 100 operator - 2025-02-01
				2025-01-31 awards a2: 5 operator 2025-02-01 2025-03-01
				2025-01-31 holds h1: 60 12h
				2025-01-31 holds h2: 10 1h
				2025-02-02 passes
				2025-02-02 captures c1/h1
				2025-02-02 voids v1/h1`,
			want: `
				2025-01-31 earn: earn 100 gone 2025-02-01 = active 100
				2025-01-31 earn: earn 5 active 2025-02-01 gone 2025-03-01 = active 100, pending 5
				2025-01-31 hold: hold 60 gone 2025-02-01 = active 40, pending 5, held 60
				2025-01-31 hold: hold 10 gone 2025-02-01 = active 30, pending 5, held 70
				2025-01-31 void: release 10 gone 2025-02-01 = active 40, pending 5, held 60
				2025-02-01 void: release 60 gone 2025-02-01, expire 60 gone 2025-02-01 = active 40, pending 5
				2025-02-01 activate: activate 5 active 2025-02-01 gone 2025-03-01 = active 45
				2025-02-01 expire: expire 40 gone 2025-02-01 = active 5
				refused: HOLD_NOT_FOUND
				refused: HOLD_NOT_FOUND`,
		},
		{
			name: "I: buy, earn, spend, return leaves a debt to the issuer; what is released or awarded pays it",
			script: `
				2025-01-10 paid o1: 100.00 cd
				2025-01-11 holds h1: 70
				2025-01-11 captures c1/h1: 60
				2025-01-11 holds h2: 40 72h
				2025-01-12 returned o1/r1
				2025-01-12 holds h3: 1
				2025-01-13 voids v1/h2
				2025-01-14 awards a1: 45 cafe
				2025-01-15 refunds r2/c1
				2025-01-15 refunds r3/c1`,
			want: `
				2025-01-10 earn: earn 100 gone 2026-02-01 = active 100
				2025-01-11 hold: hold 70 gone 2026-02-01 = active 30, held 70
				2025-01-11 capture: capture 60 gone 2026-02-01 for books, release 10 gone 2026-02-01 = active 40
				2025-01-11 hold: hold 40 gone 2026-02-01 = active 0, held 40
				2025-01-12 reverse: owe 100 = active 0, held 40, debt 100
				refused: INSUFFICIENT_POINTS
				2025-01-13 void: release 40 gone 2026-02-01, payoff 40 gone 2026-02-01 = active 0, debt 60
				2025-01-14 earn: earn 45 gone 2026-02-01, payoff 45 gone 2026-02-01 for operator = active 0, debt 15
				2025-01-15 refund: refund 60 gone 2026-02-01 for books, payoff 15 gone 2026-02-01 = active 45
				refused: CAPTURE_REFUNDED`,
		},
		{
			name: "a capture is refunded in parts, the last points taken first; never more than was captured",
			script: `
				2025-01-10 awards a1: 100 cafe - 2025-03-01
				2025-01-10 awards a2: 50 air - 2025-04-01
				2025-01-10 holds h1: 120
				2025-01-10 captures c1/h1
				2025-01-11 refunds r1/c1: 15
				2025-01-12 refunds r2/c1: 106
				2025-01-12 refunds r2/c1: 25
				2025-01-13 refunds r1/c1: 15
				2025-01-13 refunds r3/c1: -1
				2025-01-13 refunds r3/c1
				2025-01-13 refunds r4/c1: 1
				2025-01-13 refunds r4/c1`,
			want: `
				2025-01-10 earn: earn 100 gone 2025-03-01 = active 100
				2025-01-10 earn: earn 50 gone 2025-04-01 = active 150
				2025-01-10 hold: hold 100 gone 2025-03-01, hold 20 gone 2025-04-01 = active 30, held 120
				2025-01-10 capture: capture 100 gone 2025-03-01 for books, capture 20 gone 2025-04-01 for books = active 30
				2025-01-11 refund: refund 15 gone 2025-04-01 for books = active 45
				refused: REFUND_EXCEEDS_CAPTURE
				2025-01-12 refund: refund 20 gone 2025-03-01 for books, refund 5 gone 2025-04-01 for books = active 70
				repeats cmd/till/r1
				refused: INVALID_ARGUMENT
				2025-01-13 refund: refund 80 gone 2025-03-01 for books = active 150
				refused: CAPTURE_REFUNDED
				refused: CAPTURE_REFUNDED`,
		},
		{
			name: "an adjustment goes up and down, never below zero",
			script: `
				2025-01-10 awards a1: 10
				2025-01-11 adjusts j1: 5
				2025-01-11 adjusts j2: -16
				2025-01-11 adjusts j3: -15
				2025-01-11 adjusts j4: 0`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 adjust: credit 5 gone 2026-02-01 = active 15
				refused: INSUFFICIENT_POINTS
				2025-01-11 adjust: debit 15 gone 2026-02-01 = active 0
				refused: INVALID_ARGUMENT`,
		},
		{
			name: "an account that nobody opened has nothing to spend; an award opens it",
			script: `
				2025-01-10 holds h1: 5
				2025-01-10 adjusts j1: 5
				2025-01-10 refunds r1/c1
				2025-01-10 awards a1: 5 operator - 2025-01-10
				2025-01-10 awards a1: 5 operator 2025-01-12 2025-01-12
				2025-01-10 awards a1: 5 operator 2025-01-12 2025-01-13
				2025-01-10 refunds r1/a1
				2025-01-10 captures c1/a1`,
			want: `
				refused: ACCOUNT_NOT_FOUND
				refused: ACCOUNT_NOT_FOUND
				refused: ACCOUNT_NOT_FOUND
				refused: INVALID_ARGUMENT
				refused: INVALID_ARGUMENT
				2025-01-10 earn: earn 5 active 2025-01-12 gone 2025-01-13 = active 0, pending 5
				refused: CAPTURE_NOT_FOUND
				refused: HOLD_NOT_FOUND`,
		},
	})
}

func TestARefusalSaysWhatIsThereAndWhenThereIsMore(t *testing.T) {
	waits := `
		2025-06-10 awards a2: 60 operator 2025-07-01
		2025-06-10 awards a3: 40 cafe 2025-07-01
		2025-06-10 awards a4: 500 cafe 2025-08-01`
	owes := func(points string) string { // what was spent is taken back
		return "2025-06-09 paid o1: " + points + ".00 cd\n2025-06-09 spends " + points + "\n2025-06-10 returned o1/r1: cd\n"
	}
	for _, c := range []struct{ name, script, says, active, more, on string }{
		{"nothing waits", "2025-06-10 awards a1: 250", "300 points asked, 250 active", "250", "", ""},
		{"the earliest day, all of its points", "2025-06-10 awards a1: 250" + waits, "300 points asked, 250 active; 100 more on 2025-07-01", "250", "100", "2025-07-01"},
		{"a debt takes part of that day", owes("70") + waits, "300 points asked, 0 active; 30 more on 2025-07-01", "0", "30", "2025-07-01"},
		{"a debt takes the whole of that day", owes("100") + waits, "300 points asked, 0 active; 500 more on 2025-08-01", "0", "500", "2025-08-01"},
		{"a debt takes that day and part of the next", owes("250") + waits, "300 points asked, 0 active; 350 more on 2025-08-01", "0", "350", "2025-08-01"},
		{"a debt takes everything", owes("600") + waits, "300 points asked, 0 active", "0", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t))
			h.tell(c.script)
			_, err := h.do(request(t, "holds", "h1", "", "300"), noon(calendar.Date(2025, 6, 11)))
			refusedWith(t, err, reason.InsufficientPoints)
			refusal, _ := reason.Of(err)
			require.Equal(t, c.says, refusal.Message)
			want := map[string]string{"asked": "300", "active": c.active, "held": "0"}
			if c.more != "" {
				want["more"], want["more_on"] = c.more, c.on
			}
			require.Equal(t, want, refusal.Metadata)
		})
	}
}

func TestAHoldIsItsCallersAndTheOperators(t *testing.T) {
	at := noon(january10)
	for _, c := range []struct {
		caller string
		ends   bool
	}{{"reward", true}, {"operator", true}, {"partner", false}} {
		t.Run(c.caller, func(t *testing.T) {
			h := newHouse(t, rules(t))
			h.tell(`2025-01-10 awards a1: 100`)
			by := func(caller, key string, d ledger.Deed) error {
				_, err := h.do(ledger.Request{Caller: caller, Key: key, Deed: d}, at)
				return err
			}
			hold := ledger.Hold{Points: 10, Redeemer: "books", For: time.Hour}
			for _, key := range []string{"h1", "h2"} {
				require.NoError(t, by("reward", key, hold))
			}
			steps := []error{
				by(c.caller, "v", ledger.Void{Hold: "cmd/reward/h1"}),
				by(c.caller, "c", ledger.Capture{Hold: "cmd/reward/h2"}),
			}
			if !c.ends {
				refusedWith(t, steps[0], reason.HoldNotFound)
				refusedWith(t, steps[1], reason.HoldNotFound)
				require.NoError(t, by("reward", "c", ledger.Capture{Hold: "cmd/reward/h2"}))
				refusedWith(t, by(c.caller, "r", ledger.Refund{Capture: "cmd/reward/c"}), reason.CaptureNotFound)
				return
			}
			require.NoError(t, steps[0])
			require.NoError(t, steps[1])
			require.NoError(t, by("reward", "r", ledger.Refund{Capture: "cmd/" + c.caller + "/c"}), "its hold was the caller's")
		})
	}
}

func TestADeadlineCountsFromTheLaterOfTheLedgerAndTheWallClock(t *testing.T) {
	h := newHouse(t, rules(t))
	h.tell(`2025-01-10 awards a1: 100`)
	r := request(t, "holds", "h1", "", "10 1h")
	r.Now = noon(january10.AddDays(3))
	e, err := h.do(r, noon(january10))
	require.NoError(t, err)
	require.Equal(t, r.Now.Add(time.Hour), e.Hold.Deadline)
	require.Equal(t, noon(january10), e.EffectiveAt)
	due, ok := ledger.NextDue(h.account, h.schedule)
	require.True(t, ok)
	require.Equal(t, e.Hold.Deadline, due)
	r.Now = r.Now.AddDate(0, 0, 7)
	again, err := h.do(r, r.Now)
	require.NoError(t, err)
	require.Equal(t, e, again, "the answer does not depend on when it is asked for")
}

func TestLimitsRefuseCommands(t *testing.T) {
	at := noon(january10)
	h := newHouse(t, rules(t))
	h.blind = true
	do := func(verb, key, of, items string) error {
		_, err := h.do(request(t, verb, key, of, items), at)
		return err
	}
	for n := range ledger.LotsMax {
		require.NoError(t, do("awards", fmt.Sprint("a", n), "", "1000 "+fmt.Sprint("p", n)))
	}
	refusedWith(t, do("awards", "more", "", "1 another"), reason.TooManyLots)
	refusedWith(t, do("adjusts", "more", "", "1"), reason.TooManyLots)
	require.NoError(t, do("awards", "more", "", "1 p7"), "the lot is there")
	for n := range ledger.HoldsMax {
		require.NoError(t, do("holds", fmt.Sprint("h", n), "", "1000"))
	}
	refusedWith(t, do("holds", "more-h", "", "1"), reason.TooManyHolds)
	require.NoError(t, do("voids", "v1", "h1", ""))
	require.NoError(t, do("holds", "more-h", "", "1"))

	refusedWith(t, do("awards", "huge", "", fmt.Sprint(math.MaxInt64, " p7")), reason.AmountOutOfRange)
	refusedWith(t, do("adjusts", "least", "", fmt.Sprint(math.MinInt64)), reason.AmountOutOfRange)
	refusedWith(t, do("awards", "none", "", "0"), reason.InvalidArgument)
	refusedWith(t, do("holds", "none", "", "-1"), reason.InvalidArgument)
	refusedWith(t, do("holds", "short", "", "1 1us"), reason.InvalidArgument)
	h.rebuild()
}

// TestPointsDoNotOverflowThroughHolds holds nearly all that there can be, and gives more.
func TestPointsDoNotOverflowThroughHolds(t *testing.T) {
	h := newHouse(t, rules(t))
	at := noon(january10)
	do := func(verb, key, of, items string) error {
		_, err := h.do(request(t, verb, key, of, items), at)
		return err
	}
	most := fmt.Sprint(money.Points(math.MaxInt64))
	require.NoError(t, do("awards", "a", "", most))
	require.NoError(t, do("holds", "h", "", most))
	refusedWith(t, do("awards", "b", "", "1"), reason.AmountOutOfRange)
	require.NoError(t, do("captures", "c", "h", ""))
	require.NoError(t, do("awards", "b", "", "1"))
	refusedWith(t, do("refunds", "r", "c", ""), reason.AmountOutOfRange)
	h.rebuild()
}

func TestACommandDoesNotOpenAnAccountWhereMembersAreEnrolledByName(t *testing.T) {
	h := newHouse(t, rules(t, "enrolment: explicit"))
	_, err := h.do(request(t, "awards", "a1", "", "5"), noon(january10))
	refusedWith(t, err, reason.AccountNotEnrolled)
}

func TestCommandsAreExplainedInPlainWords(t *testing.T) {
	h := newHouse(t, rules(t))
	h.tell(`
		2025-01-10 awards a1: 100 cafe
		2025-01-11 holds h1: 60 2h
		2025-01-11 captures c1/h1: 50
		2025-01-12 refunds r0/c1: 20
		2025-01-12 refunds r1/c1
		2025-01-12 holds h2: 1 1h
		2025-01-12 voids v1/h2
		2025-01-13 adjusts j1: -1
		2025-01-13 adjusts j2: 2
		2025-01-13 holds h3: 5 1h
		2025-01-14 passes`)
	var told []string
	for _, e := range h.entries {
		told = append(told, strings.Join(ledger.Explain(e, h.schedule[0].Program), " "))
	}
	require.Equal(t, []string{
		"On 10 January 2025 till gave 100 points. 100 points were added; they can be spent until 31 January 2026. The account now has 100 points to spend.",
		"On 11 January 2025 till had 60 points set aside for books until 14:00 on 11 January 2025. 60 points were set aside; they can be spent until 31 January 2026. The account now has 40 points to spend, 60 held.",
		"On 11 January 2025 till took 50 of 60 points that were set aside for books. 50 points of cafe were spent at books. 10 points are free again; they can be spent until 31 January 2026. The account now has 50 points to spend.",
		"On 12 January 2025 till gave 20 points back that were spent on 11 January 2025; 30 of them can still be given back. 20 points of cafe came back from books; they can be spent until 31 January 2026. The account now has 70 points to spend.",
		"On 12 January 2025 till gave 30 points back that were spent on 11 January 2025. 30 points of cafe came back from books; they can be spent until 31 January 2026. The account now has 100 points to spend.",
		"On 12 January 2025 till had 1 point set aside for books until 13:00 on 12 January 2025. 1 point was set aside; it can be spent until 31 January 2026. The account now has 99 points to spend, 1 held.",
		"On 12 January 2025 till set 1 point free that were set aside for books. 1 point is free again; it can be spent until 31 January 2026. The account now has 100 points to spend.",
		"On 13 January 2025 till took 1 point away to correct the account (MISTAKE). 1 point was taken away; it could have been spent until 31 January 2026. The account now has 99 points to spend.",
		"On 13 January 2025 till gave 2 points to correct the account (MISTAKE). 2 points were added; they can be spent until 31 January 2026. The account now has 101 points to spend.",
		"On 13 January 2025 till had 5 points set aside for books until 13:00 on 13 January 2025. 5 points were set aside; they can be spent until 31 January 2026. The account now has 96 points to spend, 5 held.",
		"On 13 January 2025 the time of a hold of 5 points for books was over: it was not used. 5 points are free again; they can be spent until 31 January 2026. The account now has 101 points to spend.",
	}, told)
}
