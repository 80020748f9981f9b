package spend

import (
	"context"
	"fmt"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// item is a reward of the run's catalogue. One of each is there for everybody who can ask for it.
type item struct {
	id, name string
	kind     rewardv1.RewardKind
	points   money.Points
	tier     string // empty: everybody may have it
}

// shelf is the catalogue: first what only the highest tier may have, then the others, the dearest first.
func shelf(highest string) []item {
	const (
		gift, voucher, privilege = rewardv1.RewardKind_REWARD_KIND_GIFT, rewardv1.RewardKind_REWARD_KIND_VOUCHER, rewardv1.RewardKind_REWARD_KIND_PRIVILEGE
	)
	return []item{
		{"listening-evening", "An evening in the listening room", privilege, 200, highest},
		{"box-set", "A box set", gift, 400, ""},
		{"voucher-10", "10 off the next order", voucher, 250, ""},
		{"tote-bag", "A tote bag", gift, 120, ""},
		{"fast-lane", "Dispatched the same day", privilege, 40, ""},
	}
}

// stock puts the catalogue in order. Put again it stays as it is.
func (r *runner) stock(ctx context.Context, items []item) error {
	for _, i := range items {
		terms := &rewardv1.Terms{Kind: i.kind, Name: i.name, Points: int64(i.points), Unlimited: i.kind == rewardv1.RewardKind_REWARD_KIND_PRIVILEGE}
		if i.tier != "" {
			terms.Tiers = []string{i.tier}
		}
		err := r.ask(ctx, func(ctx context.Context) error {
			_, err := r.rewards.PutReward(ctx, &rewardv1.PutRewardRequest{
				Program: r.program, Reward: i.id, Terms: terms, IdempotencyKey: "run/put/" + i.id,
			})
			return err
		})
		if err == nil && !terms.GetUnlimited() {
			err = r.ask(ctx, func(ctx context.Context) error { return r.fill(ctx, i) })
		}
		if err != nil {
			return fmt.Errorf("put reward %s: %w", i.id, err)
		}
	}
	return nil
}

// fill puts as many of a reward in as can be asked for.
func (r *runner) fill(ctx context.Context, i item) error {
	key := "run/fill/" + i.id
	if i.kind != rewardv1.RewardKind_REWARD_KIND_VOUCHER {
		_, err := r.rewards.AddStock(ctx, &rewardv1.AddStockRequest{Program: r.program, Reward: i.id, Items: spendersMax, IdempotencyKey: key})
		return err
	}
	codes := make([]string, spendersMax)
	for n := range codes {
		codes[n] = fmt.Sprintf("RUN-%04d", n+1) // of a house in which nothing can be bought with them
	}
	_, err := r.rewards.AddCodes(ctx, &rewardv1.AddCodesRequest{Program: r.program, Reward: i.id, Codes: codes, IdempotencyKey: key})
	return err
}
