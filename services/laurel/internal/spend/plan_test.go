package spend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func plannerOf(limit money.Points) *planner {
	cafe, radio := &till{id: "cafe", takes: true, perDay: limit}, &till{id: "radio", issues: true, takes: true, perDay: limit}
	return &planner{
		shelf:   shelf("gold"),
		issuers: []*till{{id: "bank", issues: true, perDay: limit}, radio},
		tills:   []*till{cafe, radio},
	}
}

// club is members of whom every third has nothing.
func club(members int) []Member {
	var list []Member
	for i := range members {
		m := Member{Account: fmt.Sprintf("%05d", i), Tier: "bronze"}
		if i%3 > 0 {
			m.Active = money.Points(1 + i*37%900)
		}
		list = append(list, m)
	}
	return list
}

func TestTheSameMembersPlanTheSame(t *testing.T) {
	members := club(2_000)
	want := plannerOf(0).plan(members)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	require.Equal(t, want, plannerOf(0).plan(members))
	require.Len(t, want, spendersMax+guestsMax)

	keys, accounts, kinds := map[string]bool{}, map[string]bool{}, map[deedKind]int{}
	for _, v := range want {
		require.False(t, accounts[v.account], "a member does everything in one row: %s", v.account)
		accounts[v.account] = true
		for _, d := range v.deeds {
			require.False(t, keys[d.key], d.key)
			keys[d.key] = true
			kinds[d.kind]++
		}
	}
	require.Equal(t, map[deedKind]int{redeem: spendersMax/2 + 17, award: guestsMax, capture: 140 + 33, letGo: 10}, kinds)
}

func TestAMemberAsksForWhatItCanAfford(t *testing.T) {
	p := plannerOf(0)
	for n := 1; n < everyTopTier; n++ {
		for _, has := range []money.Points{40, 119, 120, 399, 5_000} {
			d := p.reward(Member{Active: has}, n)
			at := slices.IndexFunc(p.shelf, func(i item) bool { return i.id == d.reward })
			require.LessOrEqual(t, p.shelf[at].points, has)
			require.Empty(t, p.shelf[at].tier)
		}
	}
	require.Equal(t, "fast-lane", p.reward(Member{Active: 3}, 1).reward, "the cheapest, and it is refused")
	require.Equal(t, "listening-evening", p.reward(Member{Active: 3}, everyTopTier).reward)
	few, many := []Member{{Account: "a", Active: 50}, {Account: "b", Active: 3}}, club(2_000)
	require.Equal(t, 1, p.afford(few))
	require.Len(t, plannerOf(0).plan(few), 2, "where there are few, all of them spend")
	poor := map[string]bool{}
	for _, m := range many {
		poor[m.Account] = 0 < m.Active && m.Active < 40
	}
	for _, v := range plannerOf(0).plan(many) {
		require.False(t, poor[v.account], v.account)
	}
}

// TestAFewMembersAndTightLimits: nothing is planned that a day's limit would refuse, for on another day it would not.
func TestAFewMembersAndTightLimits(t *testing.T) {
	require.Empty(t, plannerOf(0).plan(nil))
	require.Len(t, plannerOf(0).plan(club(3)), 3)
	p := plannerOf(600)
	given, taken := map[string]money.Points{}, map[string]money.Points{}
	for _, v := range p.plan(club(2_000)) {
		for _, d := range v.deeds {
			switch d.kind {
			case award:
				given[d.place] += d.points
			case capture, letGo:
				taken[d.place] += d.points
			case redeem:
			}
		}
	}
	require.Equal(t, map[string]money.Points{"bank": 500, "radio": 500}, given)
	for place, points := range taken {
		require.LessOrEqual(t, points, money.Points(600), place)
	}
	require.Len(t, taken, 2)
	only := &planner{shelf: shelf(""), tills: p.tills[:1]}
	for _, v := range only.plan(club(30)) {
		for _, d := range v.deeds {
			require.NotEqual(t, award, d.kind, "nobody gives points")
		}
	}
}
