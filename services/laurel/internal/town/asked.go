package town

import (
	"fmt"
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Asked is what some members are asked besides: the truth is that of all members, or what the answers were drawn from. What is written
// down: fields are added, never renamed.
type Asked struct {
	Kano       []Feature  `json:"kano"`
	Prices     Prices     `json:"prices"`
	Households Households `json:"households"`
	Quality    []Quality  `json:"quality"`
}

// topic is a question of its own. Each has its own random sources, so that a new one moves no answer to another.
type topic uint64

const (
	topicKano topic = iota + 1
	topicPrices
	topicFarewell
	topicHousehold
	topicQuality
	topicBudget
	topicHabits
	topicBefore
	topicFeast
	topicVisit
)

// source is the random source of a topic for a member.
func (p Params) source(of topic, member int) *rand.Rand {
	return rand.New(rand.NewPCG(^p.Seed, uint64(of)<<32+uint64(member))) //nolint:gosec // seeded on purpose, neither is below zero
}

// ask asks a member all that is asked besides.
func (t *Town) ask(p Params, member int, l life, at person) {
	t.features(p, l, p.source(topicKano, member))
	t.price(p, l, at, p.source(topicPrices, member))
	t.farewell(p, l, p.source(topicFarewell, member))
	t.household(p, l, p.source(topicHousehold, member))
	t.scores(p, l, p.source(topicQuality, member))
	t.year.add(p, l)
}

// askRest asks those who are no members, tells what the town hall wants and spends, and puts all answers behind what was said before.
func (t *Town) askRest(p Params) {
	t.staff(p)
	t.Truth.Plans.Goals = t.year.goals(p)
	t.spend(p)
	t.Actions = append(t.Actions, t.answers...)
}

// answer keeps an answer for the end of the town's events: those before it keep their ids. Nobody answers behind the last day.
func (t *Town) answer(p Params, account, kind string, day calendar.Day, data map[string]any) bool {
	if day >= p.End() {
		return false
	}
	t.answers = append(t.answers, Action{Type: kind, Account: account, Day: day, Data: data, ID: fmt.Sprintf("%s-%s-a%d", account, kind, len(t.answers))})
	return true
}

// someDay is a day since a member came.
func (l life) someDay(p Params, r *rand.Rand) calendar.Day {
	first := l.orders[0].Day
	return first.AddDays(r.IntN(int(p.End() - first)))
}
