package rewards

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// checks verifies, and returns the details of the two checks.
func (h *standing) checks(s *service) (*rewardv1.Check, *rewardv1.Check) {
	h.t.Helper()
	answer, err := s.VerifyRewards(patient(h.t), &rewardv1.VerifyRewardsRequest{Program: "tea"})
	require.NoError(h.t, err)
	require.Len(h.t, answer.GetChecks(), 2)
	agrees, stock := answer.GetChecks()[0], answer.GetChecks()[1]
	require.Equal(h.t, "reward_agrees", agrees.GetName())
	require.Equal(h.t, "stock_agrees", stock.GetName())
	require.Equal(h.t, agrees.GetOk() && stock.GetOk(), answer.GetOk())
	return agrees, stock
}

// requireAgreed wants stock and redemptions to agree, and redemptions and ledger as far as the ledger is this reward's alone.
func (h *standing) requireAgreed(s *service) {
	h.t.Helper()
	agrees, stock := h.checks(s)
	require.True(h.t, stock.GetOk(), stock.GetDetail())
	if !h.shared {
		require.True(h.t, agrees.GetOk(), agrees.GetDetail())
	}
}

// TestVerifyNamesWhatDoesNotAgree (V8).
func TestVerifyNamesWhatDoesNotAgree(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 2_000)
	terms := voucher(100)
	terms.CancelDays = 1
	s.put("off10", terms, 8)
	s.put("pot", gift(50), 8)
	ids := make([]string, 6)
	for n := range ids {
		r, err := s.redeem("ann", []string{"off10", "pot"}[n%2], fmt.Sprint("k", n))
		require.NoError(t, err)
		ids[n] = r.GetRedemptionId()
	}
	_, err := s.cancel(ids[0], "c")
	require.NoError(t, err)
	agrees, stock := h.checks(s)
	require.Equal(t, "6 redemptions, 350 points spent on 5 of them, as the ledger has it; 0 under way", agrees.GetDetail())
	require.Equal(t, "2 rewards: 16 put in, 11 left, the rest is redeemed", stock.GetDetail())
	h.requireAgreed(s)

	change := func(collection, id string, set bson.M) func() {
		var was bson.M
		require.NoError(t, h.db.Collection(collection).FindOneAndUpdate(t.Context(), bson.M{"_id": id}, bson.M{"$set": set}).Decode(&was))
		return func() {
			_, err := h.db.Collection(collection).ReplaceOne(t.Context(), bson.M{"_id": id}, was)
			require.NoError(t, err)
		}
	}
	remove := func(id string) func() {
		var was bson.M
		require.NoError(t, h.db.Collection("redemptions").FindOneAndDelete(t.Context(), bson.M{"_id": id}).Decode(&was))
		return func() {
			_, err := h.db.Collection("redemptions").InsertOne(t.Context(), was)
			require.NoError(t, err)
		}
	}
	row := func(n int) string { return "tea/" + ids[n] }
	for name, c := range map[string]struct {
		breach func() func()
		agrees string
		stock  string
	}{
		"points that were changed": {breach: func() func() { return change("redemptions", row(1), bson.M{"points": int64(51)}) },
			agrees: ids[1] + ": its capture is of 50 points, not 51"},
		"a redemption that is gone": {breach: func() func() { return remove(row(3)) },
			agrees: ids[3] + ": the ledger has it, and nobody here", stock: "pot: 8 put in, 5 left, 2 taken"},
		"one said to be refused": {breach: func() func() { return change("redemptions", row(5), bson.M{"state": "refused"}) },
			agrees: ids[5] + ": it is refused, and its points were spent 1 times", stock: "pot: 8 put in, 5 left, 2 taken"},
		"one said to be cancelled": {breach: func() func() { return change("redemptions", row(1), bson.M{"state": "cancelled"}) },
			agrees: ids[1] + ": it is cancelled, and its points were given back 0 times", stock: "pot: 8 put in, 5 left, 2 taken"},
		"a cancelled one said to be fulfilled": {breach: func() func() { return change("redemptions", row(0), bson.M{"state": "fulfilled"}) },
			agrees: ids[0] + ": it is fulfilled, and its points were given back 1 times", stock: "off10: 8 put in, 6 left, 3 taken"},
		"another account": {breach: func() func() { return change("redemptions", row(1), bson.M{"account": "tea/bob"}) },
			agrees: ids[1] + ": its capture is on account ann, not bob"},
		"stock out of nowhere": {breach: func() func() { return change("stock", "tea/pot", bson.M{"left": int64(7)}) },
			stock: "pot: 8 put in, 7 left, 3 taken"},
		"a code given out twice": {breach: func() func() { return change("codes", "tea/off10-code-2", bson.M{"state": "free"}) },
			stock: "off10: 6 left and 2 taken, but 7 codes are free and 1 are not"},
	} {
		undo := c.breach()
		agrees, stock := h.checks(s)
		require.Equal(t, c.agrees == "", agrees.GetOk(), "%s: %s", name, agrees.GetDetail())
		require.Contains(t, agrees.GetDetail(), c.agrees, name)
		require.Equal(t, c.stock == "", stock.GetOk(), "%s: %s", name, stock.GetDetail())
		require.Contains(t, stock.GetDetail(), c.stock, name)
		undo()
	}
	h.requireAgreed(s)

	// Points that reward has set aside for nobody.
	own := accrualv1.NewAccrualServiceClient(testkit.Dial(t, h.ledger.Address(), h.secrets[rpc.Reward]))
	_, err = own.HoldPoints(patient(t), &accrualv1.HoldPointsRequest{Program: "tea", Account: "ann", Points: 5, IdempotencyKey: "by"})
	require.NoError(t, err)
	agrees, _ = h.checks(s)
	require.Equal(t, "1 of 6 redemptions differ: redemption by: the ledger has it, and nobody here", agrees.GetDetail())
}
