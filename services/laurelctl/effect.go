package laurelctl

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// effectCmd asks what a campaign has done.
type effectCmd struct {
	Campaign   string `required:"" placeholder:"NAME" help:"Names the campaign: who is held out follows from it and the account."`
	Start      string `required:"" placeholder:"DATE" help:"Its first day."`
	AsOf       string `name:"as-of" placeholder:"DATE" help:"The day after its last one. Default: everything that was read."`
	Share      string `name:"held-out-share" placeholder:"SHARE" help:"Share that is held out, for example 0.2; 0: nobody, so that before and after alone are compared. Default: 0.2."`
	PreDays    *int32 `placeholder:"N" help:"How many days before it tell what a customer is like anyway. Default: 90."`
	Margin     string `placeholder:"SHARE" help:"Share of the revenue that is margin: assumed. Default: 1."`
	Cost       int64  `placeholder:"MINOR" help:"What it cost in all, in minor units."`
	Confidence string `placeholder:"SHARE" help:"Of the intervals. Default: 0.95."`
	Power      string `placeholder:"SHARE" help:"How probable it should be to find an effect that is there. Default: 0.8."`
	Wanted     int64  `placeholder:"MINOR" help:"Smallest effect per customer worth finding: says how many customers that takes."`
	Look       int32  `placeholder:"K" help:"Which of --looks looks at equal steps this is. Default: the only one."`
	Looks      int32  `placeholder:"N" help:"How often it is looked at while it runs."`
	Treated    string `placeholder:"FILE" help:"Whom it reached, an account a line."`
	HeldOut    string `placeholder:"FILE" help:"Who was held out, an account a line, where that does not follow from the name."`
	Seed       uint64 `placeholder:"N" help:"Of the draws of the bootstrap. Default: 1."`
	Explain    bool   `help:"Say of each figure what it is, where the formula comes from, what it rests on, and what it does not say."`
}

// Run asks for the report.
func (c *effectCmd) Run(w *world) error {
	in := &analyticsv1.EffectParameters{
		Campaign: c.Campaign, Start: c.Start, HeldOutShare: c.Share, PreDays: c.PreDays, MarginShare: c.Margin, CostMinor: c.Cost,
		ConfidenceShare: c.Confidence, PowerShare: c.Power, WantedMinor: c.Wanted, Look: c.Look, Looks: c.Looks, Seed: c.Seed,
	}
	var err error
	if in.TreatedAccounts, err = accountsIn(c.Treated); err != nil {
		return err
	}
	if in.HeldOutAccounts, err = accountsIn(c.HeldOut); err != nil {
		return err
	}
	return w.askAnalytics(func(ctx context.Context, a *analytics) error {
		answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
			Program: a.program, Name: "effect", AsOf: c.AsOf, Parameters: &analyticsv1.GetReportRequest_Effect{Effect: in},
		})
		if err != nil {
			return err
		}
		rows, tables := sheetGrids(answer.GetReport())
		if c.Explain {
			rows = figureGrid(answer.GetReport().GetFigures())
			tables = append(tables, rows)
		}
		return w.show(answer, rows, tables...)
	})
}

// accountsIn reads a file with an account a line; no name is no file.
func accountsIn(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	var list []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if account := strings.TrimSpace(lines.Text()); account != "" {
			list = append(list, account)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read accounts of %s: %w", name, err)
	}
	return list, nil
}
