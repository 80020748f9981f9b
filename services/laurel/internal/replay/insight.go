package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// customersPage is how many customers are asked for at once.
const customersPage = 5000

// compareMonths is how long before the end the segments are compared with those at the end.
const compareMonths = 6

// survivalDays are where the summary looks at the curves.
func survivalDays() []int32 { return []int32{30, 90, 180, 270, 365, 450, 500} }

// insight is what analytics says of the replay; nil fields where no order was taken.
type insight struct {
	asOf, compare                  string // compare: empty where nobody had bought by then
	pareto, rfm, cohorts, survival *analyticsv1.Report
	digestClasses, digestScores    string
}

// asOf is the first day that begins at or after a time: everything that happened up to then lies before it.
func asOf(t time.Time, zone *time.Location) calendar.Day {
	day := calendar.DayOf(t, zone)
	if day.Start(zone).Before(t) {
		day++
	}
	return day
}

// learn asks analytics for all reports, and for every customer.
func (r *run) learn(ctx context.Context) (insight, error) {
	end := asOf(r.Until, r.program.Zone)
	known := insight{asOf: end.String()}
	for _, asked := range []struct {
		name string
		into **analyticsv1.Report
	}{{"pareto", &known.pareto}, {"rfm", &known.rfm}, {"cohorts", &known.cohorts}, {"survival", &known.survival}} {
		made, err := r.house.Analytics.Report(ctx, &analyticsv1.GetReportRequest{Program: r.program.ID, Name: asked.name, AsOf: known.asOf})
		if errors.Is(err, reason.UnknownProgram) {
			return insight{}, nil // nothing was taken
		}
		if err != nil {
			return insight{}, fmt.Errorf("report %s: %w", asked.name, err)
		}
		*asked.into = made
	}
	if err := r.migrations(ctx, &known, end.AddMonths(-compareMonths)); err != nil {
		return insight{}, err
	}
	var err error
	known.digestClasses, known.digestScores, err = r.digests(ctx, known.asOf)
	return known, err
}

// migrations asks for the segments again beside those of an earlier day, if anybody had bought before it.
func (r *run) migrations(ctx context.Context, known *insight, earlier calendar.Day) error {
	if first := known.cohorts.GetCohorts().GetCohorts(); len(first) == 0 || first[0].GetMonth() >= earlier.String()[:len("2006-01")] {
		return nil
	}
	moved, err := r.house.Analytics.Report(ctx, &analyticsv1.GetReportRequest{
		Program: r.program.ID, Name: "rfm", AsOf: known.asOf, Compare: earlier.String(),
	})
	if err != nil {
		return fmt.Errorf("report rfm, compared with %s: %w", earlier, err)
	}
	known.rfm, known.compare = moved, earlier.String()
	return nil
}

// digests reads every customer, page by page.
func (r *run) digests(ctx context.Context, asOf string) (classes, scores string, err error) {
	byClass, byScores := sha256.New(), sha256.New()
	in := &analyticsv1.ListCustomersRequest{Program: r.program.ID, AsOf: asOf, PageSize: customersPage}
	for {
		answer, err := r.house.Analytics.Customers(ctx, in)
		if err != nil {
			return "", "", fmt.Errorf("list customers: %w", err)
		}
		for _, c := range answer.GetCustomers() {
			_, _ = fmt.Fprintf(byClass, "%s,%s\n", c.GetAccount(), c.GetClass())
			_, _ = fmt.Fprintf(byScores, "%s,%d,%d,%d\n", c.GetAccount(), c.GetRecencyScore(), c.GetFrequencyScore(), c.GetMonetaryScore())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return hex.EncodeToString(byClass.Sum(nil)), hex.EncodeToString(byScores.Sum(nil)), nil
		}
	}
}

// agrees holds the copy against the ledger. Each account's entries are copied in a row without a gap, so their number tells.
func (k insight) agrees(a accrual.Audit) accrual.Check {
	copied := k.pareto.GetRead().GetEntries()
	return accrual.Check{
		Name: "analytics_agrees", OK: copied == a.Entries,
		Detail: fmt.Sprintf("%d entries copied, the ledger has %d", copied, a.Entries),
	}
}

// summary is the insight as summary.json has it.
func (k insight) summary() summary.Analytics {
	if k.pareto == nil {
		return summary.Analytics{}
	}
	p, c := k.pareto.GetPareto(), k.cohorts.GetCohorts()
	a := summary.Analytics{
		AsOf: k.asOf, Customers: p.GetCustomers(), Spend: money.Minor(p.GetTotalMinor()), Gini: p.GetGini(),
		Top: group("", p.GetTop()), Most: group("", p.GetMost()), Half: group("", p.GetHalf()),
		TwoOrders: c.GetTwoOrders(), Repeat: c.GetAll().GetSecond(), RepeatShare: c.GetAll().GetSecondShare(),
		Survival: []summary.Survival{
			curve("first_repeat", k.survival.GetSurvival().GetFirstRepeat()), curve("loss", k.survival.GetSurvival().GetLoss()),
		},
		DigestClasses: k.digestClasses, DigestScores: k.digestScores, ComparedWith: k.compare,
	}
	for _, m := range k.rfm.GetRfm().GetMoves() {
		a.Moves = append(a.Moves, summary.SegmentMove{From: m.GetFrom(), To: m.GetTo(), Customers: m.GetCustomers()})
	}
	for _, class := range p.GetClasses() {
		a.Classes = append(a.Classes, summary.CustomerGroup{Name: class.GetName(), Customers: class.GetCustomers(), Spend: money.Minor(class.GetSumMinor())})
	}
	for _, s := range k.rfm.GetRfm().GetSegments() {
		a.Segments = append(a.Segments, summary.CustomerGroup{Name: s.GetName(), Customers: s.GetCustomers(), Spend: money.Minor(s.GetSumMinor())})
	}
	for _, month := range c.GetCohorts() {
		a.Cohorts = append(a.Cohorts, summary.Cohort{Month: month.GetMonth(), Active: month.GetActive()})
	}
	for _, w := range c.GetAll().GetWindows() {
		a.Within = append(a.Within, summary.Within{Days: w.GetDays(), Customers: w.GetCustomers(), Second: w.GetSecond()})
	}
	return a
}

func group(name string, g *analyticsv1.CustomerGroup) summary.CustomerGroup {
	return summary.CustomerGroup{Name: name, Customers: g.GetCustomers(), Spend: money.Minor(g.GetSumMinor())}
}

func curve(name string, c *analyticsv1.SurvivalCurve) summary.Survival {
	s := summary.Survival{Name: name, Events: c.GetEvents(), TotalDays: c.GetTotalDays(), MedianDays: c.GetMedianDays()}
	for _, day := range survivalDays() {
		if day > c.GetLongestDays() {
			break
		}
		at := summary.SurvivalPoint{Day: day, Survival: "1.000000000", Error: "0.000000000"}
		for _, step := range c.GetSteps() {
			if step.GetDay() <= day {
				at.Survival, at.Error = step.GetSurvival(), step.GetError()
			}
		}
		s.At = append(s.At, at)
	}
	return s
}

// customers are the curves of the insight, for the page.
func (k insight) customers() report.Customers {
	var c report.Customers
	for _, at := range k.pareto.GetPareto().GetLorenz() {
		c.Lorenz = append(c.Lorenz, report.LorenzPoint{Customers: at.GetCustomers(), Sum: at.GetSumMinor()})
	}
	c.Repeat = drawable(k.survival.GetSurvival().GetFirstRepeat())
	c.Loss = drawable(k.survival.GetSurvival().GetLoss())
	return c
}

func drawable(c *analyticsv1.SurvivalCurve) report.Curve {
	drawn := report.Curve{Longest: int(c.GetLongestDays())}
	for _, step := range c.GetSteps() {
		share, err := strconv.ParseFloat(step.GetSurvival(), 64)
		if err != nil {
			continue // a house of one process has one contract
		}
		drawn.Steps = append(drawn.Steps, report.CurveStep{Day: int(step.GetDay()), Share: share})
	}
	return drawn
}
