package accrual_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// theTeaClubWithRules has all that makes the points of a line.
const theTeaClubWithRules = `
programme: tea
zone: Europe/Berlin
currency: USD
unit: points
earning:
  points: 1
  per: 1.00
  pending_days: 14
  multipliers: {category: {pots: 2}, tier: {silver: 5/4, gold: 3/2}}
  exclude: {sku: [card]}
expiry: {rule: end_of_month, months: 1}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}, {name: gold, from: 250.00}]
`

// basket is a paid order drawn at random.
func basket(random *rand.Rand, order string, at time.Time) *ordersv1.OrderPaid {
	body := &ordersv1.OrderPaid{OrderId: order, OccurredAt: timestamppb.New(at), Currency: "USD"}
	for range 1 + random.IntN(4) {
		amount := random.Int64N(60_00)
		body.Lines = append(body.Lines, &ordersv1.Line{
			Sku:      []string{"assam", "kettle", "card"}[random.IntN(3)],
			Category: []string{"", "pots"}[random.IntN(2)], Quantity: 1, AmountMinor: amount,
			PaidWithPointsMinor: max(0, random.Int64N(2*amount+1)-amount), // none of it, mostly
		})
	}
	return body
}

func previewOf(account string, body *ordersv1.OrderPaid) *accrualv1.PreviewOrderRequest {
	return &accrualv1.PreviewOrderRequest{
		Program: "tea", Account: account, Merchant: "shop", Currency: body.GetCurrency(), Lines: body.GetLines(),
		OccurredAt: body.GetOccurredAt(),
	}
}

// Random baskets on accounts with debt, pending and lapsed points, on every tier (I14).
func TestAPreviewIsWhatTheOrderThenEarns(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClubWithRules)
	s := h.run(size{})
	s.drained()
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	at := moment("2026-01-05T09:00:00Z")
	for i := range 40 {
		account := fmt.Sprint("member-", random.IntN(4))
		at = at.Add(time.Duration(random.IntN(20*24)) * time.Hour)
		order := fmt.Sprint("o", i)
		body := basket(random, order, at)
		before := h.everything()
		told, err := s.grpc.PreviewOrder(t.Context(), previewOf(account, body))
		require.NoError(t, err)
		newcomer, err := s.grpc.PreviewOrder(t.Context(), previewOf("", body))
		require.NoError(t, err)
		require.Equal(t, before, h.everything(), "nothing was written or told")
		require.Equal(t, "bronze", newcomer.GetTierHeld())

		h.publish(write(account, "paid", order, body))
		s.drained()
		entries := s.entries(account)
		e := entries[len(entries)-1]
		require.Equal(t, "order/shop/"+order+"/1", e.GetKey())
		require.Equal(t, e.GetOrder().GetTargetPoints(), told.GetPoints(), "seed %d, order %d", seed, i)
		require.True(t, proto.Equal(e.GetAfter(), told.GetAfter()), "%v\n%v", e, told)
		require.Equal(t, e.GetAfter().GetTier(), told.GetTierReached())
		require.Len(t, told.GetLines(), len(e.GetLines()))
		for j, l := range e.GetLines() {
			require.True(t, proto.Equal(l, told.GetLines()[j]))
		}
		require.Equal(t, e.GetEffectiveAt().AsTime(), told.GetEffectiveAt().AsTime())
		if random.IntN(3) == 0 {
			h.publish(write(account, "returned", order+"/r", goingBack(order, "r", at.Add(time.Hour), 0)))
			s.drained()
		}
	}
	s.drained()
	s.requireSound()
}

// everything is all that a service could write: each document of its database, and the end of each stream.
func (h *standing) everything() map[string]any {
	h.t.Helper()
	all := map[string]any{}
	names, err := h.db.ListCollectionNames(h.t.Context(), bson.M{})
	require.NoError(h.t, err)
	require.Contains(h.t, names, "partitions")
	for _, name := range names {
		all[name] = h.documents(name)
	}
	for _, name := range []string{bus.Events, bus.Facts, bus.Dead} {
		stream, err := h.js.Stream(h.t.Context(), name)
		require.NoError(h.t, err)
		all[name] = stream.CachedInfo().State.LastSeq
	}
	return all
}

func TestAPreviewIsRefusedAsTheOrderWouldBe(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(paid("ann", "1", now, 5_000))
	s.drained()
	for name, c := range map[string]struct {
		want   reason.Reason
		field  string
		change func(*accrualv1.PreviewOrderRequest)
	}{
		"a programme that nobody has applied": {reason.UnknownProgram, "programme", func(in *accrualv1.PreviewOrderRequest) { in.Program = "coffee" }},
		"a currency that is none":             {reason.UnknownCurrency, "currency", func(in *accrualv1.PreviewOrderRequest) { in.Currency = "XQZ" }},
		"a currency of another programme":     {reason.CurrencyMismatch, "currency", func(in *accrualv1.PreviewOrderRequest) { in.Currency = "EUR" }},
		"more than five minutes ahead": {reason.EventInFuture, "occurred_at", func(in *accrualv1.PreviewOrderRequest) {
			in.OccurredAt = timestamppb.New(now.Add(10 * time.Minute))
		}},
		"two years late": {reason.EventTooLate, "occurred_at", func(in *accrualv1.PreviewOrderRequest) {
			in.OccurredAt = timestamppb.New(now.AddDate(-2, 0, 0))
		}},
		"a time that is none": {reason.InvalidArgument, "occurred_at", func(in *accrualv1.PreviewOrderRequest) {
			in.OccurredAt = &timestamppb.Timestamp{Seconds: 1 << 60}
		}},
		"two lines with one id": {reason.InvalidField, "lines[1].line_id", func(in *accrualv1.PreviewOrderRequest) {
			in.Lines = append(in.Lines, in.GetLines()[0])
		}},
		"no lines":          {reason.InvalidArgument, "lines", func(in *accrualv1.PreviewOrderRequest) { in.Lines = nil }},
		"1,001 lines":       {reason.InvalidArgument, "lines", func(in *accrualv1.PreviewOrderRequest) { in.Lines = make([]*ordersv1.Line, 1001) }},
		"no merchant":       {reason.InvalidArgument, "merchant", func(in *accrualv1.PreviewOrderRequest) { in.Merchant = "" }},
		"a negative amount": {reason.InvalidArgument, "lines[0].amount_minor", func(in *accrualv1.PreviewOrderRequest) { in.Lines[0].AmountMinor = -1 }},
		"more paid with points than the row costs": {reason.InvalidField, "lines[0].paid_with_points_minor", func(in *accrualv1.PreviewOrderRequest) {
			in.Lines[0].PaidWithPointsMinor = in.GetLines()[0].GetAmountMinor() + 1
		}},
		"an account too long": {reason.InvalidArgument, "account", func(in *accrualv1.PreviewOrderRequest) { in.Account = fmt.Sprintf("%0129d", 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			in := previewOf("ann", purchase("2", now, 5_000))
			c.change(in)
			for i, l := range in.GetLines() {
				if l == nil {
					in.Lines[i] = &ordersv1.Line{}
				}
			}
			_, err := s.grpc.PreviewOrder(t.Context(), in)
			require.ErrorIs(t, rpc.FromStatus(err), c.want)
			refusal, ok := reason.Of(rpc.FromStatus(err))
			require.True(t, ok)
			require.Equal(t, c.field, refusal.Field)
		})
	}
	in := previewOf("ann", purchase("2", now, 5_000))
	in.OccurredAt = nil
	told, err := s.grpc.PreviewOrder(t.Context(), in)
	require.NoError(t, err)
	require.EqualValues(t, 50, told.GetPoints())
	require.Equal(t, "silver", told.GetTierReached())
	require.WithinDuration(t, time.Now(), told.GetEffectiveAt().AsTime(), time.Minute)
	require.EqualValues(t, 1, s.account("ann").GetVersion(), "nothing was written")
}
