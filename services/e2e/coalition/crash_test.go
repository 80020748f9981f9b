package coalition

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// faulty builds the partner service as a process of its own that can be killed at named points.
func faulty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "laurel-partner")
	require.NoError(t, testkit.Build(t.Context(), path, "-tags", "fault", "github.com/laurel-loyalty/laurel/services/partner/cmd/laurel-partner"))
	return path
}

// killed is a partner service in a process that ends as kill -9 would end it at a point.
type killed struct {
	partnerv1.SettlementServiceClient
	end func() syscall.Signal // waits for the end, and tells what ended it
}

func (h *standing) killedAt(binary, point string) *killed {
	h.t.Helper()
	settings := filepath.Join(h.t.TempDir(), "partner.yaml")
	var callers strings.Builder
	for _, caller := range h.secrets.List() {
		fmt.Fprintf(&callers, "\n  - %q", caller)
	}
	text := fmt.Sprintf("mongo_uri: %q\ndatabase: %q\nnats: {url: %q, token: %q}\naccrual: %q\naccrual_token: %q\npartitions: %d\ncallers:%s\n",
		h.uri, h.books().Name(), h.nats.URL, h.nats.Token, h.accrual.Address(), h.secrets[rpc.Partner], partitions, callers.String())
	require.NoError(h.t, os.WriteFile(settings, []byte(text), 0o600))
	cmd := exec.CommandContext(h.t.Context(), binary, "--config", settings)
	cmd.Env = append(os.Environ(), "LAUREL_FAULT="+point+":1")
	out, err := cmd.StderrPipe()
	require.NoError(h.t, err)
	require.NoError(h.t, cmd.Start())
	address := ""
	lines := bufio.NewScanner(out)
	for address == "" && lines.Scan() {
		var line struct{ Grpc string }
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			address = line.Grpc
		}
	}
	require.NotEmpty(h.t, address, "it is up")
	return &killed{partnerv1.NewSettlementServiceClient(h.dial(address)), func() syscall.Signal {
		for lines.Scan() { // until there is nothing more
		}
		_ = cmd.Wait()
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		require.True(h.t, ok)
		return status.Signal()
	}}
}

// TestKilledWhileClosing: wherever the process dies, the month is closed once: the same settlement, the same numbers.
func TestKilledWhileClosing(t *testing.T) {
	t.Parallel()
	binary := faulty(t)
	for _, point := range fault.SettlementPoints() {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			h := open(t, e2)
			h.workedExample()
			h.pass("2026-04-01")
			first := h.killedAt(binary, point)
			_, err := first.CloseSettlement(t.Context(), &partnerv1.CloseSettlementRequest{Program: "tea", Period: "2026-03", IdempotencyKey: "k"})
			require.Error(t, err)
			require.Equal(t, syscall.SIGKILL, first.end(), "the point was not met: untested")
			kept := len(h.documents("settlements")["settlements"])
			require.Equal(t, map[string]int{fault.AfterSettlementCommit: 1}[point], kept)

			d := h.desk()
			s := d.mustClose("2026-03")
			require.EqualValues(t, 1, s.GetNumber())
			require.Equal(t, map[string]int64{"a": -50, "b": -46, "c": 96}, net(s))
			for i, n := range s.GetStatements() {
				require.EqualValues(t, i+1, n.GetNumber())
			}
			h.pass("2026-05-01")
			require.EqualValues(t, 2, d.mustClose("2026-04").GetNumber())
			require.Len(t, h.documents("settlements")["settlements"], 2)
			d.requireSound(2)
		})
	}
}

// TestTheLedgerIsGoneWhileClosing: a month is not closed without the ledger's word, however often it is asked for, and is
// closed once when the ledger is back. What closing asks of it are reads: where it is gone is all one.
func TestTheLedgerIsGoneWhileClosing(t *testing.T) {
	t.Parallel()
	h := openAt(t, e2, testkit.Address(t))
	h.workedExample()
	h.pass("2026-04-01")
	d := h.desk()
	d.drained()
	address := h.accrual.Address()
	h.away()
	for range 2 {
		_, err := d.close("2026-03")
		require.ErrorIs(t, err, reason.NotReady)
		require.Empty(t, h.documents("settlements")["settlements"])
	}
	h.keep(address)
	var s *partnerv1.Settlement
	testkit.Eventually(t, func() bool {
		var err error
		s, err = d.close("2026-03")
		return err == nil
	}, "the ledger is back")
	require.EqualValues(t, 1, s.GetNumber())
	require.Equal(t, map[string]int64{"a": -50, "b": -46, "c": 96}, net(s))
	require.Len(t, h.documents("settlements")["settlements"], 1)
	d.requireSound(1)
}
