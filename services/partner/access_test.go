package partner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, partnerv1.PartnerKeyService_AddPartnerKey_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator], "ListPartnerKeysRequest.partner")
}
