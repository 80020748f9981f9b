package laurelctl

import (
	"context"
	"math"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedHouseholds is what households spend in a year in the town and elsewhere.
type plantedHouseholds struct {
	Answers        int64       `json:"answers"`
	Spend          plantedMean `json:"spend_minor"`
	Wallet         plantedMean `json:"wallet_share"`
	Elsewhere      plantedMean `json:"elsewhere_minor"`
	ElsewhereMinor int64       `json:"could_be_spent_here_minor"`
}

// plantedMean is that of some numbers, and their standard deviation.
type plantedMean struct {
	N         int64   `json:"n"`
	Of        float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// half is how far the mean of so many answers lies from that of all, 95 times of 100.
func (m plantedMean) half(answers int64) float64 {
	if answers == 0 {
		return 0
	}
	return normal95 * m.Deviation / math.Sqrt(float64(answers))
}

// sampled is the mean of so many answers.
type sampled struct {
	mean    float64
	answers int64
}

// mean is that of all, in so many parts, beside that of those who said it.
func (g truthRows) mean(report, figure string, planted plantedMean, parts float64, found sampled) {
	whole := func(f float64) int64 { return int64(math.Round(parts * f)) }
	by := planted.half(found.answers)
	g.add(report, figure, number(whole(planted.Of)), number(whole(found.mean)), offBy(whole(planted.Of), whole(found.mean)),
		number(whole(found.mean-by)), number(whole(found.mean+by)), yesOrNo(math.Abs(found.mean-planted.Of) <= by))
}

// households adds lines for what could be spent here. The interval of the whole is that of asking some for all; that the report takes
// the means of each segment for each of its customers, and silence for having gone, is in no interval.
func (p planted) households(ctx context.Context, a *analytics, g truthRows) error {
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{Program: a.program, Name: "market-potential", AsOf: p.AsOf})
	if err != nil {
		return err
	}
	const report = "market-potential"
	planted, found := p.Asked.Households, answer.GetReport().GetMarketPotential()
	spend, wallet := &bySegment{}, &bySegment{}
	for _, s := range found.GetSegments() {
		if err := spend.add(s.GetCategorySpend()); err != nil {
			return err
		}
		if err := wallet.add(s.GetWalletShare()); err != nil {
			return err
		}
	}
	g.exact(report, "customers", p.Customers, found.GetCustomers())
	g.exact(report, "households: answers", planted.Answers, spend.answers)
	if spend.answers == 0 {
		return nil
	}
	g.mean(report, "spend of a household, minor units", planted.Spend, 1, sampled{spend.mean(), spend.answers})
	g.mean(report, "share of wallet, per mille", planted.Wallet, thousand, sampled{wallet.mean(), wallet.answers})
	// Of so many answers these are of people who still buy.
	living := int64(math.Round(float64(planted.Answers) * part(p.Alive, p.Customers)))
	by := int64(math.Round(planted.Elsewhere.half(living) * float64(p.Alive)))
	g.estimated(report, "could be spent here, minor units", planted.ElsewhereMinor, found.GetPotentialMinor(),
		interval{found.GetPotentialMinor() - by, found.GetPotentialMinor() + by})
	return nil
}

// bySegment adds up what the segments say themselves.
type bySegment struct {
	answers int64
	sum     float64
}

func (t *bySegment) add(s *analyticsv1.PotentialSaid) error {
	mean, err := decimals("the market potential", s.GetMean())
	if err != nil {
		return err
	}
	t.answers += s.GetAnswers()
	t.sum += mean[0] * float64(s.GetAnswers())
	return nil
}

func (t *bySegment) mean() float64 { return t.sum / float64(t.answers) }
