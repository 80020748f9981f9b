package program

import "strings"

// The tables of what is wrong in a file and of what is said about it. The text before each fault is
// its line and column.

// badNames: names, places and money.
var badNames = []badCase{
	{name: "programme with capitals", yaml: "programme: Shop", want: []string{
		`1:12: programme: "Shop" is not a programme's name; write small letters, digits and hyphens, for example shop-1`}},
	{name: "programme as a number", yaml: "programme: 2024", want: []string{
		`1:12: programme: is a number; write a text, in quotes: "2024"`}},
	{name: "programme as a list", yaml: "programme: [shop]", want: []string{
		"1:12: programme: is a list; write a text"}},
	{name: "programme without value", yaml: "programme:", want: []string{
		"1:11: programme: has no value; write a text"}},
	{name: "name over two lines", yaml: "name: |-\n  a\n  b", want: []string{
		"1:7: name: runs over several lines or holds a tab; write one line"}},
	{name: "name of 201 characters", yaml: "name: " + strings.Repeat("ü", 201), want: []string{
		"1:7: name: has 201 characters; write at most 200"}},
	{name: "name with blanks around", yaml: "name: ' club'", want: []string{
		"1:7: name: is empty, or has blanks around it; write 1 to 200 characters"}},
	{name: "zone that does not exist", yaml: "zone: Europe/Berln", lax: true, want: []string{
		`1:7: zone: unknown zone "Europe/Berln"; write UTC or a name of the IANA time zone database, for example Europe/Berlin`}},
	{name: "zone of this machine", yaml: "zone: Local", want: []string{
		`1:7: zone: unknown zone "Local"; write UTC or a name of the IANA time zone database, for example Europe/Berlin`}},
	{name: "zone outside the table", yaml: "zone: ../../secret", want: []string{
		`1:7: zone: unknown zone "../../secret"; write UTC or a name of the IANA time zone database, for example Europe/Berlin`}},
	{name: "currency unknown", yaml: "currency: EUX", lax: true, want: []string{
		`1:11: currency: unknown currency "EUX"; write an ISO 4217 code, for example EUR`}},
	{name: "currency in small letters", yaml: "currency: eur", want: []string{
		`1:11: currency: unknown currency "eur"; write an ISO 4217 code, for example EUR`}},
	{name: "currency as a section", yaml: "currency: {code: EUR}", want: []string{
		"1:11: currency: is a section with keys; write a text"}},
	{name: "enrolment unknown", yaml: "enrolment: by_hand", want: []string{
		`1:12: enrolment: unknown word "by_hand"; known here: on_first_order, explicit`}},
	{name: "unit with a blank", yaml: "unit: star dust", want: []string{
		`1:7: unit: "star dust" is not a unit; write small letters, digits, hyphens and underscores, for example points`}},
}

// badEarning: earning.
var badEarning = []badCase{
	{name: "earning as text", yaml: "earning: much", want: []string{
		"1:10: earning: is text; write keys with values below it"}},
	{name: "earning empty", yaml: "earning:", want: []string{
		"1:9: earning: has no value; write keys with values below it"}},
	{name: "earning without anything", yaml: "earning: {}", want: []string{
		`1:10: earning.per: is missing; add it, for example "per: 1.00"`,
		`1:10: earning.points: is missing; add it, for example "points: 1"`}},
	{name: "points negative", yaml: "earning: {points: -1, per: 1.00}", want: []string{
		"1:19: earning.points: -1 is out of range; write 1 to 10000"}},
	{name: "points zero", yaml: "earning: {points: 0, per: 1.00}", want: []string{
		"1:19: earning.points: 0 is out of range; write 1 to 10000"}},
	{name: "points too many", yaml: "earning: {points: 10001, per: 1.00}", want: []string{
		"1:19: earning.points: 10001 is out of range; write 1 to 10000"}},
	{name: "points beyond 64 bits", yaml: "earning: {points: 99999999999999999999, per: 1.00}", want: []string{
		"1:19: earning.points: 99999999999999999999 is not a whole number; write digits alone, without quotes"}},
	{name: "points as a fraction", yaml: "earning: {points: 0.5, per: 1.00}", want: []string{
		"1:19: earning.points: 0.5 is not a whole number; write digits alone, without quotes"}},
	{name: "points in quotes", yaml: "earning: {points: '1', per: 1.00}", want: []string{
		`1:19: earning.points: "1" is not a whole number; write digits alone, without quotes`}},
	{name: "points in hexadecimal", yaml: "earning: {points: 0x10, per: 1.00}", lax: true, want: []string{
		"1:19: earning.points: 0x10 is not a whole number; write digits alone, without quotes"}},
	{name: "points true", yaml: "earning: {points: true, per: 1.00}", want: []string{
		"1:19: earning.points: true is not a whole number; write digits alone, without quotes"}},
	{name: "per zero", yaml: "earning: {points: 1, per: 0.00}", want: []string{
		"1:27: earning.per: 0.00 is out of range; write 0.01 to 10000000.00"}},
	{name: "per negative", yaml: "earning: {points: 1, per: -1.00}", want: []string{
		"1:27: earning.per: -1.00 is below 0; write digits, for example 12.50"}},
	{name: "per with a comma", yaml: "earning: {points: 1, per: '1,00'}", want: []string{
		`1:27: earning.per: "1,00" is not an amount; write digits, for example 12.50`}},
	{name: "per with an exponent", yaml: "earning: {points: 1, per: 1e2}", lax: true, want: []string{
		"1:27: earning.per: 1e2 is not an amount; write digits, for example 12.50"}},
	{name: "per with too many digits for the currency", yaml: "earning: {points: 1, per: 1.001}", lax: true, want: []string{
		"1:27: earning.per: 1.001 has too many digits; write at most 2 after the point in EUR"}},
	{name: "per with a cent in yen", yaml: "currency: JPY\nearning: {points: 1, per: 1.5}\nladder: {window_months: 1, tiers: [{name: a, from: 0}]}", lax: true, want: []string{
		"2:27: earning.per: 1.5 has too many digits; write at most 0 after the point in JPY"}},
	{name: "per too large", yaml: "earning: {points: 1, per: 10000000.01}", lax: true, want: []string{
		"1:27: earning.per: 10000000.01 is out of range; write 0.01 to 10000000.00"}},
	{name: "per true", yaml: "earning: {points: 1, per: true}", want: []string{
		"1:27: earning.per: is true or false; write digits, for example 12.50"}},
	{name: "per as a list", yaml: "earning: {points: 1, per: [1]}", want: []string{
		"1:27: earning.per: is a list; write an amount"}},
	{name: "rate too large", yaml: "earning: {points: 10000, per: 0.99}", lax: true, want: []string{
		"1:19: earning.points: 10000 points per 0.99 are too many; write at most 100 points per 0.01"}},
	{name: "pending days negative", yaml: "earning: {points: 1, per: 1, pending_days: -1}", want: []string{
		"1:44: earning.pending_days: -1 is out of range; write 0 to 120"}},
	{name: "pending longer than the expiry", yaml: "earning: {points: 1, per: 1, pending_days: 29}\nexpiry: {rule: end_of_month, months: 1}", lax: true, want: []string{
		"1:44: earning.pending_days: points earned on 31 January lapse after 29 days, before they are active; write at most 28, or a longer life under expiry"}},
	{name: "factor zero", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: 0}}}", want: []string{
		"1:62: earning.multipliers.category.books: a factor of 0 earns nothing; name it under earning.exclude, or write a factor above 0"}},
	{name: "factor zero in quotes", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: '0.0'}}}", want: []string{
		"1:62: earning.multipliers.category.books: a factor of 0 earns nothing; name it under earning.exclude, or write a factor above 0"}},
	{name: "factor negative", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: -2}}}", want: []string{
		"1:62: earning.multipliers.category.books: -2 is below 0; write digits, for example 2, 1.5 or 5/4"}},
	{name: "factor too large", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: 101}}}", want: []string{
		"1:62: earning.multipliers.category.books: a factor of 101 is too large; write at most 100"}},
	{name: "factor over zero", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: 5/0}}}", want: []string{
		`1:62: earning.multipliers.category.books: "5/0" is not a factor; write digits, for example 2, 1.5 or 5/4`}},
	{name: "factor with a percent sign", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: 125%}}}", want: []string{
		`1:62: earning.multipliers.category.books: "125%" is not a factor; write digits, for example 2, 1.5 or 5/4`}},
	{name: "factor as a date", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: 2024-01-01}}}", want: []string{
		"1:62: earning.multipliers.category.books: is a date; write digits, for example 2, 1.5 or 5/4"}},
	{name: "factor as a section", yaml: "earning: {points: 1, per: 1, multipliers: {category: {books: {factor: 2}}}}", want: []string{
		"1:62: earning.multipliers.category.books: is a section with keys; write a factor"}},
	{name: "factor of a tier that does not exist", yaml: "earning: {points: 1, per: 1, multipliers: {tier: {glod: 2}}}", lax: true, want: []string{
		`1:51: earning.multipliers.tier.glod: the ladder has no tier of this name; did you mean "gold"?`}},
	{name: "factor of a tier like no other", yaml: "earning: {points: 1, per: 1, multipliers: {tier: {diamond: 2}}}", lax: true, want: []string{
		"1:51: earning.multipliers.tier.diamond: the ladder has no tier of this name; known here: bronze, gold"}},
	{name: "factor of a category that is excluded", yaml: "earning:\n  points: 1\n  per: 1\n  exclude: {category: [books]}\n  multipliers: {category: {books: 2}}", lax: true, want: []string{
		"5:28: earning.multipliers.category.books: the category is excluded at p.yaml:4:24, so its factor never counts; delete one of the two"}},
	{name: "category without a name", yaml: "earning: {points: 1, per: 1, multipliers: {category: {'': 2}}}", want: []string{
		`1:55: earning.multipliers.category[""]: the name is empty, or has blanks around it; write 1 to 128 characters`}},
	{name: "category as an empty key", yaml: "earning: {points: 1, per: 1, multipliers: {category: {~: 2}}}", want: []string{
		"1:55: earning.multipliers.category: a key is nothing; write a word"}},
	{name: "category with a blank, doubled", yaml: "earning: {points: 1, per: 1, multipliers: {category: {gift card: 2, gift card: 3}}}", want: []string{
		`1:69: earning.multipliers.category["gift card"]: is defined twice, first at p.yaml:1:55; keep one of the two`}},
	{name: "exclusion as text", yaml: "earning: {points: 1, per: 1, exclude: {category: books}}", want: []string{
		"1:50: earning.exclude.category: is text; write a list, for example [gift-card]"}},
	{name: "exclusion twice", yaml: "earning: {points: 1, per: 1, exclude: {sku: [a, b, a]}}", want: []string{
		`1:52: earning.exclude.sku[2]: "a" is listed twice, first at p.yaml:1:46; delete one of the two`}},
	{name: "exclusion of a number", yaml: "earning: {points: 1, per: 1, exclude: {sku: [4711]}}", want: []string{
		`1:46: earning.exclude.sku[0]: is a number; write a text, in quotes: "4711"`}},
	{name: "exclusion of a long name", yaml: "earning: {points: 1, per: 1, exclude: {sku: [" + strings.Repeat("x", 129) + "]}}", want: []string{
		"1:46: earning.exclude.sku[0]: has 129 characters; write at most 128"}},
}

// badRest: expiry, returns, orders, the ladder, keys.
var badRest = []badCase{
	{name: "missing points neither owed nor let go", yaml: "returns: {missing: forget}", want: []string{
		`1:20: returns.missing: unknown word "forget"; known here: debt, forgive, negative_limit`}},
	{name: "a limit of debt that is not said", yaml: "returns: {missing: negative_limit}", want: []string{
		`1:10: returns.limit: is missing; add it, for example "limit: 500"`}},
	{name: "a limit of a debt that has none", yaml: "returns: {limit: 500}", want: []string{
		`1:11: returns.limit: only missing: negative_limit has a limit; write that, or delete the line`}},
	{name: "a limit of what is let go", yaml: "returns: {missing: forgive, limit: 500}", want: []string{
		`1:29: returns.limit: only missing: negative_limit has a limit; write that, or delete the line`}},
	{name: "a limit of no debt at all", yaml: "returns: {missing: negative_limit, limit: 0}", want: []string{
		`1:43: returns.limit: 0 is out of range; write 1 to 1000000000`}},
	{name: "expiry rule unknown", yaml: "expiry: {rule: end_of_mont, months: 12}", want: []string{
		`1:16: expiry.rule: unknown word "end_of_mont"; did you mean "end_of_month"?`}},
	{name: "expiry without months", yaml: "expiry: {rule: end_of_month}", want: []string{
		`1:9: expiry.months: is missing; add it, for example "months: 12"`}},
	{name: "expiry never, with months", yaml: "expiry: {rule: never, months: 12}", want: []string{
		"1:23: expiry.months: a life without end has no months; delete the line"}},
	{name: "expiry after days, with months", yaml: "expiry: {rule: days, days: 30, months: 1}", want: []string{
		"1:32: expiry.months: a life of some days has no months; delete the line"}},
	{name: "expiry after days, without them", yaml: "expiry: {rule: days}", want: []string{
		`1:9: expiry.days: is missing; add it, for example "days: 365"`}},
	{name: "rolling expiry without a life", yaml: "expiry: {rule: rolling}", want: []string{
		`1:9: expiry.months: is missing; add it, for example "months: 12"`}},
	{name: "rolling expiry with two lives", yaml: "expiry: {rule: rolling, months: 12, days: 30}", want: []string{
		"1:37: expiry.days: months are said already; keep one of the two"}},
	{name: "rolling expiry after too many days", yaml: "expiry: {rule: rolling, days: 3651}", want: []string{
		"1:31: expiry.days: 3651 is out of range; write 1 to 3650"}},
	{name: "rolling expiry by nothing", yaml: "expiry: {rule: rolling, days: 30, activity: []}", want: []string{
		"1:45: expiry.activity: nothing would count; write [earn], [spend] or both"}},
	{name: "rolling expiry by a thing twice", yaml: "expiry: {rule: rolling, days: 30, activity: [earn, earn]}", want: []string{
		`1:52: expiry.activity[1]: "earn" is listed twice, first at p.yaml:1:46; delete one of the two`}},
	{name: "rolling expiry by what is no activity", yaml: "expiry: {rule: rolling, days: 30, activity: [login]}", want: []string{
		`1:46: expiry.activity[0]: unknown word "login"; known here: earn, spend`}},
	{name: "rolling expiry on a date", yaml: "expiry: {rule: rolling, days: 30, date: 04-01}", want: []string{
		"1:35: expiry.date: a life that follows the account has no date; delete the line"}},
	{name: "an activity of points with days of their own", yaml: "expiry: {rule: days, days: 30, activity: [earn]}", want: []string{
		"1:32: expiry.activity: a life of some days has no activity; delete the line"}},
	{name: "pending longer than the account's life", yaml: "earning: {points: 1, per: 1, pending_days: 28}\nexpiry: {rule: rolling, months: 1}", lax: true, want: []string{
		"1:44: earning.pending_days: points earned on 31 January lapse after 28 days, before they are active; write at most 27, or a longer life under expiry"}},
	{name: "expiry after too many days", yaml: "expiry: {rule: days, days: 3651}", want: []string{
		"1:28: expiry.days: 3651 is out of range; write 1 to 3650"}},
	{name: "expiry on a date, without it", yaml: "expiry: {rule: fixed_date, years: 1}", want: []string{
		`1:9: expiry.date: is missing; add it, for example "date: 04-01"`}},
	{name: "expiry on no day of every year", yaml: "expiry: {rule: fixed_date, date: 02-29}", lax: true, want: []string{
		`1:34: expiry.date: "02-29" is not a day of every year; write one that is, for example 03-01`}},
	{name: "expiry in the thirteenth month", yaml: "expiry: {rule: fixed_date, date: 13-01}", want: []string{
		`1:34: expiry.date: "13-01" is not a day of the year; write month and day, for example 04-01`}},
	{name: "pending longer than to a date", yaml: "earning: {points: 1, per: 1, pending_days: 91}\nexpiry: {rule: fixed_date, date: 04-01, years: 1}", lax: true, want: []string{
		"1:44: earning.pending_days: points earned on 31 December lapse after 91 days, before they are active; write at most 90, or a longer life under expiry"}},
	{name: "expiry without a rule", yaml: "expiry: {months: 12}", want: []string{
		`1:9: expiry.rule: is missing; add it, for example "rule: end_of_month"`}},
	{name: "expiry after no months", yaml: "expiry: {rule: end_of_month, months: 0}", want: []string{
		"1:38: expiry.months: 0 is out of range; write 1 to 120"}},
	{name: "expiry after too many months", yaml: "expiry: {rule: end_of_month, months: 121}", want: []string{
		"1:38: expiry.months: 121 is out of range; write 1 to 120"}},
	{name: "returns out of range", yaml: "returns: {wait_days: 0, accept_days: 0}", want: []string{
		"1:22: returns.wait_days: 0 is out of range; write 1 to 365",
		"1:38: returns.accept_days: 0 is out of range; write 1 to 3650"}},
	{name: "orders out of range", yaml: "orders: {accept_late_days: 3651}", want: []string{
		"1:28: orders.accept_late_days: 3651 is out of range; write 1 to 3650"}},
	{name: "orders leave out what is no part", yaml: "orders: {leave_out: [tax, taxes, tax]}", want: []string{
		`1:27: orders.leave_out[1]: unknown word "taxes"; did you mean "tax"?`,
		`1:34: orders.leave_out[2]: "tax" is listed twice; delete one of the two`}},
	{name: "orders leave out one word", yaml: "orders: {leave_out: tax}", want: []string{
		"1:21: orders.leave_out: is text; write a list, for example [tax, shipping]"}},
	{name: "a rate of the own currency", yaml: "orders: {rates: {EUR: {2026-01-01: 1}}}", lax: true, want: []string{
		"1:18: orders.rates.EUR: is the currency of the programme, which is worth itself; delete the section"}},
	{name: "a rate of no currency", yaml: "orders: {rates: {dollar: {2026-01-01: 1}}}", want: []string{
		`1:18: orders.rates.dollar: unknown currency "dollar"; write an ISO 4217 code, for example USD`}},
	{name: "a rate without a day", yaml: "orders: {rates: {USD: {}}}", want: []string{
		"1:23: orders.rates.USD: 0 rates; write 1 to 500, each with the first day on which it holds, for example {2026-01-01: 0.92}"}},
	{name: "a rate alone", yaml: "orders: {rates: {USD: 0.92}}", want: []string{
		"1:23: orders.rates.USD: is a number; write keys with values below it"}},
	{name: "a rate on no day", yaml: "orders: {rates: {USD: {2026-02-30: 0.92}}}", lax: true, want: []string{
		`1:24: orders.rates.USD.2026-02-30: "2026-02-30" is not a date; write year, month and day, for example 2026-01-31`}},
	{name: "rates out of range", yaml: "orders: {rates: {USD: {2026-01-01: 0, 2026-01-02: 1000000, 2026-01-03: -1}}}", want: []string{
		"1:36: orders.rates.USD.2026-01-01: a rate of 0 is out of range; write more than 0 and less than 1000000",
		"1:51: orders.rates.USD.2026-01-02: a rate of 1000000 is out of range; write more than 0 and less than 1000000",
		"1:72: orders.rates.USD.2026-01-03: -1 is below 0; write digits, for example 0.92"}},
	{name: "ladder not rising", yaml: "ladder:\n  window_months: 12\n  tiers:\n    - {name: bronze, from: 0}\n    - {name: silver, from: 500}\n    - {name: gold, from: 300}", lax: true, want: []string{
		"6:26: ladder.tiers[2].from: 300.00 is not above 500.00, where the tier before it begins; put the tiers in rising order"}},
	{name: "ladder with equal steps", yaml: "ladder: {window_months: 12, tiers: [{name: a, from: 0}, {name: b, from: 0.00}]}", lax: true, want: []string{
		"1:73: ladder.tiers[1].from: 0.00 is not above 0.00, where the tier before it begins; put the tiers in rising order"}},
	{name: "ladder that does not begin at zero", yaml: "ladder: {window_months: 12, tiers: [{name: a, from: 5}]}", lax: true, want: []string{
		"1:53: ladder.tiers[0].from: the first tier must begin at 0, so that everybody has one; write 0"}},
	{name: "ladder without tiers", yaml: "ladder: {window_months: 12, tiers: []}", want: []string{
		"1:36: ladder.tiers: 0 tiers; write 1 to 20"}},
	{name: "ladder with tiers as a section", yaml: "ladder: {window_months: 12, tiers: {bronze: 0}}", want: []string{
		"1:36: ladder.tiers: is a section with keys; write a list of tiers"}},
	{name: "ladder without a window", yaml: "ladder: {tiers: [{name: a, from: 0}]}", want: []string{
		`1:9: ladder.window_months: is missing; add it, for example "window_months: 12"`}},
	{name: "ladder with a window of a number of days", yaml: "ladder: {window_days: 12, tiers: [{name: a, from: 0}]}", want: []string{
		`1:9: ladder.window_months: is missing; add it, for example "window_months: 12"`,
		"1:10: ladder.window_days: unknown key; known here: window_months, tiers, qualify_by, review, downgrade, notice_days"}},
	{name: "two tiers of one name", yaml: "ladder: {window_months: 12, tiers: [{name: a, from: 0}, {name: a, from: 1}]}", lax: true, want: []string{
		`1:64: ladder.tiers[1].name: two tiers have the name "a"; rename one`}},
	{name: "tier without a threshold", yaml: "ladder: {window_months: 12, tiers: [{name: a, from: 0}, {name: b}]}", want: []string{
		`1:57: ladder.tiers[1].from: is missing; add it, for example "from: 100.00"`}},
	{name: "tier as a word", yaml: "ladder: {window_months: 12, tiers: [bronze]}", want: []string{
		"1:37: ladder.tiers[0]: is text; write keys with values below it"}},
	{name: "tier with a broken threshold between two others", yaml: "ladder: {window_months: 12, tiers: [{name: a, from: 0}, {name: b, from: 5}, {name: c, from: x}, {name: d, from: 4}]}", want: []string{
		`1:93: ladder.tiers[2].from: "x" is not an amount; write digits, for example 12.50`,
		"1:113: ladder.tiers[3].from: 4.00 is not above 5.00, where the tier before it begins; put the tiers in rising order"}},
	{name: "ladder by visits", yaml: "ladder: {qualify_by: visits, review: yearly, downgrade: to_fitt, window_months: 12, tiers: [{name: a, from: 0}]}", want: []string{
		`1:22: ladder.qualify_by: unknown word "visits"; known here: spend`,
		`1:38: ladder.review: unknown word "yearly"; known here: monthly`,
		`1:57: ladder.downgrade: unknown word "to_fitt"; did you mean "to_fit"?`}},
	{name: "unknown section", yaml: "rewards: []", want: []string{
		"1:1: rewards: unknown key; known here: programme, zone, currency, unit, earning, expiry, name, enrolment, returns, refunds, orders, ladder, actions, partners, adjustments, transfers, causes, economics, units"}},
	{name: "unknown section, nearly right", yaml: "curency: EUR", want: []string{
		`1:1: curency: unknown key; did you mean "currency"?`}},
	{name: "unknown key in a section", yaml: "earning: {points: 1, per: 1.00, Pending_Day: 3}", want: []string{
		`1:33: earning.Pending_Day: unknown key; did you mean "pending_days"?`}},
	{name: "key of a hundred letters", yaml: strings.Repeat("q", 100) + ": 1", want: []string{
		`1:1: ["` + strings.Repeat("q", 60) + `…"]: unknown key; known here: programme, zone, currency, unit, earning, expiry, name, enrolment, returns, refunds, orders, ladder, actions, partners, adjustments, transfers, causes, economics, units`}},
	{name: "key that is a list", yaml: "earning: {points: 1, per: 1.00, [a]: 3}", want: []string{
		"1:33: earning: a key is a list; write a word"}},
	{name: "key twice", yaml: "zone: UTC\nzone: UTC", want: []string{
		"2:1: zone: is defined twice, first at p.yaml:1:1; keep one of the two"}},
	{name: "merge key", yaml: "earning: {points: 1, per: 1.00, <<: {pending_days: 1}}", lax: true, want: []string{
		"1:33: merge key <<: write the keys out here; merge keys are not read"}},
	{name: "anchor and alias", yaml: "name: &n club\nunit: *n", lax: true, want: []string{
		"1:7: anchor &n: delete it; anchors and aliases are not read",
		"2:7: alias *n: write the value out here; aliases are not read"}},
	{name: "tag", yaml: "earning: {points: !!int '1', per: 1.00}", lax: true, want: []string{
		"1:19: tag !!int: delete it; tags are not read"}},
	{name: "many at once", yaml: "zone: nowhere\ncurrency: DM\nearning: {points: 0, per: x}\nladder: {window_months: 0, tiers: [{name: A, from: 1}]}", want: []string{
		`1:7: zone: unknown zone "nowhere"; write UTC or a name of the IANA time zone database, for example Europe/Berlin`,
		`2:11: currency: unknown currency "DM"; write an ISO 4217 code, for example EUR`,
		"3:19: earning.points: 0 is out of range; write 1 to 10000",
		`3:27: earning.per: "x" is not an amount; write digits, for example 12.50`,
		"4:25: ladder.window_months: 0 is out of range; write 1 to 120",
		`4:43: ladder.tiers[0].name: "A" is not a tier's name; write small letters, digits, hyphens and underscores, for example gold`}},
}
