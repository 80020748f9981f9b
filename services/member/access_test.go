package member_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t).run()
	methods := testkit.RequireAccess(t, s.Address(), s.secrets)
	require.Contains(t, methods, memberv1.MemberService_ResolveMember_FullMethodName)
	testkit.RequireContract(t, s.Address(), s.secrets[rpc.Operator], "EnrolMemberRequest.account")
}
