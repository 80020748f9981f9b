package analytics_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t).run(size{})
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, analyticsv1.AnalyticsService_GetReport_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator])
}
