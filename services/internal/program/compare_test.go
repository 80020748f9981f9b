package program

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// changed has a row for each thing that a programme can say: the sections that differ from the plain programme, and what
// Compare says of it.
var changed = []struct {
	field    string // of Program
	sections string
	want     []Change
}{
	{"ID", "programme: shop-2", []Change{
		{ChangeChanged, "programme", "shop", "shop-2"}, {ChangeChanged, "name", "shop", "shop-2"},
	}},
	{"Name", "name: Shop club", []Change{{ChangeChanged, "name", "shop", "Shop club"}}},
	{"Zone", "zone: Europe/Berlin", []Change{{ChangeChanged, "zone", "UTC", "Europe/Berlin"}}},
	{"Currency", "currency: USD", []Change{{ChangeChanged, "currency", "EUR", "USD"}}},
	{"Enrolment", "enrolment: explicit", []Change{{ChangeChanged, "enrolment", "on_first_order", "explicit"}}},
	{"Unit", "unit: stars", []Change{{ChangeChanged, "unit", "points", "stars"}}},
	{"Units", "units: {status: {earn: {points: 2, per: 1.00}, plain: true, expiry: {rule: days, days: 365}, pending_days: 14}, stamps: {earn: {per_order: 1}, expiry: {rule: never}}}", []Change{
		{ChangeAdded, "units.stamps.earn", "", "1 for each order"}, {ChangeAdded, "units.stamps.expiry", "", "never"},
		{ChangeAdded, "units.stamps.pending_days", "", "0"},
		{ChangeAdded, "units.status.earn", "", "2 per 1.00, without multipliers"}, {ChangeAdded, "units.status.expiry", "", "days, 365"},
		{ChangeAdded, "units.status.pending_days", "", "14"},
	}},
	{"Earning.Rate", "earning: {points: 3, per: 2.00}", []Change{
		{ChangeChanged, "earning.points", "1 per 1.00", "3 per 2.00"},
	}},
	{"Earning.ActivationDays", "earning: {points: 1, per: 1.00, pending_days: 14}", []Change{
		{ChangeChanged, "earning.pending_days", "0", "14"},
	}},
	{"Earning.CategoryMultipliers", "earning: {points: 1, per: 1, multipliers: {category: {gift card: 1.5}}}", []Change{
		{ChangeAdded, `earning.multipliers.category["gift card"]`, "", "3/2"},
	}},
	{"Earning.Campaigns", "earning: {points: 1, per: 1, campaigns: {spring: {factor: 2, until: 2026-05-01, when: \"'slipping' in segments\"}}}", []Change{
		{ChangeAdded, "earning.campaigns.spring.factor", "", "2"}, {ChangeAdded, "earning.campaigns.spring.until", "", "2026-05-01"},
		{ChangeAdded, "earning.campaigns.spring.when", "", "'slipping' in segments"},
	}},
	{"Earning.SegmentMultipliers", "earning: {points: 1, per: 1, multipliers: {segment: {slipping: 2}}}", []Change{
		{ChangeAdded, "earning.multipliers.segment.slipping", "", "2"},
	}},
	{"Earning.TierMultipliers", "earning: {points: 1, per: 1, multipliers: {tier: {gold: 2}}}", []Change{
		{ChangeAdded, "earning.multipliers.tier.gold", "", "2"},
	}},
	{"Earning.ExcludeCategories", "earning: {points: 1, per: 1, exclude: {category: [books]}}", []Change{
		{ChangeAdded, "earning.exclude.category.books", "", "earns nothing"},
	}},
	{"Earning.ExcludeSKUs", "earning: {points: 1, per: 1, exclude: {sku: ['4711']}}", []Change{
		{ChangeAdded, "earning.exclude.sku.4711", "", "earns nothing"},
	}},
	{"Expiry.EndOfMonthAfterMonths", "expiry: {rule: never}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "never"},
	}},
	{"Expiry.AfterDays", "expiry: {rule: days, days: 365}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "days, 365"},
	}},
	{"Expiry.Date.Month", "expiry: {rule: fixed_date, date: 04-01}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "fixed_date, 04-01, 0 years"},
	}},
	{"Expiry.Date.Day", "expiry: {rule: fixed_date, date: 04-02}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "fixed_date, 04-02, 0 years"},
	}},
	{"Expiry.AfterYears", "expiry: {rule: fixed_date, date: 04-01, years: 1}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "fixed_date, 04-01, 1 years"},
	}},
	{"Expiry.Rolling.Months", "expiry: {rule: rolling, months: 12}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "rolling, 12 months after the last earn"},
	}},
	{"Expiry.Rolling.Days", "expiry: {rule: rolling, days: 90, activity: [earn]}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "rolling, 90 days after the last earn"},
	}},
	{"Expiry.Rolling.ByEarning", "expiry: {rule: rolling, days: 90, activity: [spend, earn]}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "rolling, 90 days after the last earn or spend"},
	}},
	{"Expiry.Rolling.BySpending", "expiry: {rule: rolling, months: 6, activity: [spend]}", []Change{
		{ChangeChanged, "expiry", "end_of_month, 12 months", "rolling, 6 months after the last spend"},
	}},
	{"Returns.WaitDays", "returns: {wait_days: 10}", []Change{{ChangeChanged, "returns.wait_days", "30", "10"}}},
	{"Returns.AcceptDays", "returns: {accept_days: 90}", []Change{
		{ChangeChanged, "returns.accept_days", "without limit", "90"},
	}},
	{"Returns.OwedMost", "returns: {missing: negative_limit, limit: 500}", []Change{
		{ChangeChanged, "returns.missing", "debt", "negative_limit, 500 points"},
	}},
	{"Adjustments.Limit", "adjustments: {limit: 500}", []Change{
		{ChangeAdded, "adjustments.limit", "", "500"}, {ChangeAdded, "adjustments.per_day", "", "without limit"},
	}},
	{"Adjustments.PerDay", "adjustments: {limit: 0, per_day: 9}", []Change{
		{ChangeAdded, "adjustments.limit", "", "0"}, {ChangeAdded, "adjustments.per_day", "", "9"},
	}},
	{"Adjustments.Roles", "adjustments: {limit: 5, per_day: 9, roles: {lead: {limit: 50, per_day: 90, approve: 1000, import: 20000}, clerk: {}}}", []Change{
		{ChangeAdded, "adjustments.limit", "", "5"}, {ChangeAdded, "adjustments.per_day", "", "9"},
		{ChangeAdded, "adjustments.roles.clerk.limit", "", "5"}, {ChangeAdded, "adjustments.roles.clerk.per_day", "", "9"},
		{ChangeAdded, "adjustments.roles.clerk.approve", "", "nothing"}, {ChangeAdded, "adjustments.roles.clerk.import", "", "nothing"},
		{ChangeAdded, "adjustments.roles.lead.limit", "", "50"}, {ChangeAdded, "adjustments.roles.lead.per_day", "", "90"},
		{ChangeAdded, "adjustments.roles.lead.approve", "", "1000"}, {ChangeAdded, "adjustments.roles.lead.import", "", "20000"},
	}},
	{"Transfers.Min", "transfers: {min: 10}", []Change{
		{ChangeAdded, "transfers.min", "", "10"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.Max", "transfers: {max: 500}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "500"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.PerDay", "transfers: {per_day: 900}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "900"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.Fee.Share", "transfers: {fee: {share: 0.01}}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "1/100"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.Fee.Points", "transfers: {fee: {points: 5}}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "5"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.OlderThanDays", "transfers: {older_than_days: 0}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "0"},
		{ChangeAdded, "transfers.approve_above", "", "without limit"},
	}},
	{"Transfers.ApproveAbove", "transfers: {approve_above: 200}", []Change{
		{ChangeAdded, "transfers.min", "", "1"}, {ChangeAdded, "transfers.max", "", "without limit"},
		{ChangeAdded, "transfers.per_day", "", "without limit"}, {ChangeAdded, "transfers.fee.share", "", "0"},
		{ChangeAdded, "transfers.fee.points", "", "0"}, {ChangeAdded, "transfers.older_than_days", "", "30"},
		{ChangeAdded, "transfers.approve_above", "", "200"},
	}},
	{"Causes", "causes: {trees: {name: Trees, match: {share: 0.5, cap: 1000, until: 2027-01-01}}, water: {}}", []Change{
		{ChangeAdded, "causes.trees.name", "", "Trees"}, {ChangeAdded, "causes.trees.match.share", "", "1/2"},
		{ChangeAdded, "causes.trees.match.cap", "", "1000"}, {ChangeAdded, "causes.trees.match.from", "", "from the beginning"},
		{ChangeAdded, "causes.trees.match.until", "", "2027-01-01"}, {ChangeAdded, "causes.water.name", "", "water"},
	}},
	{"Economics.Margin", "economics: {margin: 0.3}", []Change{
		{ChangeAdded, "economics.margin", "", "3/10"}, {ChangeAdded, "economics.order", "", "0.00"},
		{ChangeAdded, "economics.point", "", "0 minor units"}, {ChangeAdded, "economics.measured", "", "nothing"},
	}},
	{"Economics.Margins", "economics: {margins: {books: 0.25}}", []Change{
		{ChangeAdded, "economics.margins.books", "", "1/4"}, {ChangeAdded, "economics.order", "", "0.00"},
		{ChangeAdded, "economics.point", "", "0 minor units"}, {ChangeAdded, "economics.measured", "", "nothing"},
	}},
	{"Economics.Order", "economics: {order: 2.40}", []Change{
		{ChangeAdded, "economics.order", "", "2.40"}, {ChangeAdded, "economics.point", "", "0 minor units"},
		{ChangeAdded, "economics.measured", "", "nothing"},
	}},
	{"Economics.Actions", "economics: {actions: {visit: 45.00}}", []Change{
		{ChangeAdded, "economics.order", "", "0.00"}, {ChangeAdded, "economics.actions.visit", "", "45.00"},
		{ChangeAdded, "economics.point", "", "0 minor units"}, {ChangeAdded, "economics.measured", "", "nothing"},
	}},
	{"Economics.Point", "economics: {point: 0.008}", []Change{
		{ChangeAdded, "economics.order", "", "0.00"}, {ChangeAdded, "economics.point", "", "4/5 minor units"},
		{ChangeAdded, "economics.measured", "", "nothing"},
	}},
	{"Economics.Measured", "economics: {measured: [point, order]}", []Change{
		{ChangeAdded, "economics.order", "", "0.00"}, {ChangeAdded, "economics.point", "", "0 minor units"},
		{ChangeAdded, "economics.measured", "", "order, point"},
	}},
	{"Refunds.ExtendExpiredDays", "refunds: {extend_expired_days: 30}", []Change{
		{ChangeChanged, "refunds.extend_expired_days", "they lapse", "30"},
	}},
	{"Orders.AcceptLateDays", "orders: {accept_late_days: 7}", []Change{
		{ChangeChanged, "orders.accept_late_days", "365", "7"},
	}},
	{"Orders.LeaveOut.Tax", "orders: {leave_out: [tax]}", []Change{{ChangeAdded, "orders.leave_out.tax", "", "does not count"}}},
	{"Orders.LeaveOut.Shipping", "orders: {leave_out: [shipping]}", []Change{{ChangeAdded, "orders.leave_out.shipping", "", "does not count"}}},
	{"Orders.LeaveOut.GiftCards", "orders: {leave_out: [gift_cards]}", []Change{{ChangeAdded, "orders.leave_out.gift_cards", "", "does not count"}}},
	{"Orders.CountPoints", "orders: {count_paid_with_points: true}", []Change{{ChangeAdded, "orders.count_paid_with_points", "", "counts"}}},
	{"Orders.Rates", "orders: {rates: {USD: {2026-01-01: 0.92}}}", []Change{{ChangeAdded, "orders.rates.USD.2026-01-01", "", "23/25"}}},
	{"Ladder.WindowMonths", "ladder: {window_months: 6, tiers: [{name: bronze, from: 0}, {name: gold, from: 500}]}", []Change{
		{ChangeChanged, "ladder.window_months", "12", "6"},
	}},
	{"Ladder.SoftLanding", "ladder: {window_months: 12, downgrade: to_fit, tiers: [{name: bronze, from: 0}, {name: gold, from: 500}]}", []Change{
		{ChangeChanged, "ladder.downgrade", "one_step", "to_fit"},
	}},
	{"NoticeDays", "ladder: {window_months: 12, notice_days: 5, tiers: [{name: bronze, from: 0}, {name: gold, from: 500}]}", []Change{
		{ChangeChanged, "ladder.notice_days", "30", "5"},
	}},
	{"Ladder.Tiers", "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 100}, {name: ruby, from: 500}]}", []Change{
		{ChangeAdded, "ladder.tiers.silver.from", "", "100.00"}, {ChangeAdded, "ladder.tiers.ruby.from", "", "500.00"},
		{ChangeRemoved, "ladder.tiers.gold.from", "500.00", ""},
	}},
	{"Actions", "actions: {visit: {name: A visit, schema: {type: object, maxProperties: 1e0}, earn: {points: 5, per_day: 10}}}", []Change{
		{ChangeAdded, "actions.visit.name", "", "A visit"},
		{ChangeAdded, "actions.visit.schema", "", `{"maxProperties":1e0,"type":"object"}`},
		{ChangeAdded, "actions.visit.earn", "", "5, at most 10 a day"},
	}},
	{"Partners", "partners: {air: {name: Laurel Air, roles: [issue, redeem], category: airline, exclusive_category: false, merchants: [web], " +
		"issue_price: 0.010, redemption_price: '0.0080', fee: 2.50, funding: on_issue, from: 2026-01-01, limits: {points_per_day: 10}}}", []Change{
		{ChangeAdded, "partners.air.name", "", "Laurel Air"},
		{ChangeAdded, "partners.air.roles", "", "issue, redeem"},
		{ChangeAdded, "partners.air.category", "", "airline, not exclusive"},
		{ChangeAdded, "partners.air.merchants.web", "", "its points are issued by air"},
		{ChangeAdded, "partners.air.issue_price", "", "0.01 a point"},
		{ChangeAdded, "partners.air.redemption_price", "", "0.008 a point"},
		{ChangeAdded, "partners.air.fee", "", "2.5 %"},
		{ChangeAdded, "partners.air.funding", "", "on_issue"},
		{ChangeAdded, "partners.air.settlement", "", "monthly"},
		{ChangeAdded, "partners.air.from", "", "2026-01-01"},
		{ChangeAdded, "partners.air.until", "", "without end"},
		{ChangeAdded, "partners.air.limits", "", "10 a day"},
	}},
}

func TestCompareNamesWhatChanges(t *testing.T) {
	plain := mustParse(t, "")
	for _, c := range changed {
		t.Run(c.field, func(t *testing.T) {
			is := mustParse(t, c.sections)
			require.Equal(t, c.want, Compare(plain, is))
			back := Compare(is, plain)
			require.Len(t, back, len(c.want))
			for _, b := range back { // the same fields, the other way round
				kind := map[ChangeKind]ChangeKind{ChangeAdded: ChangeRemoved, ChangeRemoved: ChangeAdded, ChangeChanged: ChangeChanged}[b.Kind]
				require.Contains(t, c.want, Change{kind, b.Path, b.Is, b.Was})
			}
		})
	}
}

// TestEveryFieldOfAProgrammeIsCompared fails for a field that Fields does not tell: a plan would hide its change.
func TestEveryFieldOfAProgrammeIsCompared(t *testing.T) {
	var names, rows []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for f := range of.Fields() {
			kind := f.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			switch {
			case !f.IsExported():
			case kind.Kind() == reflect.Struct && kind != reflect.TypeFor[money.Ratio]() && f.Name != "Zone":
				walk(prefix+f.Name+".", kind)
			default:
				names = append(names, prefix+f.Name)
			}
		}
	}
	walk("", reflect.TypeFor[Program]())
	// A new field of an agreement is told by partnerFields, and stands in the row of Partners.
	require.Equal(t, 14, reflect.TypeFor[Partner]().NumField())
	require.Equal(t, 7, reflect.TypeFor[Unit]().NumField(), "and of a unit by unitFields")
	for _, c := range changed {
		rows = append(rows, c.field)
	}
	slices.Sort(names)
	slices.Sort(rows)
	require.Equal(t, names, rows, "add a new field to Fields, and a row to the table above")
}

func TestCompareIgnoresHowAProgrammeIsWritten(t *testing.T) {
	one := mustParse(t, "name: shop\nearning: {points: 1, per: 1.00, multipliers: {category: {a: 1.5, b: 2}}}")
	two := mustParse(t, "earning: {per: '2.00', points: 2, multipliers: {category: {b: 2.0, a: 3/2}}} # the same\nreturns: {wait_days: 30}")
	require.Empty(t, Compare(one, two))
}

func TestTheFirstRevisionAddsEverything(t *testing.T) {
	p := mustParse(t, "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: gold, from: 500}]}")
	changes := Compare(nil, p)
	require.Len(t, changes, len(p.Fields()))
	for i, f := range p.Fields() {
		require.Equal(t, Change{ChangeAdded, f.Path, "", f.Value}, changes[i])
	}
}

func TestWhatIsGoneStandsWhereItStood(t *testing.T) {
	was := mustParse(t, "earning: {points: 1, per: 1, multipliers: {category: {a: 2, b: 2, c: 2}}}")
	is := mustParse(t, "earning: {points: 1, per: 1, multipliers: {category: {a: 3, c: 3}}}\nexpiry: {rule: never}")
	var paths []string
	for _, c := range Compare(was, is) {
		paths = append(paths, c.Path)
	}
	require.Equal(t, []string{
		"earning.multipliers.category.a", "earning.multipliers.category.b", "earning.multipliers.category.c", "expiry",
	}, paths)
}

// TestCompareIsWholeByItself lays the changes over the fields of one programme and finds the other.
func TestCompareIsWholeByItself(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		draw := func() *Program { return mustParse(r, rapid.SampledFrom(changed).Draw(r, "programme").sections) }
		was, is := draw(), draw()
		fields := map[string]string{}
		for _, f := range was.Fields() {
			fields[f.Path] = f.Value
		}
		for _, c := range Compare(was, is) {
			require.Equal(r, c.Was, fields[c.Path])
			if fields[c.Path] = c.Is; c.Kind == ChangeRemoved {
				delete(fields, c.Path)
			}
		}
		want := map[string]string{}
		for _, f := range is.Fields() {
			want[f.Path] = f.Value
		}
		require.Equal(r, want, fields)
	})
}
