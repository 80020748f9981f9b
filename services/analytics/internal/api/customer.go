package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/card"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/economics"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func customerReport() report {
	return report{
		name: "customer", question: "What do we know of one customer?", details: true, whole: true, one: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetCustomer() != nil }, make: (*Server).customer, figures: customerFigures,
	}
}

// customer answers with the account alone where nothing was known of it by then. It reads that account, and compares it with
// what was measured of all.
func (s *Server) customer(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	account := in.GetCustomer().GetAccount()
	head, c, err := s.reporter.Account(ctx, q, account)
	if err != nil {
		return nil, err
	}
	crowd, err := s.comparer.Of(ctx, head)
	if err != nil {
		return nil, err
	}
	found, some, err := card.Of(c, head.AsOf, known.Economics, crowd.Crowd)
	if err != nil {
		return nil, err
	}
	made := headToProto(head)
	body := &analyticsv1.CustomerReport{Account: account}
	if some {
		body = cardToProto(found, known)
		body.ComparedEntries = crowd.Reading.Entries
		fit, err := s.champion(ctx, q.Program)
		if err != nil {
			return nil, err
		}
		if err := expected(body, fit, head, c); err != nil {
			return nil, err
		}
	}
	made.Body = &analyticsv1.Report_Customer{Customer: body}
	rests(made, known, parts(known, "margin", "margins", "order", "actions", "point"), "profit")
	return made, nil
}

// expected tells on a card what the customer is expected to do, by a fit; nil tells nothing.
func expected(body *analyticsv1.CustomerReport, fit *analyticsv1.Fit, h reporting.Head, c history.Customer) error {
	known, some, err := repeat.Of(c, h.AsOf)
	if err != nil || !some || fit == nil {
		return err
	}
	v := valuing{fit: fit, terms: lifetime.Defaults()}
	valuer, err := v.valuer(h.Reading.Currency)
	if err != nil {
		return err
	}
	doubt, err := fitting.DoubtOf(fit.GetPlan().GetBuying(), fit.GetFinal())
	if err != nil {
		return err
	}
	valuer.Doubting(doubt)
	body.LifetimeFit, body.Lifetime = fit.GetId(), lifetimeToProto(known, valuer)
	body.Lifetime.Interval = intervalToProto(known, valuer)
	return nil
}

func cardToProto(c card.Card, known economics.Known) *analyticsv1.CustomerReport {
	p := &analyticsv1.CustomerReport{
		Account: c.ID, Tier: c.Tier, Class: c.Class, Segment: c.Segment, Stage: c.Stage, FirstDay: c.First.String(), LastDay: c.Last.String(),
		TenureDays: c.Tenure, SilentDays: c.Silent, IntervalDays: c.Interval, Orders: c.Orders, PurchaseDays: c.PurchaseDays,
		Profit: profitToProto(c.Profit), UncostedMinor: int64(c.Profit.Uncosted), PointsEarned: int64(c.Points),
		EconomicsRevision: int32(known.Revision), //nolint:gosec // few
	}
	for _, b := range c.Categories {
		p.Categories = append(p.Categories, &analyticsv1.CategoryBought{Category: b.Name, Orders: b.Orders, SumMinor: int64(b.Sum), Share: b.Share.String()})
	}
	for _, o := range c.NotYet {
		p.NotYet = append(p.NotYet, &analyticsv1.CategoryOpen{Category: o.Name, BuyersShare: o.Share.String()})
	}
	p.Channels, p.Actions = timesToProto(c.Channels), timesToProto(c.Actions)
	return p
}

func timesToProto(list []card.Times) []*analyticsv1.CountOf {
	var counts []*analyticsv1.CountOf
	for _, t := range list {
		counts = append(counts, &analyticsv1.CountOf{Name: t.Name, Times: t.N, LastDay: t.Last.String()})
	}
	return counts
}

func customerFigures() []figure {
	return []figure{
		{"account", "whose card it is; where nothing was known of it before the day, the rest is empty", own, "", measured, ""},
		{"tier", "held at the end of the day before", own, "orders", measured, ""},
		{"class", "A, B or C by spend: see pareto", own, "orders", measured, ""},
		{"segment", "by recency, frequency and monetary value: see rfm", own, "orders", measured, ""},
		{"stage", "by own rhythm: see life-cycle", own, "orders", measured, ""},
		{"first_day", "day of the first order", own, "orders", measured, ""},
		{"last_day", "day of the last order", own, "orders", measured, ""},
		{"tenure_days", "days since the first order", own, "orders", measured, "since when somebody is a member"},
		{"silent_days", "days since the last order", own, "orders", measured, ""},
		{"interval_days", "mean days between purchase days, rounded down", own, "purchase_days", measured, "much with few purchase days"},
		{"orders", "orders that count", own, "orders", measured, ""},
		{"purchase_days", "days with an order", own, "orders", measured, ""},
		{"profit", "what the customer brings and costs: see profitability", own, "orders", measured, "costs that nobody told"},
		{"uncosted_minor", "revenue of which nobody tells the cost", own, "orders", measured, ""},
		{"points_earned", "by orders, after returns, and by own events", own, "orders", measured, "what is left of them: see the ledger"},
		{"categories", "what was bought, by category", own, "orders", measured, ""},
		{"not_yet", "categories that the customer has not bought, by the share of all customers who have, of 5,000 where there are more", own, "", measured, "that the customer wants them, or does not buy them elsewhere"},
		{"channels", "orders by channel", own, "orders", measured, ""},
		{"actions", "own events by type", own, "", measured, ""},
		{"compared_entries", "how much was read of all customers whom class, segment and categories open are told by", own, "", measured, "where fewer entries than the report has read: with a large copy the others are measured anew every so often"},
		{"lifetime", "what the customer is expected to do within 52 weeks, later money discounted by 10 % a year: see lifetime; absent while no fit is in use", "Fader, Hardie & Lee 2005, Marketing Science 24(2)",
			"purchase_days", estimated, "what a campaign, a price or a season will change"},
		{"lifetime.interval", "90 % of 1,000 futures drawn by the fit, and of the probability that the customer still buys by 200 sets of parameters drawn by the fit's covariance",
			"Krinsky & Robb 1986, Review of Economics and Statistics 68(4)", "purchase_days", estimated,
			"whether the customer still buys: the interval of alive says how well the parameters are known, and nothing of a model that is wrong"},
		{"lifetime_fit", "the fit that tells it", own, "", measured, ""},
		{"economics_revision", "revision of the programme whose economics were used", own, "", measured, ""},
	}
}
