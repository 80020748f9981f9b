package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// campaigns is a programme with some of them.
func campaigns(t *testing.T, lines ...string) *Program {
	t.Helper()
	return mustParse(t, "earning: {points: 1, per: 1, multipliers: {category: {books: 2}, segment: {slipping: 2, cold: 1/2}}, campaigns: {"+strings.Join(lines, ", ")+"}}")
}

func day(t *testing.T, text string) calendar.Day {
	t.Helper()
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

func TestWhichCampaignAnOrderEarnsBy(t *testing.T) {
	t.Parallel()
	const autumn = "autumn: {factor: 3/2, from: 2026-10-01, until: 2026-11-01}"
	for _, c := range []struct {
		name      string
		campaigns []string
		order     PaidOrder
		boost     string
	}{
		{"none", nil, PaidOrder{}, ""},
		{"the day before", []string{autumn}, PaidOrder{Day: day(t, "2026-09-30")}, ""},
		{"the first day", []string{autumn}, PaidOrder{Day: day(t, "2026-10-01")}, "campaign/autumn"},
		{"the last day", []string{autumn}, PaidOrder{Day: day(t, "2026-10-31")}, "campaign/autumn"},
		{"the day after", []string{autumn}, PaidOrder{Day: day(t, "2026-11-01")}, ""},
		{"a segment counts more", []string{autumn}, PaidOrder{Day: day(t, "2026-10-01"), Segments: []string{"slipping"}}, "slipping"},
		{"and one that counts less does not", []string{autumn}, PaidOrder{Day: day(t, "2026-10-01"), Segments: []string{"cold"}}, "campaign/autumn"},
		{"of equals the first by name", []string{"b: {factor: 3}", "a: {factor: 3}", "c: {factor: 2}"}, PaidOrder{}, "campaign/a"},
		{"of a campaign and a segment, too", []string{"b: {factor: 2}"}, PaidOrder{Segments: []string{"slipping"}}, "campaign/b"},
		{"who is in a segment", []string{`back: {factor: 3, when: "'lost' in segments"}`}, PaidOrder{Segments: []string{"lost", "other"}}, "campaign/back"},
		{"who is not", []string{`back: {factor: 3, when: "'lost' in segments"}`}, PaidOrder{Segments: []string{"other"}}, ""},
		{"nobody is in any", []string{`back: {factor: 3, when: "size(segments) == 0"}`}, PaidOrder{}, "campaign/back"},
		{
			"all that can be asked for",
			[]string{`all: {factor: 3, when: "tier == 'gold' && merchant == 'shop' && channel == 'app' && day >= '2026-01-01' && amount_minor > 99"}`},
			PaidOrder{Tier: "gold", Merchant: "shop", Channel: "app", Day: day(t, "2026-01-01"), Amount: 100}, "campaign/all",
		},
		{"what cannot be computed", []string{`odd: {factor: 3, when: "1000 / amount_minor > 1"}`}, PaidOrder{}, ""},
		{"what takes too long", []string{`long: {factor: 3, when: "` + endless + `"}`}, PaidOrder{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.boost, campaigns(t, c.campaigns...).BoostOf(c.order))
		})
	}
}

const (
	ten     = "[1,2,3,4,5,6,7,8,9,10]"
	endless = ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, " + ten + ".all(d, " + ten + ".all(e, a+b+c+d+e > amount_minor)))))"
)

func TestACampaignIsOneMoreFactor(t *testing.T) {
	t.Parallel()
	p := campaigns(t, "spring: {factor: 3/2}")
	rate, rules := p.LineRate(orders.Line{Category: "books"}, "", "campaign/spring")
	require.Equal(t, ratio(t, "3/100"), rate)
	require.Equal(t, []string{"rate", "category books x2", "campaign spring x3/2"}, rules)
	rate, _ = p.LineRate(orders.Line{}, "", "campaign/of another revision")
	require.Equal(t, ratio(t, "1/100"), rate)
}

func TestCampaignsThatAreFaults(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 33 {
		many = append(many, fmt.Sprintf("c%d: {factor: 2}", i))
	}
	for text, says := range map[string]string{
		"campaigns: {a: {}}":                                                                   "is missing",
		"campaigns: {a: {factor: 0}}":                                                          "factor",
		"campaigns: {A: {factor: 2}}":                                                          "no name of a campaign",
		"campaigns: {a: {factor: 2, if: x}}":                                                   "unknown key",
		"campaigns: {a: {factor: 2, from: 2026-01-01, until: 2026-01-01}}":                     "ends before it begins",
		`campaigns: {a: {factor: 2, when: "spend > 3"}}`:                                       "line 1, column 1 of the condition",
		`campaigns: {a: {factor: 2, when: "amount_minor"}}`:                                    "true or false",
		`campaigns: {a: {factor: 2, when: ""}}`:                                                "of the condition",
		`campaigns: {a: {factor: 2, when: "'` + strings.Repeat("x", 2048) + `' in segments"}}`: "write at most 2048",
		"campaigns: {" + strings.Join(many, ", ") + "}":                                        "write at most 32",
		"multipliers: {segment: {campaign/a: 2}}":                                              "earning.campaigns",
	} {
		_, faults := parseText("earning: {points: 1, per: 1, " + text + "}")
		require.Contains(t, fmt.Sprint(faults), says, text)
	}
	require.Len(t, campaigns(t, many[:32]...).Earning.Campaigns, 32)
}
