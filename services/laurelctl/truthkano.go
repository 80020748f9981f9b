package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedFeature is what all members feel about a feature, by class, and how many say it.
type plantedFeature struct {
	Name    string           `json:"feature"`
	Class   string           `json:"class"`
	Feels   map[string]int64 `json:"feels"`
	Answers int64            `json:"answers"`
}

// kano adds lines for each feature: its class, and how far all members are pleased by having it, and put off by its lack. Who feels
// it to be the reverse is in neither, as in the report.
func (p planted) kano(ctx context.Context, a *analytics, g truthRows) error {
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{Program: a.program, Name: "kano", AsOf: p.AsOf})
	if err != nil {
		return err
	}
	found := map[string]*analyticsv1.KanoFeature{}
	for _, f := range answer.GetReport().GetKano().GetFeatures() {
		found[f.GetFeature()] = f
	}
	const report = "kano"
	said := int64(0)
	for _, f := range p.Asked.Kano {
		said += f.Answers
	}
	g.exact(report, "answers", said, answer.GetReport().GetKano().GetAnswers())
	for _, f := range p.Asked.Kano {
		told := found[f.Name]
		g.word(report, f.Name, f.Class, told.GetVerdict())
		of := f.Feels["attractive"] + f.Feels["one-dimensional"] + f.Feels["must-be"] + f.Feels["indifferent"]
		counted := told.GetAttractive() + told.GetOneDimensional() + told.GetMustBe() + told.GetIndifferent()
		g.share(report, f.Name+": better", part(f.Feels["attractive"]+f.Feels["one-dimensional"], of), told.GetAttractive()+told.GetOneDimensional(), counted)
		g.share(report, f.Name+": worse without", part(f.Feels["must-be"]+f.Feels["one-dimensional"], of), told.GetMustBe()+told.GetOneDimensional(), counted)
	}
	return nil
}
