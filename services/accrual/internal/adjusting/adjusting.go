// Package adjusting is how people correct accounts: each within the limits that the programme gives their role, and beyond
// them only what another person has approved. Who a person is comes from the credential; what an adjustment does to an
// account is the ledger's.
package adjusting

import (
	"context"
	"math"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Adjuster corrects accounts. Safe for many goroutines.
type Adjuster struct {
	Storage *storage.Storage
	// Do has the ledger do what a caller asks for, and returns its entry once that is durable.
	Do func(ctx context.Context, ref storage.AccountRef, r ledger.Request) (ledger.Entry, error)
}

// Who adjusts, by the credential.
type Who struct {
	Person string // empty: a credential that names nobody
	Role   string
	Caller string // as the ledger has it
}

// As is a moment as a programme has it.
type As struct {
	Program *program.Program
	Now     time.Time
}

// Adjustment is what somebody wants: also a transfer, where that needs a second person.
type Adjustment struct {
	Account storage.AccountRef
	To      ledger.AccountID // where the points go; empty: nowhere, it is an adjustment
	Points  money.Points     // below zero: taken away; of an extension how many there are, as far as is known
	Extend  *ledger.Extend   // nil but for an extension
	Reason  string
	Key     string // the idempotency key
}

func (a Adjustment) request(who Who) ledger.Request {
	r := ledger.Request{Caller: who.Caller, Key: a.Key, Deed: ledger.Adjust{Points: a.Points, Reason: a.Reason}}
	if a.To != "" {
		r.Deed = ledger.Transfer{To: a.To, Points: a.Points, Reason: a.Reason}
	}
	if a.Extend != nil {
		extend := *a.Extend
		extend.Reason, extend.Most = a.Reason, a.Points
		r.Deed = extend
	}
	return r
}

// size is how many points are moved; the least number has no counterpart and is more than any limit.
func (a Adjustment) size() money.Points {
	if a.Points >= 0 {
		return a.Points
	}
	if a.Points == math.MinInt64 {
		return math.MaxInt64
	}
	return -a.Points
}

// Adjust corrects an account at once, if the person may do so by themselves. Refusals: PERSON_NEEDED, ADJUSTMENT_LIMIT, and
// those of the ledger. A retry is safe.
func (d *Adjuster) Adjust(ctx context.Context, who Who, a Adjustment, as As) (ledger.Entry, error) {
	if as.Program.Adjustments == nil {
		return d.Do(ctx, a.Account, a.request(who))
	}
	if err := who.Named(as.Program); err != nil {
		return ledger.Entry{}, err
	}
	key := storage.KeyRef{Program: a.Account.Program, Key: a.request(who).EntryKey()}
	known, err := d.Storage.EntriesByKey(ctx, []storage.KeyRef{key})
	if err != nil {
		return ledger.Entry{}, err
	}
	if len(known) > 0 { // it counted when it came first
		return d.Do(ctx, a.Account, a.request(who))
	}
	may := as.Program.Adjustments.Of(who.Role)
	if a.size() > may.Limit {
		return ledger.Entry{}, tooMuch(a, may)
	}
	return d.counted(ctx, who, a, as, may)
}

// counted adjusts what is within the limit of a call, if it is within that of the day too.
func (d *Adjuster) counted(ctx context.Context, who Who, a Adjustment, as As, may program.AdjustmentRole) (ledger.Entry, error) {
	most := int64(math.MaxInt64)
	if may.PerDay > 0 {
		most = int64(may.PerDay)
	}
	day := storage.AdjustedRef{Program: a.Account.Program, Person: who.Person, Day: calendar.DayOf(as.Now, as.Program.Zone)}
	sum, ok, err := d.Storage.CountAdjusted(ctx, day, a.Key, int64(a.size()), most)
	if err != nil {
		return ledger.Entry{}, err
	}
	if !ok {
		return ledger.Entry{}, tooMuchToday(a, may, sum)
	}
	e, err := d.Do(ctx, a.Account, a.request(who))
	if _, refused := reason.Of(err); refused {
		if err := d.Storage.UncountAdjusted(ctx, day, a.Key, int64(a.size())); err != nil {
			return ledger.Entry{}, err
		}
	}
	return e, err
}

// Named refuses a credential that names no person where the programme limits what people adjust.
func (w Who) Named(p *program.Program) error {
	if p.Adjustments == nil || w.Person != "" {
		return nil
	}
	return nobody()
}

// MayImport refuses to bring over more points in one lot than the person's role may, where the programme limits what people
// adjust. Refusals: PERSON_NEEDED, ADJUSTMENT_LIMIT.
func (w Who) MayImport(points money.Points, p *program.Program) error {
	if err := w.Named(p); err != nil || p.Adjustments == nil {
		return err
	}
	may := p.Adjustments.Of(w.Role)
	if points <= may.Import {
		return nil
	}
	return reason.New(reason.AdjustmentLimit, "points", "%d points are to be brought over, the role %s may bring %d at once; the programme says so in adjustments.roles.%s.import",
		points, may.Name, may.Import, may.Name).With("asked", points).With("limit", may.Import).With("role", may.Name)
}

func nobody() error {
	return reason.New(reason.PersonNeeded, "", "the programme limits adjustments by person, and this credential names none; use one of operator/<person>/<role>")
}

// tooMuch says that an adjustment is beyond what the role may do at once.
func tooMuch(a Adjustment, may program.AdjustmentRole) error {
	return reason.New(reason.AdjustmentLimit, "points", "%d points asked, the role %s may adjust %d at once; propose it, and let another person approve it",
		a.size(), may.Name, may.Limit).With("asked", a.size()).With("limit", may.Limit).With("role", may.Name)
}

// tooMuchToday says that an adjustment is beyond what the role may do on a day; sum is what it has done already.
func tooMuchToday(a Adjustment, may program.AdjustmentRole, sum int64) error {
	return reason.New(reason.AdjustmentLimit, "points", "%d points asked, the role %s may adjust %d a day, of which %d are used; propose it, and let another person approve it",
		a.size(), may.Name, may.PerDay, sum).With("asked", a.size()).With("per_day", may.PerDay).With("used", sum).With("role", may.Name)
}
