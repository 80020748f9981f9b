package adjusting

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// proposalDays is for how many days somebody may approve.
const proposalDays = 7

// Propose keeps an adjustment until another person decides. Refusals: PERSON_NEEDED, NOTHING_TO_EXTEND, IDEMPOTENCY_KEY_REUSED. A retry is
// answered with the proposal that stands.
func (d *Adjuster) Propose(ctx context.Context, who Who, a Adjustment, as As) (storage.Proposal, error) {
	if who.Person == "" {
		return storage.Proposal{}, nobody()
	}
	p := storage.Proposal{
		ID:      a.Account.Program + "/" + token.Of(who.Person) + "/" + token.Of(a.Key),
		Program: a.Account.Program, Account: string(a.Account.ID), To: string(a.To), Points: int64(a.Points), Reason: a.Reason,
		Proposer: who.Person, Key: a.Key, ProposedAt: as.Now, ExpiresAt: as.Now.AddDate(0, 0, proposalDays), State: storage.ProposalOpen,
	}
	if x := a.Extend; x != nil {
		p.Before, p.Until = int32(x.Before), int32(x.To)
	}
	kept, err := d.keep(ctx, p, a)
	if err != nil {
		return kept, err
	}
	same := kept.Account == p.Account && kept.To == p.To && kept.Reason == p.Reason && kept.Before == p.Before && kept.Until == p.Until
	if !same || kept.Points != p.Points && a.Extend == nil { // how many points are meant may have changed since
		return kept, reason.New(reason.IdempotencyKeyReused, "idempotency_key",
			"the key %q came before with other content; give each proposal a key of its own", a.Key)
	}
	return kept, nil
}

// keep returns the proposal that stands, this one where none does.
func (d *Adjuster) keep(ctx context.Context, p storage.Proposal, a Adjustment) (storage.Proposal, error) {
	if a.Extend == nil || a.Points > 0 {
		return d.Storage.Propose(ctx, p)
	}
	kept, err := d.Storage.Proposal(ctx, p.Program, p.ID)
	if why, refused := reason.Of(err); refused && why.Reason == reason.ProposalNotFound {
		return kept, a.Extend.Nothing()
	}
	return kept, err
}

// Approve lets an adjustment happen that another person has proposed, and returns its entry. Refusals: PERSON_NEEDED,
// SECOND_PERSON_NEEDED, ADJUSTMENT_LIMIT, PROPOSAL_NOT_FOUND, PROPOSAL_CLOSED, and those of the ledger: after one of those
// the same person may try again. A retry is safe.
func (d *Adjuster) Approve(ctx context.Context, who Who, program, id string, as As) (storage.Proposal, ledger.Entry, error) {
	p, err := d.proposal(ctx, who, program, id)
	if err != nil {
		return p, ledger.Entry{}, err
	}
	a := Adjustment{
		Account: storage.AccountRef{Program: p.Program, ID: ledger.AccountID(p.Account)}, To: ledger.AccountID(p.To), Points: money.Points(p.Points), Reason: p.Reason, Key: p.Key,
	}
	if p.Until != 0 {
		a.Extend = &ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: calendar.Day(p.Before), To: calendar.Day(p.Until)}}
	}
	if limits := as.Program.Adjustments; limits != nil {
		if may := limits.Of(who.Role); a.size() > may.Approve {
			return p, ledger.Entry{}, reason.New(reason.AdjustmentLimit, "", "%d points are proposed, the role %s may approve %d", a.size(), may.Name, may.Approve).
				With("asked", a.size()).With("limit", may.Approve).With("role", may.Name)
		}
	}
	if p, err = d.decide(ctx, p, storage.ProposalApproved, who, as.Now); err != nil {
		return p, ledger.Entry{}, err
	}
	request := a.request(Who{Caller: callerOf(p.Proposer)})
	request.Approver = callerOf(p.DecidedBy)
	e, err := d.Do(ctx, a.Account, request)
	if err != nil {
		return p, e, err
	}
	if p.State == storage.ProposalApproved {
		p.State, p.Entry = storage.ProposalDone, e.Key
		err = d.Storage.Done(ctx, p.ID, e.Key)
	}
	return p, e, err
}

// Reject ends a proposal without an entry; whoever made it may take it back so. Refusals as of Approve.
func (d *Adjuster) Reject(ctx context.Context, who Who, program, id string, as As) (storage.Proposal, error) {
	if who.Person == "" {
		return storage.Proposal{}, nobody()
	}
	p, err := d.Storage.Proposal(ctx, program, id)
	if err != nil {
		return p, err
	}
	return d.decide(ctx, p, storage.ProposalRejected, who, as.Now)
}

// proposal reads a proposal that somebody else than its proposer wants to approve.
func (d *Adjuster) proposal(ctx context.Context, who Who, program, id string) (storage.Proposal, error) {
	if who.Person == "" {
		return storage.Proposal{}, nobody()
	}
	p, err := d.Storage.Proposal(ctx, program, id)
	if err == nil && p.Proposer == who.Person {
		return p, reason.New(reason.SecondPersonNeeded, "", "%s has proposed this; another person must approve it", who.Person)
	}
	return p, err
}

// decide takes an open proposal to a state, once. Whoever has taken it there already may repeat that.
func (d *Adjuster) decide(ctx context.Context, p storage.Proposal, state string, who Who, now time.Time) (storage.Proposal, error) {
	if p.State == storage.ProposalOpen {
		if !now.Before(p.ExpiresAt) {
			return p, reason.New(reason.ProposalClosed, "proposal_id", "the proposal lapsed at %s; make another one", p.ExpiresAt.UTC().Format(time.RFC3339))
		}
		if _, err := d.Storage.Decide(ctx, p.ID, state, who.Person, now); err != nil {
			return p, err
		}
		var err error
		if p, err = d.Storage.Proposal(ctx, p.Program, p.ID); err != nil {
			return p, err
		}
	}
	same := p.State == state || state == storage.ProposalApproved && p.State == storage.ProposalDone
	if !same || p.DecidedBy != who.Person {
		return p, reason.New(reason.ProposalClosed, "proposal_id", "the proposal is %s by %s already", p.State, p.DecidedBy)
	}
	return p, nil
}

// callerOf is a person as the ledger has them.
func callerOf(person string) string { return ledger.Operator + "/" + person }
