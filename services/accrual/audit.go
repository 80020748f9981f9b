package accrual

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/overview"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/trace"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// What an audit returns, for `laurel` and `laurelctl`.
type (
	// Overview is a ledger added up.
	Overview = overview.Result
	// Figures are the totals of a programme.
	Figures = overview.Figures
	// Month is what happened in a month, and what stood at its end.
	Month = overview.Month
	// Report is what a verification found.
	Report = verify.Report
	// Check is the outcome of one invariant.
	Check = verify.Check
)

// Audit is one reading of the whole ledger: what it holds, and whether it holds together.
type Audit struct {
	Overview
	Report
	// Before are the figures without what callers asked for: what events and the clock alone have made.
	Before  Figures
	Refused int64 // refusal rows
}

// Question says what an audit adds up. It verifies everything, whatever is added up.
type Question struct {
	Program, Unit string
	At            []time.Time // to look at
	// Until, if it is set, is the moment at which the sums stand: what took effect behind it is left out of them. No event
	// may stand behind the first command by then, or Before is not what would have been without commands.
	Until time.Time
}

// sees tells whether an entry is added up.
func (q Question) sees(e ledger.Entry) bool { return q.Until.IsZero() || !e.EffectiveAt.After(q.Until) }

// Audit verifies a programme's ledger and adds it up in the same pass.
func (s *Service) Audit(ctx context.Context, q Question) (Audit, error) {
	sum, before := overview.New(q.Unit, q.At), overview.New(q.Unit, nil)
	report, err := s.verify(ctx, q.Program, verify.Options{InOrder: true, Observe: func(e ledger.Entry) {
		if !q.sees(e) {
			return
		}
		sum.Entry(e)
		if e.Command == nil {
			before.Entry(e)
		}
	}})
	if err != nil {
		return Audit{}, fmt.Errorf("verify the ledger: %w", err)
	}
	refused, err := s.storage.CountRefusals(ctx, q.Program)
	if err != nil {
		return Audit{}, err
	}
	return Audit{sum.Result(), report, before.Result().Figures, refused}, nil
}

// Standing is what an account could spend, and its tier.
type Standing = storage.Standing

// Standings tells how each account stood at q.Until as events and the clock alone have made it, in the order of their ids.
func (s *Service) Standings(ctx context.Context, q Question, tell func(Standing) error) error {
	return s.storage.Standings(ctx, storage.Moment{Program: q.Program, Unit: q.Unit, At: q.Until}, tell)
}

// Verify checks the whole ledger, of all programmes.
func (s *Service) Verify(ctx context.Context) (Report, error) {
	return s.verify(ctx, "", verify.Options{})
}

// verify checks a programme's ledger, all of them when program is empty; of all of them it also follows each event of
// the log into the ledger.
func (s *Service) verify(ctx context.Context, program string, o verify.Options) (Report, error) {
	o.Places, o.At = s.places, s.deps.Clock.Now()
	whole := program == "" || s.alone(program)
	if whole && !o.Since {
		s.traced(&o)
	}
	report, err := verify.Run(ctx, s.storage, program, o)
	if err == nil && whole && o.Since {
		report.Notes = append(report.Notes, "the events of the log were not followed into the ledger: only a verification of all of it does that")
	}
	return report, err
}

// traced has a verification follow the events of the log as well.
func (s *Service) traced(o *verify.Options) {
	tracer, observe := trace.New(trace.Deps{
		Bus: s.bus, Storage: s.storage, Log: s.deps.Log, Decode: s.Decode, Partitions: s.Partitions(),
	}), o.Observe
	o.Observe = func(e ledger.Entry) {
		tracer.Entry(e)
		if observe != nil {
			observe(e)
		}
	}
	o.Also = func(ctx context.Context) ([]Check, error) {
		check, err := tracer.Run(ctx)
		return []Check{check}, err
	}
}

// alone tells whether no partition has passed a revision of another programme: then its entries are all there are.
func (s *Service) alone(program string) bool {
	for _, id := range s.programs.IDs() {
		if id != program {
			return false
		}
	}
	return true
}

// Tiers tells the tier of each account of a programme that has one, in the order of their ids, as of what is applied and
// swept.
func (s *Service) Tiers(ctx context.Context, program string, tell func(account, tier string) error) error {
	return s.storage.ScanAccounts(ctx, program, func(a storage.Stored, err error) error {
		if err != nil || a.Ladder.Tier == "" {
			return err
		}
		return tell(string(a.ID), a.Ladder.Tier)
	})
}

// Told is an entry in plain words.
type Told struct {
	Entry     ledger.Entry
	Sentences []string
}

// Story tells an account's entries in plain words, the first ones up to limit.
func (s *Service) Story(ctx context.Context, program string, account ledger.AccountID, limit int) ([]Told, error) {
	entries, err := s.storage.Entries(ctx, storage.AccountRef{Program: program, ID: account}, 0, limit)
	if err != nil {
		return nil, err
	}
	told := make([]Told, len(entries))
	for i, e := range entries {
		if err := s.programs.Load(ctx, []store.Revision{{Program: program, Number: e.Revision}}); err != nil {
			return nil, err
		}
		told[i] = Told{e, ledger.Explain(e, s.programs.Find(program, e.Revision))}
	}
	return told, nil
}

// Rebuild writes every account document anew from its entries, which are the truth. It must not run beside a service
// that applies events. It returns how many accounts it wrote.
func (s *Service) Rebuild(ctx context.Context) (int64, error) {
	place, err := s.places(ctx)
	if err != nil {
		return 0, err
	}
	return s.storage.Rebuild(ctx, place)
}

// places tells where accounts belong and when something falls due on them, by the revisions that their partitions have passed.
func (s *Service) places(ctx context.Context) (storage.Place, error) {
	parts, err := s.store.ReadPartitions(ctx, s.Partitions())
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := s.programs.Load(ctx, p.Revisions); err != nil {
			return nil, err
		}
	}
	return func(a ledger.Account) (int, time.Time) {
		partition := bus.Partition(a.Program, string(a.ID), s.cfg.Partitions)
		schedule := s.programs.Schedule(parts[partition], a.Program)
		if len(schedule) == 0 {
			return partition, time.Time{} // somebody altered the name: nothing is known of such a programme
		}
		due, _ := ledger.NextDue(a, schedule)
		return partition, due
	}, nil
}
