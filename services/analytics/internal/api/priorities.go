package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/priority"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func prioritiesReport() report {
	return report{
		name: "priorities", question: "Where does the next unit of money do most: keeping, developing, winning back or acquiring?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetPriorities() != nil }, make: (*Server).priorities, figures: prioritiesFigures,
	}
}

func prioritiesFromProto(in *analyticsv1.PrioritiesParameters) (priority.Params, error) {
	p := priority.Defaults()
	p.Acquire.Spend, p.Acquire.Won = money.Minor(in.GetAcquisitionSpendMinor()), in.GetNewCustomers()
	if err := share(in.GetKeepingShare(), "priorities.keeping_share", &p.Acquire.Keeping); err != nil {
		return p, err
	}
	for _, o := range []struct {
		option int
		name   string
		terms  *analyticsv1.PriorityTerms
	}{{priority.Keep, "keep", in.GetKeep()}, {priority.Develop, "develop", in.GetDevelop()}, {priority.WinBack, "win_back", in.GetWinBack()}} {
		p.Cost[o.option] = money.Minor(o.terms.GetCostMinor())
		if err := share(o.terms.GetSuccessShare(), "priorities."+o.name+".success_share", &p.Success[o.option]); err != nil {
			return p, err
		}
	}
	return p, under("priorities", p.Check())
}

func (s *Server) priorities(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p, err := prioritiesFromProto(in.GetPriorities())
	if err != nil {
		return nil, err
	}
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	fit, err := s.champion(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *priority.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		var alive func(history.Customer) (float64, error)
		if fit != nil {
			alive = fitting.AliveBy(fit, h.AsOf)
		}
		b = priority.New(h.AsOf, p, known.Economics, alive)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.PrioritiesReport{
		Customers: found.Customers, ByMargin: found.Margin, Fit: fit.GetId(), CacMinor: minor(found.CAC),
		EconomicsRevision: int32(known.Revision), //nolint:gosec // few
	}
	for _, o := range found.Options {
		body.Options = append(body.Options, optionToProto(o))
	}
	made.Body = &analyticsv1.Report_Priorities{Priorities: body}
	return made, nil
}

func optionToProto(o priority.Option) *analyticsv1.PriorityOption {
	made := &analyticsv1.PriorityOption{
		Name: o.Name, Return: o.Return.String(), Customers: o.Customers, CostMinor: minor(o.Cost), CostStated: o.CostStated,
		SuccessShare: history.ShareOf(o.Success.Num(), o.Success.Den()).String(), GainMinor: int64(o.Gain), ExpectedMinor: int64(o.Expected),
		WholeMinor: minor(o.Whole),
	}
	for _, l := range o.Most {
		made.Most = append(made.Most, &analyticsv1.PriorityCustomer{Account: l.ID, Stage: l.Stage.String(), GainMinor: int64(l.Gain)})
	}
	return made
}

func prioritiesFigures() []figure {
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"by_margin", "gains are margin; else turnover, since some cost of goods is not known", own, "", measured, ""},
		{"fit", "the fit in use, whose P(alive) weighs keep and develop", own, "", estimated, ""},
		{"cac_minor", "what winning one customer costs (report acquisition)", own, "", measured, "whom the money won: some would have come anyway"},
		{"options", "keep: who is at risk by their own rhythm, with what they brought in the year that ends with their last purchase, × P(alive). Develop: who buys, with what lacks to the mean year of all, × P(alive). " +
			"Win back: who has lapsed or is lost, with their last year. Acquire: those won in the year, with the mean year of a customer", own, "customers", assumed,
			"what happens after the first year, nor that the next customer is like the mean of these"},
		{"options.return", "gain × success ÷ (customers × cost of one): what comes back in a year of each unit spent", own, "customers", assumed,
			"more than the success and the cost that stand beside it: take them from a campaign with customers held out (report effect)"},
		{"options.success_share", "stated, or a quarter kept, a tenth developed, a tenth won back", own, "", assumed, ""},
		{"options.cost_minor", "stated, or a part of winning one for keep and develop, and all of it for win back", "the fifth is a rule of thumb", "", assumed, ""},
		{"options.most", "who would bring most, twenty at most", own, "customers", measured, "that they want to be approached"},
		{"economics_revision", "revision of the programme whose economics were used", own, "", measured, ""},
	}
}
