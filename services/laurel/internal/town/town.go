// Package town makes up a town of customers whose truth is known: how often each would buy and when each stops, what they
// spend, and what a campaign adds to those who were not held out of it. It is a pure function of its parameters: the same
// seed makes the same town. What reports say of the orders can so be held against the truth.
package town

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/holdout"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Params are what is planted.
type Params struct {
	Seed    uint64
	Members int
	Years   int
	Start   calendar.Day // first day of the town

	// A customer buys at a rate (a year) from a gamma distribution, and after each purchase but the first stops for good with a
	// probability from a beta distribution (Fader, Hardie & Lee 2005).
	RateShape, RateMean float64
	StopA, StopB        float64
	// Orders have a mean of their customer's, minor units, which is log-normal over customers, as orders are around it.
	SpendMean              float64
	SpendAcross, SpendEach float64 // standard deviations of the logarithms

	Campaign     string
	CampaignFrom calendar.Day
	CampaignDays int
	HeldOut      money.Ratio
	// Uplift is what each order of those treated is greater by, as a share, while the campaign runs.
	Uplift money.Ratio
	// Kinds: members are of four kinds that differ, instead of by degrees as above.
	Kinds bool
	// Baskets is a campaign of the programme.
	Baskets Baskets
}

// Baskets is a campaign that multiplies the points of large orders, for some days. Nobody buys otherwise because of it.
type Baskets struct {
	Name    string
	From    calendar.Day
	Days    int
	AtLeast money.Minor
	Factor  int64
}

// points are what an order earns: a point for each 1.00, times the factor where the campaign holds, rounded down once.
func (b Baskets) points(o Order) money.Points {
	factor := int64(1)
	if o.Day >= b.From && o.Day < b.From.AddDays(b.Days) && o.Amount >= b.AtLeast {
		factor = b.Factor
	}
	return money.Points(int64(o.Amount) * factor / minorOfPoint)
}

const minorOfPoint = 100

// Limits.
const (
	MembersMax = 1_000_000
	YearsMax   = 20

	daysOfYear = 365
	joinDays   = 180 // members come evenly over so many days
)

// Of is a town as all are made, of a size. Its campaign runs behind the midst of its time.
func Of(seed uint64, members, years int) Params {
	start := calendar.Date(2024, 1, 1)
	p := Params{
		Seed: seed, Members: members, Years: years, Start: start,
		RateShape: 1.2, RateMean: 14, StopA: 0.6, StopB: 9, SpendMean: 4200, SpendAcross: 0.5, SpendEach: 0.4,
		Campaign: "spring", CampaignDays: 60,
	}
	p.CampaignFrom = start.AddDays(years * 200)                                                                      //nolint:mnd // of 365
	p.Baskets = Baskets{Name: "large-baskets", From: start.AddDays(years * 100), Days: 30, AtLeast: 5000, Factor: 2} //nolint:mnd // of 365
	p.HeldOut, p.Uplift = money.MustRatio(1, 5), money.MustRatio(3, 20)
	return p
}

// Check returns the first fault.
func (p Params) Check() error {
	switch {
	case p.Members < 1 || p.Members > MembersMax:
		return fmt.Errorf("%d members; write 1 to %d", p.Members, MembersMax)
	case p.Years < 1 || p.Years > YearsMax:
		return fmt.Errorf("%d years; write 1 to %d", p.Years, YearsMax)
	}
	return nil
}

// Order is one order of the town.
type Order struct {
	ID, Account string
	Day         calendar.Day
	Seconds     int // since midnight UTC
	Goods       int // of Shelf
	Amount      money.Minor
}

// Truth is what was planted, and what is known by it alone.
type Truth struct {
	Members, Orders int64
	Revenue         money.Minor
	// Alive is how many have not stopped at the end; of the others it is known when they did.
	Alive int64
	// Points are what all orders earned, and InBaskets what those of the days of Params.Baskets did.
	Points, InBaskets money.Points
	// Effect is what the campaign did.
	Effect Effect
	// Said is what people think, and what came of their telling it.
	Said Said
	Club Club
	// Asked is what some members are asked besides.
	Asked Asked
	// Plans are what the town hall wants and spends.
	Plans Plans
}

// Effect is what the campaign added to those it was for: customers with an order before it who were not held out.
type Effect struct {
	Treated, HeldOut int64
	Added            money.Minor
}

// Town is the orders and own events by time, and the truth behind them.
type Town struct {
	Orders  []Order
	Actions []Action
	Truth   Truth
	answers []Action // to what is asked besides; at the end they are among Actions
	year    year
	known   map[string]member // by account
	visits  int64             // in the last twelve months
}

// End is the day after the last one.
func (p Params) End() calendar.Day { return p.Start.AddDays(p.Years * daysOfYear) }

// Make makes the town.
func Make(p Params) Town {
	t := Town{known: map[string]member{}}
	for i := range p.Members {
		// Each has a source of their own: whoever is added changes nobody else.
		r := rand.New(rand.NewPCG(p.Seed, uint64(i)+1)) //nolint:gosec // seeded on purpose, i is not below zero
		kind, account := kindOf(i), fmt.Sprintf("town-%06d", i+1)
		if p.Kinds {
			account = fmt.Sprintf("%s-%06d", kinds[kind].name, i+1)
		}
		lived := t.live(p, account, kind, r)
		at := t.speak(p, lived, rand.New(rand.NewPCG(^p.Seed, uint64(i)+1))) //nolint:gosec // as above
		t.ask(p, i, lived, at)
		t.known[account] = member{at, t.tell(p, i, lived, at), lived.alive}
	}
	t.trade(p)
	t.subscribe(p)
	t.askRest(p)
	slices.SortFunc(t.Orders, func(a, b Order) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Seconds, b.Seconds), cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
	})
	t.sortActions()
	t.Truth.Members, t.Truth.Orders = int64(p.Members), int64(len(t.Orders))
	return t
}

// life is what became of a member: their orders, and whether they have not stopped.
type life struct {
	account string
	orders  []Order
	alive   bool
}

// live is one member's life: they come with a first order, buy on at their rate, and stop after some order.
func (t *Town) live(p Params, account string, kind int, r *rand.Rand) life {
	lived, b := life{account: account}, newBuyer(p, r)
	favourite := r.IntN(len(Shelf))
	at, end := float64(p.Start)+r.Float64()*joinDays, float64(p.End())
	held := holdout.In(p.Campaign, account, p.HeldOut)
	first := calendar.Day(at)
	if p.Kinds {
		b = ofKind(p, kind, first, r)
	}
	if first < p.CampaignFrom {
		if held {
			t.Truth.Effect.HeldOut++
		} else {
			t.Truth.Effect.Treated++
		}
	}
	for n := 1; at < end; n++ {
		o := Order{ID: fmt.Sprintf("%s-%d", account, n), Account: account, Day: calendar.Day(at), Goods: favourite}
		o.Seconds = int((at - math.Floor(at)) * 86_400) //nolint:mnd // seconds of a day
		if r.IntN(3) == 0 {
			o.Goods = r.IntN(len(Shelf))
		}
		o.Amount = money.Minor(max(1, math.Round(math.Exp(b.usual+p.SpendEach*r.NormFloat64()))))
		if !held && first < p.CampaignFrom && o.Day >= p.CampaignFrom && o.Day < p.CampaignFrom.AddDays(p.CampaignDays) {
			added := money.Minor(int64(o.Amount) * p.Uplift.Num() / p.Uplift.Den())
			o.Amount += added
			t.Truth.Effect.Added += added
		}
		points := p.Baskets.points(o)
		t.Truth.Points += points
		if o.Day >= p.Baskets.From && o.Day < p.Baskets.From.AddDays(p.Baskets.Days) {
			t.Truth.InBaskets += points
		}
		t.Orders, t.Truth.Revenue = append(t.Orders, o), t.Truth.Revenue+o.Amount
		lived.orders = append(lived.orders, o)
		if n > 1 && r.Float64() < b.stop {
			return lived
		}
		at += r.ExpFloat64() / b.rate
		if b.until != calendar.None && calendar.Day(at) >= b.until {
			return lived
		}
	}
	t.Truth.Alive++
	lived.alive = true
	return lived
}
