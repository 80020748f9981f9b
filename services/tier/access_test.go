package tier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, tierv1.TierService_GetMemberTier_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator])
}
