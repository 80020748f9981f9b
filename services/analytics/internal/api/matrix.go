package api

import (
	"cmp"
	"context"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/matrix"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func matrixReport() report {
	return report{
		name: "matrix", question: "How do customers lie by two measures, and what is advised for each field?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetMatrix() != nil }, make: (*Server).matrix, figures: matrixFigures,
	}
}

func (s *Server) matrix(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	asked, p := in.GetMatrix(), matrix.Defaults()
	p.X, p.Y, p.Size = cmp.Or(asked.GetX(), p.X), cmp.Or(asked.GetY(), p.Y), cmp.Or(int(asked.GetSize()), p.Size)
	p.XCuts, p.YCuts, p.Members = asked.GetXCuts(), asked.GetYCuts(), asked.GetMembersOf()
	if err := p.Check(); err != nil {
		return nil, under("matrix", err)
	}
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *matrix.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = matrix.New(h.AsOf, p, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.MatrixReport{X: p.X, Y: p.Y, Customers: found.Customers}
	for _, axis := range []struct {
		name string
		cuts []int64
	}{{"x", found.XCuts}, {"y", found.YCuts}} {
		for _, at := range axis.cuts {
			body.Cuts = append(body.Cuts, &analyticsv1.MatrixCut{Axis: axis.name, At: at})
		}
	}
	for _, f := range found.Fields {
		if q.Filter.IsSet() {
			f.Condition = "" // a segment goes by all orders
		}
		body.Fields = append(body.Fields, &analyticsv1.MatrixField{
			X: f.X, Y: f.Y, Customers: f.Customers, Share: history.ShareOf(f.Customers, found.Customers).String(), RevenueMinor: int64(f.Revenue), Action: f.Action,
			Condition: f.Condition,
		})
	}
	for _, m := range found.Members {
		body.Members = append(body.Members, &analyticsv1.MatrixMember{Account: m.ID, X: m.X, Y: m.Y})
	}
	made.Body = &analyticsv1.Report_Matrix{Matrix: body}
	if slices.Contains([]string{p.X, p.Y}, "profit") {
		body.EconomicsRevision = int32(known.Revision) //nolint:gosec // few
		rests(made, known, parts(known, "margin", "margins", "order", "actions", "point"), "fields", "cuts", "members")
	}
	return made, nil
}

func matrixFigures() []figure {
	return []figure{
		{"x", "measure of the one axis: amounts in minor units, recency and tenure in days", own, "", measured, ""},
		{"y", "measure of the other", own, "", measured, ""},
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"cuts", "from there on a customer belongs to the next level: as asked, or into equal parts; equal values fall into one level", own, "customers", measured, ""},
		{"fields", "customers by both levels, and what they brought", own, "customers", measured, "why they are there, nor that the two measures are independent"},
		{"fields.action", "a rule of thumb: both high keep, both low economise, more x than y develop, more y than x invest, else maintain", own, "", assumed, "that it pays: try it with a control group"},
		{"fields.condition", "the field as the condition of a segment, with the cuts of this day; none under a filter", own, "", measured, "who will lie in the field when the cuts have moved"},
		{"members", "those of the field that was asked for", own, "customers", measured, ""},
		{"economics_revision", "revision of the programme whose economics were used for profit", own, "", measured, ""},
	}
}
