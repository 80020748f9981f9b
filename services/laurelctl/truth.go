package laurelctl

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// truthCmd holds the reports against what is known of a made-up town.
type truthCmd struct {
	Truth string `arg:"" placeholder:"FILE" help:"What was planted: truth.json of 'laurel town'."`
}

// planted is what 'laurel town' writes down, as far as reports can know it.
type planted struct {
	AsOf         string `json:"as_of"`
	Customers    int64  `json:"customers"`
	RevenueMinor int64  `json:"revenue_minor"`
	Campaign     struct {
		Name         string `json:"name"`
		Start        string `json:"start"`
		End          string `json:"end"`
		HeldOutShare string `json:"held_out_share"`
		Treated      int64  `json:"treated"`
		HeldOut      int64  `json:"held_out"`
		AddedMinor   int64  `json:"added_minor"`
	} `json:"campaign"`
	Alive     int64            `json:"alive"`
	Purchases plantedPurchases `json:"purchases"`
	Said      *plantedSaid     `json:"said"`
	Club      *plantedClub     `json:"club"`
	Points    int64            `json:"points"`
	Kinds     []plantedKind    `json:"kinds"`
	Counted   []plantedCount   `json:"counted"`
	Baskets   *plantedBaskets  `json:"campaign_of_the_programme"`
	Asked     *plantedAsked    `json:"asked"`
	Plans     *plantedPlans    `json:"plans"`
}

// Run asks for the reports, and says of each figure how near it comes.
func (c *truthCmd) Run(w *world) error {
	text, err := os.ReadFile(c.Truth)
	if err != nil {
		return fmt.Errorf("read the truth: %w", err)
	}
	var truth planted
	if err := json.Unmarshal(text, &truth); err != nil || truth.AsOf == "" {
		return &usageError{c.Truth + " is not what laurel town writes", "name its truth.json"}
	}
	return w.askAnalytics(func(ctx context.Context, a *analytics) error {
		pareto, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{Program: a.program, Name: "pareto", AsOf: truth.AsOf})
		if err != nil {
			return err
		}
		cohorts, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{Program: a.program, Name: "rfm", AsOf: truth.AsOf})
		if err != nil {
			return err
		}
		effect, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
			Program: a.program, Name: "effect", AsOf: truth.Campaign.End, Parameters: &analyticsv1.GetReportRequest_Effect{
				Effect: &analyticsv1.EffectParameters{
					Campaign: truth.Campaign.Name, Start: truth.Campaign.Start, HeldOutShare: truth.Campaign.HeldOutShare,
				},
			},
		})
		if err != nil {
			return err
		}
		rows := truth.compare(pareto.GetReport().GetPareto(), cohorts.GetReport().GetRfm(), effect.GetReport().GetEffect())
		if err := truth.said(ctx, a, &rows); err != nil {
			return err
		}
		for _, add := range []func(context.Context, *analytics, *grid) error{
			truth.points, truth.club, truth.kinds, truth.asked, truth.plans, truth.counted,
		} {
			if err := add(ctx, a, &rows); err != nil {
				return err
			}
		}
		if err := truth.models(ctx, a, &rows); err != nil {
			return err
		}
		return w.show(effect, rows)
	})
}

// compare is a line for each figure of which the truth is known.
func (p planted) compare(pareto *analyticsv1.ParetoReport, rfm *analyticsv1.RfmReport, effect *analyticsv1.EffectReport) grid {
	g := grid{
		columns: []string{"report", "figure", "planted", "reported", "off_by", "low", "high", "holds"},
		numbers: []string{"planted", "reported", "off_by", "low", "high"},
	}
	exact := truthRows{&g}.exact
	exact("pareto", "customers", p.Customers, pareto.GetCustomers())
	exact("pareto", "revenue, minor units", p.RevenueMinor, pareto.GetTotalMinor())
	exact("rfm", "customers", p.Customers, rfm.GetCustomers())
	exact("effect", "treated", p.Campaign.Treated, effect.GetTreated().GetCustomers())
	exact("effect", "held out", p.Campaign.HeldOut, effect.GetHeldOut().GetCustomers())
	truthRows{&g}.estimated("effect", "added, minor units", p.Campaign.AddedMinor, effect.GetTotalMinor(),
		interval{effect.GetTotalLowMinor(), effect.GetTotalHighMinor()})
	return g
}

// offBy is how far what is reported lies from what was planted, in percent of it.
func offBy(planted, reported int64) string {
	if planted == 0 {
		return ""
	}
	percent := 100 * (float64(reported) - float64(planted)) / math.Abs(float64(planted))
	return strconv.FormatFloat(percent+0, 'f', 2, 64) + " %"
}
