package rewards

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// TestWhatStandsInTheWayIsToldWithFigures, and redeeming is refused in the same words (I2).
func TestWhatStandsInTheWayIsToldWithFigures(t *testing.T) {
	t.Parallel()
	hands := clock.At(time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	h := openAt(t, hands)
	s := h.serve()
	h.give("ann", 100)
	day := func(d int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 6, d, 0, 0, 0, 0, time.UTC))
	}
	later, over, gold := gift(10), gift(10), gift(10)
	later.ValidFrom, over.ValidUntil, gold.Tiers = day(20), day(10), []string{"gold"}
	s.put("dear", gift(112), 1)
	s.put("gone", gift(10), 0)
	s.put("gold", gold, 1)
	s.put("later", later, 1)
	over.ValidFrom = day(1)
	s.put("over", over, 1)
	once := gift(10)
	once.Limit = &rewardv1.MemberLimit{PerPeriod: 1, PeriodDays: 30}
	s.put("monthly", once, 9)
	_, err := s.redeem("ann", "monthly", "first")
	require.NoError(t, err)
	all := gift(1_000)
	all.Tiers, all.ValidFrom, all.TierPrices = []string{"gold"}, day(20), []*rewardv1.TierPrice{{Tier: "gold", Points: 500}}
	s.put("worst", all, 0)
	s.put("fine", gift(90), 1)
	s.put("withdrawn", gift(1), 1)
	_, err = s.WithdrawReward(patient(t), &rewardv1.WithdrawRewardRequest{Program: "tea", Reward: "withdrawn", IdempotencyKey: "w"})
	require.NoError(t, err)

	list, err := s.ListRewards(patient(t), &rewardv1.ListRewardsRequest{Program: "tea", Account: "ann", PageSize: 5})
	require.NoError(t, err)
	require.Len(t, list.GetOffers(), 5)
	rest, err := s.ListRewards(patient(t), &rewardv1.ListRewardsRequest{Program: "tea", Account: "ann", PageToken: list.GetNextPageToken()})
	require.NoError(t, err)
	require.Empty(t, rest.GetNextPageToken())
	got := map[string]string{}
	for _, o := range append(list.GetOffers(), rest.GetOffers()...) {
		text := fmt.Sprint(o.GetPoints())
		for _, why := range o.GetWhyNot() {
			text += "; " + why.GetReason() + ": " + why.GetMessage()
		}
		got[o.GetReward().GetReward()] = text
		require.Equal(t, len(o.GetWhyNot()) == 0, o.GetWithinReach())
	}
	require.Equal(t, map[string]string{
		"dear":    "112; INSUFFICIENT_POINTS: 22 points short",
		"fine":    "90",
		"gold":    "10; TIER_NOT_ELIGIBLE: gold only",
		"gone":    "10; SOLD_OUT: sold out",
		"later":   "10; REWARD_NOT_YET_VALID: not yet: from 2026-06-20",
		"monthly": "10; REWARD_LIMIT_REACHED: limit of 1 per member in 30 days reached; again from 2026-07-15T12:00:00Z",
		"over":    "10; REWARD_NO_LONGER_VALID: no longer: until 2026-06-10",
		"worst": "1000; REWARD_NOT_YET_VALID: not yet: from 2026-06-20; TIER_NOT_ELIGIBLE: gold only; SOLD_OUT: sold out; " +
			"INSUFFICIENT_POINTS: 910 points short",
	}, got)
	for _, o := range append(list.GetOffers(), rest.GetOffers()...) {
		if len(o.GetWhyNot()) > 0 {
			_, err := s.redeem("ann", o.GetReward().GetReward(), "try-"+o.GetReward().GetReward())
			refused(t, err, reason.Reason(o.GetWhyNot()[0].GetReason()))
			require.Equal(t, o.GetWhyNot()[0].GetMessage(), message(t, err))
		}
	}
	require.EqualValues(t, 1, h.count("redemptions", map[string]any{}), "what is refused at once leaves nothing behind")
	_, err = s.redeem("nobody", "fine", "k")
	refused(t, err, reason.AccountNotFound)
	_, err = s.ListRewards(patient(t), &rewardv1.ListRewardsRequest{Program: "tea", Account: "nobody"})
	refused(t, rpc.FromStatus(err), reason.AccountNotFound)
	_, err = s.RedeemReward(patient(t), &rewardv1.RedeemRewardRequest{Program: "tea", Account: "ann", Reward: "fine", Points: 80, IdempotencyKey: "p"})
	refused(t, rpc.FromStatus(err), reason.PriceChanged)

	h.give("ann", 22)
	_, err = s.redeem("ann", "dear", "try-dear")
	require.NoError(t, err, "the same key, once there are the points")
	hands.Advance(31 * 24 * time.Hour)
}

// TestARedemptionSaysWhatItBought, whatever becomes of the reward.
func TestARedemptionSaysWhatItBought(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 500)
	s.put("pot", gift(100), 5)
	first, err := s.redeem("ann", "pot", "k1")
	require.NoError(t, err)
	require.EqualValues(t, 2, s.put("pot", gift(150), 0).GetVersion())
	require.EqualValues(t, 2, s.put("pot", gift(150), 0).GetVersion(), "the same terms are no new version")
	second, err := s.redeem("ann", "pot", "k2")
	require.NoError(t, err)
	require.EqualValues(t, 2, second.GetRewardVersion())
	require.EqualValues(t, 150, second.GetPoints())
	for version, points := range map[int32]int64{first.GetRewardVersion(): 100, second.GetRewardVersion(): 150} {
		terms, err := s.GetReward(patient(t), &rewardv1.GetRewardRequest{Program: "tea", Reward: "pot", Version: version})
		require.NoError(t, err)
		require.Equal(t, points, terms.GetReward().GetTerms().GetPoints())
	}
	_, err = s.GetReward(patient(t), &rewardv1.GetRewardRequest{Program: "tea", Reward: "pot", Version: 3})
	refused(t, rpc.FromStatus(err), reason.RewardNotFound)
	list, err := s.ListRedemptions(patient(t), &rewardv1.ListRedemptionsRequest{Program: "tea", Account: "ann", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, second.GetRedemptionId(), list.GetRedemptions()[0].GetRedemptionId(), "the newest first")
	list, err = s.ListRedemptions(patient(t), &rewardv1.ListRedemptionsRequest{Program: "tea", Account: "ann", PageToken: list.GetNextPageToken()})
	require.NoError(t, err)
	require.Len(t, list.GetRedemptions(), 1)
	require.Equal(t, first.String(), list.GetRedemptions()[0].String())
	h.requireAgreed(s)
}

// TestPointsAreSpentWhereTheTermsSay: that partner is owed for them.
func TestPointsAreSpentWhereTheTermsSay(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 500)
	terms := gift(100)
	terms.Redeemer = "books"
	s.put("novel", terms, 1)
	_, err := s.redeem("ann", "novel", "k")
	require.NoError(t, err)
	entries, err := h.accrual.ListEntries(patient(t), &accrualv1.ListEntriesRequest{Program: "tea", Account: "ann"})
	require.NoError(t, err)
	capture := entries.GetEntries()[2]
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_CAPTURE, capture.GetKind())
	require.Equal(t, "books", capture.GetMovements()[0].GetRedeemer())
	h.requireAgreed(s)
}

// TestACallerWhoGoesAwayLosesTheAnswerAlone: what was begun is finished, what was not leaves nothing behind.
func TestACallerWhoGoesAwayLosesTheAnswerAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 10_000)
	s.put("off10", voucher(100), 40)
	const calls = 30
	for n := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*time.Millisecond)
		_, _ = s.RedeemReward(ctx, &rewardv1.RedeemRewardRequest{ // in time or not
			Program: "tea", Account: "ann", Reward: "off10", IdempotencyKey: fmt.Sprint("k", n),
		})
		cancel()
	}
	h.drained(s)
	h.requireAgreed(s)
	for n := range calls {
		_, err := s.redeem("ann", "off10", fmt.Sprint("k", n))
		require.NoError(t, err)
	}
	active, held := h.has("ann")
	require.Zero(t, held)
	require.EqualValues(t, 10_000-calls*100, active)
	require.EqualValues(t, 10, s.left("off10"))
	h.requireAgreed(s)
}
