package programme_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestEveryMethodAnswersThoseAloneWhoMayCallIt(t *testing.T) {
	t.Parallel()
	s := open(t).run().ready()
	methods := testkit.RequireAccess(t, s.address, s.secrets)
	require.Contains(t, methods, programmev1.ProgrammeService_ApplyProgram_FullMethodName)
	testkit.RequireContract(t, s.address, s.secrets[rpc.Operator])
}
