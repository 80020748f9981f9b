// Package potential tells what customers could spend more with this shop than they do: Σ over segments of customers × share of
// wallet gap × category spend × P(alive).
package potential

import (
	"math"
	"math/big"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// spendField is how own events name what customers spend in a year on what this shop sells, wherever. How much of it here, and
// at how many others they could buy, are answers of the vocabulary.
const spendField = "category_spend_minor"

const (
	hundred = 100
	// parts is how fine P(alive) is taken: billionths, so that sums do not depend on their order.
	parts = 1_000_000_000
)

// Params are what is taken where nobody has said anything; not set: nothing.
type Params struct {
	Wallet history.Share
	Spend  *money.Minor
}

// Said is the mean of what customers of a segment say; of all where none of the segment said anything; else what is assumed.
type Said struct {
	Answers int64 // of the segment
	Mean    history.Share
	Own     bool // of the segment's own answers
	Assumed bool // of nobody's
}

// Segment is one segment of RFM.
type Segment struct {
	Name                  string
	Customers             int64
	Alive                 history.Share // mean of P(alive)
	Spend, Wallet, Others Said
	// Potential a year; nil: category spend or share of wallet is not known.
	Potential *money.Minor
}

// Report is all customers with an order before the day.
type Report struct {
	Customers, Known int64 // Known: of segments with a potential
	Potential        money.Minor
	Segments         []Segment
}

// sums are the answers of a segment.
type sums struct {
	n   int64
	sum *big.Int
}

func (s *sums) add(value int64) {
	if s.sum == nil {
		s.sum = new(big.Int)
	}
	s.n++
	s.sum.Add(s.sum, big.NewInt(value))
}

func (s sums) mean(whole int64) history.Share {
	if s.n == 0 {
		return history.Share{}
	}
	return history.NewShare(s.sum, new(big.Int).Mul(big.NewInt(s.n), big.NewInt(whole)))
}

type group struct {
	customers, alive      int64
	spend, wallet, others sums
}

// customer is kept until all are known, and with them the scales of the scores.
type customer struct {
	measure               rfm.Measure
	alive                 int64
	spend, wallet, others int64 // below zero: not said
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	alive  func(history.Customer) (float64, error)
	scores *rfm.Builder
	list   []customer
}

// New makes a builder. Alive is the probability that a customer with orders still buys.
func New(asOf calendar.Day, p Params, alive func(history.Customer) (float64, error)) *Builder {
	return &Builder{asOf: asOf, params: p, alive: alive, scores: rfm.New(asOf, calendar.None, rfm.Default())}
}

// Add takes a customer. The error is a reason.AmountOutOfRange, or that of alive.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	m, some, err := rfm.MeasureOf(c, b.asOf)
	if err != nil || !some {
		return err
	}
	p, err := b.alive(c)
	if err != nil {
		return err
	}
	at := customer{measure: m, alive: int64(p * parts), spend: -1, wallet: -1, others: -1}
	if n, ok := c.Latest(spendField); ok {
		at.spend = n
	}
	list, _ := answers.All(c.Deeds)
	last := answers.Latest(list)
	if n, ok := last.Number(answers.WalletPercent); ok {
		at.wallet = n
	}
	if n, ok := last.Number(answers.Alternatives); ok {
		at.others = n
	}
	b.list = append(b.list, at)
	return b.scores.Add(c)
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	found, err := b.scores.Report()
	if err != nil {
		return Report{}, err
	}
	table, all, groups := rfm.Default(), &group{}, map[string]*group{}
	for _, s := range table {
		groups[s.Name] = &group{}
	}
	for _, c := range b.list {
		for _, g := range []*group{all, groups[rfm.Place(table, found.Scales.Scores(c.measure))]} {
			g.add(c)
		}
	}
	r := Report{Customers: all.customers}
	for _, s := range table {
		made, err := b.segment(s.Name, *groups[s.Name], *all)
		if err != nil {
			return Report{}, err
		}
		r.Segments = append(r.Segments, made)
		if made.Potential == nil {
			continue
		}
		r.Known += made.Customers
		if r.Potential, err = history.Add(r.Potential, *made.Potential); err != nil {
			return Report{}, err
		}
	}
	return r, nil
}

func (g *group) add(c customer) {
	g.customers++
	g.alive += c.alive
	for _, said := range []struct {
		into  *sums
		value int64
	}{{&g.spend, c.spend}, {&g.wallet, c.wallet}, {&g.others, c.others}} {
		if said.value >= 0 {
			said.into.add(said.value)
		}
	}
}

func (b *Builder) segment(name string, own, all group) (Segment, error) {
	s := Segment{Name: name, Customers: own.customers, Alive: history.ShareOf(own.alive, own.customers*parts)}
	assumed := history.Share{}
	if b.params.Spend != nil {
		assumed = history.ShareOf(int64(*b.params.Spend), 1)
	}
	s.Spend = said(own.spend, all.spend, 1, assumed)
	s.Wallet = said(own.wallet, all.wallet, hundred, b.params.Wallet)
	s.Others = said(own.others, all.others, 1, history.Share{})
	spend, okSpend := s.Spend.Mean.Rat()
	wallet, okWallet := s.Wallet.Mean.Rat()
	if !okSpend || !okWallet || own.customers == 0 {
		return s, nil
	}
	gap := new(big.Rat).Sub(big.NewRat(1, 1), wallet)
	gap.Mul(gap, spend).Mul(gap, big.NewRat(own.alive, parts)) // customers × mean P(alive) is its sum
	whole := new(big.Int).Quo(gap.Num(), gap.Denom())
	if !whole.IsInt64() {
		return s, reason.New(reason.AmountOutOfRange, "", "the potential of segment %s is more than %d minor units", name, int64(math.MaxInt64))
	}
	s.Potential = new(money.Minor(whole.Int64()))
	return s, nil
}

func said(own, all sums, whole int64, assumed history.Share) Said {
	switch {
	case own.n > 0:
		return Said{Answers: own.n, Mean: own.mean(whole), Own: true}
	case all.n > 0:
		return Said{Mean: all.mean(whole)}
	}
	return Said{Mean: assumed, Assumed: assumed.IsSet()}
}
