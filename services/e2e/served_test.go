package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
)

// callsAtOnce is how many questions are asked side by side where every account is asked for.
const callsAtOnce = 8

// referenceID is the id of a customer of the CDNOW purchases, from 0.
func referenceID(n int) string { return fmt.Sprintf("%05d", n+1) }

// requireAccrualService asks the ledger of a replay over gRPC for the points of data.md 10: what was earned and expired by
// day, what was outstanding, and every account.
func requireAccrualService(t *testing.T, h *house, l *ledger) {
	t.Helper()
	c := accrualv1.NewAccrualServiceClient(h.serveAlone(l, "accrual", h.database()))
	const begin = "1997-01-01"
	require.EqualValues(t, 2_453_159, pointsOf(t, c, begin, "1998-07-01", accrualv1.MovementKind_MOVEMENT_KIND_EARN))
	for day, points := range referenceExpired {
		require.Equal(t, points, pointsOf(t, c, day, dayAfter(t, day), accrualv1.MovementKind_MOVEMENT_KIND_EXPIRE), "expired on %s", day)
	}
	for _, r := range reference { // at 00:00 of the day, after what expires on it
		earned := pointsOf(t, c, begin, r.day, accrualv1.MovementKind_MOVEMENT_KIND_EARN)
		expired := pointsOf(t, c, begin, dayAfter(t, r.day), accrualv1.MovementKind_MOVEMENT_KIND_EXPIRE)
		require.Equal(t, r.outstanding, earned-expired, "outstanding on %s", r.day)
	}

	accounts := make([]*accrualv1.Account, referenceAccounts)
	side := errgroup.Group{}
	side.SetLimit(callsAtOnce)
	for n := range accounts {
		side.Go(func() error {
			answer, err := c.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: referenceID(n)})
			accounts[n] = answer.GetAccount()
			return err
		})
	}
	require.NoError(t, side.Wait())
	balances, withPoints, lots := sha256.New(), 0, 0
	for n, a := range accounts {
		active := int64(0)
		for _, b := range a.GetBalances() {
			active += b.GetActive()
		}
		_, _ = fmt.Fprintf(balances, "%s,%d\n", referenceID(n), active)
		if active > 0 {
			withPoints++
		}
		for _, lot := range a.GetLots() {
			if lot.GetPoints() > 0 {
				lots++
			}
		}
	}
	require.Equal(t, "5406c07d52a619f625d926daea2601fc1abd5b59a66a312f7da23b9b5e0e48b7", hex.EncodeToString(balances.Sum(nil)))
	require.Equal(t, 8_332, withPoints)
	require.Equal(t, 20_998, lots)
}

// pointsOf is what the movements of one kind come to from a day to another, in periods as long as may be asked for.
func pointsOf(t *testing.T, c accrualv1.AccrualServiceClient, from, to string, kind accrualv1.MovementKind) int64 {
	t.Helper()
	const year = "1998-01-01"
	if from < year && to > year {
		return pointsOf(t, c, from, year, kind) + pointsOf(t, c, year, to, kind)
	}
	answer, err := c.GetControlTotals(t.Context(), &accrualv1.GetControlTotalsRequest{Program: "cdnow", FromDay: from, ToDay: to})
	require.NoError(t, err, "%s to %s", from, to)
	sum := int64(0)
	for _, total := range answer.GetTotals() {
		if total.GetKind() == kind {
			sum += total.GetPoints()
		}
	}
	return sum
}

func dayAfter(t *testing.T, day string) string {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	return at.AddDate(0, 0, 1).Format(time.DateOnly)
}

// requireHistories asks the tier service for the history of every account, and counts the moves and the reviews by day.
func requireHistories(t *testing.T, c tierv1.TierServiceClient) {
	t.Helper()
	lines := make([][]*tierv1.HistoryLine, referenceAccounts)
	side := errgroup.Group{}
	side.SetLimit(callsAtOnce)
	for n := range lines {
		side.Go(func() error {
			answer, err := c.ListTierHistory(t.Context(), &tierv1.ListTierHistoryRequest{Program: "cdnow", Account: referenceID(n)})
			lines[n] = answer.GetLines()
			return err
		})
	}
	require.NoError(t, side.Wait())
	counted, reviews := map[move]int64{}, map[string]int64{}
	for _, account := range lines {
		for _, line := range account {
			counted[move{From: line.GetFrom(), To: line.GetTo(), Cause: line.GetCause()}]++
			if line.GetCause() == "review" {
				at := line.GetEffectiveAt().AsTime()
				require.Equal(t, at.Truncate(24*time.Hour), at, "a review takes effect at 00:00")
				reviews[at.Format(time.DateOnly)]++
			}
		}
	}
	var moves []move
	for m, n := range counted {
		m.Count = n
		moves = append(moves, m)
	}
	requireMoves(t, moves)
	require.Equal(t, referenceReviews, reviews)
}
