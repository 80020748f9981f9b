package laurelctl

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// fitAgain is how often a fit that is being made is looked at.
const fitAgain = 200 * time.Millisecond

// fitCmd asks for a fit and waits for it.
type fitCmd struct {
	Model      string        `enum:"bg_nbd,mbg_nbd,pareto_nbd" default:"bg_nbd" placeholder:"NAME" help:"Model of when customers buy: ${enum}. Default: ${default}."`
	AsOf       string        `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Holdout    int32         `placeholder:"DAYS" help:"Keep so many days before it from a first fit, and hold that against them. Default: 0, no check."`
	Prior      bool          `help:"Put a weak belief beside the data, for few customers."`
	Challenger bool          `help:"Do not put it into use, however well it does."`
	Key        string        `placeholder:"KEY" help:"The same key again shows the fit that was made. Default: a new one each time."`
	Wait       time.Duration `default:"10m" placeholder:"TIME" help:"How long to wait for it. Default: ${default}."`
}

// Run asks, waits until it has ended, and shows it. Not converged is no failure of the command: the answer says so.
func (c *fitCmd) Run(w *world) error {
	in := &analyticsv1.FitModelRequest{
		IdempotencyKey: c.Key, AsOf: c.AsOf, HoldoutDays: c.Holdout, Prior: c.Prior,
		Buying: analyticsv1.BuyingModel(analyticsv1.BuyingModel_value["BUYING_MODEL_"+strings.ToUpper(c.Model)]),
	}
	if c.Key == "" {
		in.IdempotencyKey = rand.Text()
	}
	if c.Challenger {
		in.Choice = analyticsv1.Choice_CHOICE_NEVER
	}
	return w.askModels(c.Wait, func(ctx context.Context, m *models) error {
		in.Program = m.program
		answer, err := m.FitModel(ctx, in)
		if err != nil {
			return err
		}
		fit, err := m.ended(ctx, answer.GetFit().GetId())
		if err != nil {
			return err
		}
		return w.showFit(fit)
	})
}

// models is a connection to analytics' models.
type models struct {
	analyticsv1.ModelServiceClient
	program string
}

// askModels lets f ask analytics about the models of a programme.
func (w *world) askModels(timeout time.Duration, f func(ctx context.Context, m *models) error) error {
	return w.through("analytics", timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &models{analyticsv1.NewModelServiceClient(d.conn), program})
	})
}

// ended waits until a fit has ended.
func (m *models) ended(ctx context.Context, id string) (*analyticsv1.GetFitResponse, error) {
	tick := time.NewTicker(fitAgain)
	defer tick.Stop()
	for {
		answer, err := m.GetFit(ctx, &analyticsv1.GetFitRequest{Program: m.program, Fit: id})
		if err != nil {
			return nil, err
		}
		if s := answer.GetFit().GetState(); s == analyticsv1.FitState_FIT_STATE_DONE || s == analyticsv1.FitState_FIT_STATE_FAILED {
			return answer, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// fitsCmd lists fits.
type fitsCmd struct {
	Limit int `default:"20" placeholder:"N" help:"At most so many. Default: ${default}."`
}

// Run asks for them.
func (c *fitsCmd) Run(w *world) error {
	return w.askModels(w.root.Timeout, func(ctx context.Context, m *models) error {
		answer, err := m.ListFits(ctx, &analyticsv1.ListFitsRequest{Program: m.program, PageSize: int32(c.Limit)}) //nolint:gosec // the service bounds it
		if err != nil {
			return err
		}
		g := grid{columns: []string{"fit", "model", "as_of", "holdout_days", "state", "in_use", "customers", "log_likelihood", "deviation", "verdict"}}
		for _, f := range answer.GetFits() {
			verdict := f.GetVerdict()
			if f.GetMessage() != "" {
				verdict = f.GetReason() + ": " + f.GetMessage()
			}
			g.add(f.GetId(), plainEnum(f.GetPlan().GetBuying().String(), "BUYING_MODEL_"), f.GetPlan().GetAsOf(), number(f.GetPlan().GetHoldoutDays()),
				plainEnum(f.GetState().String(), "FIT_STATE_"), yesOrNo(f.GetChampion()), number(f.GetFinal().GetCustomers()),
				f.GetFinal().GetBuying().GetLogLikelihood(), f.GetCheck().GetDeviation(), verdict)
		}
		return w.show(answer, g)
	})
}

// fitShowCmd shows a fit.
type fitShowCmd struct {
	ID string `arg:"" optional:"" help:"Which one. Default: the one in use."`
}

// Run asks for it.
func (c *fitShowCmd) Run(w *world) error {
	return w.askModels(w.root.Timeout, func(ctx context.Context, m *models) error {
		answer, err := m.GetFit(ctx, &analyticsv1.GetFitRequest{Program: m.program, Fit: c.ID})
		if err != nil {
			return err
		}
		return w.showFit(answer)
	})
}

// fitUseCmd puts a fit into use.
type fitUseCmd struct {
	ID string `arg:"" help:"Which one; laurelctl analytics fits lists them."`
}

// Run chooses it, and shows it.
func (c *fitUseCmd) Run(w *world) error {
	return w.askModels(w.root.Timeout, func(ctx context.Context, m *models) error {
		answer, err := m.ChooseFit(ctx, &analyticsv1.ChooseFitRequest{Program: m.program, Id: c.ID, IdempotencyKey: c.ID})
		if err != nil {
			return err
		}
		return w.showFit(&analyticsv1.GetFitResponse{Fit: answer.GetFit()})
	})
}

// showFit writes the parameters of a fit as rows, and its holdout beside them for people.
func (w *world) showFit(answer *analyticsv1.GetFitResponse) error {
	f := answer.GetFit()
	rows := grid{
		title: fmt.Sprintf("fit %s, %s, orders before %s: %s", f.GetId(), plainEnum(f.GetPlan().GetBuying().String(), "BUYING_MODEL_"), f.GetPlan().GetAsOf(),
			strings.TrimSpace(f.GetVerdict()+f.GetMessage())),
		columns: []string{"fit", "as_of", "model", "parameter", "value", "standard_error", "why"}, numbers: []string{"value", "standard_error"},
	}
	for _, of := range []struct {
		name string
		fit  *analyticsv1.ModelFit
	}{{"calibration", f.GetCalibration()}, {"final", f.GetFinal()}} {
		for _, m := range []struct {
			name string
			of   *analyticsv1.FittedModel
		}{{"buying", of.fit.GetBuying()}, {"amounts", of.fit.GetAmounts()}} {
			if m.of == nil {
				continue
			}
			for _, p := range m.of.GetParameters() {
				rows.add(of.name, of.fit.GetAsOf(), m.name, p.GetName(), p.GetValue(), p.GetStandardError(), "")
			}
			rows.add(of.name, of.fit.GetAsOf(), m.name, "log_likelihood", m.of.GetLogLikelihood(), "", "")
			rows.add(of.name, of.fit.GetAsOf(), m.name, "converged", yesOrNo(m.of.GetConverged()), "", m.of.GetWhy())
		}
	}
	shown := rows
	shown.rows = nil
	for _, row := range rows.rows {
		cells := slices.Clone(row)
		cells[4], cells[5] = rounded(cells[4]), rounded(cells[5])
		shown.rows = append(shown.rows, cells)
	}
	tables := []grid{shown}
	if check := f.GetCheck(); check != nil {
		held := grid{
			title: fmt.Sprintf("holdout %s to %s: %s purchases expected of %d customers, %d made", check.GetFrom(), check.GetTo(), rounded(check.GetExpected()),
				check.GetCustomers(), check.GetActual()),
			columns: []string{"repeats_before", "customers", "expected", "made"}, numbers: []string{"customers", "expected", "made"},
		}
		for _, l := range check.GetByRepeats() {
			name := number(l.GetRepeats())
			if l.GetAndMore() {
				name += " or more"
			}
			held.add(name, number(l.GetCustomers()), rounded(l.GetExpected()), number(l.GetActual()))
		}
		tables = append(tables, held)
	}
	return w.show(answer, rows, tables...)
}

// rounded writes an estimate with as many digits as people read; anything else as it is.
func rounded(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}
