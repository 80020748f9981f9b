package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestRefundsAreRememberedForAsLongAsTheyCanBeTried(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}"))
	h.blind = true
	at := noon(january10)
	do := func(verb, key, of, items string) error {
		_, err := h.do(request(t, verb, key, of, items), at)
		return err
	}
	require.NoError(t, do("awards", "a", "", "1000"))
	for n := range ledger.RefundsMax + 1 {
		require.NoError(t, do("holds", fmt.Sprint("h", n), "", "1"))
		require.NoError(t, do("captures", fmt.Sprint("c", n), fmt.Sprint("h", n), ""))
		err := do("refunds", fmt.Sprint("r", n), fmt.Sprint("c", n), "")
		if n == ledger.RefundsMax {
			refusedWith(t, err, reason.TooManyRefunds)
			break
		}
		require.NoError(t, err)
	}
	at = noon(january10.AddDays(ledger.RefundDays))
	refusedWith(t, do("refunds", "again", "c7", ""), reason.CaptureRefunded)
	at = at.AddDate(0, 0, 1)
	refusedWith(t, do("refunds", "again", "c7", ""), reason.RefundTooLate)
	require.NoError(t, do("adjusts", "j", "", "1"))
	require.Empty(t, h.account.Refunds, "what is too old for everybody is forgotten")
	h.rebuild()
}

// TestWhatComesBackAfterItsDayLivesOnWhereTheProgrammeSaysSo: only what was refunded; what is released lapses.
func TestWhatComesBackAfterItsDayLivesOnWhereTheProgrammeSaysSo(t *testing.T) {
	h := newHouse(t, rules(t, "refunds: {extend_expired_days: 30}"))
	h.tell(`
		2025-01-10 awards a1: 100 cafe - 2025-02-01
		2025-01-10 awards a2: 10 air - 2025-03-01
		2025-01-31 holds h1: 105 240h
		2025-02-05 captures c1/h1: 102
		2025-02-06 refunds r1/c1: 42
		2025-03-10 passes`)
	require.Equal(t, trimmed(`
		2025-01-10 earn: earn 100 gone 2025-02-01 = active 100
		2025-01-10 earn: earn 10 gone 2025-03-01 = active 110
		2025-01-31 hold: hold 100 gone 2025-02-01, hold 5 gone 2025-03-01 = active 5, held 105
		2025-02-05 capture: capture 100 gone 2025-02-01 for books, capture 2 gone 2025-03-01 for books, release 3 gone 2025-03-01 = active 8
		2025-02-06 refund: refund 40 gone 2025-03-08 for books, refund 2 gone 2025-03-01 for books = active 50
		2025-03-01 expire: expire 10 gone 2025-03-01 = active 40
		2025-03-08 expire: expire 40 gone 2025-03-08 = active 0`), strings.Join(h.told, "\n"))
	h.rebuild()
}

// TestTwoPeopleOfTheOperator have keys of their own, and either may end what a service holds.
func TestTwoPeopleOfTheOperator(t *testing.T) {
	h := newHouse(t, rules(t))
	at := noon(january10)
	by := func(caller, key string, deed ledger.Deed) (ledger.Entry, error) {
		return h.do(ledger.Request{Caller: caller, Key: key, Deed: deed}, at)
	}
	e, err := by("operator/anna", "k", ledger.Award{Points: 10, Issuer: "operator"})
	require.NoError(t, err)
	require.Equal(t, "cmd/operator/anna/k", e.Key)
	require.Equal(t, "caller/operator/anna", e.Actor)
	e, err = by("operator", "anna/k", ledger.Award{Points: 10, Issuer: "operator"})
	require.NoError(t, err)
	require.NotEqual(t, "cmd/operator/anna/k", e.Key, "no key of one is one of another")
	_, err = by("operator/ben", "k", ledger.Award{Points: 11, Issuer: "operator"})
	require.NoError(t, err)
	_, err = by("reward", "h", ledger.Hold{Points: 5, Redeemer: "books", For: time.Hour})
	require.NoError(t, err)
	_, err = by("operators", "v", ledger.Void{Hold: "cmd/reward/h"})
	refusedWith(t, err, reason.HoldNotFound)
	_, err = by("operator/ben", "v", ledger.Void{Hold: "cmd/reward/h"})
	require.NoError(t, err)
	h.rebuild()
}
