package laurelctl

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedCount is what one report should say, asked with some parameters: whole numbers, and what can only be estimated.
type plantedCount struct {
	Report  string          `json:"report"`
	With    json.RawMessage `json:"with"`
	Now     bool            `json:"now"` // asked as of now, not as of the town's end
	Figures []struct {
		Name    string `json:"figure"`
		Planted int64  `json:"planted"`
	} `json:"figures"`
	Rates []struct {
		Name      string  `json:"figure"`
		Planted   float64 `json:"planted"`
		Deviation float64 `json:"deviation"`
	} `json:"rates"`
}

// found is what a report says, by the names of truth.json.
type found struct {
	counts map[string]int64
	rates  map[string]foundRate
	untold []string // figures that this answer has no reason to tell
}

// foundRate is an estimate with its 95 % interval, or, where the report tells none, of how many it is the mean.
type foundRate struct {
	at, low, high float64
	of            int64
}

// readers find the figures in a report.
func readers() map[string]func(*analyticsv1.Report) (found, error) {
	return map[string]func(*analyticsv1.Report) (found, error){
		"abc-xyz": foundClasses, "actions": foundActions, "churn-effect": foundKeeping, "cohorts": foundCohorts, "customer": foundCard,
		"involvement": foundInvolvement,
		"life-cycle":  foundStages, "loyalty-indicators": foundIndicators, "matrix": foundMatrix, "money-retention": foundMoney,
		"priorities": foundPriorities, "service-cost": foundService, "statements": foundStatements, "survival": foundSurvival, "switching": foundSwitching,
	}
}

// counted adds lines for what the town counted of each of further reports.
func (p planted) counted(ctx context.Context, a *analytics, rows *grid) error {
	for _, c := range p.Counted {
		read := readers()[c.Report]
		if read == nil {
			return &usageError{"the truth has a report " + c.Report + " that this laurelctl does not know", "use the laurelctl of the laurel that made the town"}
		}
		asOf := p.AsOf
		if c.Now {
			asOf = ""
		}
		request, err := (&reportCmd{Name: c.Report, AsOf: asOf, With: string(c.With)}).request(a.program)
		if err != nil {
			return err
		}
		answer, err := a.GetReport(ctx, request)
		if err != nil {
			return err
		}
		got, err := read(answer.GetReport())
		if err != nil {
			return fmt.Errorf("read the report %s: %w", c.Report, err)
		}
		c.rows(truthRows{rows}, got)
	}
	return nil
}

// rows adds the lines of one report.
func (c plantedCount) rows(g truthRows, got found) {
	for _, f := range c.Figures {
		if !slices.Contains(got.untold, f.Name) {
			g.exact(c.Report, f.Name, f.Planted, got.counts[f.Name])
		}
	}
	for _, r := range c.Rates {
		at := got.rates[r.Name]
		if r.Deviation > 0 {
			const normal95 = 1.959964 // of the normal distribution
			half := normal95 * r.Deviation / math.Sqrt(float64(at.of))
			at.low, at.high = at.at-half, at.at+half
		}
		g.rate(c.Report, r.Name, r.Planted, at)
	}
}

// rate is an estimate beside what was planted, per mille.
func (g truthRows) rate(report, figure string, planted float64, at foundRate) {
	whole := func(f float64) int64 { return int64(math.Round(thousand * f)) }
	g.add(report, figure+", per mille", number(whole(planted)), number(whole(at.at)), offBy(whole(planted), whole(at.at)),
		number(int64(math.Floor(thousand*at.low))), number(int64(math.Ceil(thousand*at.high))), yesOrNo(at.low <= planted && planted <= at.high))
}

// decimal reads a decimal of a report; nothing is 0.
func decimal(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseFloat(text, 64)
}

// times is a decimal of a report times a whole number, to the nearest; nothing is 0.
func times(text string, n int64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fmt.Errorf("%q is no number", text)
	}
	near, err := strconv.ParseInt(exact.Mul(exact, new(big.Rat).SetInt64(n)).FloatString(0), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is too large: %w", text, err)
	}
	return near, nil
}
