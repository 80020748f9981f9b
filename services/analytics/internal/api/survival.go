package api

import (
	"cmp"
	"context"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func survivalReport() report {
	return report{
		name: "survival", question: "How long until customers buy again, how long until they are lost, and which groups differ in it?",
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetSurvival() != nil }, make: (*Server).survival, figures: survivalFigures,
	}
}

func (s *Server) survival(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params := survival.Params{
		Silent: cmp.Or(int(in.GetSurvival().GetSilentDays()), survival.SilentDays), By: survival.By(in.GetSurvival().GetBy()),
	}
	if err := params.Check(); err != nil {
		return nil, under("survival", err)
	}
	q.Details = params.By.NeedsDetails()
	var b *survival.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = survival.New(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	made.Body = &analyticsv1.Report_Survival{Survival: survivalToProto(b.Report(), params)}
	return made, nil
}

func survivalToProto(r survival.Report, params survival.Params) *analyticsv1.SurvivalReport {
	p := &analyticsv1.SurvivalReport{
		FirstRepeat: curveToProto(r.Repeat, listMax), Loss: curveToProto(r.Loss, listMax), SilentDays: int32(params.Silent), By: string(params.By), //nolint:gosec // checked
	}
	if params.By == survival.Nothing {
		return p
	}
	for i, g := range r.Groups {
		p.Groups = append(p.Groups, &analyticsv1.SurvivalGroup{
			Name: g.Name, FirstRepeat: curveToProto(g.Repeat, groupSteps), Loss: curveToProto(g.Loss, groupSteps),
			FirstRepeatExpected: r.RepeatTest.Expected[i].String(), LossExpected: r.LossTest.Expected[i].String(),
		})
	}
	p.FirstRepeatTest, p.LossTest = logRankToProto(r.RepeatTest), logRankToProto(r.LossTest)
	return p
}

// groupSteps is how many steps the curve of a group has: with twelve groups an answer stays well below what a message may weigh.
const groupSteps = 400

// curveToProto tells so many steps at most: of more, each k-th and the last.
func curveToProto(c survival.Curve, most int) *analyticsv1.SurvivalCurve {
	p := &analyticsv1.SurvivalCurve{
		Customers: c.Customers, Events: c.Events, TotalDays: c.Days,
		MedianDays: int32(c.Median), LongestDays: int32(c.Longest), //nolint:gosec // days between two dates
	}
	every := (len(c.Steps) + most - 1) / most
	for i, s := range c.Steps {
		if (len(c.Steps)-1-i)%every != 0 {
			p.StepsLeftOut++
			continue
		}
		step := &analyticsv1.SurvivalStep{
			Day: int32(s.Day), AtRisk: s.AtRisk, Events: s.Events, Survival: s.S.String(), Error: s.Error.String(), //nolint:gosec // as above
		}
		if s.Bounded {
			step.Low, step.High = s.Low.String(), s.High.String()
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// significant is how many digits of a statistic are told: a p may be tiny.
const significant = 6

func logRankToProto(r survival.LogRank) *analyticsv1.LogRankTest {
	if !r.Known {
		return &analyticsv1.LogRankTest{}
	}
	return &analyticsv1.LogRankTest{
		ChiSquare: strconv.FormatFloat(float64(r.ChiSquare), 'g', significant, 64), Degrees: int32(r.Degrees), //nolint:gosec // at most survival.GroupsMax
		P: strconv.FormatFloat(float64(r.P), 'g', significant, 64),
	}
}

func survivalFigures() []figure {
	const source = "Kaplan & Meier 1958; error: Greenwood 1926; interval of 95 %: Kalbfleisch & Prentice 1980"
	const test = "log-rank: Mantel 1966, Peto & Peto 1972"
	return []figure{
		{"first_repeat", "share without a second purchase day by days since the first", source, "first_repeat.customers", estimated,
			"anything beyond the longest observation; it takes early and late newcomers for alike"},
		{"loss", "share not lost by days since the first purchase: lost is who was silent for the silent days", source, "loss.customers", estimated,
			"that the lost are gone for good: some are won back"},
		{"silent_days", "after how many days without a purchase a customer counts as lost", own, "", assumed, ""},
		{"by", "what the groups differ in: of the first order, but for tier and class, which are those of the day", own, "", measured, ""},
		{"groups", "the same curves by group, and to how many it would have happened were the groups alike", source, "first_repeat.customers", estimated,
			"by tier and class, what comes of them: who bought for long has had the time to rise. Of more than 400 steps some are left out"},
		{"first_repeat_test", "how probable groups that are alike differ so much in the first repeat", test, "first_repeat.customers", estimated,
			"why they differ, nor by how much: look at the curves; of many groups one in twenty differs by chance"},
		{"loss_test", "the same for the loss", test, "loss.customers", estimated, "the same"},
	}
}
