package posting

import (
	"context"
	"strings"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// act lets the ledger decide on an action.
func (b *batch) act(ctx context.Context, m follow.Message) error {
	if b.parts.Get(m.Partition).Events && !m.Action.Event.Dated {
		return b.refuse(m, reason.New(reason.InvalidField, "time", "the event does not say when it happened, and this house lives in past days"))
	}
	s, err := b.stage(ctx, m, m.Action.Event.OccurredAt)
	if s == nil || err != nil {
		return err
	}
	ref := storage.KeyRef{Program: m.Program, Key: ledger.ActionKey(m.Action.Ref)}
	verdict, err := ledger.TakeAction(s.account, b.taken[ref], ledger.ActionCommand{
		Ref: m.Action.Ref, Event: m.Action.Event, EventID: m.EventID, EventSource: m.EventSource, Position: s.position,
	}, s.schedule, s.t)
	if err != nil {
		return b.refuseFor(m, err)
	}
	if verdict.Repeats != "" {
		b.outcome.Duplicates++
		return nil
	}
	b.taken[ref] = ledger.TakenBy(verdict.Entry)
	s.account = verdict.Account
	return b.post(s.holding, storage.EntryWrite{Entry: verdict.Entry}, told{data: m.Action.Event.Data.JSON()})
}

// enrolled is the enrolment that a message is, nil if it is none.
func enrolled(m follow.Message) *controlv1.MemberEnrolled {
	e, _ := m.Control.(*controlv1.MemberEnrolled)
	return e
}

func enrolKey(m follow.Message) storage.KeyRef {
	return storage.KeyRef{Program: m.Program, Key: ledger.EnrolKey(ledger.AccountID(m.Account), enrolled(m).GetMember())}
}

// enrol opens an account for a member, once.
func (b *batch) enrol(ctx context.Context, m follow.Message) error {
	e := enrolled(m)
	at := calendar.Millis(e.GetEnrolledAt().AsTime())
	s, err := b.stage(ctx, m, time.Time{}) // Laurel's own word: no shop's clock can be ahead
	if s == nil || err != nil {
		return err
	}
	if b.taken[enrolKey(m)].Key != "" {
		b.outcome.Duplicates++
		return nil
	}
	verdict, err := ledger.Enrol(s.account, ledger.Enrolment{
		EnrolmentPart: ledger.EnrolmentPart{Member: e.GetMember(), Kind: memberKind(e.GetKind())}, EnrolledAt: at,
		Source: m.Merchant, EventID: m.EventID, EventSource: m.EventSource, Position: s.position,
	}, s.schedule, s.t)
	if err != nil {
		return err
	}
	b.taken[enrolKey(m)] = ledger.Taken{Key: verdict.Entry.Key, Account: verdict.Entry.Account}
	s.account = verdict.Account
	return b.post(s.holding, storage.EntryWrite{Entry: verdict.Entry}, told{})
}

// memberKind is the word for a kind of member: consumer, business, dealer.
func memberKind(k memberv1.MemberKind) string {
	return strings.ToLower(strings.TrimPrefix(k.String(), "MEMBER_KIND_"))
}
