package rewards

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// faultyLedger builds laurel-accrual with points at which it kills itself.
func faultyLedger(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "laurel-accrual")
	require.NoError(t, testkit.Build(t.Context(), binary, "-tags", "fault", "github.com/laurel-loyalty/laurel/services/accrual/cmd/laurel-accrual"))
	return binary
}

// ledgerDies has a process take the place of the ledger, which dies when it meets a point for the n-th time, while something
// is done. Then the ledger comes back.
func (h *standing) ledgerDies(binary, point string, n int, do func()) {
	h.t.Helper()
	address := h.ledger.Address()
	h.away()
	var err *said
	var cmd *exec.Cmd
	env := []string{
		"PATH=" + os.Getenv("PATH"), fmt.Sprintf("LAUREL_FAULT=%s:%d", point, n), "LAUREL_ACCRUAL_LISTEN=" + address,
		"LAUREL_ACCRUAL_MONGO_URI=" + h.uri, "LAUREL_ACCRUAL_DATABASE=" + h.books, "LAUREL_ACCRUAL_NATS_URL=" + h.nats.URL,
		"LAUREL_ACCRUAL_NATS_TOKEN=" + h.nats.Token, "LAUREL_ACCRUAL_CALLERS=" + strings.Join(h.secrets.List(), ","),
		fmt.Sprint("LAUREL_ACCRUAL_PARTITIONS=", partitions),
	}
	testkit.Eventually(h.t, func() bool {
		if cmd == nil || strings.Contains(err.String(), "address already in use") { // another test was there for a moment
			err = &said{}
			cmd = exec.CommandContext(h.t.Context(), binary)
			cmd.Stderr, cmd.Env = err, env
			require.NoError(h.t, cmd.Start())
		}
		return grpcOn.MatchString(err.String())
	}, "the victim is up")
	var doing sync.WaitGroup
	doing.Go(do)
	_ = cmd.Wait() // it is killed: that is told by what it has written, and how it ended
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(h.t, ok)
	require.Equal(h.t, syscall.SIGKILL, status.Signal(), "%s", err)
	require.Contains(h.t, err.String(), "fault point "+point)
	h.keep(address)
	doing.Wait()
}

// TestTheLedgerIsKilledWithinARedemption: accrual dies before and after it has posted the hold, the capture and the refund.
// The redemption ends once, as it was asked for, and nothing stays held (X1).
func TestTheLedgerIsKilledWithinARedemption(t *testing.T) {
	t.Parallel()
	binary := faultyLedger(t)
	h := open(t)
	s := h.serve()
	terms := voucher(120)
	terms.CancelDays = 14
	s.put("off10", terms, 4)
	h.give("ann", 1_000)
	bought := int64(0)
	for _, point := range []string{fault.BeforeCommit, fault.AfterCommit} {
		var r *rewardv1.Redemption
		for n, deed := range []string{"hold", "capture"} {
			var err error
			h.ledgerDies(binary, point, n+1, func() { r, err = s.redeem("ann", "off10", point+deed) })
			require.NoError(t, err, "%s at %s", deed, point)
			require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED, r.GetState())
			bought++
			h.requireHas("ann", 1_000-120*bought)
			again, err := s.redeem("ann", "off10", point+deed)
			require.NoError(t, err)
			require.Equal(t, r.String(), again.String())
		}
		id, err := r.GetRedemptionId(), error(nil)
		h.ledgerDies(binary, point, 1, func() {
			for { // as it is told
				if r, err = s.cancel(id, point); !errors.Is(err, reason.NotReady) {
					return
				}
			}
		})
		require.NoError(t, err, "cancelled at %s", point)
		require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED, r.GetState())
		bought--
		h.requireHas("ann", 1_000-120*bought)
	}
	require.Equal(t, 4-bought, s.left("off10"))
	h.drained(s)
	h.requireAgreed(s)
}

// requireHas wants so many active points, and none held.
func (h *standing) requireHas(account string, points int64) {
	h.t.Helper()
	active, held := h.has(account)
	require.Equal(h.t, points, active)
	require.Zero(h.t, held)
}
