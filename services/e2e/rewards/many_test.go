package rewards

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// atOnce calls f so many times at once, on two replicas in turn, and sorts the outcomes: how many were taken, and how many
// refused by reason.
func atOnce(t *testing.T, replicas [2]*service, callers int, f func(s *service, n int) error) map[reason.Reason]int {
	t.Helper()
	outcomes := make([]error, callers)
	var all errgroup.Group
	start := make(chan struct{})
	for n := range callers {
		all.Go(func() error {
			<-start
			outcomes[n] = f(replicas[n%2], n)
			return nil
		})
	}
	close(start)
	require.NoError(t, all.Wait())
	sorted := map[reason.Reason]int{}
	for _, err := range outcomes {
		refusal, refused := reason.Of(err)
		switch {
		case err == nil:
			sorted[""]++
		case refused:
			sorted[refusal.Reason]++
		default:
			require.NoError(t, err)
		}
	}
	return sorted
}

// TestOfAHundredBuyersOfTenItemsTenHaveOne (C5, X17): none is sold twice, nobody's points stay held.
func TestOfAHundredBuyersOfTenItemsTenHaveOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	const buyers, items = 100, 10
	for n := range buyers {
		h.give(fmt.Sprint("m", n), 100)
	}
	replicas[0].put("pot", gift(60), items)
	outcomes := atOnce(t, replicas, buyers, func(s *service, n int) error {
		_, err := s.redeem(fmt.Sprint("m", n), "pot", fmt.Sprint("k", n))
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": items, reason.SoldOut: buyers - items}, outcomes)
	require.Zero(t, replicas[1].left("pot"))
	spent := int64(0)
	for n := range buyers {
		active, held := h.has(fmt.Sprint("m", n))
		require.Zero(t, held)
		spent += 100 - active
	}
	require.EqualValues(t, items*60, spent)
	require.EqualValues(t, items, h.count("redemptions", bson.M{"state": "fulfilled"}))
}

// TestOneCodeIsGivenOutOnce, though a hundred want it (X17).
func TestOneCodeIsGivenOutOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	h.give("ann", 100_000)
	replicas[0].put("off10", voucher(10), 1)
	outcomes := atOnce(t, replicas, 100, func(s *service, n int) error {
		_, err := s.redeem("ann", "off10", fmt.Sprint("k", n))
		return err
	})
	require.Equal(t, 1, outcomes[""])
	require.Equal(t, 99, outcomes[reason.SoldOut]+outcomes[reason.TooManyHolds], "%v", outcomes)
	require.EqualValues(t, 1, h.count("codes", bson.M{"state": "given"}))
	active, held := h.has("ann")
	require.EqualValues(t, 99_990, active)
	require.Zero(t, held)
}

// TestWhoIsTooSlowLeavesNothingHeld: leases end long before the calls do, so that several go on with each redemption at
// once, and the ledger refuses some of what it grants to others.
func TestWhoIsTooSlowLeavesNothingHeld(t *testing.T) {
	t.Parallel()
	h := open(t)
	hasty := h.config(h.ledger.Address())
	hasty.Lease = time.Millisecond
	replicas := [2]*service{h.serveWith(hasty), h.serveWith(hasty)}
	h.give("ann", 100_000)
	replicas[0].put("off10", voucher(10), 40)
	outcomes := atOnce(t, replicas, 160, func(s *service, n int) error {
		_, err := s.redeem("ann", "off10", fmt.Sprint("k", n))
		return err
	})
	require.Equal(t, 160, outcomes[""]+outcomes[reason.SoldOut]+outcomes[reason.TooManyHolds], "%v", outcomes)
	for _, s := range replicas {
		h.drained(s)
	}
	active, held := h.has("ann")
	require.Zero(t, held)
	require.Equal(t, 100_000-10*h.count("codes", bson.M{"state": "given"}), active)
	require.EqualValues(t, outcomes[""], h.count("redemptions", bson.M{"state": "fulfilled"}))
	h.requireAgreed(replicas[0])
}

// TestPointsForOneBuyOne, though they are wanted 64 times at once (X17).
func TestPointsForOneBuyOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	h.give("ann", 50)
	replicas[0].put("pot", gift(50), 64)
	outcomes := atOnce(t, replicas, 64, func(s *service, n int) error {
		_, err := s.redeem("ann", "pot", fmt.Sprint("k", n))
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": 1, reason.InsufficientPoints: 63}, outcomes)
	require.EqualValues(t, 63, replicas[0].left("pot"))
}

// TestOneCallMadeManyTimesIsOneRedemption, with 64 equal answers (X18).
func TestOneCallMadeManyTimesIsOneRedemption(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	h.give("ann", 5_000)
	replicas[0].put("pot", gift(50), 64)
	answers := make([]*rewardv1.Redemption, 64)
	var replayed atomic.Int32
	outcomes := atOnce(t, replicas, len(answers), func(s *service, n int) error {
		var trailer metadata.MD
		var err error
		answers[n], err = s.redeem("ann", "pot", "the-key", grpc.Trailer(&trailer))
		if len(trailer.Get(rpc.TrailerReplayed)) == 1 {
			replayed.Add(1)
		}
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": 64}, outcomes)
	require.GreaterOrEqual(t, replayed.Load(), int32(63), "all but the first are marked; it may have been told to ask again")
	for _, a := range answers {
		require.Equal(t, answers[0].String(), a.String())
	}
	active, held := h.has("ann")
	require.EqualValues(t, 4_950, active)
	require.Zero(t, held)
	require.EqualValues(t, 63, replicas[1].left("pot"))
	_, err := replicas[1].redeem("bob", "pot", "the-key")
	refused(t, err, reason.IdempotencyKeyReused)
}

// TestALimitHoldsThoughManyComeAtOnce, on two replicas.
func TestALimitHoldsThoughManyComeAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	h.give("ann", 5_000)
	terms := gift(10)
	terms.Limit, terms.CancelDays = &rewardv1.MemberLimit{InAll: 3}, 14
	replicas[0].put("pot", terms, 64)
	outcomes := atOnce(t, replicas, 32, func(s *service, n int) error {
		_, err := s.redeem("ann", "pot", fmt.Sprint("k", n))
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": 3, reason.RewardLimitReached: 29}, outcomes)
	require.EqualValues(t, 61, replicas[0].left("pot"))

	list, err := replicas[0].ListRedemptions(patient(t), &rewardv1.ListRedemptionsRequest{Program: "tea", Account: "ann", PageSize: 200})
	require.NoError(t, err)
	for _, r := range list.GetRedemptions() {
		if r.GetState() == rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED {
			_, err = replicas[1].cancel(r.GetRedemptionId(), "c")
			require.NoError(t, err)
			break
		}
	}
	_, err = replicas[1].redeem("ann", "pot", "once-more")
	require.NoError(t, err, "a cancelled one does not count")
	_, err = replicas[1].redeem("ann", "pot", "twice-more")
	refused(t, err, reason.RewardLimitReached)
	require.Equal(t, "limit of 3 per member reached", message(t, err))
}
