package program

import (
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// program reads every section. What is faulty stays at its zero value and makes no second fault.
func (r *reader) program(root section, whole bool) *Program {
	p := &Program{
		ID:        r.word(root.get("programme"), idForm),
		Zone:      r.zone(root.get("zone")),
		Currency:  r.currency(root.get("currency")),
		Enrolment: r.enrolment(root.get("enrolment")),
		Unit:      r.word(root.get("unit"), unitForm),
	}
	if name, ok := r.label(root.get("name"), nameCharsMax); ok {
		p.Name = name
	} else {
		p.Name = p.ID
	}
	tiers := tierNames{known: whole && root.lacks("ladder")}
	if v := root.get("ladder"); v.given() {
		tiers = r.ladder(v, p)
	}
	p.Expiry = r.expiry(root.get("expiry"), "end_of_month", "days", "rolling", "fixed_date", "never")
	r.earning(root.get("earning"), p, tiers)
	r.units(root.get("units"), p)
	r.policies(root, p)
	r.actions(root.get("actions"), p)
	r.partners(root.get("partners"), p)
	r.adjustments(root.get("adjustments"), p)
	r.transfers(root.get("transfers"), p)
	r.causes(root.get("causes"), p)
	r.economics(root.get("economics"), p)
	return p
}

func (r *reader) zone(v value) *time.Location {
	name, ok := r.text(v)
	if !ok {
		return time.UTC
	}
	if zoneNames.MatchString(name) {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	r.fault(v, "unknown zone %q; write UTC or a name of the IANA time zone database, for example Europe/Berlin", short(name))
	return time.UTC
}

func (r *reader) currency(v value) money.Currency {
	code, ok := r.text(v)
	if !ok {
		return ""
	}
	c, err := money.ParseCurrency(code)
	if err != nil {
		r.fault(v, "unknown currency %q; write an ISO 4217 code, for example EUR", short(code))
		return ""
	}
	return c
}

func (r *reader) enrolment(v value) Enrolment {
	if r.choice(v, "on_first_order", "explicit") == "explicit" {
		return EnrolmentExplicit
	}
	return EnrolmentOnFirstOrder
}

// What becomes of points that a return does not find.
const (
	missingDebt    = "debt"
	missingForgive = "forgive"
	missingLimit   = "negative_limit"
)

// OwedWithoutLimit is the Returns.OwedMost of a programme whose accounts owe whatever a return does not find.
const OwedWithoutLimit money.Points = math.MaxInt64

// owedMost reads how many points an account may owe.
func (r *reader) owedMost(at value, returns section) money.Points {
	words := []string{missingDebt, missingForgive, missingLimit}
	missing, limit := r.choice(returns.get("missing"), words...), returns.get("limit")
	most := r.whole(limit, span{1, owedMostMost, 0})
	switch {
	case !slices.Contains(words, missing): // it has its fault
	case missing == missingLimit && returns.lacks("limit"):
		r.missing(at, "limit")
	case missing != missingLimit && limit.given():
		r.faultAt(limit, limit.key, "only missing: %s has a limit; write that, or delete the line", missingLimit)
	case missing == missingDebt:
		return OwedWithoutLimit
	}
	return money.Points(most)
}

func (r *reader) policies(root section, p *Program) {
	returns := r.section(root.get("returns"), nil, []string{"wait_days", "accept_days", "missing", "limit"})
	p.Returns.WaitDays = r.whole(returns.get("wait_days"), span{1, returnWaitMost, returnWaitDefault})
	p.Returns.AcceptDays = r.whole(returns.get("accept_days"), span{1, returnAcceptMost, 0})
	p.Returns.OwedMost = r.owedMost(root.get("returns"), returns)
	refunds := r.section(root.get("refunds"), nil, []string{"extend_expired_days"})
	p.Refunds.ExtendExpiredDays = r.whole(refunds.get("extend_expired_days"), span{1, refundExtendMost, 0})
	orders := r.section(root.get("orders"), nil, []string{"accept_late_days", "leave_out", "count_paid_with_points", "rates"})
	p.Orders.AcceptLateDays = r.whole(orders.get("accept_late_days"), span{1, acceptLateMost, acceptLateDefault})
	p.Orders.LeaveOut = r.leaveOut(orders.get("leave_out"))
	p.Orders.CountPoints = r.truth(orders.get("count_paid_with_points"), false)
	p.Orders.Rates = r.exchangeRates(orders.get("rates"), p.Currency)
}

// tierNames is what is known of the ladder when multipliers are read; known is false where it
// cannot be told.
type tierNames struct {
	names []string
	known bool
}

// ladder returns the names of the tiers, also those of a ladder that has faults.
func (r *reader) ladder(v value, p *Program) tierNames {
	s := r.section(v, []string{"window_months", "tiers"}, []string{"qualify_by", "review", "downgrade", "notice_days"})
	p.NoticeDays = r.whole(s.get("notice_days"), span{0, noticeDaysMost, noticeDaysDefault})
	r.choice(s.get("qualify_by"), "spend")
	r.choice(s.get("review"), "monthly")
	p.Ladder = &ladder.Ladder{
		WindowMonths: r.whole(s.get("window_months"), span{1, monthsMost, 0}),
		SoftLanding:  r.choice(s.get("downgrade"), "one_step", "to_fit") == "one_step",
	}
	tiers := s.get("tiers")
	if !tiers.given() || !r.is(tiers, yaml.SequenceNode, "a list of tiers") {
		return tierNames{}
	}
	if n := len(tiers.node.Content); n == 0 || n > tiersMax {
		r.fault(tiers, "%d tiers; write 1 to %d", n, tiersMax)
		return tierNames{}
	}
	for i, node := range tiers.node.Content {
		r.tier(tiers.item(i, node), i, p)
	}
	names := make([]string, 0, tiersMax)
	for _, t := range p.Ladder.Tiers {
		names = append(names, t.Name)
	}
	return tierNames{names: names, known: !slices.Contains(names, "")}
}

// tier adds one tier to the ladder; it must begin above the one before.
func (r *reader) tier(v value, i int, p *Program) {
	s := r.section(v, []string{"name", "from"}, nil)
	t := ladder.Tier{Name: r.word(s.get("name"), tierForm)}
	same := func(o ladder.Tier) bool { return t.Name != "" && o.Name == t.Name }
	if slices.ContainsFunc(p.Ladder.Tiers, same) {
		r.fault(s.get("name"), "two tiers have the name %q; rename one", t.Name)
	}
	from := s.get("from")
	minor, ok := r.amount(from, p.Currency, amounts{0, amountMost})
	switch {
	case i == 0:
		if ok && minor != 0 {
			r.fault(from, "the first tier must begin at 0, so that everybody has one; write 0")
		}
		t.Reach = minor
	case !ok:
		t.Reach = p.Ladder.Tiers[i-1].Reach
	default:
		t.Reach = minor
		if last := p.Ladder.Tiers[i-1].Reach; last >= minor {
			r.fault(from, "%s is not above %s, where the tier before it begins; put the tiers in rising order",
				money.Format(minor, p.Currency), money.Format(last, p.Currency))
		}
	}
	p.Ladder.Tiers = append(p.Ladder.Tiers, t)
}
