package api

import (
	"context"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/contract"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/redeem"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
)

// PutReward implements RewardService.
func (s *Server) PutReward(ctx context.Context, in *rewardv1.PutRewardRequest) (*rewardv1.PutRewardResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	terms, err := contract.TermsFrom(in.GetTerms())
	if err != nil {
		return nil, err
	}
	a, err := s.keeper.Put(ctx, c, catalogue.ID(in.GetReward()), terms)
	if err != nil {
		return nil, err
	}
	return &rewardv1.PutRewardResponse{Reward: contract.Reward(in.GetProgram(), a.Reward, a.Stock)}, nil
}

// WithdrawReward implements RewardService.
func (s *Server) WithdrawReward(ctx context.Context, in *rewardv1.WithdrawRewardRequest) (*rewardv1.WithdrawRewardResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	a, err := s.keeper.Withdraw(ctx, c, catalogue.ID(in.GetReward()))
	if err != nil {
		return nil, err
	}
	return &rewardv1.WithdrawRewardResponse{Reward: contract.Reward(in.GetProgram(), a.Reward, a.Stock)}, nil
}

// AddStock implements RewardService.
func (s *Server) AddStock(ctx context.Context, in *rewardv1.AddStockRequest) (*rewardv1.AddStockResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	a, err := s.keeper.AddStock(ctx, c, catalogue.ID(in.GetReward()), in.GetItems())
	if err != nil {
		return nil, err
	}
	return &rewardv1.AddStockResponse{Stock: contract.Stock(a.Stock)}, nil
}

// AddCodes implements RewardService.
func (s *Server) AddCodes(ctx context.Context, in *rewardv1.AddCodesRequest) (*rewardv1.AddCodesResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	a, err := s.keeper.AddCodes(ctx, c, catalogue.ID(in.GetReward()), in.GetCodes())
	if err != nil {
		return nil, err
	}
	return &rewardv1.AddCodesResponse{
		Added: int32(a.Added), Known: int32(a.Known), Stock: contract.Stock(a.Stock), //nolint:gosec // at most as many as came
	}, nil
}

// GetReward implements RewardService.
func (s *Server) GetReward(ctx context.Context, in *rewardv1.GetRewardRequest) (*rewardv1.GetRewardResponse, error) {
	id := catalogue.ID(in.GetReward())
	row, err := s.storage.Reward(ctx, in.GetProgram(), id)
	if err != nil {
		return nil, err
	}
	reward, found := row.Value, row.Found()
	if version := int(in.GetVersion()); found && version != 0 && version != reward.Version {
		old, err := s.storage.RewardVersion(ctx, in.GetProgram(), id, version)
		if err != nil {
			return nil, err
		}
		found = old.Found()
		reward.Version, reward.Terms, reward.PutAt = version, old.Value.Terms, old.Value.PutAt
	}
	if !found {
		return nil, reason.New(reason.RewardNotFound, "reward", "the catalogue of %s has no reward %s, or not this version", in.GetProgram(), id)
	}
	stocks, err := s.storage.Stocks(ctx, in.GetProgram(), id)
	if err != nil {
		return nil, err
	}
	return &rewardv1.GetRewardResponse{Reward: contract.Reward(in.GetProgram(), reward, stocks[id])}, nil
}

// ListRewards implements RewardService.
func (s *Server) ListRewards(ctx context.Context, in *rewardv1.ListRewardsRequest) (*rewardv1.ListRewardsResponse, error) {
	list := []string{"rewards", in.GetProgram(), in.GetAccount()}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize())
	rewards, err := s.storage.Rewards(ctx, in.GetProgram(), storage.Listing{
		After: catalogue.ID(after), OnOffer: in.GetAccount() != "", RowsMost: size + 1,
	})
	if err != nil {
		return nil, err
	}
	answer := &rewardv1.ListRewardsResponse{}
	if len(rewards) > size {
		rewards = rewards[:size]
		answer.NextPageToken = cursor.Of(list, string(rewards[size-1].ID))
	}
	if in.GetAccount() == "" {
		answer.Offers, err = s.catalogue(ctx, in.GetProgram(), rewards)
		return answer, err
	}
	offers, err := s.process.Offers(ctx, in.GetProgram(), in.GetAccount(), rewards...)
	for _, o := range offers {
		answer.Offers = append(answer.Offers, offer(in.GetProgram(), o))
	}
	return answer, err
}

// catalogue writes rewards as nobody in particular sees them.
func (s *Server) catalogue(ctx context.Context, program string, rewards []catalogue.Reward) ([]*rewardv1.Offer, error) {
	ids := make([]catalogue.ID, len(rewards))
	for i, r := range rewards {
		ids[i] = r.ID
	}
	stocks, err := s.storage.Stocks(ctx, program, ids...)
	if err != nil {
		return nil, err
	}
	offers := make([]*rewardv1.Offer, len(rewards))
	for i, r := range rewards {
		offers[i] = &rewardv1.Offer{Reward: contract.Reward(program, r, stocks[r.ID]), Points: int64(r.Terms.Points)}
	}
	return offers, nil
}

func offer(program string, o redeem.Offer) *rewardv1.Offer {
	out := &rewardv1.Offer{Reward: contract.Reward(program, o.Reward, o.Stock), Points: int64(o.Points), WithinReach: len(o.WhyNot) == 0}
	for _, refusal := range o.WhyNot {
		out.WhyNot = append(out.WhyNot, contract.WhyNot(refusal))
	}
	return out
}
