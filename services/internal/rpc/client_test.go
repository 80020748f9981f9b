package rpc_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func TestDialTakesAddressesOfThisMachineOnly(t *testing.T) {
	t.Parallel()
	for addr, problem := range map[string]string{
		"127.0.0.1:7010":       "",
		"[::1]:7010":           "",
		"localhost:7010":       "",
		"127.0.0.1":            "host:port",
		"":                     "host:port",
		"10.1.2.3:7010":        "not on this machine",
		"accrual.example:7010": "not on this machine",
	} {
		conn, err := rpc.Dial(addr, secrets[rpc.Operator])
		if problem != "" {
			require.ErrorContains(t, err, problem, addr)
			continue
		}
		require.NoError(t, err, addr)
		require.NoError(t, conn.Close())
	}
}

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	t.Parallel()
	var reads, writes atomic.Int32
	busy := reason.New(reason.NotReady, "", "mongod is starting")
	house := serve(t, &desk{
		account: func(context.Context, *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			if reads.Add(1) < 3 {
				return nil, busy
			}
			return &accrualv1.GetAccountResponse{}, nil
		},
		redrive: func(context.Context, *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
			writes.Add(1)
			return nil, busy
		},
	})
	ledger := client(t, house)
	_, err := ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.EqualValues(t, 3, reads.Load())
	_, err = ledger.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "x"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady)
	require.EqualValues(t, 1, writes.Load())
}

func TestAServerThatComesBackIsFoundAgain(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	ledger := client(t, house)
	_, err := ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.NoError(t, house.stop())

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = ledger.RedriveDeadLetter(ctx, &accrualv1.RedriveDeadLetterRequest{Id: "x"})
	require.Equal(t, codes.Unavailable, status.Code(err))

	listener, err := net.Listen("tcp4", house.addr)
	require.NoError(t, err)
	serveOn(t, listener, answering(nil))
	require.Eventually(t, func() bool {
		_, err := ledger.GetAccount(t.Context(), anAccount)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
}
