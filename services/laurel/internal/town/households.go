package town

import (
	"math"
	"math/rand/v2"
)

// Households is what the members' households spend in a year on what the town sells, in the town and elsewhere. What is written down:
// fields are added, never renamed.
type Households struct {
	Answers int64 `json:"answers"`
	// Of all members, in the year before the day on which they were asked.
	Spend  Mean `json:"spend_minor"`
	Wallet Mean `json:"wallet_share"` // the part of it spent in the town
	// What those who have not stopped spend elsewhere: each of them, and together.
	Elsewhere      Mean  `json:"elsewhere_minor"`
	ElsewhereMinor int64 `json:"could_be_spent_here_minor"`
}

// Mean is that of some numbers, and their standard deviation.
type Mean struct {
	N         int64   `json:"n"`
	Of        float64 `json:"mean"`
	Deviation float64 `json:"deviation"`

	squares float64 // of the differences from the mean (Welford 1962)
}

func (m *Mean) add(value float64) {
	m.N++
	off := value - m.Of
	m.Of += off / float64(m.N)
	m.squares += off * (value - m.Of)
	m.Deviation = math.Sqrt(m.squares / float64(m.N))
}

const (
	householdPart   = 0.3       // of the members are asked
	householdDays   = 10        // before the end
	elsewhereMedian = 120_000.0 // a year, log-normal over members
	elsewhereAcross = 0.6
	householdRound  = 1000 // people tell it to ten
)

// household is what a member spends here and elsewhere. All who are asked are asked on one day, who has gone too.
func (t *Town) household(p Params, l life, r *rand.Rand) {
	s, asked := &t.Truth.Asked.Households, p.End().AddDays(-householdDays)
	elsewhere := householdRound * int64(1+math.Floor(elsewhereMedian*math.Exp(elsewhereAcross*r.NormFloat64())/householdRound))
	here := l.spent(asked.AddMonths(-yearMonths), asked)
	all := here + elsewhere
	s.Spend.add(float64(all))
	s.Wallet.add(float64(here) / float64(all))
	if l.alive {
		s.Elsewhere.add(float64(elsewhere))
		s.ElsewhereMinor += elsewhere
	}
	if r.Float64() < householdPart && l.orders[0].Day <= asked && t.answer(p, l.account, "household", asked, map[string]any{
		"category_spend_minor": all, "wallet_percent": int64(math.Round(hundred * float64(here) / float64(all))),
	}) {
		s.Answers++
	}
}
