package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/acquire"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func acquisitionReport() report {
	return report{
		name: "acquisition", question: "What does winning a customer cost, against what one brings and what keeping one costs?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetAcquisition() != nil }, make: (*Server).acquisition,
		figures: acquisitionFigures,
	}
}

func (s *Server) acquisition(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	asked, p := in.GetAcquisition(), acquire.Defaults()
	p.Spend, p.Won, p.Value = money.Minor(asked.GetSpendMinor()), asked.GetNewCustomers(), money.Minor(asked.GetValueMinor())
	if err := share(asked.GetKeepingShare(), "acquisition.keeping_share", &p.Keeping); err != nil {
		return nil, err
	}
	if err := p.Check(); err != nil {
		return nil, under("acquisition", err)
	}
	since, err := from(asked.GetFrom(), "acquisition.from", q.AsOf)
	if err != nil {
		return nil, err
	}
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *acquire.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		if asked.GetFrom() == "" {
			since = h.AsOf.AddMonths(-acquire.Months)
		}
		b = acquire.New(since, h.AsOf, p, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	made.Body = &analyticsv1.Report_Acquisition{Acquisition: &analyticsv1.AcquisitionReport{
		From: since.String(), SpendMinor: int64(found.Spend), NewCustomers: found.Won, CacMinor: minor(found.CAC),
		ValueMinor: minor(found.Value), MarginMinor: minor(found.Margin), NetMinor: minor(found.Net), Ratio: found.Ratio.String(),
		MarginNetMinor: minor(found.MarginNet), MarginRatio: found.MarginRatio.String(), PaybackPeriods: found.Payback.String(),
		MarginPaybackPeriods: found.MarginPayback.String(), ExistingCustomers: found.Existing, GapMinor: minor(found.Gap),
		GapCacMinor: minor(found.GapCAC), KeepingMinor: minor(found.Keeping),
	}}
	markAcquisition(made, found, len(parts(known, "margin", "margins")) > 0)
	return made, nil
}

// markAcquisition marks what rests on numbers of the request as assumed.
func markAcquisition(r *analyticsv1.Report, found acquire.Report, margin bool) {
	mark := func(stated bool, fields ...string) {
		for _, f := range fields {
			if stated {
				r.Figures = append(r.Figures, &analyticsv1.Figure{Field: f, Basis: assumed})
			}
		}
	}
	cac := found.SpendStated || found.WonStated
	value := !found.Own && found.Value != nil
	mark(found.SpendStated, "spend_minor")
	mark(found.WonStated, "new_customers")
	mark(cac, "cac_minor")
	mark(value, "value_minor", "gap_minor")
	mark(cac || value, "net_minor", "ratio", "payback_periods", "gap_cac_minor")
	mark(value || margin, "margin_minor")
	mark(cac || value || margin, "margin_net_minor", "margin_ratio", "margin_payback_periods")
}

func minor(m *money.Minor) *int64 {
	if m == nil {
		return nil
	}
	return new(int64(*m))
}

func acquisitionFigures() []figure {
	const source, later = "Blattberg & Deighton 1996", "what customers bring in later periods: see lifetime value"
	return []figure{
		{"from", "first day of the period, which ends with the day before the report's", own, "", measured, ""},
		{"spend_minor", "what winning customers cost: as stated, else the sum of amount_minor of the own events acquisition_cost", source, "new_customers", measured,
			"costs that were not told"},
		{"new_customers", "as stated, else those whose first order lies in the period", source, "new_customers", measured, "that the money won them: some would have come anyway"},
		{"cac_minor", "spend ÷ new customers, rounded down", source, "new_customers", measured, "what the next one costs: the cheapest are won first"},
		{"value_minor", "as stated, else the mean of who bought in the period, at turnover", own, "existing_customers", measured, later},
		{"margin_minor", "of it, what is left after the cost of goods; absent where that of any order is not known", own, "existing_customers", measured, later},
		{"net_minor", "value − CAC", source, "existing_customers", measured, later},
		{"ratio", "value ÷ CAC", source, "existing_customers", measured, later},
		{"margin_net_minor", "margin − CAC", source, "existing_customers", measured, later},
		{"margin_ratio", "margin ÷ CAC", source, "existing_customers", measured, later},
		{"payback_periods", "CAC ÷ value: periods until turnover has brought the cost of winning", own, "existing_customers", measured, "that the customer stays for so long"},
		{"margin_payback_periods", "CAC ÷ margin", own, "existing_customers", measured, "that the customer stays for so long"},
		{"existing_customers", "customers who bought in the period", own, "existing_customers", measured, ""},
		{"gap_minor", "Σ max(0, value − spend) over them: what developing them to the value would bring", own, "existing_customers", measured, "that they can be developed"},
		{"gap_cac_minor", "gap ÷ value × CAC: what winning as much with new customers costs", own, "existing_customers", measured, ""},
		{"keeping_minor", "CAC × the part that keeping is put at", "a rule of thumb: a fifth", "new_customers", assumed, "anything of this shop: measure it"},
	}
}
