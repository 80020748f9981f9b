package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t, events).run(size{})
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, accrualv1.AccrualService_GetAccount_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator],
		"ListDeadLettersRequest.program", "VerifyLedgerRequest.program", "PreviewOrderRequest.account")
}
