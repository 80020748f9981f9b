package laurelctl

import (
	"context"
	"fmt"
	"strings"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
)

// rewards is a connection to the reward service, and the programme that is meant.
type rewards struct {
	rewardv1.RewardServiceClient
	program string
}

// askRewards lets f ask the reward service about a programme.
func (w *world) askRewards(f func(ctx context.Context, r *rewards) error) error {
	return w.through("reward", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &rewards{rewardv1.NewRewardServiceClient(d.conn), program})
	})
}

// rewardListCmd lists the catalogue.
type rewardListCmd struct {
	Account string `arg:"" optional:"" help:"What each costs this account, and what stands in its way. Default: the catalogue as it is."`
}

// Run asks for it, page by page.
func (c *rewardListCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		all, request := &rewardv1.ListRewardsResponse{}, &rewardv1.ListRewardsRequest{Program: r.program, Account: c.Account, PageSize: 200}
		for {
			answer, err := r.ListRewards(ctx, request)
			if err != nil {
				return err
			}
			all.Offers = append(all.GetOffers(), answer.GetOffers()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() != "" {
				continue
			}
			if c.Account == "" {
				return w.show(all, catalogueRows(all.GetOffers()))
			}
			return w.show(all, offerRows(all.GetOffers()))
		}
	})
}

func offerRows(offers []*rewardv1.Offer) grid {
	g := grid{columns: []string{"reward", "name", "points", "within_reach", "why_not"}, numbers: []string{"points"}}
	for _, o := range offers {
		why := make([]string, len(o.GetWhyNot()))
		for i, n := range o.GetWhyNot() {
			why[i] = n.GetMessage()
		}
		g.add(o.GetReward().GetReward(), o.GetReward().GetTerms().GetName(), number(o.GetPoints()), map[bool]string{true: "yes", false: "no"}[o.GetWithinReach()], strings.Join(why, "; "))
	}
	return g
}

func catalogueRows(offers []*rewardv1.Offer) grid {
	list := make([]*rewardv1.Reward, len(offers))
	for i, o := range offers {
		list[i] = o.GetReward()
	}
	return rewardRows(list...)
}

func rewardRows(list ...*rewardv1.Reward) grid {
	g := grid{columns: []string{"reward", "version", "state", "kind", "name", "points", "left", "put_in"}, numbers: []string{"points", "left", "put_in"}}
	for _, r := range list {
		left, in := "", ""
		if s := r.GetStock(); s != nil {
			left, in = number(s.GetLeft()), number(s.GetPutIn())
		}
		g.add(r.GetReward(), number(r.GetVersion()), plainEnum(r.GetState().String(), "REWARD_STATE_"), kindText(r.GetTerms().GetKind()),
			r.GetTerms().GetName(), number(r.GetTerms().GetPoints()), left, in)
	}
	return g
}

func kindText(k rewardv1.RewardKind) string { return plainEnum(k.String(), "REWARD_KIND_") }

// rewardItemCmd shows a reward.
type rewardItemCmd struct {
	Reward  string `arg:"" help:"Which."`
	Version int32  `help:"The terms of this version. Default: the newest."`
}

// Run asks for it.
func (c *rewardItemCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.GetReward(ctx, &rewardv1.GetRewardRequest{Program: r.program, Reward: c.Reward, Version: c.Version})
		if err != nil {
			return err
		}
		return w.show(answer, rewardRows(answer.GetReward()), rewardTable(answer.GetReward()))
	})
}

// rewardTable is a reward for people.
func rewardTable(r *rewardv1.Reward) grid {
	t := r.GetTerms()
	g := grid{columns: []string{"what", "value"}}
	add := func(what, value string) {
		if value != "" {
			g.add(what, value)
		}
	}
	add("reward", fmt.Sprintf("%s/%s, version %d", r.GetProgram(), r.GetReward(), r.GetVersion()))
	add("name", t.GetName())
	add("description", t.GetDescription())
	add("kind", kindText(t.GetKind()))
	add("state", plainEnum(r.GetState().String(), "REWARD_STATE_"))
	add("points", number(t.GetPoints()))
	for _, p := range t.GetTierPrices() {
		add("points at "+p.GetTier(), number(p.GetPoints()))
	}
	add("for", strings.Join(t.GetTiers(), ", "))
	add("in segment", strings.Join(t.GetSegments(), " or "))
	if s := r.GetStock(); s != nil {
		add("left", fmt.Sprintf("%d of %d", s.GetLeft(), s.GetPutIn()))
	}
	if l := t.GetLimit(); l.GetInAll() > 0 {
		add("limit", fmt.Sprintf("%d for each account", l.GetInAll()))
	}
	if l := t.GetLimit(); l.GetPerPeriod() > 0 {
		add("limit", fmt.Sprintf("%d within %d days for each account", l.GetPerPeriod(), l.GetPeriodDays()))
	}
	add("from", moment(t.GetValidFrom()))
	add("until", moment(t.GetValidUntil()))
	if t.GetCancelDays() > 0 {
		add("can be cancelled", fmt.Sprintf("for %d days", t.GetCancelDays()))
	}
	add("redeemer", t.GetRedeemer())
	return g
}
