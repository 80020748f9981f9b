package api

import (
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func headToProto(h reporting.Head) *analyticsv1.Report {
	return &analyticsv1.Report{
		Program: h.Program, AsOf: h.AsOf.String(), Compare: h.Compare.String(), Read: reporting.ReadToProto(h.Reading),
		Currency: string(h.Reading.Currency),
	}
}

func paretoToProto(r pareto.Report) *analyticsv1.ParetoReport {
	p := &analyticsv1.ParetoReport{
		Customers: r.Customers, ZeroSpenders: r.Zero, TotalMinor: int64(r.Total), Gini: r.Gini.String(),
		Top: groupToProto(r.Top), Most: groupToProto(r.Most), Half: groupToProto(r.Half),
	}
	for _, c := range r.Classes {
		p.Classes = append(p.Classes, &analyticsv1.CustomerClass{
			Name: c.Name, Customers: c.Customers, CustomersShare: history.ShareOf(c.Customers, r.Customers).String(),
			SumMinor: int64(c.Sum), SumShare: history.ShareOf(int64(c.Sum), int64(r.Total)).String(),
		})
	}
	for _, point := range r.Lorenz {
		p.Lorenz = append(p.Lorenz, &analyticsv1.LorenzPoint{Customers: point.Customers, SumMinor: int64(point.Sum)})
	}
	return p
}

func groupToProto(g pareto.Group) *analyticsv1.CustomerGroup {
	return &analyticsv1.CustomerGroup{
		Customers: g.Customers, CustomersShare: g.CustomersShare.String(), SumMinor: int64(g.Sum), SumShare: g.Share.String(),
	}
}

func rfmToProto(r rfm.Report) *analyticsv1.RfmReport {
	p := &analyticsv1.RfmReport{
		Customers: r.Customers, Recency: bandsToProto(r.Scales.R), Frequency: bandsToProto(r.Scales.F), Monetary: bandsToProto(r.Scales.M),
	}
	for _, c := range r.Cells {
		p.Cells = append(p.Cells, &analyticsv1.RfmCell{
			Recency: score(c.Scores.R), Frequency: score(c.Scores.F), Monetary: score(c.Scores.M), Customers: c.Customers,
		})
	}
	for _, s := range r.Segments {
		p.Segments = append(p.Segments, &analyticsv1.Segment{Name: s.Name, Customers: s.Customers, SumMinor: int64(s.Sum)})
	}
	for _, m := range r.Moves {
		p.Moves = append(p.Moves, &analyticsv1.SegmentMove{From: m.From, To: m.To, Customers: m.Customers})
	}
	return p
}

func bandsToProto(s rfm.Scale) []*analyticsv1.ScoreBand {
	var list []*analyticsv1.ScoreBand
	for _, b := range s.Bands {
		list = append(list, &analyticsv1.ScoreBand{Score: score(b.Score), Customers: b.Customers, Best: b.Best, Worst: b.Worst})
	}
	return list
}

func score[N int | int8](n N) int32 { return int32(n) } //nolint:gosec // from 1 to 5

func cohortsToProto(r cohort.Report, mark money.Ratio) *analyticsv1.CohortReport {
	p := &analyticsv1.CohortReport{OlderCustomers: r.Older, TwoOrders: r.Orders2, All: newcomersToProto(r.All, mark)}
	for _, c := range r.Cohorts {
		p.Cohorts = append(p.Cohorts, &analyticsv1.Cohort{
			Month: month(c.Month), Active: c.Active, Newcomers: newcomersToProto(c.Newcomers, mark),
		})
	}
	return p
}

// month is YYYY-MM.
func month(first calendar.Day) string { return first.String()[:len("2006-01")] }

func newcomersToProto(n cohort.Newcomers, mark money.Ratio) *analyticsv1.Newcomers {
	p := &analyticsv1.Newcomers{Customers: n.Customers, Second: n.Second, Third: n.Third, SecondShare: n.Ever().String()}
	for _, w := range n.Windows {
		p.Windows = append(p.Windows, &analyticsv1.NewcomerWindow{
			Days: int32(w.Days), Customers: w.Customers, Second: w.Second, Third: w.Third, //nolint:gosec // at most cohort.DaysMax
			SecondShare: w.Share().String(), ThirdShare: history.ShareOf(w.Third, w.Customers).String(), Regular: w.Regular(mark),
		})
	}
	return p
}

// listMax is how long a list of an answer may be.
const listMax = 5000
