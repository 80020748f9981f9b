package spend

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Plan is the version of what is planned. Another plan under the same keys would be refused, so it needs another house.
const Plan = 2

// Member is an account that may spend.
type Member struct {
	Account string
	Active  money.Points // that it can spend
	Tier    string
}

// How many members do what at most.
const (
	spendersMax = 300 // from the rich to the poor: every other one has a reward, the others pay at partners
	guestsMax   = 50  // those without a point are given some by partners
)

// What some of them do differently, by their place: what is asked too much is refused, and shown.
const (
	everyTopTier = 15 // asks for what only the highest tier may have
	everyTooMuch = 15 // asks a point more than it has
	everyLetGo   = 10 // lets go what was set aside
	everyPart    = 5  // takes half of it
)

// What guests are given, and spend of it.
const (
	gift      money.Points = 250
	giftSpent money.Points = 200
)

// deedKind is one thing that is done.
type deedKind uint8

const (
	redeem  deedKind = iota // a reward
	award                   // a partner gives points
	capture                 // a partner sets points aside and takes them
	letGo                   // a partner sets points aside and lets them go
)

// deed is done at a place, under a key that is the same in every run.
type deed struct {
	kind   deedKind
	place  string // the partner
	reward string
	points money.Points // to give, or to set aside
	take   money.Points // of those set aside; 0: all
	key    string
}

// visit is what one member does, one after the other.
type visit struct {
	account string
	deeds   []deed
}

// till is a partner that gives or takes points.
type till struct {
	id             string
	issues, takes  bool
	perDay         money.Points // 0: without limit
	given, setting money.Points // planned
}

// planner deals deeds out. The same members, tills and tiers give the same plan.
type planner struct {
	shelf          []item
	issuers, tills []*till
}

// plan says who does what. Members stand in the order of their points, of equals that comes first which is named first;
// of more than can spend, every second, third, ... does. Who has not enough for any reward spends only where there are few.
func (p *planner) plan(members []Member) []visit {
	byPoints := slices.SortedFunc(slices.Values(members), func(a, b Member) int {
		return cmp.Or(cmp.Compare(b.Active, a.Active), cmp.Compare(a.Account, b.Account))
	})
	none := slices.IndexFunc(byPoints, func(m Member) bool { return m.Active <= 0 })
	if none < 0 {
		none = len(byPoints)
	}
	var visits []visit
	able := none
	if n := p.afford(byPoints[:none]); n >= spendersMax {
		able = n
	}
	step := max(able/spendersMax, 1)
	for i := range min(able, spendersMax) {
		m, n := byPoints[i*step], i/2
		if i%2 == 0 {
			visits = append(visits, visit{m.Account, []deed{p.reward(m, n)}})
		} else {
			visits = append(visits, visit{m.Account, p.pay(m, n)})
		}
	}
	if len(p.issuers) == 0 {
		return visits
	}
	for n, m := range byPoints[none:min(len(byPoints), none+guestsMax)] {
		visits = append(visits, visit{m.Account, p.guest(n)})
	}
	return visits
}

// afford is how many members have enough for the cheapest reward; the richest come first.
func (p *planner) afford(members []Member) int {
	cheapest := p.shelf[len(p.shelf)-1].points
	n := slices.IndexFunc(members, func(m Member) bool { return m.Active < cheapest })
	if n < 0 {
		return len(members)
	}
	return n
}

// reward is the n-th redemption: by turns one or another reward that the member can afford, the cheapest if none.
func (p *planner) reward(m Member, n int) deed {
	d := deed{kind: redeem, key: fmt.Sprintf("run/reward/%d", n)}
	if n%everyTopTier == 0 {
		d.reward = p.shelf[0].id
		return d
	}
	open := p.shelf[1:]
	at := n % len(open)
	for at < len(open)-1 && open[at].points > m.Active {
		at++
	}
	d.reward = open[at].id
	return d
}

// pay is the n-th purchase with points at a partner, for half of what the member has.
func (p *planner) pay(m Member, n int) []deed {
	t := p.tills[n%len(p.tills)]
	d := deed{kind: capture, place: t.id, points: max(m.Active/2, 1), key: fmt.Sprintf("run/pay/%d", n)}
	switch {
	case n%everyTooMuch == everyTooMuch-1:
		d.points = m.Active + 1
	case n%everyLetGo == everyLetGo-1:
		d.kind = letGo
	case n%everyPart == everyPart-1:
		d.take = max(d.points/2, 1)
	}
	if !t.room(&t.setting, d.points) {
		return nil
	}
	return []deed{d}
}

// guest is the n-th member without a point: a partner gives it some, and it spends most of them somewhere else.
func (p *planner) guest(n int) []deed {
	issuer := p.issuers[n%len(p.issuers)]
	if !issuer.room(&issuer.given, gift) {
		return nil
	}
	deeds := []deed{{kind: award, place: issuer.id, points: gift, key: fmt.Sprintf("run/award/%d", n)}}
	if n%3 == 0 {
		return append(deeds, deed{kind: redeem, reward: p.shelf[len(p.shelf)-1].id, key: fmt.Sprintf("run/guest/%d", n)})
	}
	at := n / len(p.issuers) // each issuer's guests go to every till by turns
	t := p.tills[at%len(p.tills)]
	if t.id == issuer.id {
		t = p.tills[(at+1)%len(p.tills)]
	}
	if !t.room(&t.setting, giftSpent) {
		return deeds
	}
	return append(deeds, deed{kind: capture, place: t.id, points: giftSpent, key: fmt.Sprintf("run/guest/%d", n)})
}

// room plans points at a till, as far as its day goes: what a limit refuses today, a run on another day would not.
func (t *till) room(planned *money.Points, points money.Points) bool {
	if t.perDay > 0 && *planned+points > t.perDay {
		return false
	}
	*planned += points
	return true
}
