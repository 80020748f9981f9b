package program

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

const coalitionFile = "../../../deploy/programmes/coalition.yaml"

func TestE2TheCoalitionOfTheExample(t *testing.T) {
	p := parseFile(t, coalitionFile)
	require.Len(t, p.Partners, 3)
	for id, price := range map[string]string{"a": "1", "c": "4/5"} { // cents a point: 0.01 and 0.008 EUR
		a, ok := p.Partner(id)
		require.True(t, ok)
		require.Equal(t, ratio(t, price), a.RedemptionPrice, id)
	}
	b, _ := p.Partner("b")
	require.Equal(t, Roles{Issue: true}, b.Roles)
	require.Equal(t, FundingOnRedeem, b.Funding)
	require.Equal(t, SettlementMonthly, b.Settlement)
	_, ok := p.Partner(Operator)
	require.False(t, ok)
}

func TestAnAgreementIsReadToTheLastDigit(t *testing.T) {
	p := mustParse(t, `partners:
  air:
    name: Laurel Air
    roles: [redeem, issue]
    category: airline
    exclusive_category: false
    merchants: [web, counter]
    issue_price: 0.00000001
    redemption_price: "1000.00"
    fee: 2.5
    funding: on_issue
    settlement: monthly
    from: 2026-01-01
    until: "2027-01-01"
    limits: {points_per_call: 100, points_per_day: 1000}`)
	require.Equal(t, []*Partner{{
		ID: "air", Name: "Laurel Air", Roles: Roles{Issue: true, Redeem: true}, Category: "airline",
		Merchants: []string{"counter", "web"}, IssuePrice: ratio(t, "1/1000000"), RedemptionPrice: ratio(t, "100000"),
		Fee: ratio(t, "1/40"), Funding: FundingOnIssue, Settlement: SettlementMonthly,
		From: calendar.Date(2026, 1, 1), Until: calendar.Date(2027, 1, 1), Limits: PartnerLimits{100, 1000},
	}}, p.Partners)
	require.Equal(t, ratio(t, "4/5"), mustParse(t, "currency: JPY\nearning: {points: 1, per: 1}\n"+
		"partners: {air: {roles: [redeem], category: air, redemption_price: 0.8}}").Partners[0].RedemptionPrice, "yen have no digits")
}

func TestWhoOwesForThePointsOfAMerchant(t *testing.T) {
	p := mustParse(t, `partners:
  air: {roles: [issue], category: airline, merchants: [web, till], until: 2026-07-01}
  sky: {roles: [issue], category: airline, merchants: [till], from: 2026-07-01}
  old: {roles: [issue], category: rail}`)
	june, july := calendar.Date(2026, 6, 30), calendar.Date(2026, 7, 1)
	for _, row := range []struct {
		name, merchant string
		day            calendar.Day
		want           string
	}{
		{"its merchant", "web", june, "air"},
		{"on the last day", "till", june, "air"},
		{"from the first day of the next agreement, who may have the same category then", "till", july, "sky"},
		{"after the agreement", "web", july, Operator},
		{"before there was any day", "till", calendar.Date(1997, 1, 1), "air"},
		{"a merchant without partner", "shop", june, Operator},
		{"a merchant named like a partner", "old", june, Operator},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, p.Issuer(row.merchant, row.day)) })
	}
	require.Equal(t, Operator, mustParse(t, "").Issuer("web", june))
}

func TestPartnersAtTheirLimits(t *testing.T) {
	require.Len(t, mustParse(t, manyPartners(partnersMax)).Partners, partnersMax)
	require.Len(t, mustParse(t, onePartner("merchants: ["+manyMerchants(merchantsMax)+"]")).Partners[0].Merchants, merchantsMax)
	p := mustParse(t, onePartner("limits: {points_per_call: 1000000000, points_per_day: 1000000000}, fee: 100"))
	require.Equal(t, PartnerLimits{1_000_000_000, 1_000_000_000}, p.Partners[0].Limits)
	require.Equal(t, ratio(t, "1"), p.Partners[0].Fee)
	both := mustParse(t, twoPartners("category: air, exclusive_category: false", "category: air, exclusive_category: false"))
	require.Len(t, both.Partners, 2, "both say that they share")
	require.Equal(t, money.Points(0), both.Partners[0].Limits.PointsPerDay)
}
