package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestADayHoldsSoManyPoints: all transfers of a day count together, those that came back on it apart.
func TestADayHoldsSoManyPoints(t *testing.T) {
	h := newHouse(t, rules(t, "transfers: {older_than_days: 0, per_day: 50}"))
	at := noon(calendar.Date(2026, 3, 1))
	request := func(n int, deed ledger.Deed) ledger.Request {
		return ledger.Request{Caller: "till", Key: fmt.Sprint("k", n), Deed: deed}
	}
	_, err := h.do(request(0, ledger.Award{Points: 500, Issuer: "cafe"}), at)
	require.NoError(t, err)
	send := func(n int, points money.Points) (ledger.Entry, error) {
		return h.do(request(n, ledger.Transfer{To: "ben", Points: points}), at)
	}
	first, err := send(1, 20)
	require.NoError(t, err)
	_, err = send(2, 20)
	require.NoError(t, err)
	_, err = send(3, 11)
	require.ErrorIs(t, err, reason.TransferLimit)
	_, err = h.arrive(first, reason.AccountFrozen, at)
	require.NoError(t, err)
	_, err = send(4, 30)
	require.NoError(t, err)
	_, err = send(5, 1)
	require.ErrorIs(t, err, reason.TransferLimit)
	at = at.AddDate(0, 0, 1)
	_, err = send(6, 50)
	require.NoError(t, err)
	h.rebuild()
}
