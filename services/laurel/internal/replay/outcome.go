package replay

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

func (r *run) summary(a accrual.Audit, known insight) summary.Summary {
	s := summary.Summary{
		Before: r.figures(a.Before, a.Refused), After: r.figures(a.Figures, a.Refused),
		Redemptions: r.spent.done, Settlements: r.spent.settlements, Closing: r.spent.closing,
		Seconds:         round(r.Clock.Now().Sub(r.begun)),
		EventsPerSecond: float64(int64(float64(len(r.history.groups))/max(r.applied.Seconds(), 0.001)*10)) / 10,
		Verify:          summary.Verify{OK: a.OK()},
		Analytics:       known.summary(),
		Program:         summary.Program{ID: r.program.ID, Revision: int32(r.revision)}, //nolint:gosec // small
		Versions:        map[string]string{"laurel": telemetry.ReadBuild().Version, "go": runtime.Version(), "mongod": r.house.Mongod, "nats-server": r.house.NATS},
	}
	if !s.Closing.Time.IsZero() {
		s.Closing.Entries = a.Entries - a.Figures.Entries
	}
	for _, c := range a.Checks {
		s.Verify.Checks = append(s.Verify.Checks, summary.Check{Name: c.Name, OK: c.OK, Detail: c.Detail})
	}
	for _, at := range a.At {
		s.At = append(s.At, summary.At{Time: at.Time, Tiers: at.Tiers, PointsOutstanding: at.Outstanding, DigestTiers: at.DigestTiers})
	}
	return s
}

func (r *run) figures(f accrual.Figures, refused int64) summary.Figures {
	return summary.Figures{
		Orders: f.Orders, Lines: f.Lines, Accounts: f.Accounts, Amount: f.Amount, Entries: f.Entries,
		Points: summary.Points{
			Earned: f.Points.Earned, Pending: f.Points.Pending, Active: f.Points.Active, Held: f.Points.Held,
			Debt: f.Points.Debt, Expired: f.Points.Expired, Reversed: f.Points.Reversed,
			Redeemed: f.Points.Redeemed, Adjusted: f.Points.Adjusted,
		},
		Tiers: f.Tiers, ExpiredOn: expiredOn(f), Moves: moves(f), Duplicates: r.known + r.house.Accrual.Counts().Duplicates, Refused: refused,
		Digests: summary.Digests{Balances: f.DigestBalances, Tiers: f.DigestTiers},
	}
}

func expiredOn(f accrual.Figures) map[string]money.Points {
	days := map[string]money.Points{}
	for day, points := range f.ExpiredOn {
		days[day.String()] = points
	}
	return days
}

func moves(f accrual.Figures) []summary.Move {
	var list []summary.Move
	for m, n := range f.Moves {
		list = append(list, summary.Move{From: m.From, To: m.To, Cause: m.Cause, Count: n})
	}
	slices.SortFunc(list, func(a, b summary.Move) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Cause, b.Cause))
	})
	return list
}

func round(d time.Duration) float64 { return float64(d.Milliseconds()/10) / 100 }

func (r *run) report(ctx context.Context, s summary.Summary, a accrual.Audit, known insight) error {
	page := report.Page{
		Customers: known.customers(),
		Summary:   s, Name: r.program.Name, Unit: r.program.Unit, Currency: r.program.Currency,
		Source: strings.Join(baseNames(r.Orders), ", "), Until: r.Until.In(r.program.Zone), Rules: rules(r.program),
		Rejected: report.Rejected{Rows: r.history.rejected, File: r.history.kept},
	}
	if r.program.Ladder != nil {
		for _, t := range r.program.Ladder.Tiers {
			page.Tiers = append(page.Tiers, t.Name)
		}
	}
	for _, m := range a.Months {
		page.Months = append(page.Months, report.Month{
			Month: m.First, Orders: m.Orders, Amount: m.Amount, Earned: m.Earned, Reversed: m.Reversed, Expired: m.Expired,
			Redeemed: m.Redeemed, Alive: m.Alive, Tiers: m.Tiers,
		})
	}
	var err error
	if page.Story, err = r.story(ctx, a); err != nil {
		return err
	}
	if page.Story.Preview, err = r.preview(ctx, page.Story.Account); err != nil {
		return err
	}
	return writeFile(r.Report, func(w io.Writer) error { return report.Write(w, page) })
}

// story tells the account whose entries tell most: all that the page shows of it, and one more if there is one.
func (r *run) story(ctx context.Context, a accrual.Audit) (report.Story, error) {
	if a.Story == "" {
		return report.Story{}, nil
	}
	told, err := r.house.Accrual.Story(ctx, r.program.ID, a.Story, report.EntriesMax+1)
	if err != nil {
		return report.Story{}, err
	}
	story := report.Story{Account: string(a.Story), From: calendar.None, To: calendar.None}
	was := money.Points(0)
	for _, t := range told {
		if t.Entry.EffectiveAt.After(r.Until) {
			break // no figure of the page knows of it
		}
		now := money.Points(0)
		for _, b := range t.Entry.After.Balances {
			if b.Unit == r.program.Unit {
				now = b.Active + b.Pending + b.Held
			}
		}
		story.Entries = append(story.Entries, report.Entry{
			Day: t.Entry.Day, Kind: t.Entry.Kind.String(), Sentence: strings.Join(t.Sentences, " "), Delta: now - was,
			Balance: now, Tier: t.Entry.After.Tier,
		})
		was = now
	}
	return story, nil
}
