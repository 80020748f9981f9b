package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/kano"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

// kanoType is the type of own events that carry answers, unless said otherwise.
const kanoType = "kano"

func kanoReport() report {
	return report{
		name: "kano", question: "Which features delight, which are expected, and which must be there?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetKano() != nil }, make: (*Server).kano, figures: kanoFigures,
	}
}

func (s *Server) kano(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	kind := cmp.Or(in.GetKano().GetType(), kanoType)
	var b *kano.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = kano.New(h.AsOf, kind)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.KanoReport{Type: kind, Answers: found.Answers, Unreadable: found.Unreadable}
	for _, f := range found.Features {
		body.Features = append(body.Features, &analyticsv1.KanoFeature{
			Feature: f.Name, Answers: f.Answers, Attractive: f.Of[kano.Attractive], OneDimensional: f.Of[kano.OneDimensional],
			MustBe: f.Of[kano.MustBe], Indifferent: f.Of[kano.Indifferent], Reverse: f.Of[kano.Reverse], Questionable: f.Of[kano.Questionable],
			Verdict: f.Verdict().String(), Better: f.Better().String(), Worse: f.Worse().String(),
		})
	}
	made.Body = &analyticsv1.Report_Kano{Kano: body}
	return made, nil
}

func kanoFigures() []figure {
	const table = "Kano et al. 1984, evaluation table"
	return []figure{
		{"type", "type of the own events that carry answers", own, "", measured, ""},
		{"answers", "latest answers of each account on each feature", own, "answers", measured, "what those think who did not answer"},
		{"unreadable", "own events of the type that are no answer", own, "", measured, ""},
		{"features", "classes of the pairs of answers, and the most frequent one", table, "answers", measured,
			"much below some 20 answers a feature, nor where two classes are close: look at all six; classes drift as people get used to a feature"},
		{"features.better", "(attractive + one-dimensional) ÷ (those + must-be + indifferent)", "Berger et al. 1993", "answers", measured, "how much one would pay for it"},
		{"features.worse", "−(one-dimensional + must-be) ÷ (those + attractive + indifferent)", "Berger et al. 1993", "answers", measured, "how many would leave without it"},
	}
}
