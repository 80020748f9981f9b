package partners

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// faulty is laurel-partner built with its points for kill -9, once.
var faulty = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "laurel-partner-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "laurel-partner")
	return binary, testkit.Build(context.Background(), binary, "-tags", "fault", "github.com/laurel-loyalty/laurel/services/partner/cmd/laurel-partner")
})

// victim is partner as a process of its own.
type victim struct {
	h      *standing
	binary string
	house  string // where it listens for the house
	door   string
	env    []string
	cmd    *exec.Cmd
	ended  chan struct{}
}

func (h *standing) victim() *victim {
	h.t.Helper()
	binary, err := faulty()
	require.NoError(h.t, err)
	pair, err := h.ca.Server("victim", "127.0.0.1")
	require.NoError(h.t, err)
	v := &victim{h: h, binary: binary, house: testkit.Address(h.t), door: testkit.Address(h.t)}
	for name, value := range map[string]string{
		"MONGO_URI": h.uri, "DATABASE": h.database, "NATS_URL": h.nats.URL, "NATS_TOKEN": h.nats.Token, "LISTEN": v.house, "DOOR": v.door,
		"CALLERS": strings.Join(h.secrets.List(), ","), "ACCRUAL": h.ledger.Address(), "ACCRUAL_TOKEN": h.secrets[rpc.Partner],
		"PARTITIONS": fmt.Sprint(partitions), "DOOR_CERT": pair.Cert, "DOOR_KEY": pair.Key, "CLIENT_CA": filepath.Join(h.dir, devca.CertFile),
	} {
		v.env = append(v.env, "LAUREL_PARTNER_"+name+"="+value)
	}
	h.t.Cleanup(v.kill)
	return v
}

// start runs the process; it dies at a point, if one is named.
func (v *victim) start(point string) {
	v.h.t.Helper()
	v.cmd = exec.Command(v.binary, "--log-level", "error")
	v.cmd.Env = append(append(os.Environ(), v.env...), "LAUREL_FAULT="+point)
	v.cmd.Stderr = v.h.t.Output()
	require.NoError(v.h.t, v.cmd.Start())
	ended := make(chan struct{})
	v.ended = ended
	cmd := v.cmd
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
}

func (v *victim) kill() {
	if v.cmd != nil {
		_ = v.cmd.Process.Kill() // it may be dead already
		<-v.ended
	}
}

// TestKilledWithinACall kills partner at each point of authorise, capture and void. Asked again with its key, the call is
// the same one: one entry in the ledger, one transaction, and nothing left held.
func TestKilledWithinACall(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.named("a", all...)
	h.award(c, "ann", 1_000)
	san := h.sanOf("a")
	h.stop() // from here on the victim alone answers
	v := h.victim()
	a := partnerv1.NewPartnerServiceClient(h.dial(v.door, certs(h.certificate(h.ca, san)), grpc.WithConnectParams(grpc.ConnectParams{
		Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1, MaxDelay: 20 * time.Millisecond}, MinConnectTimeout: time.Second,
	})))
	for _, point := range fault.TradePoints() {
		// survive makes a call until it is answered; the first time it kills the process.
		survive := func(call func(ctx context.Context, key string) (*partnerv1.Transaction, error)) *partnerv1.Transaction {
			t.Helper()
			key := h.key()
			before := len(h.entries("ann"))
			v.kill()
			v.start(point + ":1")
			var done *partnerv1.Transaction
			testkit.Eventually(t, func() bool {
				select {
				case <-v.ended:
					return true
				default:
				}
				var err error
				done, err = call(t.Context(), key)
				require.Nil(t, done, "it was answered and not killed")
				require.NotEqual(t, codes.OK, status.Code(err))
				return false
			}, "it is killed at "+point)
			v.start("")
			testkit.Eventually(t, func() bool {
				var err error
				done, err = call(t.Context(), key)
				return err == nil
			}, "the call is answered")
			again, err := call(t.Context(), key)
			require.NoError(t, err)
			require.True(t, proto.Equal(done, again))
			require.Len(t, h.entries("ann"), before+1, "after %s", point)
			return done
		}
		held := survive(func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
			answer, err := a.AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 10, IdempotencyKey: key})
			return answer.GetTransaction(), err
		})
		survive(func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
			answer, err := a.VoidRedemption(ctx, &partnerv1.VoidRedemptionRequest{AuthorizationId: held.GetId(), IdempotencyKey: key})
			return answer.GetTransaction(), err
		})
		next, err := a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 10, IdempotencyKey: h.key()})
		require.NoError(t, err)
		survive(func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
			answer, err := a.CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{AuthorizationId: next.GetTransaction().GetId(), IdempotencyKey: key})
			return answer.GetTransaction(), err
		})
	}
	b := h.account("ann").GetBalances()[0]
	require.Zero(t, b.GetHeld())
	require.EqualValues(t, 1_000-30, b.GetActive())
	list, err := a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{PageSize: 200}, grpc.WaitForReady(true))
	require.NoError(t, err)
	require.Len(t, list.GetTransactions(), 1+3*4, "each once")
	require.Len(t, h.entries("ann"), 1+3*4)
	_, err = os.Stat(v.binary)
	require.NoError(t, errors.Join(err, os.RemoveAll(filepath.Dir(v.binary))))
}
