package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// TestACallerListsWhatItsOwnCommandsHaveMade, and nothing of others, in the order of the keys.
func TestACallerListsWhatItsOwnCommandsHaveMade(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	s.award("ann", "by-the-operator", 100)
	s.award("bob", "by-the-operator-too", 100)
	reward := s.as(rpc.Reward)
	for n, account := range []string{"bob", "ann", "bob", "ann", "ann"} {
		_, err := reward.HoldPoints(t.Context(), hold(account, fmt.Sprintf("r%d-1-hold", 5-n), 1))
		require.NoError(t, err)
	}
	_, err := s.as(rpc.Partner).HoldPoints(t.Context(), hold("ann", "r1-1-hold", 1))
	require.NoError(t, err)
	list := func(prefix string, size int32) []string {
		var keys []string
		request := &accrualv1.ListOwnEntriesRequest{Program: "tea", KeyPrefix: prefix, PageSize: size}
		for {
			answer, err := reward.ListOwnEntries(t.Context(), request)
			require.NoError(t, err)
			for _, e := range answer.GetEntries() {
				require.Nil(t, e.GetRecordedAt())
				keys = append(keys, e.GetKey()+" "+e.GetAccount())
			}
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return keys
			}
		}
	}
	all := []string{
		"cmd/reward/r1-1-hold ann", "cmd/reward/r2-1-hold ann", "cmd/reward/r3-1-hold bob", "cmd/reward/r4-1-hold ann", "cmd/reward/r5-1-hold bob",
	}
	require.Equal(t, all, list("", 2))
	require.Equal(t, all, list("", 0))
	require.Equal(t, all[2:3], list("r3", 1))
	require.Empty(t, list("r6", 0))
	_, err = reward.ListOwnEntries(t.Context(), &accrualv1.ListOwnEntriesRequest{Program: "tea", PageToken: "AAAA"})
	refused(t, err, reason.InvalidArgument)
}
