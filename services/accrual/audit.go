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
	Refused int64 // refusal rows
}

// Audit verifies a programme's ledger and adds it up in the same pass. At are times to look at.
func (s *Service) Audit(ctx context.Context, program, unit string, at []time.Time, progress func(entries, accounts int64)) (Audit, error) {
	sum := overview.New(unit, at)
	report, err := s.verify(ctx, program, verify.Options{Progress: progress, Observe: sum.Entry})
	if err != nil {
		return Audit{}, fmt.Errorf("verify the ledger: %w", err)
	}
	refused, err := s.storage.CountRefusals(ctx, program)
	if err != nil {
		return Audit{}, err
	}
	return Audit{sum.Result(), report, refused}, nil
}

// Verify checks the whole ledger, of all programmes.
func (s *Service) Verify(ctx context.Context) (Report, error) {
	return s.verify(ctx, "", verify.Options{})
}

// verify checks a programme's ledger, all of them when program is empty; of all of them it also follows each event of
// the log into the ledger.
func (s *Service) verify(ctx context.Context, program string, o verify.Options) (Report, error) {
	tracer := trace.New(trace.Deps{
		Bus: s.bus, Storage: s.storage, Log: s.deps.Log, Decode: s.Decode, Partitions: s.Partitions(),
	})
	observe := o.Observe
	o.Observe = func(e ledger.Entry) {
		tracer.Entry(e)
		if observe != nil {
			observe(e)
		}
	}
	report, err := verify.Run(ctx, s.storage, program, o)
	if err != nil || program != "" && !s.alone(program) {
		return report, err
	}
	check, err := tracer.Run(ctx)
	report.Checks = append(report.Checks, check)
	return report, err
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
	return s.storage.ScanAccounts(ctx, program, func(a ledger.Account, err error) error {
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
	parts, err := s.store.ReadPartitions(ctx, s.Partitions())
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if err := s.programs.Load(ctx, p.Revisions); err != nil {
			return 0, err
		}
	}
	return s.storage.Rebuild(ctx, func(a ledger.Account) (int, time.Time) {
		partition := bus.Partition(a.Program, string(a.ID), s.cfg.Partitions)
		due, _ := ledger.NextDue(a, s.programs.Schedule(parts[partition], a.Program))
		return partition, due
	})
}
