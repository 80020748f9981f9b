package analytics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// village is the same history each time but for what its people are called, and how much money is worth.
type village struct {
	name  func(i int) string
	times int64 // amounts, and what things cost
}

const villagers = 30

// names of a village, and of another one in which they sort the other way round.
func plainName(i int) string   { return fmt.Sprintf("member-%02d", i) }
func renamedName(i int) string { return fmt.Sprintf("x%02d", villagers-i) }

// file is the programme of the village.
func (v village) file() string {
	return fmt.Sprintf(`programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
economics: {margin: 0.4, margins: {books: 0.2}, order: %d.00, actions: {visit: %d.00}, point: 0.0%d, measured: [order]}
`, v.times, 5*v.times, v.times)
}

// facts are two years of orders with lines, returns and cancellations, of points, tiers and whatever people say.
func (v village) facts() []bus.Outgoing {
	l, r := newLedger("tea"), rand.New(rand.NewPCG(11, 11))
	var told []bus.Outgoing
	start := date("2024-01-05")
	for i := range 500 {
		day, who := start.AddDays(i*7/5), v.name(min(r.IntN(villagers), r.IntN(villagers)))
		cents := 100 * int64(1+r.IntN(900))
		id := fmt.Sprintf("o%03d", i)
		switch n := r.IntN(10); {
		case n < 5:
			cost := 60 * v.times * (cents / 100)
			lines := []*accrualv1.StandingLine{line([]string{"tea", "books", "cups"}[r.IntN(3)], cents*v.times), line("tea", 500*v.times)}
			if r.IntN(3) == 0 {
				lines[0].CostMinor = &cost
			}
			told = append(told, l.detailed(who, id, []string{"web", "till", "app"}[r.IntN(3)], day, lines...), l.moves(who, day, cents/100, 0, 0, cents/100))
			if r.IntN(9) == 0 {
				told = append(told, l.off(id, day))
			}
		case n < 6:
			told = append(told, l.rises(who, []string{"silver", "gold"}[r.IntN(2)], day))
		case n < 7:
			told = append(told, l.did(who, "visit", day, 1))
		default:
			kind, data := v.answer(r)
			told = append(told, l.said(who, kind, day, data))
		}
	}
	return told
}

// answer is something that somebody says; the event has the type that a report asks for, if it asks for one.
func (v village) answer(r *rand.Rand) (kind, data string) {
	money := func(n int) int64 { return int64(100*(1+n)) * v.times }
	five := func() int { return 1 + r.IntN(5) }
	pick, low := r.IntN(11), 1+r.IntN(9)
	return []string{"survey", "survey", "survey", "kano", "acquisition_cost", "mailing", "review", "note", "contract", "payment", "referral"}[pick], []string{
		fmt.Sprintf(`{"satisfaction":%d,"repurchase":%d,"attitude":%d,"recommend":%d,"price_sensitivity":%d}`, five(), five(), five(), r.IntN(11), five()),
		fmt.Sprintf(`{"category_spend_minor":%d,"wallet_percent":%d,"alternatives":%d,"potential_minor":%d}`, money(9000), 10+r.IntN(80), r.IntN(4), money(r.IntN(3000))),
		fmt.Sprintf(`{"too_cheap_minor":%d,"cheap_minor":%d,"expensive_minor":%d,"too_expensive_minor":%d,"tolerance_percent":%d}`,
			money(low), money(low+5), money(low+9), money(low+20), r.IntN(30)),
		fmt.Sprintf(`{"feature":"wifi","functional":%d,"dysfunctional":%d}`, five(), five()),
		fmt.Sprintf(`{"amount_minor":%d}`, money(r.IntN(100))),
		fmt.Sprintf(`{"amount_minor":%d,"budget_line":"communication","budget_state":"committed"}`, money(r.IntN(100))),
		fmt.Sprintf(`{"review":"r%d","stars":%d,"topic":"tea"}`, r.IntN(1000), five()),
		fmt.Sprintf(`{"churn_cause":"competitor","quality_people":%d,"quality_price":%d,"poor_service":true}`, five(), five()),
		fmt.Sprintf(`{"contract":%q,"voluntary":true,"margin_lowest":%d}`, []string{"signed", "renewed", "ended"}[r.IntN(3)], r.IntN(40)),
		fmt.Sprintf(`{"days_to_pay":%d,"tolerance_percent":%d}`, r.IntN(60), r.IntN(30)),
		`{"choose_minutes":12,"competitors":3}`,
	}[pick]
}

// settle lets a service read the village; where parts is more than one, it is stopped and started anew in between.
func (v village) settle(t *testing.T, parts int) *service {
	t.Helper()
	h := open(t)
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(v.file())}},
	}}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), h.bus, batch))
	told := v.facts()
	var s *service
	for i := range parts {
		h.tell(told[len(told)*i/parts : len(told)*(i+1)/parts]...)
		if s != nil {
			s.stop()
		}
		s = h.run(size{lanes: 1 + i%2, batch: 32 << i})
		s.drained()
	}
	return s
}

// asks are the requests for a report: with what it cannot do without, and with money among its parameters.
func (v village) asks(name string) *analyticsv1.GetReportRequest {
	in := &analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: "2026-01-01"}
	switch name {
	case "customer":
		in.Parameters = &analyticsv1.GetReportRequest_Customer{Customer: &analyticsv1.CustomerParameters{Account: v.name(0)}}
	case "goal":
		in.Parameters = &analyticsv1.GetReportRequest_Goal{Goal: &analyticsv1.GoalParameters{
			Metric: "spend", Start: fmt.Sprint(100_000 * v.times), Target: fmt.Sprint(300_000 * v.times),
		}}
	case "survival":
		in.Parameters = &analyticsv1.GetReportRequest_Survival{Survival: &analyticsv1.SurvivalParameters{By: "class"}}
	case "effect":
		p := &analyticsv1.EffectParameters{Start: "2025-06-01", CostMinor: 1000 * v.times, WantedMinor: 5000 * v.times, HeldOutShare: "0.5"}
		for i := range villagers {
			if i%2 == 0 {
				p.TreatedAccounts = append(p.TreatedAccounts, v.name(i))
			} else {
				p.HeldOutAccounts = append(p.HeldOutAccounts, v.name(i))
			}
		}
		in.Parameters = &analyticsv1.GetReportRequest_Effect{Effect: p}
	}
	return in
}

// leaf is one value of an answer. Place leaves the places in lists out.
type leaf struct{ place, path, text string }

// leaves are all values below a message; lists of lines about accounts are sorted, since equals stand by account.
func leaves(m protoreflect.Message, place, path string, back map[string]string) []leaf {
	var all []leaf
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		at, to := place+"."+string(f.Name()), path+"."+string(f.Name())
		switch v := m.Get(f); {
		case f.IsList() && f.Message() != nil:
			var lines [][]leaf
			for k := range v.List().Len() {
				lines = append(lines, leaves(v.List().Get(k).Message(), at, "", back))
			}
			if f.Message().Fields().ByName("account") != nil {
				slices.SortStableFunc(lines, func(a, b []leaf) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			for k, list := range lines {
				for _, one := range list {
					all = append(all, leaf{one.place, fmt.Sprint(to, k, one.path), one.text})
				}
			}
		case f.IsList():
			for k := range v.List().Len() {
				all = append(all, leaf{at, fmt.Sprint(to, k), text(v.List().Get(k), back)})
			}
		case f.Message() != nil:
			if m.Has(f) {
				all = append(all, leaves(v.Message(), at, to, back)...)
			}
		case m.Has(f) || !f.HasPresence():
			all = append(all, leaf{at, to, text(v, back)})
		}
	}
	return all
}

func text(v protoreflect.Value, back map[string]string) string {
	if name, ok := back[v.String()]; ok {
		return name
	}
	return v.String()
}

// near tells whether two values are one, but for the last digit of a decimal: sums of floats depend on their order.
func near(want, got string, part float64) bool {
	a, errA := strconv.ParseFloat(want, 64)
	b, errB := strconv.ParseFloat(got, 64)
	return want == got || errA == nil && errB == nil && math.Abs(a-b) <= part*max(1, math.Abs(a))
}

func (s *service) leaves(v village, name string, back map[string]string) []leaf {
	s.h.t.Helper()
	return leaves(bodyOf(s.ask(v.asks(name))).ProtoReflect(), name, "", back)
}

// TestNoReportChangesWithTheNamesOfAccounts, nor with where the stream was split, nor when the copy is made anew.
func TestNoReportChangesWithTheNamesOfAccounts(t *testing.T) {
	t.Parallel()
	plain, renamed := village{plainName, 1}, village{renamedName, 1}
	s, other, split := plain.settle(t, 1), renamed.settle(t, 1), plain.settle(t, 4)
	inParts := map[string][]leaf{}
	for _, name := range s.reportNames() {
		inParts[name] = split.leaves(plain, name, nil)
	}
	split.stop()
	rebuilt := split.h.build(size{})
	require.NoError(t, rebuilt.Forget(t.Context()))
	rebuilt.start()
	rebuilt.drained()
	back := map[string]string{}
	for i := range villagers {
		back[renamedName(i)] = plainName(i)
	}
	for _, name := range s.reportNames() {
		want, got := s.leaves(plain, name, nil), other.leaves(renamed, name, back)
		require.Equal(t, want, inParts[name], "%s: split", name)
		require.Equal(t, want, rebuilt.leaves(plain, name, nil), "%s: rebuilt", name)
		require.Len(t, got, len(want), name)
		for i, w := range want {
			if drawnByName[w.place] {
				continue
			}
			require.Equal(t, w.path, got[i].path, name)
			if !near(w.text, got[i].text, 1e-8) {
				t.Errorf("%s: %s: %s, renamed %s", name, w.path, w.text, got[i].text)
			}
		}
	}
}

// drawnByName are figures that are drawn at random, a customer after the other as they stand.
var drawnByName = map[string]bool{"effect.bootstrap_low": true, "effect.bootstrap_high": true}

// TestTwiceTheMoneyIsTwiceTheMoney: were all amounts and costs twice what they are, every figure of money would be, and no other.
func TestTwiceTheMoneyIsTwiceTheMoney(t *testing.T) {
	t.Parallel()
	once, twice := village{plainName, 1}, village{plainName, 2}
	s, other := once.settle(t, 1), twice.settle(t, 1)
	met, doubled := map[string]bool{}, map[string]int{}
	for _, name := range s.reportNames() {
		want, got := s.leaves(once, name, nil), other.leaves(twice, name, nil)
		require.Len(t, got, len(want), name)
		for i, w := range want {
			require.Equal(t, w.path, got[i].path, name)
			switch {
			case strings.HasSuffix(w.place, "_minor") || moneyOfOtherNames[w.place] || moneyOfOtherNames[name+w.path]:
				met[w.place], met[name+w.path] = true, true
				if !isTwice(w.text, got[i].text) {
					t.Errorf("%s: %s, of twice the money %s", w.path, w.text, got[i].text)
				}
				if strings.Trim(w.text, "-0.") != "" {
					doubled[name]++
				}
			case w.place == "matrix.fields.condition": // its cuts in words
			case ofRoundedMoney[w.place]:
				met[w.place] = true
				require.True(t, near(w.text, got[i].text, 1e-4), "%s: %s, of twice the money %s", w.path, w.text, got[i].text)
			case !near(w.text, got[i].text, 1e-8):
				t.Errorf("%s: %s, of twice the money %s", w.path, w.text, got[i].text)
			}
		}
	}
	for _, places := range []map[string]bool{moneyOfOtherNames, ofRoundedMoney} {
		for place := range places {
			require.True(t, met[place], "%s is no figure of any report", place)
		}
	}
	for _, name := range s.reportNames() {
		if slices.Contains(withoutMoney, name) == (doubled[name] > 0) {
			t.Errorf("%s: %d figures of money", name, doubled[name])
		}
	}
}

// isTwice tells whether a figure of money is twice another one, both rounded to the digits that are written.
func isTwice(once, twice string) bool {
	a, errA := strconv.ParseFloat(once, 64)
	b, errB := strconv.ParseFloat(twice, 64)
	if errA != nil || errB != nil {
		return once == twice
	}
	_, digitsA, _ := strings.Cut(once, ".")
	_, digitsB, _ := strings.Cut(twice, ".")
	return math.Abs(b-2*a) <= 1.5*math.Pow10(-min(len(digitsA), len(digitsB)))
}

// moneyOfOtherNames are figures of money whose name does not say so: decimals, and columns that hold money or something else.
var moneyOfOtherNames = map[string]bool{
	"rfm.monetary.best": true, "rfm.monetary.worst": true, "matrix.cuts0.at": true,
	"goal.start": true, "goal.target": true, "goal.current": true,
	"lifetime.historic.mean": true, "lifetime.simple.value": true,
	"churn-effect.measured.value": true, "churn-effect.per_customer": true, "churn-effect.all_customers": true,
	"service-cost.classes.mean_cost": true, "switching.not_reached_median_spend": true, "market-potential.segments.category_spend.mean": true,
	"effect.treated.per_customer": true, "effect.treated.before_per_customer": true,
	"effect.held_out.per_customer": true, "effect.held_out.before_per_customer": true,
	"effect.plain.per_customer": true, "effect.plain.error": true, "effect.plain.low": true, "effect.plain.high": true,
	"effect.adjusted.per_customer": true, "effect.adjusted.error": true, "effect.adjusted.low": true, "effect.adjusted.high": true,
	"effect.bootstrap_low": true, "effect.bootstrap_high": true, "effect.smallest_per_customer": true,
}

// ofRoundedMoney are ratios of money that was rounded before.
var ofRoundedMoney = map[string]bool{"effect.return_on_cost": true, "priorities.options.return": true}

// withoutMoney are reports that count days, answers or people alone.
var withoutMoney = []string{
	"actions", "channel", "churn-causes", "cohorts", "contract-retention", "involvement", "kano", "loyalty-indicators", "reviews", "scorecard", "statements", "survival",
}
