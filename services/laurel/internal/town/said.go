package town

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Action is one own event of the town's programme, at noon of its day.
type Action struct {
	Type, Account, ID string
	Day               calendar.Day
	Data              map[string]any
}

// Said is what people think, and what came of their telling it. Of what only some are asked for the truth is that of all.
// What is written down: fields are added, never renamed.
type Said struct {
	Answered  int64 `json:"answered"`  // of the members
	Satisfied int64 `json:"satisfied"` // 4 or 5, of all members
	// Types of loyalty, of all members, by what they think and how they buy in the last twelve months.
	Types map[string]int64 `json:"loyalty_types"`
	// Gone is who has stopped, and been silent for longer than 180 days; Causes why, of all of them; Told how many said so.
	Gone   int64            `json:"gone"`
	Causes map[string]int64 `json:"churn_causes"`
	Told   int64            `json:"churn_causes_told"`

	Reviews   int64 `json:"reviews"`
	Calls     int64 `json:"bad_reviews_without_case"`
	OpenCases int64 `json:"customers_with_open_cases"`

	Dealers     int64   `json:"dealers"`
	DealersLeft int64   `json:"dealers_left_in_last_year"` // of their own will
	DealerChurn float64 `json:"dealer_churn"`              // the chance of it, at the end of each year of a contract

	AcquisitionMinor int64 `json:"acquisition_minor"` // in the last twelve months
	OrderCostMinor   int64 `json:"order_cost_minor"`
}

// What people are like, in parts of a whole.
const (
	answerPart    = 0.6
	nowherePart   = 0.15 // have nowhere else to go
	hunterPart    = 0.15 // buy with a reward alone
	referPart     = 0.1  // of who recommends
	tellsWhyPart  = 0.5  // of who has gone
	reviewPart    = 0.03 // of orders
	answeredPart  = 0.7  // of reviews
	casePart      = 0.5  // of bad reviews
	solvedPart    = 0.8  // of cases
	endsPart      = 0.15 // of contracts, at the end of each year
	ownWillPart   = 0.6  // of these
	freelyPart    = 0.7  // of renewals
	membersDealer = 50   // members for each dealer
	dealersLeast  = 10

	silentDays    = 180
	tellDays      = 30 // after the last order they may say why
	waitDays      = 5  // within which reviews are answered, and cases solved
	oftenFrom     = 3
	gladlyFrom    = 4
	satisfied     = 4
	badUpTo       = 2
	promoter      = 9
	smallRise     = 3
	superRise     = 10
	orderCost     = 150
	marginPercent = 30
	yearMonths    = 12
	signDays      = 100
	adsLeast      = 400_000
	adsMore       = 200_000
	marginLeast   = 5
	marginMore    = 20
	risesMore     = 21 // 0 to 20 per cent
	othersMore    = 4
	scaleMost     = 5
	noonSeconds   = 12 * 3600
)

var causes = []struct { //nolint:gochecknoglobals // a table
	name string
	part float64
}{{"died", 0.02}, {"moved away", 0.08}, {"values changed", 0.1}, {"competitor", 0.2}, {"product or service", 0.25}, {"neglected", 0.35}}

// person is what a member thinks.
type person struct {
	attitude, satisfaction, alternatives, tolerance, recommend int
	hunter, refers                                             bool
}

func newPerson(r *rand.Rand) person {
	at := person{attitude: 1 + r.IntN(scaleMost), alternatives: 1 + r.IntN(othersMore), tolerance: r.IntN(risesMore), hunter: r.Float64() < hunterPart}
	at.satisfaction = min(scaleMost, max(1, at.attitude+r.IntN(3)-1))
	if r.Float64() < nowherePart {
		at.alternatives = 0
	}
	at.recommend = min(10, max(0, 2*at.satisfaction+r.IntN(3)-1)) //nolint:mnd // 0 to 10
	at.refers = at.recommend >= promoter && r.Float64() < referPart
	return at
}

// loyalty is the type of a member by the rules that are documented, from what they think and how they buy.
func (at person) loyalty(often bool) string {
	gladly := at.attitude >= gladlyFrom
	switch {
	case !often && gladly:
		return "latent"
	case !often:
		return "none"
	case at.alternatives == 0:
		return "involuntary"
	case at.hunter:
		return "incentive-driven"
	case at.tolerance < smallRise:
		return "benefit-seeking"
	case !gladly:
		return "false"
	case at.tolerance >= superRise && at.recommend >= promoter:
		return "super-value"
	}
	return "brand"
}

// say keeps an own event, unless the town has ended by then.
func (t *Town) say(p Params, account, kind string, day calendar.Day, data map[string]any) bool {
	if day >= p.End() {
		return false
	}
	t.Actions = append(t.Actions, Action{Type: kind, Account: account, Day: day, Data: data, ID: fmt.Sprintf("%s-%s-%d", account, kind, len(t.Actions))})
	return true
}

// speak is what a member thinks, and says of it.
func (t *Town) speak(p Params, l life, r *rand.Rand) person {
	at, said := newPerson(r), &t.Truth.Said
	if said.Types == nil {
		said.Types, said.Causes = map[string]int64{}, map[string]int64{}
	}
	first, last := l.orders[0].Day, l.last()
	days, begin := map[calendar.Day]bool{}, p.End().AddMonths(-yearMonths)
	for _, o := range l.orders {
		if o.Day >= begin {
			days[o.Day] = true
		}
		if at.hunter {
			t.say(p, l.account, "till", o.Day, map[string]any{"incentive": o.ID})
		}
	}
	said.Types[at.loyalty(len(days) >= oftenFrom)]++
	if at.satisfaction >= satisfied {
		said.Satisfied++
	}
	if r.Float64() < answerPart {
		said.Answered++
		t.say(p, l.account, "survey", first.AddDays(r.IntN(int(p.End()-first))), map[string]any{
			"satisfaction": at.satisfaction, "attitude": at.attitude, "alternatives": at.alternatives,
			"tolerance_percent": at.tolerance, "recommend": at.recommend,
		})
	}
	if at.refers {
		t.say(p, l.account, "referral", last, map[string]any{})
	}
	if l.gone(p) {
		t.leave(p, l.account, last, r)
	}
	t.review(p, l, at, r)
	return at
}

// leave is why a member went, and whether they say so.
func (t *Town) leave(p Params, account string, last calendar.Day, r *rand.Rand) {
	said, draw, cause := &t.Truth.Said, r.Float64(), causes[len(causes)-1].name
	for _, c := range causes {
		if draw -= c.part; draw < 0 {
			cause = c.name
			break
		}
	}
	said.Gone++
	said.Causes[cause]++
	if r.Float64() < tellsWhyPart && t.say(p, account, "survey", last.AddDays(1+r.IntN(tellDays)), map[string]any{"churn_cause": cause}) {
		said.Told++
	}
}

// review is what a member writes of some orders, and what comes of it.
func (t *Town) review(p Params, l life, at person, r *rand.Rand) {
	said, open := &t.Truth.Said, false
	for _, o := range l.orders {
		if r.Float64() >= reviewPart {
			continue
		}
		stars := min(scaleMost, max(1, at.satisfaction+r.IntN(3)-1))
		id := "r-" + o.ID
		t.say(p, l.account, "review", o.Day, map[string]any{"review": id, "stars": stars, "topic": Shelf[o.Goods].Category})
		said.Reviews++
		if r.Float64() < answeredPart {
			t.say(p, l.account, "answer", o.Day.AddDays(r.IntN(waitDays)), map[string]any{"answer_to": id})
		}
		if stars > badUpTo {
			continue
		}
		if r.Float64() >= casePart {
			said.Calls++
			continue
		}
		t.say(p, l.account, "case", o.Day, map[string]any{"case": "c-" + o.ID, "about": id, "state": "opened"})
		solved := r.Float64() < solvedPart && t.say(p, l.account, "case", o.Day.AddDays(1+r.IntN(waitDays)), map[string]any{"case": "c-" + o.ID, "state": "solved"})
		open = open || !solved
	}
	if open {
		said.OpenCases++
	}
}

// trade is the town's dealers, and what it spends to be known.
func (t *Town) trade(p Params) {
	said := &t.Truth.Said
	begin := p.End().AddMonths(-yearMonths)
	said.Dealers, said.DealerChurn = int64(max(dealersLeast, p.Members/membersDealer)), endsPart*ownWillPart
	for i := range said.Dealers {
		r := rand.New(rand.NewPCG(p.Seed^uint64(i), 0)) //nolint:gosec // seeded on purpose, i is not below zero
		account, signed := fmt.Sprintf("dealer-%04d", i+1), p.Start.AddDays(r.IntN(signDays))
		t.say(p, account, "contract", signed, map[string]any{"contract": "signed", "margin_lowest": marginLeast + r.IntN(marginMore)})
		for year := 1; ; year++ {
			day := signed.AddMonths(yearMonths * year)
			ends := r.Float64() < endsPart
			own := r.Float64() < map[bool]float64{true: ownWillPart, false: freelyPart}[ends]
			what := map[bool]string{true: "ended", false: "renewed"}[ends]
			told := t.say(p, account, "contract", day, map[string]any{"contract": what, "voluntary": own})
			if told && ends && own && day >= begin && signed < begin {
				said.DealersLeft++
			}
			if !told || ends {
				break
			}
		}
	}
	r := rand.New(rand.NewPCG(p.Seed, 0)) //nolint:gosec // seeded on purpose
	for month := p.Start; month < p.End(); month = month.NextMonth() {
		spent := adsLeast + r.IntN(adsMore)
		t.say(p, "town-hall", "acquisition_cost", month, map[string]any{"amount_minor": spent})
		if month >= begin {
			said.AcquisitionMinor += int64(spent)
		}
	}
	said.OrderCostMinor = orderCost * int64(len(t.Orders))
}

func (t *Town) sortActions() {
	slices.SortStableFunc(t.Actions, func(a, b Action) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Account, b.Account)) })
}

// WriteActions writes the own events as laurelctl actions load reads them.
func (t Town) WriteActions(to io.Writer) error {
	out := bufio.NewWriter(to)
	lines := json.NewEncoder(out)
	for _, a := range t.Actions {
		at := a.Day.Start(time.UTC).Add(noonSeconds * time.Second)
		if err := lines.Encode(map[string]any{"type": a.Type, "account": a.Account, "id": a.ID, "at": at.Format(time.RFC3339), "data": a.Data}); err != nil {
			return err
		}
	}
	return out.Flush()
}
