package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

var noon = time.Date(1997, 1, 1, 12, 0, 0, 0, time.UTC)

// whole is an entry with something in each of its fields.
func whole(t *testing.T) ledger.Entry {
	t.Helper()
	rate, err := money.NewRatio(5, 400)
	require.NoError(t, err)
	return ledger.Entry{
		Format: ledger.Format, Program: "cdnow", Key: "order/shop/o1/2", Account: "anna", Seq: 7, Kind: ledger.KindReverse,
		OccurredAt: noon, EffectiveAt: noon.Add(time.Minute), RecordedAt: noon.Add(time.Hour), Day: calendar.Date(1997, 1, 1),
		Revision: 3, Actor: "merchant/shop", EventID: "e1", EventSource: "//shop", Position: ledger.Position{Epoch: 1, Sequence: 9},
		Order: &ledger.OrderPart{
			Ref: orders.Ref{Merchant: "shop", Order: "o1"}, Number: 2,
			Event: orders.Event{Kind: orders.Returned, Occurrence: "r1", Revision: 4, Currency: "USD", OccurredAt: noon},
			Base:  1177, Target: 11, Waiting: true,
			Segment: "slipping", Frozen: true, Others: []ledger.UnitPoints{{Unit: "status", Points: 17}},
		},
		Lines: []earning.Line{{
			ID: "1", SKU: "cd", Category: "music", Base: 1177, Rate: rate, Points: 14, Rules: []string{"rate", "tier silver x5/4"},
		}},
		Movements: []ledger.Movement{{
			Move: ledger.MoveReverse, Points: 3, Redeemer: "books",
			Lot: ledger.LotKey{
				Unit: "points", Issuer: "operator", Activation: calendar.Date(1997, 1, 15), Expiry: calendar.Date(1998, 2, 1), Life: 2,
			},
		}},
		Postings: []ledger.Posting{{Unit: "points", Bucket: "pending", Points: -3}, {Unit: "points", Bucket: "redeemed/books", Points: 3}},
		Ladder: &ledger.LadderPart{
			Window: 12, Change: &ladder.Change{From: "bronze", To: "silver", Qualifying: 12000, Cause: "reached"},
		},
		After: ledger.After{Balances: []ledger.Balance{{Unit: "points", Pending: 1, Active: 2, Held: 3, Debt: 4}}, Tier: "silver"},
		Action: &ledger.ActionPart{
			Ref: actions.Ref{Source: "app", ID: "r-1"}, Type: "review", Day: calendar.Date(1997, 1, 1), Rule: 50, Points: 30, PerDay: 80,
			Rules: []string{"points 50"}, Frozen: true,
		},
		Enrolment: &ledger.EnrolmentPart{Member: "ben", Kind: "consumer"},
		Segment:   &ledger.SegmentPart{Name: "slipping", Entered: true, Number: 3, Revision: 2, AsOf: calendar.Date(1997, 1, 1)},
		Command:   &ledger.CommandPart{Caller: "reward", Content: ledger.Hash{1}, Points: 21, Reason: "GOODWILL", Approver: "operator/ben"},
		Hold:      &ledger.HoldPart{ID: "cmd/reward/h", Caller: "reward", Redeemer: "books", Points: 22, Deadline: noon.Add(2 * time.Hour)},
		Refund:    &ledger.RefundPart{Capture: "cmd/reward/c", Seq: 5, Day: calendar.Date(1996, 12, 31), Left: 23},
		Transfer:  &ledger.TransferPart{ID: "cmd/till/t", From: "anna", To: "ben", Points: 24, Fee: 2, Rolled: calendar.Date(1998, 3, 1), Refused: "ACCOUNT_FROZEN"},
		Rolls:     &ledger.RollPart{Until: calendar.Date(1998, 1, 1)},
		Extension: &ledger.ExtensionPart{Before: calendar.Date(1997, 2, 1), To: calendar.Date(1997, 3, 1)},
		Import:    &ledger.ImportPart{Source: "oldshop", Issued: calendar.Date(1996, 5, 4)},
		Frozen:    &ledger.Frozen{Earning: true, Spending: true},
		Hash:      ledger.Hash{0xab, 31: 0x01},
	}
}

func TestAnEntryIsShownWhole(t *testing.T) {
	got := contract.Entry(whole(t))
	want := &accrualv1.Entry{
		Program: "cdnow", Key: "order/shop/o1/2", Account: "anna", Seq: 7, Kind: accrualv1.EntryKind_ENTRY_KIND_REVERSE,
		OccurredAt: timestamppb.New(noon), EffectiveAt: timestamppb.New(noon.Add(time.Minute)),
		RecordedAt: timestamppb.New(noon.Add(time.Hour)), Revision: 3, Actor: "merchant/shop", EventId: "e1", EventSource: "//shop",
		Order: &accrualv1.OrderPart{
			Merchant: "shop", OrderId: "o1", Number: 2, Event: "returned", Occurrence: "r1", OrderRevision: 4, Currency: "USD",
			BaseMinor: 1177, TargetPoints: 11, Waiting: true, Segment: "slipping", Frozen: true,
			OtherTargets: []*accrualv1.UnitTarget{{Unit: "status", Points: 17}},
		},
		Lines: []*accrualv1.LineRating{{
			LineId: "1", Sku: "cd", Category: "music", BaseMinor: 1177, Rate: "1/80", Points: 14, Rules: []string{"rate", "tier silver x5/4"},
		}},
		Movements: []*accrualv1.Movement{{
			Kind: accrualv1.MovementKind_MOVEMENT_KIND_REVERSE, Unit: "points", Issuer: "operator", ActivationDay: "1997-01-15",
			ExpiryDay: "1998-02-01", Points: 3, Redeemer: "books", RollingLife: 2,
		}},
		Postings: []*accrualv1.Posting{
			{Unit: "points", Bucket: "pending", Points: -3}, {Unit: "points", Bucket: "redeemed/books", Points: 3},
		},
		TierChange: &accrualv1.TierChange{From: "bronze", To: "silver", QualifyingMinor: 12000, Cause: "reached"},
		After: &accrualv1.StateAfter{
			Balances: []*accrualv1.Balance{{Unit: "points", Pending: 1, Active: 2, Held: 3, Debt: 4}}, Tier: "silver",
		},
		Action: &accrualv1.ActionPart{
			Type: "review", Source: "app", ActionId: "r-1", Day: "1997-01-01", RulePoints: 50, Points: 30, PerDayPoints: 80,
			Rules: []string{"points 50"}, Frozen: true,
		},
		Enrolment: &accrualv1.EnrolmentPart{Member: "ben", Kind: "consumer"},
		Segment:   &accrualv1.SegmentPart{Segment: "slipping", Entered: true, Number: 3, Revision: 2, AsOf: "1997-01-01"},
		Command:   &accrualv1.CommandPart{Caller: "reward", Points: 21, Reason: "GOODWILL", Approver: "operator/ben"},
		Hold: &accrualv1.HoldPart{
			HoldId: "cmd/reward/h", Caller: "reward", Redeemer: "books", Points: 22, Deadline: timestamppb.New(noon.Add(2 * time.Hour)),
		},
		Refund: &accrualv1.RefundPart{CaptureId: "cmd/reward/c", CaptureSeq: 5, CaptureDay: "1996-12-31", LeftPoints: 23},
		Freeze: &accrualv1.FreezePart{Earning: true, Spending: true},
		Transfer: &accrualv1.TransferPart{
			TransferId: "cmd/till/t", From: "anna", To: "ben", Points: 24, FeePoints: 2, Refused: "ACCOUNT_FROZEN", RollingExpiryDay: "1998-03-01",
		},
		RollingExpiryDay: "1998-01-01",
		Extension:        &accrualv1.ExtensionPart{BeforeDay: "1997-02-01", ExpiryDay: "1997-03-01"},
		Import:           &accrualv1.ImportPart{Source: "oldshop", IssuedDay: "1996-05-04"},
		Hash:             "ab" + strings.Repeat("00", 30) + "01",
	}
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
	requireNothingEmpty(t, got.ProtoReflect())
}

// requireNothingEmpty finds fields that the mapping forgot: the values given to it leave none empty.
func requireNothingEmpty(t *testing.T, m protoreflect.Message) {
	t.Helper()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		require.True(t, m.Has(f), "%s is empty", f.FullName())
		switch {
		case f.IsList() && f.Message() != nil:
			requireNothingEmpty(t, m.Get(f).List().Get(0).Message())
		case f.Message() != nil && f.Message().FullName() != "google.protobuf.Timestamp":
			requireNothingEmpty(t, m.Get(f).Message())
		}
	}
}

func TestAnAccountIsShownWhole(t *testing.T) {
	account := ledger.Account{
		Program: "cdnow", ID: "anna", Version: 7, Clock: noon, Hash: ledger.Hash{0xab}, Segments: []string{"slipping"},
		Balances: []ledger.Balance{{Unit: "points", Pending: 1, Active: 2, Held: 3, Debt: 4}, {Unit: "status", Pending: 5, Active: 6, Held: 7, Debt: 8}},
		Lots: []ledger.Lot{{
			Left: 5, Uncounted: 6,
			LotKey: ledger.LotKey{
				Unit: "points", Issuer: "operator", Activation: calendar.Date(1997, 1, 15), Expiry: calendar.None, Life: 3,
			},
		}},
		Rolling: ledger.Rolling{Until: calendar.Date(1998, 2, 1), Lapses: 2},
		Ladder:  ladder.State{Tier: "silver"}, Frozen: ledger.Frozen{Earning: true, Spending: true},
		Holds: []ledger.OpenHold{{HoldPart: ledger.HoldPart{
			ID: "cmd/reward/h", Caller: "reward", Redeemer: "books", Points: 3, Deadline: noon.Add(2 * time.Hour),
		}}},
	}
	got := contract.Account(account, noon.Add(time.Hour), 12000, "points")
	want := &accrualv1.Account{
		Program: "cdnow", Account: "anna", Version: 7, Tier: "silver", QualifyingMinor: 12000, Clock: timestamppb.New(noon),
		DueAt: timestamppb.New(noon.Add(time.Hour)), Hash: "ab" + strings.Repeat("00", 31), Segments: []string{"slipping"},
		Balances: []*accrualv1.Balance{{Unit: "points", Pending: 1, Active: 2, Held: 3, Debt: 4}, {Unit: "status", Pending: 5, Active: 6, Held: 7, Debt: 8}},
		Unit:     "points",
		Lots: []*accrualv1.Lot{{
			Unit: "points", Issuer: "operator", ActivationDay: "1997-01-15", ExpiryDay: "1998-02-01", Points: 5, Uncounted: 6, RollingLife: 3,
		}},
		Frozen: &accrualv1.FreezePart{Earning: true, Spending: true},
		Holds: []*accrualv1.Hold{{
			HoldId: "cmd/reward/h", Caller: "reward", Redeemer: "books", Points: 3, Deadline: timestamppb.New(noon.Add(2 * time.Hour)),
		}},
	}
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
	requireNothingEmpty(t, got.ProtoReflect())
}

func TestWhatIsNotThereIsAbsentRatherThanZero(t *testing.T) {
	bare := contract.Entry(ledger.Entry{Movements: []ledger.Movement{{
		Lot: ledger.LotKey{Activation: calendar.None, Expiry: calendar.None},
	}}})
	require.Nil(t, bare.GetOccurredAt())
	require.Nil(t, bare.GetEffectiveAt())
	require.Nil(t, bare.GetRecordedAt())
	require.Nil(t, bare.GetOrder())
	require.Nil(t, bare.GetTierChange())
	require.Nil(t, bare.GetAction())
	require.Nil(t, bare.GetEnrolment())
	require.Nil(t, bare.GetCommand())
	require.Nil(t, bare.GetHold())
	require.Nil(t, bare.GetRefund())
	require.Nil(t, bare.GetSegment())
	require.Empty(t, bare.GetMovements()[0].GetActivationDay(), "active points")
	require.Empty(t, bare.GetMovements()[0].GetExpiryDay(), "points that never lapse")
	kept := contract.Entry(ledger.Entry{Ladder: &ledger.LadderPart{Window: 12}})
	require.Nil(t, kept.GetTierChange(), "an entry that counts on the ladder and moves nobody")
	require.Nil(t, contract.Account(ledger.NewAccount("cdnow", "anna"), time.Time{}, 0, "points").GetDueAt(), "nothing ever falls due")
	one := ledger.Account{Balances: []ledger.Balance{{Unit: "points", Active: 3}}}
	require.Empty(t, contract.Account(one, time.Time{}, 0, "points").GetUnit(), "an account of one unit says what it said before there were others")
	require.Equal(t, "points", contract.Spent([]ledger.Balance{{Unit: "stamps", Active: 1}}, "points"), "of an account that has none to spend yet")
}

// TestKindsAndMovesKeepTheirNames goes through all that the ledger knows, and all that the contract does.
func TestKindsAndMovesKeepTheirNames(t *testing.T) {
	kinds, moves := map[accrualv1.EntryKind]bool{0: true}, map[accrualv1.MovementKind]bool{0: true}
	for k := ledger.KindUnset; ; k++ {
		name := k.String()
		if strings.HasPrefix(name, "kind(") {
			break
		}
		got := contract.Entry(ledger.Entry{Kind: k}).GetKind()
		require.Equal(t, "ENTRY_KIND_"+upper(name), got.String())
		kinds[got] = true
	}
	for m := ledger.MoveUnset; ; m++ {
		name := m.String()
		if strings.HasPrefix(name, "move(") {
			break
		}
		got := contract.Entry(ledger.Entry{Movements: []ledger.Movement{{Move: m}}}).GetMovements()[0].GetKind()
		require.Equal(t, "MOVEMENT_KIND_"+upper(name), got.String())
		moves[got] = true
	}
	require.Len(t, kinds, len(accrualv1.EntryKind_name))
	require.Len(t, moves, len(accrualv1.MovementKind_name))
}

// upper is a name in the contract's spelling; the unset one is unspecified there.
func upper(name string) string {
	if name == "" {
		return "UNSPECIFIED"
	}
	return strings.ToUpper(name)
}

// TestAFactIsAFunctionOfWhatTheHashCovers: when an entry was written down changes nothing else.
func TestAFactIsAFunctionOfWhatTheHashCovers(t *testing.T) {
	early, late := whole(t), whole(t)
	late.RecordedAt = late.RecordedAt.AddDate(1, 0, 0)
	a, b := contract.Entry(early), contract.Entry(late)
	require.False(t, proto.Equal(a, b))
	a.RecordedAt, b.RecordedAt = nil, nil
	require.Empty(t, cmp.Diff(a, b, protocmp.Transform()))
}
