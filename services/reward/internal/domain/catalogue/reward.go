package catalogue

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Reward is an item of the catalogue with its newest terms.
type Reward struct {
	ID        ID
	Version   int // counts its terms, from 1
	Terms     Terms
	Withdrawn bool
	PutAt     time.Time // when these terms were put
}

// Put gives a reward terms: the next version, or none where they are those that it has. The zero Reward is a new one.
// True: there is something to be written. INVALID_ARGUMENT for another kind.
func (r Reward) Put(id ID, t Terms, at time.Time) (Reward, bool, error) {
	if err := t.Check(); err != nil {
		return r, false, err
	}
	switch {
	case r.Version > 0 && r.Terms.Kind != t.Kind:
		return r, false, reason.New(reason.InvalidArgument, "terms.kind", "%s is a %s and stays one", id, r.Terms.Kind)
	case r.Version > 0 && r.Terms.Same(t):
		changed := r.Withdrawn
		r.Withdrawn = false
		return r, changed, nil
	}
	return Reward{ID: id, Version: r.Version + 1, Terms: t, PutAt: at}, true, nil
}

// Same tells if two terms are the same.
func (t Terms) Same(o Terms) bool {
	if !slices.Equal(t.TierPrices, o.TierPrices) || !slices.Equal(t.Tiers, o.Tiers) || !slices.Equal(t.Segments, o.Segments) || !t.From.Equal(o.From) || !t.Until.Equal(o.Until) {
		return false
	}
	return t.Kind == o.Kind && t.Name == o.Name && t.Description == o.Description && t.Points == o.Points &&
		t.Unlimited == o.Unlimited && t.Limit == o.Limit && t.CancelDays == o.CancelDays && t.Redeemer == o.Redeemer
}

// Stock is how many of a reward there are.
type Stock struct {
	PutIn int64 // all that was ever put in; what was taken away again is not counted
	Left  int64 // 0 <= Left <= PutIn
}

// Add puts items in, or takes away what nobody has redeemed. SOLD_OUT for more than is left.
func (s Stock) Add(items int64) (Stock, error) {
	if s.Left+items < 0 {
		return s, reason.New(reason.SoldOut, "items", "%d are left, %d cannot be taken away", s.Left, -items).With("left", s.Left)
	}
	return Stock{PutIn: s.PutIn + items, Left: s.Left + items}, nil
}
