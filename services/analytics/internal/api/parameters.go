package api

import (
	"cmp"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func paretoFromProto(in *analyticsv1.ParetoParameters) (pareto.Params, error) {
	p := pareto.Defaults()
	for _, s := range []struct {
		field, text string
		share       *money.Ratio
	}{
		{"pareto.top_share", in.GetTopShare(), &p.Top}, {"pareto.most_share", in.GetMostShare(), &p.Most},
		{"pareto.a_share", in.GetAShare(), &p.A}, {"pareto.b_share", in.GetBShare(), &p.B},
	} {
		if err := share(s.text, s.field, s.share); err != nil {
			return p, err
		}
	}
	return p, under("pareto", p.Check())
}

// share reads a share, unless the text is empty.
func share(text, field string, into *money.Ratio) error {
	if text == "" {
		return nil
	}
	r, err := money.ParseRatio(text)
	if err != nil {
		return reason.New(reason.InvalidArgument, field, "%.64q is not a share; write a decimal or a fraction, for example 0.8 or 4/5", text)
	}
	*into = r
	return nil
}

// under names the field of a refusal as it stands in the request.
func under(part string, err error) error {
	refusal, ok := reason.Of(err)
	if !ok {
		return err
	}
	named := *refusal
	named.Field = part + "." + refusal.Field
	return &named
}

func segmentsFromProto(in *analyticsv1.RfmParameters) ([]rfm.Segment, error) {
	if len(in.GetSegments()) == 0 {
		return rfm.Default(), nil
	}
	var table []rfm.Segment
	for _, s := range in.GetSegments() {
		table = append(table, rfm.Segment{
			Name: s.GetName(), R: rangeFromProto(s.GetRecency()), F: rangeFromProto(s.GetFrequency()), M: rangeFromProto(s.GetMonetary()),
		})
	}
	return table, under("rfm", rfm.Check(table))
}

func rangeFromProto(in *analyticsv1.ScoreRange) rfm.Range {
	if in == nil {
		return rfm.Range{From: rfm.Worst, To: rfm.Best}
	}
	return rfm.Range{From: int(in.GetFrom()), To: int(in.GetTo())}
}

func cohortsFromProto(in *analyticsv1.CohortParameters) (cohort.Params, error) {
	p := cohort.Defaults()
	p.Months = cmp.Or(int(in.GetMonths()), p.Months)
	if days := in.GetWindowDays(); len(days) > 0 {
		p.Windows = nil
		for _, d := range days {
			p.Windows = append(p.Windows, int(d))
		}
	}
	if err := share(in.GetMarkShare(), "cohorts.mark_share", &p.Mark); err != nil {
		return p, err
	}
	return p, under("cohorts", p.Check())
}
