package rpc_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestCallsAreCountedByMethodAndCode, those too that never reach the service; probes are not.
func TestCallsAreCountedByMethodAndCode(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	d := &desk{
		account: func(_ context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			if in.GetAccount() == "eve" {
				return nil, reason.New(reason.AccountNotFound, "account", "not here")
			}
			return &accrualv1.GetAccountResponse{}, nil
		},
		verify: func(*accrualv1.VerifyLedgerRequest, grpc.ServerStreamingServer[accrualv1.VerifyLedgerResponse]) error {
			return nil
		},
	}
	s := openAs(t, listen(t), rpc.Config{Callers: everybody(t), Page: metric.On(registry, "accrual")}, func(to grpc.ServiceRegistrar) {
		accrualv1.RegisterAccrualServiceServer(to, d)
	})
	conn := testkit.Dial(t, s.addr, secrets[rpc.Operator])
	c := accrualv1.NewAccrualServiceClient(conn)
	for _, account := range []string{"ann", "ann", "eve", ""} {
		_, _ = c.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: account})
	}
	_, _ = accrualv1.NewAccrualServiceClient(plain(t, s.addr)).GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	stream, err := c.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{Program: "tea"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Error(t, err)
	_, err = healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
	require.NoError(t, err)

	families, err := registry.Gather()
	require.NoError(t, err)
	seen := map[string]uint64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := f.GetName()[len("laurel_accrual_"):]
			for _, l := range m.GetLabel() {
				key += " " + l.GetValue()
			}
			seen[key] = uint64(m.GetCounter().GetValue()) + m.GetHistogram().GetSampleCount()
		}
	}
	const get, verify = "laurel.accrual.v1.AccrualService/GetAccount", "laurel.accrual.v1.AccrualService/VerifyLedger"
	require.Equal(t, map[string]uint64{
		"grpc_calls_total OK " + get: 2, "grpc_calls_total NotFound " + get: 1, "grpc_calls_total InvalidArgument " + get: 1,
		"grpc_calls_total Unauthenticated " + get: 1, "grpc_calls_total OK " + verify: 1,
		"grpc_call_seconds " + get: 5, "grpc_call_seconds " + verify: 1,
	}, seen, fmt.Sprint(seen))
}
