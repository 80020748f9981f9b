package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// inFlight are points that a batch of commands meets, and how often at least while the savers spend.
var inFlight = []struct {
	point  string
	visits int
}{
	{fault.AfterCompute, 5},
	{fault.BeforeCommit, 5},
	{fault.InCommit, 5},
	{fault.AfterCommit, 5},
	{fault.BeforeOutboxPublish, 2},
	{fault.AfterOutboxPublish, 2},
	{fault.AfterOutboxDelete, 2},
}

// savers is how many accounts get and spend points at once.
const savers = 8

// saver is the account of one of them.
func saver(point string, i int) string { return fmt.Sprint(point, "-", i) }

// TestAccrualIsKilledWithCommandsInFlight: whoever lost an answer asks again with the same key. Each command is in the
// ledger once and told once, its answer is the same every time, and nothing stays held (X1).
func TestAccrualIsKilledWithCommandsInFlight(t *testing.T) {
	t.Parallel()
	faulty := filepath.Join(filepath.Dir(programs.faulty), "laurel-accrual")
	require.NoError(t, testkit.Build(t.Context(), faulty, "-tags", "fault", commands+"accrual/cmd/laurel-accrual"))
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	s := bare(t, m.URI(), way{lanes: 2, batch: 8})
	s.revise(plain)
	s.pass("1997-02-01T00:00:00Z")
	s.start("accrual")
	till := &till{stage: s}
	till.reopen()
	till.awaitHeard()
	s.stop("accrual")

	choose := random(t)
	for _, at := range inFlight {
		n := 1 + choose.IntN(at.visits)
		s.launch("accrual", faulty, fmt.Sprintf("LAUREL_FAULT=%s:%d", at.point, n))
		till.reopen()
		var lives sync.WaitGroup
		for i := range savers {
			lives.Go(func() { till.live(saver(at.point, i)) })
		}
		victim := s.processes["accrual"]
		testkit.Eventually(t, victim.ended, fmt.Sprintf("it is killed at %s, visit %d", at.point, n))
		require.Equal(t, syscall.SIGKILL, victim.wait().signal)
		s.start("accrual")
		till.reopen()
		lives.Wait()
		s.stop("accrual")
	}
	s.start("accrual")
	till.reopen()
	till.requireSound(len(inFlight) * savers * commandsOfALife)
}

// till is where points are got and spent, at whichever process is there.
type till struct {
	stage  *stage
	client atomic.Pointer[accrualv1.AccrualServiceClient]
}

// reopen goes to the process that is there now.
func (w *till) reopen() {
	client := accrualv1.NewAccrualServiceClient(w.stage.dial("accrual"))
	w.client.Store(&client)
}

// awaitHeard waits until the partition of each saver has heard of the programme and of the time.
func (w *till) awaitHeard() {
	t, end := w.stage.t, w.stage.end()
	for _, at := range inFlight {
		for i := range savers {
			testkit.Eventually(t, func() bool {
				_, err := (*w.client.Load()).GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: saver(at.point, i), After: end})
				return status.Code(err) == codes.NotFound
			}, "it has read so far, and nobody is there")
		}
	}
}

// insist makes a call until it is answered, and once more: the answer is the same.
func insist[T interface{ String() string }](w *till, call func(ctx context.Context, client accrualv1.AccrualServiceClient) (T, error)) T {
	t := w.stage.t
	var answers [2]T
	for i := range answers {
		testkit.Eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), openMax)
			defer cancel()
			var err error
			if answers[i], err = call(ctx, *w.client.Load()); err == nil {
				return true
			}
			if code := status.Code(err); code != codes.Unavailable && code != codes.Canceled {
				t.Errorf("it was refused: %v", err)
				return true
			}
			return false
		}, "it is answered")
	}
	if answers[0].String() != answers[1].String() {
		t.Errorf("the same command was answered otherwise:\n%s\n%s", answers[0], answers[1])
	}
	return answers[0]
}

func awardOf(account string) *accrualv1.AwardPointsRequest {
	return &accrualv1.AwardPointsRequest{Program: "cdnow", Account: account, Points: 100, IdempotencyKey: "award-" + account}
}

func (w *till) award(account string) {
	insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.AwardPointsResponse, error) {
		return client.AwardPoints(ctx, awardOf(account))
	})
}

func (w *till) hold(account, key string, points int64) string {
	return insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.HoldPointsResponse, error) {
		return client.HoldPoints(ctx, &accrualv1.HoldPointsRequest{
			Program: "cdnow", Account: account, Points: points, Redeemer: "books", IdempotencyKey: key + account,
		})
	}).GetHoldId()
}

// commandsOfALife is how many commands there are in a life.
const commandsOfALife = 6

// live gets 100 points, spends 40 of 60 that are set aside, has 15 of them back, and does without 30 others.
func (w *till) live(account string) {
	w.award(account)
	held := w.hold(account, "hold-", 60)
	captured := insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.CaptureHoldResponse, error) {
		return client.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{Program: "cdnow", Account: account, HoldId: held, Points: 40, IdempotencyKey: "capture-" + account})
	})
	other := w.hold(account, "other-", 30)
	insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.VoidHoldResponse, error) {
		return client.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "cdnow", Account: account, HoldId: other, IdempotencyKey: "void-" + account})
	})
	insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.RefundCaptureResponse, error) {
		return client.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{
			Program: "cdnow", Account: account, CaptureId: captured.GetCaptureId(), Points: 15, IdempotencyKey: "refund-" + account,
		})
	})
}

// requireSound wants so many entries in a ledger that holds, each told once, and on each account what a life leaves.
func (w *till) requireSound(entries int) {
	t := w.stage.t
	t.Helper()
	client := *w.client.Load()
	stream, err := client.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{Program: "cdnow"})
	require.NoError(t, err)
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for _, check := range answer.GetChecks() {
			require.True(t, check.GetOk(), "%s", check)
		}
	}
	for _, at := range inFlight {
		for i := range savers {
			answer, err := client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: saver(at.point, i)})
			require.NoError(t, err)
			balance := answer.GetAccount().GetBalances()[0]
			require.EqualValues(t, 100-40+15, balance.GetActive(), "%s", answer)
			require.Zero(t, balance.GetHeld(), "%s", answer)
		}
	}
	l := connect(t, w.stage.servers.uri, w.stage.database("accrual"), w.stage.servers.url, w.stage.servers.token)
	require.EqualValues(t, entries, l.countEntries(t, bson.M{}))
	testkit.Eventually(t, func() bool { return l.count(t, "outbox", bson.M{}) == 0 }, "everything is told")
	require.EqualValues(t, entries, l.countFacts(t, "accrual"))
}
