package program

import (
	"fmt"
	"strings"
)

// onePartner is a programme with one agreement; what is under test stands at the end of line 1.
func onePartner(text string) string {
	return "partners: {air: {roles: [issue, redeem], category: air, redemption_price: 1, " + text + "}}"
}

// twoPartners is a programme with two agreements that give points, a line each.
func twoPartners(one, two string) string {
	return "partners:\n  air: {roles: [issue], " + one + "}\n  sky: {roles: [issue], name: Sky Ltd, " + two + "}"
}

func manyPartners(n int) string {
	var b strings.Builder
	b.WriteString("partners:\n")
	for i := range n {
		fmt.Fprintf(&b, "  p%d: {roles: [issue], category: c%d}\n", i, i)
	}
	return b.String()
}

func manyMerchants(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "m%d,", i)
	}
	return b.String()
}

// badPartners: agreements with partners.
var badPartners = []badCase{
	{name: "partners as a list", yaml: "partners: [air]", want: []string{"1:11: partners: is a list; write keys with values below it"}},
	{name: "101 partners", yaml: manyPartners(101), want: []string{"2:3: partners: 101 partners; write at most 100"}},
	{name: "partner with capitals", yaml: "partners: {Air: {roles: [issue], category: air}}", want: []string{
		`1:12: partners.Air: "Air" is not a partner's id; write small letters, digits, hyphens and underscores, for example sky-air`}},
	{name: "the operator as a partner", yaml: "partners: {operator: {roles: [issue], category: air}}", want: []string{
		"1:12: partners.operator: is the company that runs the programme, which needs no agreement; delete the section"}},
	{name: "agreement without roles and category", yaml: "partners: {air: {}}", want: []string{
		`1:17: partners.air.category: is missing; add it, for example "category: airline"`,
		`1:17: partners.air.roles: is missing; add it, for example "roles: [issue, redeem]"`}},
	{name: "no roles", yaml: "partners: {air: {roles: [], category: air}}", want: []string{
		"1:25: partners.air.roles: is empty; write issue, redeem or both, for example [issue, redeem]"}},
	{name: "role unknown", yaml: "partners: {air: {roles: [isue], category: air}}", want: []string{
		`1:26: partners.air.roles[0]: unknown word "isue"; did you mean "issue"?`}},
	{name: "role twice", yaml: "partners: {air: {roles: [issue, issue], category: air}}", want: []string{
		`1:33: partners.air.roles[1]: "issue" is listed twice; delete one of the two`}},
	{name: "roles as a word", yaml: "partners: {air: {roles: issue, category: air}}", want: []string{
		"1:25: partners.air.roles: is text; write issue, redeem or both, for example [issue, redeem]"}},
	{name: "redeemer without a price", yaml: "partners: {air: {roles: [redeem], category: air}}", lax: true, want: []string{
		`1:17: partners.air.redemption_price: is missing; add it, for example "redemption_price: 0.008"`}},
	{name: "funding on issue without a price", yaml: onePartner("funding: on_issue"), lax: true, want: []string{
		`1:17: partners.air.issue_price: is missing; add it, for example "issue_price: 0.01"`}},
	{name: "funding unknown", yaml: onePartner("funding: on_isue"), want: []string{
		`1:87: partners.air.funding: unknown word "on_isue"; did you mean "on_issue"?`}},
	{name: "settlement unknown", yaml: onePartner("settlement: weekly"), want: []string{
		`1:90: partners.air.settlement: unknown word "weekly"; known here: monthly`}},
	{name: "merchants of one who gives nothing", yaml: "partners: {air: {roles: [redeem], category: air, redemption_price: 1, merchants: [web]}}", lax: true, want: []string{
		"1:71: partners.air.merchants: the partner gives no points; add issue to its roles, or delete the line"}},
	{name: "fee of one who takes nothing", yaml: "partners: {air: {roles: [issue], category: air, fee: 1}}", lax: true, want: []string{
		"1:49: partners.air.fee: the partner takes no points; add redeem to its roles, or delete the line"}},
	{name: "price zero", yaml: onePartner("issue_price: 0.000"), want: []string{
		"1:91: partners.air.issue_price: a price of 0.000 a point is out of range; write more than 0 and at most 1000"}},
	{name: "price too large", yaml: onePartner("issue_price: 1000.01"), want: []string{
		"1:91: partners.air.issue_price: a price of 1000.01 a point is out of range; write more than 0 and at most 1000"}},
	{name: "price with nine digits after the point", yaml: onePartner("issue_price: '0.000000001'"), want: []string{
		`1:91: partners.air.issue_price: "0.000000001" is not a price per point; write digits, for example 0.008`}},
	{name: "price with an exponent", yaml: onePartner("issue_price: 8e-3"), lax: true, want: []string{
		`1:91: partners.air.issue_price: 8e-3 is not a price per point; write digits, for example 0.008`}},
	{name: "price negative", yaml: onePartner("issue_price: -0.01"), want: []string{
		"1:91: partners.air.issue_price: -0.01 is below 0; write digits, for example 0.008"}},
	{name: "fee of more than all", yaml: onePartner("fee: 100.5"), want: []string{
		"1:83: partners.air.fee: 100.5 per cent is out of range; write 0 to 100"}},
	{name: "fee with a percent sign", yaml: onePartner("fee: 5%"), want: []string{
		`1:83: partners.air.fee: "5%" is not a percentage; write digits, for example 2.5`}},
	{name: "exclusive perhaps", yaml: onePartner("exclusive_category: maybe"), want: []string{
		`1:98: partners.air.exclusive_category: "maybe" is neither true nor false; write one of the two, without quotes`}},
	{name: "date that does not exist", yaml: onePartner("from: 2026-02-30"), lax: true, want: []string{
		`1:84: partners.air.from: "2026-02-30" is not a date; write year, month and day, for example 2026-01-31`}},
	{name: "date with a time", yaml: onePartner("from: 2026-02-03T10:00:00Z"), want: []string{
		"1:84: partners.air.from: 2026-02-03T10:00:00Z is not a date; write year, month and day, for example 2026-01-31"}},
	{name: "ends before it begins", yaml: onePartner("from: 2026-02-03, until: 2026-02-03"), lax: true, want: []string{
		"1:103: partners.air.until: the agreement ends before it begins on 2026-02-03; write a later day"}},
	{name: "limits that contradict", yaml: onePartner("limits: {points_per_call: 10, points_per_day: 9}"), lax: true, want: []string{
		"1:86: partners.air.limits: a call may move more points than a day; write points_per_call of at most 9"}},
	{name: "limits out of range", yaml: onePartner("limits: {points_per_call: 0, points_per_day: 1000000001}"), want: []string{
		"1:104: partners.air.limits.points_per_call: 0 is out of range; write 1 to 1000000000",
		"1:123: partners.air.limits.points_per_day: 1000000001 is out of range; write 1 to 1000000000"}},
	{name: "A4: two of one category", yaml: twoPartners("category: airline", "category: airline"), lax: true, want: []string{
		"3:50: partners.sky.category: air (air) and sky (Sky Ltd) are both of category airline; give one another category, or write exclusive_category: false in both"}},
	{name: "A4: two of one category, one of them exclusive", yaml: twoPartners("category: airline", "category: airline, exclusive_category: false"), lax: true, want: []string{
		"3:50: partners.sky.category: air (air) and sky (Sky Ltd) are both of category airline; give one another category, or write exclusive_category: false in both"}},
	{name: "a merchant of two partners", yaml: twoPartners("category: a, merchants: [web, till]", "category: b, merchants: [shop, till]"), lax: true, want: []string{
		`3:64: partners.sky.merchants: merchant "till" belongs to partner air already, at p.yaml:2:38; a merchant has one partner`}},
	{name: "a merchant twice", yaml: onePartner("merchants: [web, web]"), want: []string{
		`1:95: partners.air.merchants[1]: "web" is listed twice, first at p.yaml:1:90; delete one of the two`}},
	{name: "1001 merchants", yaml: onePartner("merchants: [" + manyMerchants(1001) + "]"), want: []string{
		"1:89: partners.air.merchants: 1001 merchants; write at most 1000"}},
	{name: "a merchant of 65 letters", yaml: onePartner("merchants: [" + strings.Repeat("x", 65) + "]"), want: []string{
		"1:90: partners.air.merchants[0]: has 65 characters; write at most 64"}},
}
