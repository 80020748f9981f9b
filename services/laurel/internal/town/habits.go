package town

import (
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// habits are what a member would say of how they buy. Nothing that they do follows from it.
type habits struct{ repurchase, minutes, prices, others, quality int }

const (
	habitsPart    = 0.5 // of the members are asked
	minutesStep   = 5
	minutesSteps  = 19  // to choose: 0 to 90
	againPart     = 0.3 // of who said how satisfied they are had been asked before
	keenPart      = 0.25
	feastPart     = 0.3 // of the feasts since they came, of who is keen
	feastMonthDay = 9   // of each month, counted from 0
)

// tell is what a member says of how they buy, had said before of how satisfied they are, and takes part in.
func (t *Town) tell(p Params, number int, l life, at person) habits {
	h := t.practise(p, l, at, p.source(topicHabits, number))
	t.before(p, l, at, p.source(topicBefore, number))
	t.feast(p, l, p.source(topicFeast, number))
	t.visit(p, l, p.source(topicVisit, number))
	return h
}

// practise is how a member buys, and whether they say so.
func (t *Town) practise(p Params, l life, at person, r *rand.Rand) habits {
	near := func(n int) int { return min(scaleMost, max(1, n+r.IntN(3)-1)) }
	h := habits{
		repurchase: near(at.attitude), minutes: minutesStep * r.IntN(minutesSteps), prices: near(scaleMost - at.tolerance/scaleMost),
		others: 1 + r.IntN(scaleMost), quality: 1 + max(r.IntN(scaleMost), r.IntN(scaleMost)),
	}
	if r.Float64() < habitsPart {
		t.answer(p, l.account, "habits", l.someDay(p, r), map[string]any{
			"repurchase": h.repurchase, "choose_minutes": h.minutes, "price_sensitivity": h.prices, "competitors": h.others, "quality_sensitivity": h.quality,
		})
	}
	return h
}

// before asks some of those who say how satisfied they are once before: they were as satisfied, or a step more or less. Who became less
// satisfied buys on like everybody.
func (t *Town) before(p Params, l life, at person, r *rand.Rand) {
	said := calendar.None
	for i := len(t.Actions) - 1; i >= 0 && t.Actions[i].Account == l.account; i-- {
		if t.Actions[i].Data["satisfaction"] != nil {
			said = t.Actions[i].Day
		}
	}
	if first := l.orders[0].Day; said > first && r.Float64() < againPart {
		t.answer(p, l.account, "survey", first.AddDays(r.IntN(int(said-first))), map[string]any{
			"satisfaction": min(scaleMost, max(1, at.satisfaction+r.IntN(3)-1)),
		})
	}
}

// feast lets keen members come to feasts of the town, one each month. Who comes buys like everybody.
func (t *Town) feast(p Params, l life, r *rand.Rand) {
	if r.Float64() >= keenPart {
		return
	}
	for month := l.orders[0].Day.NextMonth(); month < p.End(); month = month.NextMonth() {
		if r.Float64() < feastPart {
			t.answer(p, l.account, "event", month.AddDays(feastMonthDay), map[string]any{})
		}
	}
}
