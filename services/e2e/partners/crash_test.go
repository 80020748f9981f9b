package partners

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// victim is a service as a process of its own.
type victim struct {
	h      *standing
	binary string
	env    []string
	cmd    *exec.Cmd
	ended  chan struct{}
}

// victim builds a service with its points for kill -9. Its settings are named without their prefix.
func (h *standing) victim(service string, settings map[string]string) *victim {
	h.t.Helper()
	v := &victim{h: h, binary: filepath.Join(h.t.TempDir(), "laurel-"+service)}
	require.NoError(h.t, testkit.Build(h.t.Context(), v.binary, "-tags", "fault",
		fmt.Sprintf("github.com/laurel-loyalty/laurel/services/%s/cmd/laurel-%[1]s", service)))
	for name, value := range settings {
		v.env = append(v.env, fmt.Sprintf("LAUREL_%s_%s=%s", strings.ToUpper(service), name, value))
	}
	h.t.Cleanup(v.kill)
	return v
}

// partnerVictim is partner, with its doors for the partners at an address.
func (h *standing) partnerVictim(door string) *victim {
	h.t.Helper()
	pair, err := h.ca.Server("victim", "127.0.0.1")
	require.NoError(h.t, err)
	return h.victim("partner", map[string]string{
		"MONGO_URI": h.uri, "DATABASE": h.database, "NATS_URL": h.nats.URL, "NATS_TOKEN": h.nats.Token, "LISTEN": testkit.Address(h.t), "DOOR": door,
		"CALLERS": strings.Join(h.secrets.List(), ","), "ACCRUAL": h.ledger.Address(), "ACCRUAL_TOKEN": h.secrets[rpc.Partner],
		"PARTITIONS": fmt.Sprint(partitions), "CALLS_PER_SECOND": "100000", "DOOR_CERT": pair.Cert, "DOOR_KEY": pair.Key, "CLIENT_CA": filepath.Join(h.dir, devca.CertFile),
	})
}

// ledgerVictim is accrual, where the one in this process was.
func (h *standing) ledgerVictim() *victim {
	h.t.Helper()
	return h.victim("accrual", map[string]string{
		"MONGO_URI": h.uri, "DATABASE": h.books, "NATS_URL": h.nats.URL, "NATS_TOKEN": h.nats.Token, "LISTEN": h.ledger.Address(),
		"CALLERS": strings.Join(h.secrets.List(), ","), "PARTITIONS": fmt.Sprint(partitions),
	})
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

// again tells whether the process was killed. One that ended otherwise is started again, as whoever keeps services would:
// another process may have been on its port for a moment.
func (v *victim) again(point string) (killed bool) {
	v.h.t.Helper()
	select {
	case <-v.ended:
	default:
		return false
	}
	if !v.cmd.ProcessState.Exited() {
		return true
	}
	v.start(point)
	return false
}

func (v *victim) kill() {
	if v.cmd != nil {
		_ = v.cmd.Process.Kill() // it may be dead already
		<-v.ended
	}
}

// quick looks often if somebody is there again.
var quick = grpc.WithConnectParams(grpc.ConnectParams{
	Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1, MaxDelay: 20 * time.Millisecond}, MinConnectTimeout: time.Second,
})

// call is a call of a partner with an idempotency key.
type call func(ctx context.Context, key string) (*partnerv1.Transaction, error)

// survive makes a call until it is answered; the first time it kills the process. One entry comes of it.
func (v *victim) survive(point, account string, ask call) *partnerv1.Transaction {
	h, t := v.h, v.h.t
	t.Helper()
	key := h.key()
	before := len(h.entries(account))
	v.kill()
	v.start(point + ":1")
	var done *partnerv1.Transaction
	testkit.Eventually(t, func() bool {
		if v.again(point + ":1") {
			return true
		}
		var err error
		done, err = ask(t.Context(), key)
		require.Nil(t, done, "it was answered and not killed")
		require.NotEqual(t, codes.OK, status.Code(err))
		return false
	}, "it is killed at "+point)
	v.start("")
	testkit.Eventually(t, func() bool {
		v.again("")
		var err error
		done, err = ask(t.Context(), key)
		return err == nil
	}, "the call is answered")
	again, err := ask(t.Context(), key)
	require.NoError(t, err)
	require.True(t, proto.Equal(done, again))
	require.Len(t, h.entries(account), before+1, "after %s", point)
	return done
}

// surviveEach dies at a point within an authorisation, a void and a capture of a partner's, on the account of ann.
func (v *victim) surviveEach(point string, a partnerv1.PartnerServiceClient) {
	h, t := v.h, v.h.t
	t.Helper()
	held := v.survive(point, "ann", func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
		answer, err := a.AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 10, IdempotencyKey: key})
		return answer.GetTransaction(), err
	})
	v.survive(point, "ann", func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
		answer, err := a.VoidRedemption(ctx, &partnerv1.VoidRedemptionRequest{AuthorizationId: held.GetId(), IdempotencyKey: key})
		return answer.GetTransaction(), err
	})
	next, err := a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 10, IdempotencyKey: h.key()})
	require.NoError(t, err)
	v.survive(point, "ann", func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
		answer, err := a.CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{AuthorizationId: next.GetTransaction().GetId(), IdempotencyKey: key})
		return answer.GetTransaction(), err
	})
}

// requireOnce wants each of those calls once in both books, and nothing held.
func (h *standing) requireOnce(a partnerv1.PartnerServiceClient, points int) {
	h.t.Helper()
	b := h.account("ann").GetBalances()[0]
	require.Zero(h.t, b.GetHeld())
	require.EqualValues(h.t, 1_000-10*points, b.GetActive())
	list, err := a.ListTransactions(h.t.Context(), &partnerv1.ListTransactionsRequest{PageSize: 200}, grpc.WaitForReady(true))
	require.NoError(h.t, err)
	require.Len(h.t, list.GetTransactions(), 1+points*4, "each once")
	require.Len(h.t, h.entries("ann"), 1+points*4)
}

// TestKilledWithinACall kills partner at each point of authorise, capture and void, and of an award that counts for the
// limit of a day. Asked again with its key, the call is the same one: one entry in the ledger, one transaction, nothing
// left held, and nothing counted twice.
func TestKilledWithinACall(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(coalition)
	require.NoError(t, err)
	h := openWith(t, strings.Replace(string(text), "{points_per_call: 10000, points_per_day: 1000000}", "{points_per_call: 40, points_per_day: 40}", 1))
	h.award(h.named("a", all...), "ann", 1_000)
	h.award(h.named("b", all...), "bob", 10)
	door := testkit.Address(t)
	a := partnerv1.NewPartnerServiceClient(h.dial(door, certs(h.certificate(h.ca, h.sanOf("a"))), quick))
	b := partnerv1.NewPartnerServiceClient(h.dial(door, certs(h.certificate(h.ca, h.sanOf("b"))), quick))
	h.stop() // from here on the victim alone answers
	v := h.partnerVictim(door)
	for _, point := range fault.TradePoints() {
		v.surviveEach(point, a)
		v.survive(point, "bob", func(ctx context.Context, key string) (*partnerv1.Transaction, error) {
			answer, err := b.AwardPoints(ctx, &partnerv1.AwardPointsRequest{Account: "bob", Points: 10, IdempotencyKey: key})
			return answer.GetTransaction(), err
		})
	}
	h.requireOnce(a, len(fault.TradePoints()))
	_, err = b.AwardPoints(t.Context(), &partnerv1.AwardPointsRequest{Account: "bob", Points: 1, IdempotencyKey: h.key()})
	require.ErrorIs(t, rpc.FromStatus(err), reason.PartnerLimitExceeded, "four times 10 were counted")
	require.EqualValues(t, 40, h.account("bob").GetBalances()[0].GetActive())
}

// TestTheLedgerIsKilledWithinACall: accrual dies before and after it has posted what a partner asks for. Asked again with
// its key, partner finds out what became of it.
func TestTheLedgerIsKilledWithinACall(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(coalition)
	require.NoError(t, err)
	h := openAt(t, string(text), testkit.Address(t))
	a := h.named("a", all...)
	h.award(a, "ann", 1_000)
	h.away()
	v := h.ledgerVictim()
	v.start("")
	points := []string{fault.BeforeCommit, fault.AfterCommit}
	for _, point := range points {
		v.surviveEach(point, a)
	}
	h.requireOnce(a, len(points))
}

// TestX18ManyKeysAndADeathInTheMidst: 64 callers make the same 50 calls, each in an order of its own, and partner is killed
// when half of them are answered. Each call is one entry and one transaction, and all of its 64 answers are equal.
func TestX18ManyKeysAndADeathInTheMidst(t *testing.T) {
	t.Parallel()
	const keys = 50
	h := open(t)
	h.award(h.named("a", all...), "ann", 1_000)
	door := testkit.Address(t)
	a := partnerv1.NewPartnerServiceClient(h.dial(door, certs(h.certificate(h.ca, h.sanOf("a"))), quick))
	h.stop()
	v := h.partnerVictim(door)
	v.start("")
	var answers [keys][callersAtOnce]string
	var answered atomic.Int32
	var callers errgroup.Group
	for i := range callersAtOnce {
		callers.Go(func() error {
			for n := range keys {
				k := (n + i) % keys
				call := &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 2, IdempotencyKey: fmt.Sprint("many-", k)}
				answer, err := a.AuthorizeRedemption(t.Context(), call, grpc.WaitForReady(true))
				for status.Code(err) == codes.Unavailable { // nobody knows what became of it
					answer, err = a.AuthorizeRedemption(t.Context(), call, grpc.WaitForReady(true))
				}
				if err != nil {
					return err
				}
				answers[k][i] = answer.String()
				answered.Add(1)
			}
			return nil
		})
	}
	testkit.Eventually(t, func() bool {
		v.again("")
		return answered.Load() > keys*callersAtOnce/2
	}, "half of the calls are answered")
	v.kill()
	require.Less(t, answered.Load(), int32(keys*callersAtOnce), "it is killed in the midst")
	v.start("")
	ended := make(chan error, 1)
	go func() { ended <- callers.Wait() }()
	testkit.Eventually(t, func() bool {
		v.again("")
		select {
		case err := <-ended:
			require.NoError(t, err, "nobody is told anything but to ask again")
			return true
		default:
			return false
		}
	}, "all calls are answered")
	for k := range answers {
		for i := range answers[k] {
			require.Equal(t, answers[k][0], answers[k][i], "key %d, caller %d", k, i)
		}
	}
	require.Len(t, h.entries("ann"), 1+keys)
	require.EqualValues(t, 2*keys, h.account("ann").GetBalances()[0].GetHeld())
	list, err := a.ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{PageSize: 200}, grpc.WaitForReady(true))
	require.NoError(t, err)
	require.Len(t, list.GetTransactions(), 1+keys)
}
