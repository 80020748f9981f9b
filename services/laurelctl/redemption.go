package laurelctl

import (
	"context"
	"fmt"
	"time"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
)

// redeemCmd spends points on a reward.
type redeemCmd struct {
	keyed
	Account string `arg:"" help:"Whose points."`
	Reward  string `arg:"" help:"On what."`
	Points  int64  `help:"What it is to cost; refused if it costs something else. Default: whatever it costs."`
}

// Run redeems it.
func (c *redeemCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.RedeemReward(ctx, &rewardv1.RedeemRewardRequest{
			Program: r.program, Account: c.Account, Reward: c.Reward, Points: c.Points, IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, redemptionRows(answer.GetRedemption()))
	})
}

// redemptionCancelCmd gives points back.
type redemptionCancelCmd struct {
	keyed
	Redemption string `arg:"" help:"Which."`
}

// Run cancels it.
func (c *redemptionCancelCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.CancelRedemption(ctx, &rewardv1.CancelRedemptionRequest{
			Program: r.program, RedemptionId: c.Redemption, IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, redemptionRows(answer.GetRedemption()))
	})
}

// redemptionShowCmd shows a redemption.
type redemptionShowCmd struct {
	Redemption string `arg:"" help:"Which."`
}

// Run asks for it.
func (c *redemptionShowCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.GetRedemption(ctx, &rewardv1.GetRedemptionRequest{Program: r.program, RedemptionId: c.Redemption})
		if err != nil {
			return err
		}
		return w.show(answer, redemptionRows(answer.GetRedemption()))
	})
}

// redemptionCodeCmd shows the code of a voucher.
type redemptionCodeCmd struct {
	keyed
	Redemption string `arg:"" help:"Which; it cannot be cancelled from then on."`
}

// Run asks for it.
func (c *redemptionCodeCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.RevealCode(ctx, &rewardv1.RevealCodeRequest{Program: r.program, RedemptionId: c.Redemption, IdempotencyKey: c.key()})
		if err != nil {
			return err
		}
		g := grid{columns: []string{"redemption", "code"}}
		g.add(answer.GetRedemption().GetRedemptionId(), answer.GetCode())
		return w.show(answer, g)
	})
}

// redemptionListCmd lists the redemptions of an account.
type redemptionListCmd struct {
	Account string `arg:"" help:"Whose."`
}

// Run asks for them, page by page.
func (c *redemptionListCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		all := &rewardv1.ListRedemptionsResponse{}
		request := &rewardv1.ListRedemptionsRequest{Program: r.program, Account: c.Account, PageSize: 200}
		for {
			answer, err := r.ListRedemptions(ctx, request)
			if err != nil {
				return err
			}
			all.Redemptions = append(all.GetRedemptions(), answer.GetRedemptions()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return w.show(all, redemptionRows(all.GetRedemptions()...))
			}
		}
	})
}

func redemptionRows(list ...*rewardv1.Redemption) grid {
	g := grid{
		columns: []string{"redemption", "account", "reward", "version", "name", "points", "state", "begun_at", "refusal"},
		numbers: []string{"points"},
	}
	for _, r := range list {
		g.add(r.GetRedemptionId(), r.GetAccount(), r.GetReward(), number(r.GetRewardVersion()), r.GetName(), number(r.GetPoints()),
			plainEnum(r.GetState().String(), "REDEMPTION_STATE_"), moment(r.GetBegunAt()), r.GetRefusal().GetMessage())
	}
	return g
}

// rewardVerifyCmd holds the redemptions against the ledger.
type rewardVerifyCmd struct {
	Wait time.Duration `default:"1h" placeholder:"TIME" help:"How long to wait for the end. Default: ${default}."`
}

// Run asks for the verification and shows the checks.
func (c *rewardVerifyCmd) Run(w *world) error {
	return w.through("reward", c.Wait, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		answer, err := rewardv1.NewRewardServiceClient(d.conn).VerifyRewards(ctx, &rewardv1.VerifyRewardsRequest{Program: program})
		if err != nil {
			return err
		}
		g := grid{columns: []string{"check", "ok", "detail"}}
		for _, check := range answer.GetChecks() {
			g.add(check.GetName(), fmt.Sprint(check.GetOk()), check.GetDetail())
		}
		if err := w.show(answer, g); err != nil {
			return err
		}
		if !answer.GetOk() {
			return errBroken
		}
		return nil
	})
}
