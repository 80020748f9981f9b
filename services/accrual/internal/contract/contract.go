// Package contract maps the ledger's values to the messages of laurel.accrual.v1, for facts and answers alike.
package contract

import (
	"encoding/hex"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Entry returns an entry as the contract shows it. RecordedAt is left out when it is not set: a fact is a pure function
// of what the hash covers.
func Entry(e ledger.Entry) *accrualv1.Entry {
	p := &accrualv1.Entry{
		Program: e.Program, Key: e.Key, Account: string(e.Account), Seq: int64(e.Seq), Kind: kind(e.Kind),
		OccurredAt: Time(e.OccurredAt), EffectiveAt: Time(e.EffectiveAt), RecordedAt: Time(e.RecordedAt),
		Revision: int32(e.Revision), Actor: e.Actor, EventId: e.EventID, EventSource: e.EventSource, //nolint:gosec // small
		Order: order(e.Order), Action: action(e.Action), Hash: hex.EncodeToString(e.Hash[:]),
		After: &accrualv1.StateAfter{Balances: Balances(e.After.Balances), Tier: e.After.Tier},
	}
	if m := e.Enrolment; m != nil {
		p.Enrolment = &accrualv1.EnrolmentPart{Member: m.Member, Kind: m.Kind}
	}
	if m := e.Segment; m != nil {
		p.Segment = &accrualv1.SegmentPart{Segment: m.Name, Entered: m.Entered, Number: m.Number, Revision: m.Revision, AsOf: m.AsOf.String()}
	}
	if f := e.Frozen; f != nil {
		p.Freeze = &accrualv1.FreezePart{Earning: f.Earning, Spending: f.Spending}
	}
	if t := e.Transfer; t != nil {
		p.Transfer = &accrualv1.TransferPart{
			TransferId: t.ID, From: string(t.From), To: string(t.To), Points: int64(t.Points), FeePoints: int64(t.Fee), Refused: t.Refused, RollingExpiryDay: t.Rolled.String(),
		}
	}
	if x := e.Extension; x != nil {
		p.Extension = &accrualv1.ExtensionPart{BeforeDay: x.Before.String(), ExpiryDay: x.To.String()}
	}
	if r := e.Rolls; r != nil {
		p.RollingExpiryDay = r.Until.String()
	}
	if i := e.Import; i != nil {
		p.Import = &accrualv1.ImportPart{Source: i.Source, IssuedDay: i.Issued.String()}
	}
	command(p, e)
	for _, l := range e.Lines {
		p.Lines = append(p.Lines, line(l))
	}
	for _, m := range e.Movements {
		p.Movements = append(p.Movements, &accrualv1.Movement{
			Kind: Move(m.Move), Unit: m.Lot.Unit, Issuer: m.Lot.Issuer, ActivationDay: m.Lot.Activation.String(),
			ExpiryDay: m.Lot.Expiry.String(), Points: int64(m.Points), Redeemer: m.Redeemer, RollingLife: int32(m.Lot.Life), //nolint:gosec // small
		})
	}
	for _, q := range e.Postings {
		p.Postings = append(p.Postings, &accrualv1.Posting{Unit: q.Unit, Bucket: q.Bucket, Points: int64(q.Points)})
	}
	if e.Ladder != nil && e.Ladder.Change != nil {
		c := e.Ladder.Change
		p.TierChange = &accrualv1.TierChange{From: c.From, To: c.To, QualifyingMinor: int64(c.Qualifying), Cause: c.Cause}
	}
	return p
}

// command fills the parts of a command, a hold and a refund.
func command(p *accrualv1.Entry, e ledger.Entry) {
	if c := e.Command; c != nil {
		p.Command = &accrualv1.CommandPart{Caller: c.Caller, Points: int64(c.Points), Reason: c.Reason, Approver: c.Approver}
	}
	if h := e.Hold; h != nil {
		p.Hold = &accrualv1.HoldPart{
			HoldId: h.ID, Caller: h.Caller, Redeemer: h.Redeemer, Points: int64(h.Points), Deadline: Time(h.Deadline),
		}
	}
	if r := e.Refund; r != nil {
		p.Refund = &accrualv1.RefundPart{CaptureId: r.Capture, CaptureSeq: int64(r.Seq), CaptureDay: r.Day.String(), LeftPoints: int64(r.Left)}
	}
}

// Account returns an account as the contract shows it. Due is when something changes next, zero for never; qualifying is
// what counts for the tier now, and unit the programme's own.
func Account(a ledger.Account, due time.Time, qualifying money.Minor, unit string) *accrualv1.Account {
	p := &accrualv1.Account{
		Program: a.Program, Account: string(a.ID), Version: int64(a.Version), Balances: Balances(a.Balances),
		Tier: a.Ladder.Tier, QualifyingMinor: int64(qualifying), Clock: Time(a.Clock), DueAt: Time(due),
		Hash: hex.EncodeToString(a.Hash[:]), Segments: a.Segments, Unit: Spent(a.Balances, unit),
	}
	if a.Frozen != (ledger.Frozen{}) {
		p.Frozen = &accrualv1.FreezePart{Earning: a.Frozen.Earning, Spending: a.Frozen.Spending}
	}
	for _, h := range a.Holds {
		p.Holds = append(p.Holds, &accrualv1.Hold{
			HoldId: h.ID, Caller: h.Caller, Redeemer: h.Redeemer, Points: int64(h.Points), Deadline: Time(h.Deadline),
		})
	}
	for _, l := range a.Lots {
		gone := a.Gone(l.LotKey)
		if l.Life > 0 && l.Left == 0 {
			gone = calendar.None // they are gone, and the day is that of others
		}
		p.Lots = append(p.Lots, &accrualv1.Lot{
			Unit: l.Unit, Issuer: l.Issuer, ActivationDay: l.Activation.String(), ExpiryDay: gone.String(),
			Points: int64(l.Left), Uncounted: int64(l.Uncounted), RollingLife: int32(l.Life), //nolint:gosec // small
		})
	}
	return p
}

// Spent is the programme's own unit where an account has others beside it, and empty where it has none: who adds up what can be spent
// must leave the others out.
func Spent(balances []ledger.Balance, unit string) string {
	if slices.ContainsFunc(balances, func(b ledger.Balance) bool { return b.Unit != unit }) {
		return unit
	}
	return ""
}

// Balances maps balances.
func Balances(balances []ledger.Balance) []*accrualv1.Balance {
	list := make([]*accrualv1.Balance, len(balances))
	for i, b := range balances {
		list[i] = &accrualv1.Balance{
			Unit: b.Unit, Pending: int64(b.Pending), Active: int64(b.Active), Held: int64(b.Held), Debt: int64(b.Debt),
		}
	}
	return list
}

// Time maps a time; one that is not set is absent.
func Time(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func line(l earning.Line) *accrualv1.LineRating {
	return &accrualv1.LineRating{
		LineId: l.ID, Sku: l.SKU, Category: l.Category, BaseMinor: int64(l.Base), Rate: l.Rate.String(),
		Points: int64(l.Points), Rules: l.Rules,
	}
}

func order(o *ledger.OrderPart) *accrualv1.OrderPart {
	if o == nil {
		return nil
	}
	p := &accrualv1.OrderPart{
		Merchant: o.Ref.Merchant, OrderId: o.Ref.Order, Number: int32(o.Number), Event: o.Event.Kind.String(), //nolint:gosec // at most 1,000
		Occurrence: o.Event.Occurrence, OrderRevision: o.Event.Revision, Currency: string(o.Event.Currency),
		BaseMinor: int64(o.Base), TargetPoints: int64(o.Target), Waiting: o.Waiting, Segment: o.Segment, Frozen: o.Frozen,
	}
	for _, t := range o.Others {
		p.OtherTargets = append(p.OtherTargets, &accrualv1.UnitTarget{Unit: t.Unit, Points: int64(t.Points)})
	}
	return p
}

func action(a *ledger.ActionPart) *accrualv1.ActionPart {
	if a == nil {
		return nil
	}
	return &accrualv1.ActionPart{
		Type: a.Type, Source: a.Ref.Source, ActionId: a.Ref.ID, Day: a.Day.String(), RulePoints: int64(a.Rule),
		Points: int64(a.Points), PerDayPoints: int64(a.PerDay), Rules: a.Rules, Frozen: a.Frozen,
	}
}

func kind(k ledger.Kind) accrualv1.EntryKind {
	switch k {
	case ledger.KindEarn:
		return accrualv1.EntryKind_ENTRY_KIND_EARN
	case ledger.KindReverse:
		return accrualv1.EntryKind_ENTRY_KIND_REVERSE
	case ledger.KindActivate:
		return accrualv1.EntryKind_ENTRY_KIND_ACTIVATE
	case ledger.KindExpire:
		return accrualv1.EntryKind_ENTRY_KIND_EXPIRE
	case ledger.KindPark:
		return accrualv1.EntryKind_ENTRY_KIND_PARK
	case ledger.KindState:
		return accrualv1.EntryKind_ENTRY_KIND_STATE
	case ledger.KindAction:
		return accrualv1.EntryKind_ENTRY_KIND_ACTION
	case ledger.KindHold:
		return accrualv1.EntryKind_ENTRY_KIND_HOLD
	case ledger.KindCapture:
		return accrualv1.EntryKind_ENTRY_KIND_CAPTURE
	case ledger.KindVoid:
		return accrualv1.EntryKind_ENTRY_KIND_VOID
	case ledger.KindRefund:
		return accrualv1.EntryKind_ENTRY_KIND_REFUND
	case ledger.KindAdjust:
		return accrualv1.EntryKind_ENTRY_KIND_ADJUST
	case ledger.KindTransferOut:
		return accrualv1.EntryKind_ENTRY_KIND_TRANSFER_OUT
	case ledger.KindTransferIn:
		return accrualv1.EntryKind_ENTRY_KIND_TRANSFER_IN
	case ledger.KindExtend:
		return accrualv1.EntryKind_ENTRY_KIND_EXTEND
	case ledger.KindImport:
		return accrualv1.EntryKind_ENTRY_KIND_IMPORT
	case ledger.KindDonate:
		return accrualv1.EntryKind_ENTRY_KIND_DONATE
	case ledger.KindUnset:
	}
	return accrualv1.EntryKind_ENTRY_KIND_UNSPECIFIED
}

// Move maps what a movement did.
func Move(m ledger.Move) accrualv1.MovementKind {
	switch m {
	case ledger.MoveEarn:
		return accrualv1.MovementKind_MOVEMENT_KIND_EARN
	case ledger.MoveReverse:
		return accrualv1.MovementKind_MOVEMENT_KIND_REVERSE
	case ledger.MoveActivate:
		return accrualv1.MovementKind_MOVEMENT_KIND_ACTIVATE
	case ledger.MoveExpire:
		return accrualv1.MovementKind_MOVEMENT_KIND_EXPIRE
	case ledger.MoveUncount:
		return accrualv1.MovementKind_MOVEMENT_KIND_UNCOUNT
	case ledger.MovePayoff:
		return accrualv1.MovementKind_MOVEMENT_KIND_PAYOFF
	case ledger.MoveOwe:
		return accrualv1.MovementKind_MOVEMENT_KIND_OWE
	case ledger.MoveForgive:
		return accrualv1.MovementKind_MOVEMENT_KIND_FORGIVE
	case ledger.MoveHold:
		return accrualv1.MovementKind_MOVEMENT_KIND_HOLD
	case ledger.MoveRelease:
		return accrualv1.MovementKind_MOVEMENT_KIND_RELEASE
	case ledger.MoveCapture:
		return accrualv1.MovementKind_MOVEMENT_KIND_CAPTURE
	case ledger.MoveRefund:
		return accrualv1.MovementKind_MOVEMENT_KIND_REFUND
	case ledger.MoveCredit:
		return accrualv1.MovementKind_MOVEMENT_KIND_CREDIT
	case ledger.MoveDebit:
		return accrualv1.MovementKind_MOVEMENT_KIND_DEBIT
	case ledger.MoveSend:
		return accrualv1.MovementKind_MOVEMENT_KIND_SEND
	case ledger.MoveReceive:
		return accrualv1.MovementKind_MOVEMENT_KIND_RECEIVE
	case ledger.MoveFee:
		return accrualv1.MovementKind_MOVEMENT_KIND_FEE
	case ledger.MovePutOff:
		return accrualv1.MovementKind_MOVEMENT_KIND_PUT_OFF
	case ledger.MoveExtend:
		return accrualv1.MovementKind_MOVEMENT_KIND_EXTEND
	case ledger.MoveImport:
		return accrualv1.MovementKind_MOVEMENT_KIND_IMPORT
	case ledger.MoveDonate:
		return accrualv1.MovementKind_MOVEMENT_KIND_DONATE
	case ledger.MoveUnset:
	}
	return accrualv1.MovementKind_MOVEMENT_KIND_UNSPECIFIED
}
