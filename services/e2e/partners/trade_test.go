package partners

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// TestE2ThreePartnersShareAMember: A gives 100 and B 50, C takes 120, A takes the other 30. Each point names who gave it.
func TestE2ThreePartnersShareAMember(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b, c := h.named("a", all...), h.named("b", all...), h.named("c", all...)
	h.award(a, "ann", 100)
	h.award(b, "ann", 50)
	taken := h.capture(c, h.authorize(c, "ann", 120).GetId())
	require.EqualValues(t, 120, taken.GetPoints())
	require.EqualValues(t, 30, taken.GetActivePoints())
	rest := h.capture(a, h.authorize(a, "ann", 30).GetId())
	require.EqualValues(t, 0, rest.GetActivePoints())

	owed := map[string]int64{}
	for _, e := range h.entries("ann") {
		for _, m := range e.GetMovements() {
			if m.GetKind() == accrualv1.MovementKind_MOVEMENT_KIND_CAPTURE {
				owed[m.GetIssuer()+" to "+m.GetRedeemer()] += m.GetPoints()
			}
		}
	}
	require.Equal(t, map[string]int64{"a to c": 100, "b to c": 20, "b to a": 30}, owed)

	page, err := c.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{PageSize: 1})
	require.NoError(t, err)
	require.Len(t, page.GetTransactions(), 1)
	require.Empty(t, page.GetTransactions()[0].GetReason())
	require.True(t, proto.Equal(taken, page.GetTransactions()[0]), "newest first")
	page, err = c.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{PageSize: 1, PageToken: page.GetNextPageToken()})
	require.NoError(t, err)
	require.Equal(t, taken.GetOf(), page.GetTransactions()[0].GetId())
	require.Empty(t, page.GetNextPageToken(), "what others did is not told")
	_, err = a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{PageToken: "AAAA"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.InvalidArgument)
}

func TestWhatWasTakenGoesBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.named("a", all...)
	h.award(a, "ann", 100)
	first := h.authorize(a, "ann", 40)
	require.True(t, first.GetDeadline().AsTime().After(first.GetEffectiveAt().AsTime()))
	void, err := a.VoidRedemption(t.Context(), &partnerv1.VoidRedemptionRequest{AuthorizationId: first.GetId(), IdempotencyKey: h.key()})
	require.NoError(t, err)
	require.EqualValues(t, 100, void.GetTransaction().GetActivePoints())
	require.Equal(t, first.GetId(), void.GetTransaction().GetOf())

	second := h.authorize(a, "ann", 40)
	part, err := a.CaptureRedemption(t.Context(), &partnerv1.CaptureRedemptionRequest{AuthorizationId: second.GetId(), Points: 25, IdempotencyKey: h.key()})
	require.NoError(t, err)
	require.EqualValues(t, 25, part.GetTransaction().GetPoints())
	require.EqualValues(t, 75, part.GetTransaction().GetActivePoints())
	refund := &partnerv1.RefundRedemptionRequest{CaptureId: part.GetTransaction().GetId(), IdempotencyKey: h.key()}
	back, err := a.RefundRedemption(t.Context(), refund)
	require.NoError(t, err)
	require.EqualValues(t, 100, back.GetTransaction().GetActivePoints())
	balance, err := a.GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
	require.NoError(t, err)
	require.EqualValues(t, 100, balance.GetPoints())
	require.Equal(t, "points", balance.GetUnit())
	refund.IdempotencyKey = h.key()
	_, err = a.RefundRedemption(t.Context(), refund)
	require.ErrorIs(t, rpc.FromStatus(err), reason.CaptureRefunded)
	_, err = a.GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "nobody"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.AccountNotFound)
}

// TestACaptureAWeekLaterIsTheSameCapture: the answer was lost, and the caller tries again when the hold has long lapsed.
func TestACaptureAWeekLaterIsTheSameCapture(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.named("a", all...)
	h.award(a, "ann", 100)
	call := &partnerv1.CaptureRedemptionRequest{AuthorizationId: h.authorize(a, "ann", 40).GetId(), IdempotencyKey: "receipt-17"}
	first, err := a.CaptureRedemption(t.Context(), call)
	require.NoError(t, err)
	entries := len(h.entries("ann"))
	h.clock.Advance(7 * 24 * time.Hour)
	h.stop()
	h.openPartner()
	var trailer metadata.MD
	again, err := h.reconnected("a").CaptureRedemption(t.Context(), call, grpc.Trailer(&trailer))
	require.NoError(t, err)
	require.True(t, proto.Equal(first, again))
	require.Equal(t, []string{"true"}, trailer.Get("laurel-replayed"))
	require.Len(t, h.entries("ann"), entries)
	call.Points = 39
	_, err = h.reconnected("a").CaptureRedemption(t.Context(), call)
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
}

// reconnected is a client with a certificate of a partner that has one already.
func (h *standing) reconnected(partner string) partnerv1.PartnerServiceClient {
	h.t.Helper()
	return h.client(h.certificate(h.ca, h.sanOf(partner)))
}

// limited is a coalition whose partners may do little.
const limited = `
programme: coalition
zone: UTC
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
partners:
  a: {roles: [issue], category: a, limits: {points_per_call: 60, points_per_day: 100}}
  b: {roles: [redeem], category: b, redemption_price: 0.01}
  c: {roles: [issue, redeem], category: c, redemption_price: 0.01, from: 2099-01-01}
`

func TestTheAgreementDecides(t *testing.T) {
	t.Parallel()
	h := openWith(t, limited)
	a, b, c := h.named("a", all...), h.named("b", all...), h.named("c", all...)
	award := func(client partnerv1.PartnerServiceClient, points int64) error {
		_, err := client.AwardPoints(t.Context(), &partnerv1.AwardPointsRequest{Account: "ann", Points: points, IdempotencyKey: h.key()})
		return rpc.FromStatus(err)
	}
	require.ErrorIs(t, award(b, 1), reason.RoleNotAgreed)
	require.ErrorIs(t, award(c, 1), reason.NoAgreement)
	require.ErrorIs(t, award(a, 61), reason.PartnerLimitExceeded)
	require.NoError(t, award(a, 60))
	refusal, ok := reason.Of(award(a, 41))
	require.True(t, ok)
	require.Equal(t, reason.PartnerLimitExceeded, refusal.Reason)
	require.Equal(t, "40", refusal.Metadata["left"])
	require.NoError(t, award(a, 40))
	require.ErrorIs(t, award(a, 1), reason.PartnerLimitExceeded)
	h.later(24 * time.Hour)
	require.NoError(t, award(a, 1), "another day")
	_, err := a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 1, IdempotencyKey: h.key()})
	require.ErrorIs(t, rpc.FromStatus(err), reason.RoleNotAgreed)

	// What the ledger refuses counts for nothing, and its key may be used again.
	call := &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 1000, IdempotencyKey: "r-1"}
	_, err = b.AuthorizeRedemption(t.Context(), call)
	refusal, ok = reason.Of(rpc.FromStatus(err))
	require.True(t, ok)
	require.Equal(t, reason.InsufficientPoints, refusal.Reason)
	require.Equal(t, "101", refusal.Metadata["active"], "the ledger's figures come through: %v", refusal.Metadata)
	call.Points = 100
	_, err = b.AuthorizeRedemption(t.Context(), call)
	require.NoError(t, err)

	listed, err := h.keys.ListPartners(t.Context(), &partnerv1.ListPartnersRequest{Program: "coalition"})
	require.NoError(t, err)
	require.Len(t, listed.GetPartners(), 3)
	require.Equal(t, "0.01", listed.GetPartners()[1].GetRedemptionPrice())
	require.False(t, listed.GetPartners()[2].GetInForce())
}

// TestNotYoursIsNotThere: what belongs to another partner answers, to the byte, like what does not exist.
func TestNotYoursIsNotThere(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, c := h.named("a", all...), h.named("c", all...)
	h.award(a, "ann", 100)
	hold := h.authorize(c, "ann", 40)
	taken := h.capture(c, h.authorize(c, "ann", 10).GetId())
	calls := map[string]func(id string) error{
		"capture": func(id string) error {
			_, err := a.CaptureRedemption(t.Context(), &partnerv1.CaptureRedemptionRequest{AuthorizationId: id, IdempotencyKey: h.key()})
			return err
		},
		"void": func(id string) error {
			_, err := a.VoidRedemption(t.Context(), &partnerv1.VoidRedemptionRequest{AuthorizationId: id, IdempotencyKey: h.key()})
			return err
		},
		"refund": func(id string) error {
			_, err := a.RefundRedemption(t.Context(), &partnerv1.RefundRedemptionRequest{CaptureId: id, IdempotencyKey: h.key()})
			return err
		},
	}
	for name, call := range calls {
		for _, id := range []string{hold.GetId(), taken.GetId()} {
			theirs, none := call(id), call("aaaaaaaaaaaaaaaaaaaaaaaaaa")
			require.ErrorIs(t, rpc.FromStatus(theirs), reason.TransactionNotFound, name)
			require.Equal(t, fmt.Sprint(none), fmt.Sprint(theirs), name)
		}
	}
	require.EqualValues(t, 40, h.account("ann").GetBalances()[0].GetHeld())
	list, err := a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetTransactions(), 1)
}
