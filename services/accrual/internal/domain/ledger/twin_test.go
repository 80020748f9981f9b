package ledger_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// twin is the slow, obvious account: each single point is a thing of its own with the days of its life, each midnight is
// gone through, and spend is added up anew from all orders whenever somebody asks. It shares no code with the ledger but
// the fold of an order, which has a twin of its own.
type twin struct {
	policies []policy
	zone     *time.Location
	enrolled bool
	today    calendar.Day
	points   []*point
	debts    map[string]int // by issuer
	owed     map[flow]int   // points of an issuer that went to a partner: spent there, or taken for what was owed to it
	tier     string
	orders   []*twinOrder
	waits    []wait
	holds    []*twinHold // open, captured and ended
	frozen   ledger.Frozen
	came     []point        // as they were when they came in; active is the day on which they did
	sends    []twinSend     // what was sent
	rolled   []calendar.Day // on which rolling points would be gone by each thing that the account did
	log      []string       // day and kind of each entry
	units    map[string]*twin
	has      map[*twinOrder]int // in the twin of a unit: what the orders have
}

// policy is what a revision of the programme says, as the twin reads it and as YAML.
type policy struct {
	from        time.Time
	pendingDays int
	months      int // 0: points never lapse
	rollMonths  int // above 0, or the days: all points live so long after what the account did last
	rollDays    int
	rollEarn    bool // what counts
	rollSpend   bool
	waitDays    int
	extendDays  int // 0: what comes back after its day lapses
	lateDays    int
	acceptDays  int // 0: without limit
	owedMost    int // -1: without limit
	sends       bool
	sendMax     int  // 0: without limit
	sendDay     int  // likewise
	feeTenth    bool // of what is sent, and 1 point
	sendOlder   int
	window      int
	soft        bool
	units       []unitPolicy
	silver      money.Minor
	gold        money.Minor
}

func (p policy) yaml(zone string) []string {
	expiry := "expiry: {rule: never}"
	if p.months > 0 {
		expiry = fmt.Sprintf("expiry: {rule: end_of_month, months: %d}", p.months)
	}
	if p.rolls() {
		expiry = p.rollingYAML()
	}
	returns := fmt.Sprintf("returns: {wait_days: %d}", p.waitDays)
	if p.acceptDays > 0 {
		returns = fmt.Sprintf("returns: {wait_days: %d, accept_days: %d}", p.waitDays, p.acceptDays)
	}
	switch {
	case p.owedMost == 0:
		returns = strings.Replace(returns, "}", ", missing: forgive}", 1)
	case p.owedMost > 0:
		returns = strings.Replace(returns, "}", fmt.Sprintf(", missing: negative_limit, limit: %d}", p.owedMost), 1)
	}
	downgrade := "to_fit"
	if p.soft {
		downgrade = "one_step"
	}
	refunds := "refunds: {}"
	if p.extendDays > 0 {
		refunds = fmt.Sprintf("refunds: {extend_expired_days: %d}", p.extendDays)
	}
	transfers := "orders: "
	if p.sends {
		transfers = fmt.Sprintf("transfers: {older_than_days: %d", p.sendOlder)
		if p.sendMax > 0 {
			transfers += fmt.Sprintf(", max: %d, per_day: %d", p.sendMax, p.sendDay)
		}
		if p.feeTenth {
			transfers += ", fee: {share: 0.1, points: 1}"
		}
		transfers += "}\norders: "
	}
	return []string{
		p.unitsYAML(), "zone: " + zone, "causes: {trees: {}}", "partners: {cafe: {roles: [issue], category: cafe, merchants: [" + shopOfCafe + "]}}", expiry, returns, refunds,
		transfers + fmt.Sprintf("{accept_late_days: %d}", p.lateDays),
		fmt.Sprintf("earning: {points: 1, per: 1.00, pending_days: %d, multipliers: {category: {books: 2, tea: 1.25}, tier: {silver: 5/4, gold: 3/2}}, exclude: {category: [card]}}", p.pendingDays),
		fmt.Sprintf("ladder: {window_months: %d, downgrade: %s, tiers: [{name: bronze, from: 0}, {name: silver, from: %s}, {name: gold, from: %s}]}",
			p.window, downgrade, money.Format(p.silver, "USD"), money.Format(p.gold, "USD")),
	}
}

// flow is who gave points, and to whom they went.
type flow struct{ issuer, redeemer string }

// shopOfCafe is the merchant whose orders the partner cafe owes for; all others are the operator's.
const shopOfCafe = "cafe-shop"

func issuerOf(ref orders.Ref) string {
	if ref.Merchant == shopOfCafe {
		return "cafe"
	}
	return ledger.Operator
}

// point is one point.
type point struct {
	active, gone calendar.Day // gone: calendar.None is never
	life         int          // above 0: it follows what the account does
	hasLapsed    bool
	issuer       string
	state        string // pending, active, lapsed; anything else is out of the account
}

type twinOrder struct {
	ref    orders.Ref
	events []orders.Event
	ids    []string // of the events
	policy int      // that rates it, counted from 1; 0 until it is paid
	tier   string   // held before
	frozen bool     // the account might not earn then
	posted int
	life   int // of the points that it earned first
}

type wait struct {
	order      *twinOrder
	kind       orders.Kind
	occurrence string
	deadline   calendar.Day
}

func (o *twinOrder) state() orders.State {
	var s orders.State
	for _, e := range o.events {
		s = s.Apply(e)
	}
	return s
}

// in is the policy in force: its place counted from 1.
func (w *twin) in(t time.Time) int {
	n := 1
	for i, p := range w.policies {
		if !p.from.After(t) {
			n = i + 1
		}
	}
	return n
}

func (w *twin) order(ref orders.Ref) *twinOrder {
	for _, o := range w.orders {
		if o.ref == ref {
			return o
		}
	}
	o := &twinOrder{ref: ref}
	w.orders = append(w.orders, o)
	return o
}

func (w *twin) note(kind string) { w.log = append(w.log, w.today.String()+" "+kind) }

// pass goes through every midnight up to t.
func (w *twin) pass(t time.Time) {
	if !w.enrolled {
		w.today = calendar.DayOf(t, w.zone)
		return
	}
	for {
		midnight := (w.today + 1).Start(w.zone)
		w.lapse(t, midnight)
		if midnight.After(t) {
			return
		}
		w.today++
		w.midnight()
	}
}

func (w *twin) midnight() {
	w.lapse(w.today.Start(w.zone), (w.today + 1).Start(w.zone))
	for len(w.waits) > 0 && w.waits[0].deadline <= w.today {
		first := w.waits[0]
		w.waits = w.waits[1:]
		first.order.events = append(first.order.events, orders.Event{
			Kind: orders.Lapsed, LapsedKind: first.kind, Occurrence: first.occurrence, OccurredAt: first.deadline.Start(w.zone),
		})
		first.order.ids = append(first.order.ids, "")
		w.note("park")
	}
	activate := func(w *twin) int {
		return w.each("pending", func(p *point) bool { return p.active <= w.today }, w.comeIn)
	}
	expire := func(w *twin) int {
		n := w.each("pending", w.past, w.lapsed) // that no rule of days lets happen
		return n + w.each("active", w.past, w.lapsed)
	}
	if activate(w)+w.inUnits(activate) > 0 {
		w.note("activate")
	}
	if expire(w)+w.inUnits(expire) > 0 {
		w.note("expire")
	}
	if w.today == w.today.FirstOfMonth() {
		w.review()
	}
}

// each does something to every point in a state that fits, the first to lapse first, and counts them.
func (w *twin) each(state string, fits func(*point) bool, do func(*point)) int {
	slices.SortStableFunc(w.points, func(a, b *point) int { return w.consumedBefore(state, a, b) })
	n := 0
	for _, p := range w.points {
		if p.state == state && fits(p) {
			do(p)
			n++
		}
	}
	return n
}

func (w *twin) becomeActive(p *point) {
	p.state = "active"
	for _, issuer := range slices.Sorted(maps.Keys(w.debts)) {
		if w.debts[issuer] > 0 {
			w.debts[issuer]--
			w.goes(p, issuer)
			p.state = "paid a debt"
			return
		}
	}
}

// goes notes that a point has become another partner's.
func (w *twin) goes(p *point, to string) {
	if p.issuer != to {
		w.owed[flow{p.issuer, to}]++
	}
}

// debt is what the account owes to all issuers.
func (w *twin) debt() int {
	sum := 0
	for _, n := range w.debts {
		sum += n
	}
	return sum
}

// qualifying adds up the days from (included) to before (not included).
func (w *twin) qualifying(from, before calendar.Day) money.Minor {
	sum := money.Minor(0)
	for _, o := range w.orders {
		s := o.state()
		if day := calendar.DayOf(s.PaidAt(), w.zone); s.Paid() && from <= day && day < before {
			sum += s.Base()
		}
	}
	return sum
}

var steps = []string{"bronze", "silver", "gold"}

func (p policy) fit(amount money.Minor) int {
	switch {
	case amount >= p.gold:
		return 2
	case amount >= p.silver:
		return 1
	}
	return 0
}

func (w *twin) review() {
	p := w.policies[w.in(w.today.Start(w.zone))-1]
	has := slices.Index(steps, w.tier)
	fits := p.fit(w.qualifying(w.today.AddMonths(-p.window), w.today))
	if has < 0 || fits >= has {
		return
	}
	if p.soft {
		fits = has - 1
	}
	w.tier = steps[fits]
	w.note("state")
}

// verdict is what should become of an event: "takes", "waits", "repeats n" or a reason.
func (w *twin) verdict(c ledger.Command, t time.Time) string {
	o := w.order(c.Ref)
	for i, e := range o.events {
		if c.EventID != "" && o.ids[i] == c.EventID && e.Content() == c.Event.Content() {
			return fmt.Sprintf("repeats %d", i+1)
		}
	}
	s := o.state()
	outcome, n, err := s.Judge(c.Event)
	if err != nil {
		return reasonOf(err)
	}
	if outcome == orders.Repeats {
		return fmt.Sprintf("repeats %d", n)
	}
	p := w.policies[max(o.policy, 1)-1]
	if o.policy == 0 {
		p = w.policies[w.in(c.Event.OccurredAt)-1]
	}
	day := calendar.DayOf(c.Event.OccurredAt, w.zone)
	if calendar.DayOf(t, w.zone) > day.AddDays(p.lateDays) {
		return "EVENT_TOO_LATE"
	}
	if s.Paid() && c.Event.Kind == orders.Returned && p.acceptDays > 0 && day > calendar.DayOf(s.PaidAt(), w.zone).AddDays(p.acceptDays) {
		return "EVENT_TOO_LATE"
	}
	return outcome.String()
}

// take lets an event happen whose verdict was takes or waits.
func (w *twin) take(c ledger.Command, waits bool) {
	o := w.order(c.Ref)
	base := o.state().Base()
	o.events, o.ids = append(o.events, c.Event), append(o.ids, c.EventID)
	w.enrolled = true
	if waits {
		p := w.policies[w.in(c.Event.OccurredAt)-1]
		w.waits = append(w.waits, wait{o, c.Event.Kind, c.Event.Occurrence, w.today.AddDays(p.waitDays)})
		slices.SortStableFunc(w.waits, func(a, b wait) int { return cmp.Compare(a.deadline, b.deadline) })
		w.note("park")
		return
	}
	kind := "state"
	switch c.Event.Kind {
	case orders.Paid:
		kind = "earn"
	case orders.Returned, orders.Canceled:
		kind = "reverse"
	}
	s := o.state()
	now := w.today
	if s.Paid() {
		w.waits = slices.DeleteFunc(w.waits, func(x wait) bool { return x.order == o })
		if o.policy == 0 {
			o.policy, o.tier, o.frozen = w.in(c.Event.OccurredAt), w.tier, w.frozen.Earning
		}
		if w.settle(o, s) {
			kind = "reverse"
		}
		w.settleUnits(o, s)
		if s.Base() != base {
			now = max(now, calendar.DayOf(s.PaidAt(), w.zone))
		}
	}
	w.note(kind)
	p := w.policies[w.in(w.at(c))-1]
	if fits := p.fit(w.qualifying(now.AddMonths(-p.window)+1, now+1)); fits > slices.Index(steps, w.tier) {
		w.tier = steps[fits]
	}
}

// at is the effective time of a command; the machine writes it into the position, which the ledger only copies.
func (w *twin) at(c ledger.Command) time.Time { return time.UnixMilli(int64(c.Position.Sequence)) }
