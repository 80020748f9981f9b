package lifetime

import "math/big"

// Band says where the effect of five points less churn lies beside what retention studies give.
type Band int

// Places beside the band.
const (
	BandUnset        Band = iota
	BandBelow             // less than studies give: less than 25 %
	BandInside            // from 25 to 85 %
	BandAbove             // more than studies give: look for what the plan takes too lightly
	BandIncomparable      // the plan is not about five points: the band says nothing of it
)

// The band of five points less churn: profit per customer rises by 25 to 85 % (Reichheld & Sasser 1990, Harvard Business
// Review 68(5), page 107).
func bandFrom() *big.Rat   { return big.NewRat(25, 100) }
func bandTo() *big.Rat     { return big.NewRat(85, 100) }
func bandPoints() *big.Rat { return big.NewRat(5, 100) }

// Effect is what keeping more customers does to the value of one.
type Effect struct {
	Before, After *big.Rat // multiples
	Rise          *big.Rat // After/Before − 1; nil where Before is 0: no share of nothing
	Band          Band
}

// EffectOf raises retention by some points, at a discount a period. Not ok where either multiple is none.
func EffectOf(retention, points, discount *big.Rat) (Effect, bool) {
	before, ok := Multiple(retention, discount)
	after, alsoOK := Multiple(new(big.Rat).Add(retention, points), discount)
	if !ok || !alsoOK {
		return Effect{}, false
	}
	e := Effect{Before: before, After: after, Band: BandIncomparable}
	if before.Sign() == 0 {
		return e, true
	}
	e.Rise = new(big.Rat).Quo(after, before)
	e.Rise.Sub(e.Rise, big.NewRat(1, 1))
	if points.Cmp(bandPoints()) == 0 {
		e.Band = place(e.Rise)
	}
	return e, true
}

func place(rise *big.Rat) Band {
	switch {
	case rise.Cmp(bandFrom()) < 0:
		return BandBelow
	case rise.Cmp(bandTo()) > 0:
		return BandAbove
	}
	return BandInside
}
