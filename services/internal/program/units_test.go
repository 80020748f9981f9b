package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// badUnits: what orders earn beside the programme's unit.
var badUnits = []badCase{
	{name: "units as a list", yaml: "units: [stamps]", want: []string{
		"1:8: units: is a list; write keys with values below it"}},
	{name: "nine units", yaml: "units: {" + manyUnits(unitsMax+1) + "}", want: []string{
		"1:8: units: 9 units; write at most 8"}},
	{name: "a unit with capitals", yaml: "units: {Stamps: {earn: {per_order: 1}, expiry: {rule: never}}}", want: []string{
		`1:9: units.Stamps: "Stamps" is not a unit; write small letters, digits, hyphens and underscores, for example points`}},
	{name: "the programme's own unit again", yaml: "units: {points: {earn: {per_order: 1}, expiry: {rule: never}}}", lax: true, want: []string{
		"1:9: units.points: is the programme's own unit already, which earning is about; give this one another name"}},
	{name: "a unit without anything", yaml: "units: {stamps: {}}", want: []string{
		`1:17: units.stamps.earn: is missing; add it, for example "earn: {points: 1, per: 1.00}"`,
		`1:17: units.stamps.expiry: is missing; add it, for example "expiry: {rule: end_of_month, months: 12}"`}},
	{name: "a unit that earns nothing", yaml: "units: {stamps: {earn: {}, expiry: {rule: never}}}", want: []string{
		`1:24: units.stamps.earn.per: is missing; add it, for example "per: 1.00"`,
		`1:24: units.stamps.earn.points: is missing; add it, for example "points: 1"`}},
	{name: "points of a unit without an amount", yaml: "units: {stamps: {earn: {points: 3}, expiry: {rule: never}}}", want: []string{
		`1:24: units.stamps.earn.per: is missing; add it, for example "per: 1.00"`}},
	{name: "a unit by amount and by order", yaml: "units: {stamps: {earn: {points: 3, per: 1.00, per_order: 1}, expiry: {rule: never}}}", want: []string{
		"1:47: units.stamps.earn.per_order: points and per say already what an order gives; keep one of the two"}},
	{name: "an order that gives too many", yaml: "units: {stamps: {earn: {per_order: 10001}, expiry: {rule: never}}}", want: []string{
		"1:36: units.stamps.earn.per_order: 10001 is out of range; write 1 to 10000"}},
	{name: "multipliers for what each order gives", yaml: "units: {stamps: {earn: {per_order: 1}, plain: true, expiry: {rule: never}}}", lax: true, want: []string{
		"1:40: units.stamps.plain: what each order gives is never multiplied; delete the line"}},
	{name: "a unit that rolls", yaml: "units: {stamps: {earn: {per_order: 1}, expiry: {rule: rolling, months: 3}}}", want: []string{
		`1:55: units.stamps.expiry.rule: unknown word "rolling"; known here: end_of_month, days, fixed_date, never`}},
	{name: "a unit that lapses while it is pending", yaml: "units: {stamps: {earn: {per_order: 1}, pending_days: 9, expiry: {rule: days, days: 9}}}", lax: true, want: []string{
		"1:54: units.stamps.pending_days: points earned on 1 January lapse after 9 days, before they are active; write at most 8, or a longer life under expiry"}},
	{name: "a unit that may be spent", yaml: "units: {stamps: {earn: {per_order: 1}, spend: true, expiry: {rule: never}}}", want: []string{
		"1:40: units.stamps.spend: unknown key; known here: earn, expiry, pending_days, plain"}},
}

func manyUnits(n int) string {
	many := make([]string, n)
	for i := range many {
		many[i] = fmt.Sprintf("u%d: {earn: {per_order: 1}, expiry: {rule: never}}", i+1)
	}
	return strings.Join(many, ", ")
}

func TestAsManyUnitsAsMayBe(t *testing.T) {
	require.Len(t, mustParse(t, "units: {"+manyUnits(unitsMax)+"}").Units, unitsMax)
}

func TestUnitsHaveARateAndALifeOfTheirOwn(t *testing.T) {
	p := mustParse(t, `
earning: {points: 1, per: 1.00, multipliers: {category: {books: 2}, tier: {gold: 3}, segment: {slipping: 5}}, exclude: {category: [gift-card]}}
units:
  status: {earn: {points: 1, per: 2.00}, plain: true, expiry: {rule: days, days: 30}, pending_days: 7}
  miles: {earn: {points: 7, per: 1.00}, expiry: {rule: fixed_date, date: 04-01}}
  stamps: {earn: {per_order: 2}, expiry: {rule: never}}
`)
	require.Len(t, p.Units, 3)
	book, card := orders.Line{Category: "books"}, orders.Line{Category: "gift-card"}
	for _, c := range []struct {
		unit           string
		book, multiple money.Ratio
		gone           calendar.Day
		pending        int
		perOrder       money.Points
	}{
		{unit: "miles", book: money.MustRatio(14, 100), multiple: money.MustRatio(7*30, 100), gone: calendar.Date(2026, 4, 1)},
		{unit: "stamps", gone: calendar.None, perOrder: 2},
		{unit: "status", book: money.MustRatio(1, 200), multiple: money.MustRatio(1, 200), gone: calendar.Date(2026, 2, 14), pending: 7},
	} {
		u, ok := p.OtherUnit(c.unit)
		require.True(t, ok, c.unit)
		require.Equal(t, c.perOrder, u.PerOrder)
		require.Equal(t, c.pending, u.ActivationDays)
		require.Equal(t, c.gone, u.ExpiryDay(calendar.Date(2026, 1, 15)))
		if c.perOrder > 0 {
			continue
		}
		require.Equal(t, c.book, u.LineRate(book, "bronze", ""), c.unit)
		require.Equal(t, c.multiple, u.LineRate(book, "gold", "slipping"), c.unit)
		require.Zero(t, u.LineRate(card, "gold", "slipping"), "what is excluded earns nothing of any unit")
	}
	require.True(t, p.Excluded(card))
	require.False(t, p.Excluded(book))
	_, ok := p.OtherUnit("points")
	require.False(t, ok, "that is the programme's own")
}
