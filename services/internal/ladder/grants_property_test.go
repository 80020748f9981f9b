package ladder_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// patron is the slow twin with grants: the plain twin never hears of them, and each day, one by one,
// the tier held is the higher of the twin's and of the grants that hold then.
type patron struct {
	earned *twin
	grants []ladder.Grant
	held   string
}

func (p *patron) settle(on calendar.Day) {
	p.held = p.earned.tier
	for _, g := range p.grants {
		_, held := (&twin{ladder: p.earned.ladder, tier: p.held}).place(0)
		_, granted := (&twin{ladder: p.earned.ladder, tier: g.Tier}).place(0)
		if g.From <= on && on < g.Until && !g.Ended && granted > held {
			p.held = g.Tier
		}
	}
}

// court drives both with the same commands.
type court struct {
	ladder ladder.Ladder
	patron *patron
	state  ladder.State
	now    calendar.Day
	given  int
}

func (c *court) pass(t *rapid.T) {
	until := c.now.AddDays(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 45), rapid.IntRange(0, 400)).Draw(t, "days"))
	due, ok := c.ladder.NextPass(c.state, c.now)
	drop, drops := c.ladder.NextDrop(c.state, c.now)
	for on := c.now + 1; on <= until; on++ {
		before := c.patron.held
		if on == on.FirstOfMonth() {
			c.patron.earned.review(on)
		}
		c.patron.settle(on)
		if c.lower(c.patron.held, before) && drops {
			require.Equal(t, drop.On.String()+before+c.patron.held, on.String()+drop.From+drop.To)
			drops = false
		}
		if !ok || due != on {
			require.Equal(t, before, c.patron.held, "on %s nothing is due before %s", on, due)
			continue
		}
		next, change, moved := c.ladder.Pass(c.state, on)
		require.True(t, moved)
		require.Equal(t, before != c.patron.held, change.To != "", "%+v", change)
		c.state = next
		due, ok = c.ladder.NextPass(c.state, on)
	}
	require.False(t, drops && drop.On <= until, "it did not drop on %s", drop.On)
	c.now = until
}

func (c *court) lower(a, b string) bool {
	at := func(name string) int {
		return slices.IndexFunc(c.ladder.Tiers, func(t ladder.Tier) bool { return t.Name == name })
	}
	return at(a) < at(b)
}

func (c *court) order(t *rapid.T) {
	ago := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 400)).Draw(t, "ago")
	c.book(t, ladder.Spend{Day: c.now.AddDays(-ago), Amount: money.Minor(rapid.Int64Range(1, 70).Draw(t, "amount"))})
}

func (c *court) refund(t *rapid.T) {
	if len(c.patron.earned.booked) == 0 {
		t.Skip("nothing was bought")
	}
	i := rapid.IntRange(0, len(c.patron.earned.booked)-1).Draw(t, "order")
	ordered := c.patron.earned.booked[i]
	if ordered.Amount <= 0 {
		t.Skip("it came back")
	}
	if c.patron.earned.booked[i].Amount = 0; ordered.Day > c.now.AddMonths(-c.ladder.WindowMonths) {
		c.book(t, ladder.Spend{Day: ordered.Day, Amount: -ordered.Amount})
	}
}

func (c *court) book(t *rapid.T, s ladder.Spend) {
	if s.Amount > 0 {
		c.patron.earned.booked = append(c.patron.earned.booked, s)
	}
	c.patron.earned.reach(c.now)
	c.patron.settle(c.now)
	before := c.state
	next, climb := c.ladder.Climb(c.state, s, c.now)
	require.Equal(t, climb.Moved, before.Tier != next.Tier || before.Below != next.Below)
	require.Equal(t, before.Tier != next.Tier, climb.Change.To != "")
	c.state = next
}

func (c *court) give(t *rapid.T) {
	c.given++
	from := c.now.AddDays(rapid.IntRange(-3, 60).Draw(t, "from"))
	g := ladder.Grant{
		ID: fmt.Sprint(c.given), From: from, Until: from.AddDays(rapid.IntRange(0, 90).Draw(t, "length")),
		Tier: rapid.SampledFrom([]string{"first", "second", "third", "fourth"}).Draw(t, "tier"),
	}
	if c.ladder.Admit(c.state, g, c.now) != nil {
		t.Skip("it is not let in")
	}
	if c.patron.earned.tier == "" {
		c.patron.earned.reach(c.now)
	}
	c.patron.grants = append(c.patron.grants, g)
	c.patron.settle(c.now)
	c.state, _ = c.ladder.Give(c.state, g, c.now)
	again, _ := c.ladder.Give(c.state, g, c.now)
	require.Equal(t, c.state, again)
}

func (c *court) end(t *rapid.T) {
	if len(c.state.Grants) == 0 {
		t.Skip("there is none")
	}
	id := rapid.SampledFrom(c.state.Grants).Draw(t, "grant").ID
	for i := range c.patron.grants {
		c.patron.grants[i].Ended = c.patron.grants[i].Ended || c.patron.grants[i].ID == id
	}
	c.patron.settle(c.now)
	c.state, _, _ = c.ladder.EndGrant(c.state, id, c.now)
}

func (c *court) check(t *rapid.T) {
	require.Equal(t, c.patron.held, c.state.Tier)
	require.Equal(t, c.patron.earned.qualifying(c.now), c.ladder.Qualifying(c.state, c.now))
	if len(c.state.Grants) == 0 {
		require.Empty(t, c.state.Below)
		return
	}
	require.Equal(t, c.patron.earned.tier, c.state.Below)
	require.True(t, slices.IsSortedFunc(c.state.Grants, func(a, b ladder.Grant) int { return 2*map[bool]int{true: 1}[a.ID > b.ID] - 1 }))
	for _, g := range c.state.Grants {
		require.Greater(t, g.Until, c.now, "what is over is forgotten")
	}
}

func TestGrantsAgreeWithTheirTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLadder.Draw(t, "ladder")
		c := &court{
			ladder: l, patron: &patron{earned: &twin{ladder: l}},
			now: calendar.Date(2023, time.December, rapid.IntRange(1, 31).Draw(t, "start")),
		}
		t.Repeat(map[string]func(*rapid.T){
			"pass": c.pass, "order": c.order, "refund": c.refund, "give": c.give, "end": c.end, "": c.check,
		})
	})
}
