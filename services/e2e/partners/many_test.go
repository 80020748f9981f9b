package partners

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const callersAtOnce = 64

// TestX18ManyWithOneKey: 64 callers on two replicas make the same call: one entry, 64 answers that are equal to the byte,
// 63 of them marked as known. Another call under the key is refused.
func TestX18ManyWithOneKey(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.named("a", all...)
	h.award(a, "ann", 100)
	other, _ := h.replica(h.config())
	san := h.sanOf("a")
	clients := []partnerv1.PartnerServiceClient{
		a, partnerv1.NewPartnerServiceClient(h.dial(other.DoorAddress(), certs(h.certificate(h.ca, san)))),
	}
	testkit.Eventually(t, func() bool {
		_, err := clients[1].GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
		return err == nil
	}, "the other replica knows the key")
	call := &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 40, IdempotencyKey: "one"}
	answers := make([][]byte, callersAtOnce)
	var replayed atomic.Int32
	var group sync.WaitGroup
	for i := range callersAtOnce {
		group.Go(func() {
			var trailer metadata.MD
			answer, err := clients[i%2].AuthorizeRedemption(t.Context(), call, grpc.Trailer(&trailer))
			if err == nil {
				answers[i], _ = proto.MarshalOptions{Deterministic: true}.Marshal(answer)
			}
			if len(trailer.Get("laurel-replayed")) == 1 {
				replayed.Add(1)
			}
		})
	}
	group.Wait()
	for i, answer := range answers {
		require.NotEmpty(t, answer, "caller %d", i)
		require.Equal(t, answers[0], answer, "caller %d", i)
	}
	require.EqualValues(t, callersAtOnce-1, replayed.Load())
	require.Len(t, h.entries("ann"), 2)
	require.EqualValues(t, 40, h.account("ann").GetBalances()[0].GetHeld())
	_, err := a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 41, IdempotencyKey: "one"})
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
	_, err = a.AwardPoints(t.Context(), &partnerv1.AwardPointsRequest{Account: "ann", Points: 40, IdempotencyKey: "one"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
}

// TestManyOnOneAccount: 64 callers spend 10 each of 300: 30 of them get it, all are answered, and no point is spent twice.
func TestManyOnOneAccount(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.named("a", all...)
	h.award(a, "ann", 300)
	var taken, short atomic.Int32
	var group sync.WaitGroup
	for i := range callersAtOnce {
		group.Go(func() {
			hold, err := a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 10, IdempotencyKey: fmt.Sprint("h-", i)})
			if refusal, ok := reason.Of(rpc.FromStatus(err)); ok && refusal.Reason == reason.InsufficientPoints {
				short.Add(1)
				return
			}
			if err == nil {
				_, err = a.CaptureRedemption(t.Context(), &partnerv1.CaptureRedemptionRequest{
					AuthorizationId: hold.GetTransaction().GetId(), IdempotencyKey: fmt.Sprint("c-", i),
				})
			}
			if err == nil {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 30, taken.Load())
	require.EqualValues(t, 34, short.Load())
	b := h.account("ann").GetBalances()[0]
	require.Zero(t, b.GetActive())
	require.Zero(t, b.GetHeld())
}

// TestTheDaysLimitHoldsForMany: 64 callers give 10 each where 100 a day are agreed: ten of them do.
func TestTheDaysLimitHoldsForMany(t *testing.T) {
	t.Parallel()
	h := openWith(t, limited)
	a := h.named("a", all...)
	var given, refused atomic.Int32
	var group sync.WaitGroup
	for i := range callersAtOnce {
		group.Go(func() {
			_, err := a.AwardPoints(t.Context(), &partnerv1.AwardPointsRequest{Account: fmt.Sprint("ann-", i), Points: 10, IdempotencyKey: fmt.Sprint(i)})
			switch refusal, ok := reason.Of(rpc.FromStatus(err)); {
			case err == nil:
				given.Add(1)
			case ok && refusal.Reason == reason.PartnerLimitExceeded:
				refused.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 10, given.Load())
	require.EqualValues(t, 54, refused.Load())
}

// TestWhatNobodyAsksAgainIsFinished: partner was killed when the ledger had answered, and the caller never came back.
func TestWhatNobodyAsksAgainIsFinished(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.named("a", all...)
	h.award(a, "ann", 100)
	trades := h.db.Collection("trades")
	moved, err := trades.UpdateOne(t.Context(), bson.M{}, bson.M{"$unset": bson.M{"done": ""}, "$set": bson.M{"open": true}})
	require.NoError(t, err)
	require.EqualValues(t, 1, moved.ModifiedCount)
	list, err := a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{})
	require.NoError(t, err)
	require.Empty(t, list.GetTransactions())
	h.later(31 * time.Second)
	testkit.Eventually(t, func() bool {
		list, err := a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{})
		return err == nil && len(list.GetTransactions()) == 1
	}, "the transaction is finished")
	require.Len(t, h.entries("ann"), 1)
}
