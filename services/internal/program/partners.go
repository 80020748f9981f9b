package program

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of agreements. Each has a test that meets it.
const (
	partnersMax        = 100
	merchantsMax       = 1000 // of one partner
	merchantCharsMax   = 64   // as in the events
	partnerPointsMost  = 1_000_000_000
	priceMost          = 1000 // major units per point
	percentDigits      = 2    // a per cent is a hundredth
	feeMost            = 100  // per cent
	pricePattern       = `^[0-9]{1,4}(\.[0-9]{1,8})?$`
	percentPattern     = `^[0-9]{1,3}(\.[0-9]{1,4})?$`
	datePattern        = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	partnerRolesNeeded = "write issue, redeem or both, for example [issue, redeem]"
)

var (
	partnerForm  = form{regexp.MustCompile(wordPattern), "a partner's id", wordHow + "sky-air"}
	categoryForm = form{regexp.MustCompile(wordPattern), "a category", wordHow + "airline"}
	priceForm    = form{regexp.MustCompile(pricePattern), "a price per point", "digits, for example 0.008"}
	percentForm  = form{regexp.MustCompile(percentPattern), "a percentage", "digits, for example 2.5"}
	dateForm     = form{regexp.MustCompile(datePattern), "a date", "year, month and day, for example 2026-01-31"}
)

// stand is an agreement and where it stands.
type stand struct {
	at      value
	section section
	partner *Partner
}

// partners reads the agreements with partner companies.
func (r *reader) partners(v value, p *Program) {
	if !v.given() {
		return
	}
	children, _ := r.pairs(v)
	if n := len(children); n > partnersMax {
		r.fault(v, "%d partners; write at most %d", n, partnersMax)
		return
	}
	var stands []stand
	for _, child := range children {
		switch name := child.key.Value; {
		case !partnerForm.pattern.MatchString(name):
			r.faultAt(child, child.key, "%q is not %s; write %s", short(name), partnerForm.name, partnerForm.how)
		case name == Operator:
			r.faultAt(child, child.key, "is the company that runs the programme, which needs no agreement; delete the section")
		default:
			stands = append(stands, r.partner(child, p.Currency))
		}
	}
	for i, s := range stands {
		p.Partners = append(p.Partners, s.partner)
		for _, earlier := range stands[:i] {
			r.apart(earlier, s)
		}
	}
	slices.SortFunc(p.Partners, func(a, b *Partner) int { return strings.Compare(a.ID, b.ID) })
}

func (r *reader) partner(v value, c money.Currency) stand {
	s := r.section(v, []string{"roles", "category"}, []string{"name", "exclusive_category", "merchants", "issue_price",
		"redemption_price", "fee", "funding", "settlement", "from", "until", "limits"})
	a := &Partner{
		ID: v.key.Value, Name: v.key.Value, Roles: r.roles(s.get("roles")),
		Category:  r.word(s.get("category"), categoryForm),
		Exclusive: r.truth(s.get("exclusive_category"), true),
		Merchants: r.merchants(s.get("merchants")),
		Fee:       r.percent(s.get("fee")),
		From:      r.date(s.get("from")), Until: r.date(s.get("until")),
	}
	if name, ok := r.label(s.get("name"), nameCharsMax); ok {
		a.Name = name
	}
	a.Funding = FundingOnRedeem
	if r.choice(s.get("funding"), "on_redeem", "on_issue") == "on_issue" {
		a.Funding = FundingOnIssue
	}
	r.choice(s.get("settlement"), "monthly")
	a.Settlement = SettlementMonthly
	a.IssuePrice, a.RedemptionPrice = r.price(s.get("issue_price"), c), r.price(s.get("redemption_price"), c)
	limits := r.section(s.get("limits"), nil, []string{"points_per_call", "points_per_day"})
	a.Limits.PointsPerCall = money.Points(r.whole(limits.get("points_per_call"), span{1, partnerPointsMost, 0}))
	a.Limits.PointsPerDay = money.Points(r.whole(limits.get("points_per_day"), span{1, partnerPointsMost, 0}))
	r.fitting(s, a)
	return stand{v, s, a}
}

// fitting looks at what must hold between the keys of one agreement.
func (r *reader) fitting(s section, a *Partner) {
	if a.From != calendar.None && a.Until != calendar.None && a.Until <= a.From {
		r.fault(s.get("until"), "the agreement ends before it begins on %s; write a later day", a.From)
	}
	if l := a.Limits; l.PointsPerDay > 0 && l.PointsPerCall > l.PointsPerDay {
		r.fault(s.get("limits"), "a call may move more points than a day; write points_per_call of at most %d", l.PointsPerDay)
	}
	if a.Roles == (Roles{}) {
		return // it has its fault
	}
	if a.Roles.Redeem && s.lacks("redemption_price") {
		r.missing(s.at, "redemption_price")
	}
	if a.Funding == FundingOnIssue && s.lacks("issue_price") {
		r.missing(s.at, "issue_price")
	}
	for _, key := range []string{"merchants", "issue_price", "funding"} {
		if v := s.get(key); v.given() && !a.Roles.Issue {
			r.faultAt(v, v.key, "the partner gives no points; add issue to its roles, or delete the line")
		}
	}
	for _, key := range []string{"redemption_price", "fee"} {
		if v := s.get(key); v.given() && !a.Roles.Redeem {
			r.faultAt(v, v.key, "the partner takes no points; add redeem to its roles, or delete the line")
		}
	}
}

// apart reports what two agreements that hold on the same day may not share: a category, and merchants.
func (r *reader) apart(a, b stand) {
	if !a.partner.meets(b.partner) {
		return
	}
	if c := a.partner.Category; c != "" && c == b.partner.Category && (a.partner.Exclusive || b.partner.Exclusive) {
		r.fault(b.section.get("category"), "%s (%s) and %s (%s) are both of category %s; give one another category, "+
			"or write exclusive_category: false in both", a.partner.ID, a.partner.Name, b.partner.ID, b.partner.Name, c)
	}
	for _, m := range b.partner.Merchants {
		if _, ok := slices.BinarySearch(a.partner.Merchants, m); ok {
			r.fault(b.section.get("merchants"), "merchant %q belongs to partner %s already, at %s; a merchant has one partner",
				short(m), a.partner.ID, a.section.get("merchants").place())
		}
	}
}

func (r *reader) roles(v value) Roles {
	var roles Roles
	if !v.given() || !r.is(v, yaml.SequenceNode, partnerRolesNeeded[len("write "):]) {
		return roles
	}
	if len(v.node.Content) == 0 {
		r.fault(v, "is empty; %s", partnerRolesNeeded)
	}
	for i, node := range v.node.Content {
		item := v.item(i, node)
		word, ok := r.text(item)
		switch {
		case !ok:
		case word == "issue" && !roles.Issue:
			roles.Issue = true
		case word == "redeem" && !roles.Redeem:
			roles.Redeem = true
		case word == "issue" || word == "redeem":
			r.fault(item, "%q is listed twice; delete one of the two", word)
		default:
			r.fault(item, "unknown word %q; %s", short(word), suggest(word, []string{"issue", "redeem"}))
		}
	}
	return roles
}

// merchants reads the ids of merchants, each once.
func (r *reader) merchants(v value) []string {
	names := r.names(v)
	if len(names) > merchantsMax {
		r.fault(v, "%d merchants; write at most %d", len(names), merchantsMax)
		return nil
	}
	for _, name := range sortedKeys(names) {
		if problem := labelProblem(name, merchantCharsMax); problem != "" {
			r.fault(names[name], "%s", problem)
		}
	}
	return sortedKeys(names)
}

// price reads what a point costs, in major units, and returns minor units per point. Without a known currency only its
// form is checked.
func (r *reader) price(v value, c money.Currency) money.Ratio {
	text, ok := r.exact(v, priceForm)
	if !ok || c == "" {
		return money.Ratio{}
	}
	major, err := money.ParseRatio(text)
	if err != nil || major.Num() == 0 || major.Num() > priceMost*major.Den() {
		r.fault(v, "a price of %s a point is out of range; write more than 0 and at most %d", text, priceMost)
		return money.Ratio{}
	}
	return r.scaled(v, major, c.Exponent())
}

// percent reads per cents and returns the part of the whole.
func (r *reader) percent(v value) money.Ratio {
	text, ok := r.exact(v, percentForm)
	if !ok {
		return money.Ratio{}
	}
	percent, err := money.ParseRatio(text)
	if err != nil || percent.Num() > feeMost*percent.Den() {
		r.fault(v, "%s per cent is out of range; write 0 to %d", text, feeMost)
		return money.Ratio{}
	}
	return r.scaled(v, percent, -percentDigits)
}

// scaled moves the point of what stands at a value by so many digits, to the right if above 0.
func (r *reader) scaled(v value, ratio money.Ratio, digits int) money.Ratio {
	over, under := int64(1), int64(1)
	for range max(digits, 0) {
		over *= 10
	}
	for range max(-digits, 0) {
		under *= 10
	}
	factor, err := money.NewRatio(over, under)
	if err == nil {
		ratio, err = ratio.Mul(factor)
	}
	if err != nil {
		r.fault(v, "%s does not fit: %v; write fewer digits", quoted(v.node), err)
	}
	return ratio
}

// date reads a day, quoted or not: its characters are read, not what YAML makes of them.
func (r *reader) date(v value) calendar.Day {
	if !v.given() || !r.is(v, yaml.ScalarNode, dateForm.name) {
		return calendar.None
	}
	if dateForm.pattern.MatchString(v.node.Value) {
		if day, err := calendar.Parse(v.node.Value); err == nil {
			return day
		}
	}
	r.fault(v, "%s is not %s; write %s", quoted(v.node), dateForm.name, dateForm.how)
	return calendar.None
}

// truth reads true or false.
func (r *reader) truth(v value, fallback bool) bool {
	if !v.given() || !r.is(v, yaml.ScalarNode, "true or false") {
		return fallback
	}
	if text := v.node.Value; v.node.ShortTag() == "!!bool" && (text == "true" || text == "false") {
		return text == "true"
	}
	r.fault(v, "%s is neither true nor false; write one of the two, without quotes", quoted(v.node))
	return fallback
}
