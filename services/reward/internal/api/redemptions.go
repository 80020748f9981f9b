package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/contract"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/redeem"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
)

// RedeemReward implements RewardService.
func (s *Server) RedeemReward(ctx context.Context, in *rewardv1.RedeemRewardRequest) (*rewardv1.RedeemRewardResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	r, err := s.process.Redeem(ctx, redeem.Request{
		Program: in.GetProgram(), Account: in.GetAccount(), Call: c.Call, Reward: catalogue.ID(in.GetReward()), Points: money.Points(in.GetPoints()),
	})
	if err != nil {
		return nil, err
	}
	return &rewardv1.RedeemRewardResponse{Redemption: contract.Redemption(r)}, nil
}

// CancelRedemption implements RewardService.
func (s *Server) CancelRedemption(ctx context.Context, in *rewardv1.CancelRedemptionRequest) (*rewardv1.CancelRedemptionResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	r, err := s.process.Cancel(ctx, c, in.GetRedemptionId())
	if err != nil {
		return nil, err
	}
	return &rewardv1.CancelRedemptionResponse{Redemption: contract.Redemption(r)}, nil
}

// RevealCode implements RewardService.
func (s *Server) RevealCode(ctx context.Context, in *rewardv1.RevealCodeRequest) (*rewardv1.RevealCodeResponse, error) {
	c, err := command(ctx, in)
	if err != nil {
		return nil, err
	}
	r, err := s.process.Reveal(ctx, c, in.GetRedemptionId())
	if err != nil {
		return nil, err
	}
	return &rewardv1.RevealCodeResponse{Code: r.Code, Redemption: contract.Redemption(r)}, nil
}

// GetRedemption implements RewardService.
func (s *Server) GetRedemption(ctx context.Context, in *rewardv1.GetRedemptionRequest) (*rewardv1.GetRedemptionResponse, error) {
	row, err := s.storage.Redemption(ctx, in.GetProgram(), in.GetRedemptionId())
	if err != nil {
		return nil, err
	}
	if !row.Found() {
		return nil, reason.New(reason.RedemptionNotFound, "redemption_id", "there is no redemption %s in programme %s",
			in.GetRedemptionId(), in.GetProgram())
	}
	return &rewardv1.GetRedemptionResponse{Redemption: contract.Redemption(row.Value)}, nil
}

// ListRedemptions implements RewardService.
func (s *Server) ListRedemptions(ctx context.Context, in *rewardv1.ListRedemptionsRequest) (*rewardv1.ListRedemptionsResponse, error) {
	list := []string{"redemptions", in.GetProgram(), in.GetAccount()}
	token, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	after, err := placeFrom(token)
	if err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize())
	redemptions, err := s.storage.Redemptions(ctx, in.GetProgram(), in.GetAccount(), after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &rewardv1.ListRedemptionsResponse{}
	for i, r := range redemptions {
		if i == size {
			last := redemptions[i-1]
			answer.NextPageToken = cursor.Of(list, strconv.FormatInt(last.BegunAt.UnixMilli(), 10)+"/"+last.ID)
			break
		}
		answer.Redemptions = append(answer.Redemptions, contract.Redemption(r))
	}
	return answer, nil
}

// placeFrom reads where a page of redemptions ended.
func placeFrom(token string) (storage.Place, error) {
	if token == "" {
		return storage.Place{}, nil
	}
	millis, id, found := strings.Cut(token, "/")
	n, err := strconv.ParseInt(millis, 10, 64)
	if !found || err != nil {
		return storage.Place{}, cursor.Refused()
	}
	return storage.Place{BegunAt: time.UnixMilli(n).UTC(), ID: id}, nil
}
