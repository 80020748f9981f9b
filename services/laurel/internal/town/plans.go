package town

import (
	"math"
	"strconv"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Plans are what the town hall wants and spends. What is written down: fields are added, never renamed.
type Plans struct {
	Goals  []Goal `json:"goals"`
	Budget Budget `json:"budget"`
}

// Goal is what is wanted of the last twelve months, and how far it is reached.
type Goal struct {
	Metric string  `json:"metric"`
	Start  string  `json:"start"`
	Target string  `json:"target"`
	Now    float64 `json:"now"`
	// Reached is the part of the way from the start to the target that is gone.
	Reached float64 `json:"reached"`
	Done    bool    `json:"done"`
}

// Budget is what keeping and winning customers cost in the last twelve months, and what was planned for it.
type Budget struct {
	RevenueMinor int64  `json:"revenue_minor"`
	Lines        []Line `json:"lines"`
	Unreadable   int64  `json:"unreadable"` // bookings without an amount
	// What the request tells of the industry, and whether the town wants to outgrow it with less money than it spends.
	PlannedGrowth      string `json:"planned_growth_share"`
	IndustryGrowth     string `json:"industry_growth_share"`
	IndustryShare      string `json:"industry_share"` // of the revenue, for each side
	GrowthWithoutMoney bool   `json:"growth_without_money"`
}

// Line is a line of the budget.
type Line struct {
	Side           string `json:"side"`
	Name           string `json:"line"`
	PlannedMinor   int64  `json:"planned_minor,omitempty"` // 0: nothing was planned
	CommittedMinor int64  `json:"committed_minor"`
	PaidMinor      int64  `json:"paid_minor"`
	State          string `json:"state"`
}

const (
	retention    = "retention"
	acquisition  = "acquisition"
	paidPart     = 0.7 // of the bookings
	bookingsLeft = 2   // without an amount
	warnPercent  = 80
)

// budgetLines are what is planned, for each member in a year, and what part of it is spent, more or less.
var budgetLines = []struct { //nolint:gochecknoglobals // a table
	side, name string
	planned    int64
	spent      float64 // of what is planned, or for each member
}{
	{retention, "festival", 200, 0.9},
	{retention, "flowers", 0, 40},
	{retention, "letters", 300, 0.5},
	{retention, "vouchers", 150, 1.3},
	{acquisition, "posters", 100, 0.6},
}

// year is what was bought in the last twelve months.
type year struct{ customers, orders, twice, spent int64 }

// add adds a member.
func (y *year) add(p Params, l life) {
	from, days, some := p.End().AddMonths(-yearMonths), map[calendar.Day]bool{}, false
	for _, o := range l.orders {
		if o.Day < from {
			continue
		}
		some, days[o.Day] = true, true
		y.orders++
		y.spent += int64(o.Amount)
	}
	if some {
		y.customers++
	}
	if len(days) > 1 {
		y.twice++
	}
}

// goals holds four wishes against the year.
func (y *year) goals(p Params) []Goal {
	each := func(n int64) float64 { return float64(n) / float64(max(1, y.customers)) }
	var list []Goal
	for _, g := range []struct {
		metric             string
		start, target, now float64
	}{
		{"purchases", 8, 12, each(y.orders)},
		{"spend", 30_000, 60_000, each(y.spent)},
		{"customers", float64(p.Members / 2), float64(p.Members), float64(y.customers)}, //nolint:mnd // half
		{"repeat", 0.5, 0.7, each(y.twice)},
	} {
		text := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
		list = append(list, Goal{g.metric, text(g.start), text(g.target), g.now, (g.now - g.start) / (g.target - g.start), g.now >= g.target})
	}
	return list
}

// spend books what the town hall spends each month, and writes the plan down.
func (t *Town) spend(p Params) {
	b, begin := &t.Truth.Plans.Budget, p.End().AddMonths(-yearMonths)
	*b = Budget{RevenueMinor: t.year.spent, PlannedGrowth: "0.1", IndustryGrowth: "0.05", IndustryShare: "1/2"}
	for i, of := range budgetLines {
		r := p.source(topicBudget, i)
		line := Line{Side: of.side, Name: of.name, PlannedMinor: of.planned * int64(p.Members)}
		monthly := of.spent * float64(p.Members) * float64(max(1, of.planned)) / yearMonths
		for month := p.Start; month < p.End(); month = month.NextMonth() {
			on := month.AddDays(r.IntN(28)) //nolint:mnd // each month has so many
			amount, paid := int64(math.Round(monthly*(0.9+0.2*r.Float64()))), r.Float64() < paidPart
			said := map[string]any{"budget_line": of.name, "budget_side": of.side, "amount_minor": amount, "budget_state": "committed"}
			if paid {
				said["budget_state"] = "paid"
			}
			if !t.answer(p, "town-hall", "spending", on, said) || on < begin {
				continue
			}
			line.CommittedMinor += amount
			if paid {
				line.PaidMinor += amount
			}
		}
		b.Lines = append(b.Lines, line)
	}
	for range bookingsLeft {
		if t.answer(p, "town-hall", "spending", begin.AddMonths(1), map[string]any{"budget_line": "letters"}) {
			b.Unreadable++
		}
	}
	// What nobody books: serving, what it cost to win customers, and points. These are given when the orders are published, which is after
	// the town's last day.
	b.Lines = append(b.Lines, Line{Side: retention, Name: "service", CommittedMinor: t.serving(), PaidMinor: t.serving()},
		Line{Side: acquisition, Name: "other", CommittedMinor: t.Truth.Said.AcquisitionMinor, PaidMinor: t.Truth.Said.AcquisitionMinor},
		Line{Side: retention, Name: "rewards"})
	planned := map[string]int64{}
	for i := range b.Lines {
		b.Lines[i].State = b.Lines[i].stands()
		planned[b.Lines[i].Side] += b.Lines[i].PlannedMinor
	}
	// It wants to grow by more than the industry does; half of the revenue is what that spends on either side.
	b.GrowthWithoutMoney = 2*max(planned[retention], planned[acquisition]) <= b.RevenueMinor //nolint:mnd // half
}

// stands is how a line stands: warned of from four fifths of its plan on.
func (l Line) stands() string {
	switch {
	case l.PlannedMinor == 0:
		return "unplanned"
	case l.CommittedMinor >= l.PlannedMinor:
		return "stop"
	case l.CommittedMinor*hundred >= l.PlannedMinor*warnPercent:
		return "warning"
	}
	return "fine"
}
