package api

import (
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// PreviewOrder implements AccrualService. It does on a copy what a lane does with the same order, published now.
func (s *Server) PreviewOrder(ctx context.Context, in *accrualv1.PreviewOrderRequest) (*accrualv1.PreviewOrderResponse, error) {
	command, err := previewed(in)
	if err != nil {
		return nil, err
	}
	part, err := s.partition(ctx, in.GetProgram(), in.GetAccount())
	if err != nil {
		return nil, err
	}
	if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
		return nil, err
	}
	schedule := s.deps.Programs.Schedule(part, in.GetProgram())
	now, err := s.moment(part, schedule, &command, in.GetProgram())
	if err != nil {
		return nil, err
	}
	account, err := s.accountOrNone(ctx, storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())})
	if err != nil {
		return nil, err
	}
	t := later(account.Clock, now)
	if in.GetAccount() == "" { // a newcomer is enrolled first
		verdict, err := ledger.Enrol(account, ledger.Enrolment{EnrolledAt: t}, schedule, t)
		if err != nil {
			return nil, err
		}
		account = verdict.Account
	}
	books, err := s.booksBy(ctx, account, t)
	if err != nil {
		return nil, err
	}
	preview, err := ledger.PreviewOrder(account, books, command, schedule, t)
	if err != nil {
		return nil, err
	}
	return previewToProto(preview, schedule), nil
}

// previewed is the event that the basket would be.
func previewed(in *accrualv1.PreviewOrderRequest) (ledger.Command, error) {
	currency, err := money.ParseCurrency(in.GetCurrency())
	if err != nil {
		return ledger.Command{}, reason.New(reason.UnknownCurrency, "currency",
			"%q is not an ISO 4217 code; write three capitals, for example USD", in.GetCurrency())
	}
	at, err := timeFromProto(in.GetOccurredAt(), "occurred_at")
	if err != nil {
		return ledger.Command{}, err
	}
	lines, err := follow.Lines(in.GetLines())
	if err != nil {
		return ledger.Command{}, err
	}
	e := orders.Event{Kind: orders.Paid, Currency: currency, Lines: lines}
	if in.GetOccurredAt() != nil {
		e.OccurredAt = calendar.Millis(at)
	}
	return ledger.Command{Ref: orders.Ref{Merchant: in.GetMerchant()}, Event: e}, e.Check()
}

// partition is where the account lives. A newcomer who has no id yet may land anywhere: then it is the partition that has
// come furthest.
func (s *Server) partition(ctx context.Context, program, account string) (store.Partition, error) {
	ids := make([]int, s.deps.Partitions)
	for i := range ids {
		ids[i] = i
	}
	if account != "" {
		ids = []int{bus.Partition(program, account, s.deps.Partitions)}
	}
	parts, err := s.deps.Storage.Store().ReadPartitions(ctx, ids)
	if err != nil {
		return store.Partition{}, err
	}
	furthest := parts[ids[0]]
	for _, id := range ids {
		if parts[id].Clock.After(furthest.Clock) {
			furthest = parts[id]
		}
	}
	return furthest, nil
}

// moment fixes when the order happens, refuses what no programme decides on, and returns the clock of its partition
// behind it.
func (s *Server) moment(part store.Partition, schedule program.Schedule, c *ledger.Command, id string) (time.Time, error) {
	now := part.Clock
	if !part.Events {
		now = later(now, s.deps.Clock.Now())
	}
	if c.Event.OccurredAt.IsZero() {
		c.Event.OccurredAt = now
	}
	at := c.Event.OccurredAt
	if part.Events {
		return later(now, at), orderbook.Admit(id, schedule, at, time.Time{})
	}
	return now, orderbook.Admit(id, schedule, at, now)
}

// accountOrNone reads an account; one that has no entries yet is empty.
func (s *Server) accountOrNone(ctx context.Context, ref storage.AccountRef) (ledger.Account, error) {
	known, err := s.deps.Storage.Accounts(ctx, []storage.AccountRef{ref})
	if err != nil {
		return ledger.Account{}, err
	}
	if account, ok := known[ref]; ok {
		return account, nil
	}
	return ledger.NewAccount(ref.Program, ref.ID), nil
}

// booksBy reads what stands under the orders whose waits end by t.
func (s *Server) booksBy(ctx context.Context, a ledger.Account, t time.Time) (ledger.Books, error) {
	books := ledger.Books{}
	for _, ref := range a.LapsesBy(t) {
		entries, err := s.deps.Storage.Order(ctx, storage.OrderRef{Program: a.Program, Ref: ref})
		if err != nil {
			return nil, err
		}
		if books[ref], err = ledger.BookOf(entries); err != nil {
			return nil, err
		}
	}
	return books, nil
}

func previewToProto(p ledger.Preview, schedule program.Schedule) *accrualv1.PreviewOrderResponse {
	e := contract.Entry(p.Entry)
	return &accrualv1.PreviewOrderResponse{
		Points: e.GetOrder().GetTargetPoints(), Unit: schedule.Latest().Program.Unit, Lines: e.GetLines(),
		ActivationDay: p.Lot.Activation.String(), ExpiryDay: p.Gone.String(), TierHeld: p.Entry.Order.Tier,
		TierReached: p.Entry.After.Tier, DebtPaidPoints: int64(p.PaysDebt), After: e.GetAfter(),
		OtherTargets: e.GetOrder().GetOtherTargets(),
		Revision:     int32(p.Entry.Order.Revision), EffectiveAt: e.GetEffectiveAt(), //nolint:gosec // small
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
