package api

import (
	"context"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
)

// VerifyRewards implements RewardService.
func (s *Server) VerifyRewards(ctx context.Context, in *rewardv1.VerifyRewardsRequest) (*rewardv1.VerifyRewardsResponse, error) {
	checks, err := s.process.Verify(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	answer := &rewardv1.VerifyRewardsResponse{Ok: true}
	for _, c := range checks {
		answer.Checks = append(answer.Checks, &rewardv1.Check{Name: c.Name, Ok: c.OK, Detail: c.Detail})
		answer.Ok = answer.GetOk() && c.OK
	}
	return answer, nil
}
