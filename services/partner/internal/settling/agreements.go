package settling

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// agreements are those of a programme, by revision.
type agreements struct {
	schedule program.Schedule
	unknown  int // a revision that was asked for and is not known; 0: none
}

// agreements reads what the log says of a programme, up to the last revision under which points of the period moved.
func (c *Closer) agreements(ctx context.Context, o Order) (*agreements, error) {
	books, err := c.deps.Storage.Books(ctx, o.Program, o.Period, o.Period)
	if err != nil {
		return nil, err
	}
	last := 1
	for _, b := range books {
		for _, r := range b.Rows {
			last = max(last, r.Revision)
		}
	}
	schedule, err := c.deps.Schedule(ctx, o.Program, last)
	return &agreements{schedule: schedule}, err
}

// of is what a partner has agreed to as of a revision: in it, or in the last one before it that names the partner, for
// what was promised then is owed though the partner has left meanwhile. It implements clearing.Terms.
func (a *agreements) of(partner string, revision int) clearing.Agreement {
	if a.schedule.Revision(revision).Program == nil {
		a.unknown = revision
		return clearing.Agreement{}
	}
	for ; revision > 0; revision-- {
		known := a.schedule.Revision(revision)
		if known.Program == nil {
			continue
		}
		if agreed, ok := known.Program.Partner(partner); ok {
			return clearing.Agreement{
				IssuePrice: agreed.IssuePrice, RedemptionPrice: agreed.RedemptionPrice, Fee: agreed.Fee,
				OnIssue: agreed.Funding == program.FundingOnIssue,
			}
		}
	}
	return clearing.Agreement{}
}

// settle has the domain compute a book by these agreements.
func (a *agreements) settle(b clearing.Book) (clearing.Settlement, error) {
	newest := a.schedule.Latest().Program
	b.Currency, b.Unit = newest.Currency, newest.Unit
	s, err := clearing.Settle(b, a.of)
	if a.unknown > 0 {
		return s, reason.New(reason.NotReady, "", "points moved under revision %d of programme %s, which is not read yet; try again", a.unknown, b.Program)
	}
	return s, err
}

// names is what partners are called, for people. The operator is called as its programme.
func (a *agreements) names() map[string]string {
	p := a.schedule.Latest().Program
	names := map[string]string{clearing.Operator: p.Name}
	for _, agreed := range p.Partners {
		names[agreed.ID] = agreed.Name
	}
	return names
}
