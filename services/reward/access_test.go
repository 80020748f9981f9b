package reward_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, rewardv1.RewardService_RedeemReward_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator], "ListRewardsRequest.account")
}
