package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
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

// inFlight are the points that a batch of commands meets, in that order, and if the ledger has its entries by then.
var inFlight = []struct {
	point string
	kept  bool
}{
	{fault.AfterRead, false},
	{fault.AfterCompute, false},
	{fault.BeforeCommit, false},
	{fault.InCommit, false},
	{fault.AfterCommit, true},
	{fault.BeforeOutboxPublish, true},
	{fault.AfterOutboxPublish, true},
	{fault.AfterOutboxDelete, true},
}

// TestAccrualIsKilledWithEachCommandInFlight: at each point it dies once within a hold, a capture, a void and a refund.
// Whoever lost the answer asks again with the same key: each command is in the ledger once and told once, its answer is the
// same every time, and nothing stays held (X1).
func TestAccrualIsKilledWithEachCommandInFlight(t *testing.T) {
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
	var lives []*life
	var begun sync.WaitGroup
	for _, at := range inFlight {
		for _, deed := range deeds {
			l := &life{till: till, account: at.point + "-" + deed, deed: deed}
			lives = append(lives, l)
			till.awaitHeard(l.account)
			begun.Go(l.begin)
		}
	}
	begun.Wait()
	s.stop("accrual")

	books := connect(t, s.servers.uri, s.database("accrual"), s.servers.url, s.servers.token)
	for i, l := range lives {
		at := inFlight[i/len(deeds)]
		if strings.Contains(at.point, "outbox") {
			s.drain("accrual") // so that the process meets nothing of the death before
		}
		s.launch("accrual", faulty, fmt.Sprintf("LAUREL_FAULT=%s:1", at.point))
		till.reopen()
		l.dies(at.point)
		kept := books.countEntries(t, bson.M{"_id": "cdnow/cmd/operator/" + l.key()})
		require.Equal(t, at.kept, kept == 1, "it died in the %s, at %s", l.deed, at.point)
	}

	s.start("accrual")
	till.reopen()
	entries := 0
	for _, l := range lives {
		entries += l.end()
	}
	till.requireSound(entries, books)
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

// awaitHeard waits until the partition of an account has heard of the programme and of the time.
func (w *till) awaitHeard(account string) {
	testkit.Eventually(w.stage.t, func() bool {
		_, err := (*w.client.Load()).GetAccount(w.stage.t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: account, After: w.stage.end()})
		return status.Code(err) == codes.NotFound
	}, "it has read so far, and nobody is there")
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

func (w *till) capture(account, hold string) string {
	return insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.CaptureHoldResponse, error) {
		return client.CaptureHold(ctx, captureOf(account, hold))
	}).GetCaptureId()
}

func captureOf(account, hold string) *accrualv1.CaptureHoldRequest {
	return &accrualv1.CaptureHoldRequest{Program: "cdnow", Account: account, HoldId: hold, Points: 40, IdempotencyKey: "capture-" + account}
}

func (w *till) void(account, hold string) {
	insist(w, func(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.VoidHoldResponse, error) {
		return client.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "cdnow", Account: account, HoldId: hold, IdempotencyKey: "void-" + account})
	})
}

// deeds are the commands that accrual dies in.
var deeds = []string{"hold", "capture", "void", "refund"}

// life is an account whose last command accrual dies in.
type life struct {
	till    *till
	account string
	deed    string
	of      string // what the command is about: a hold, a capture
}

// begin gets 100 points, and does what must be before the deed.
func (l *life) begin() {
	l.till.award(l.account)
	if l.deed == "hold" {
		return
	}
	l.of = l.till.hold(l.account, "before-", 60)
	if l.deed == "refund" {
		l.of = l.till.capture(l.account, l.of)
	}
}

// key is the idempotency key of the deed.
func (l *life) key() string { return l.deed + "-" + l.account }

// call does the deed.
func (l *life) call(ctx context.Context, client accrualv1.AccrualServiceClient) (fmt.Stringer, error) {
	switch l.deed {
	case "hold":
		return client.HoldPoints(ctx, &accrualv1.HoldPointsRequest{Program: "cdnow", Account: l.account, Points: 60, Redeemer: "books", IdempotencyKey: l.key()})
	case "capture":
		return client.CaptureHold(ctx, captureOf(l.account, l.of))
	case "void":
		return client.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "cdnow", Account: l.account, HoldId: l.of, IdempotencyKey: l.key()})
	}
	return client.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{Program: "cdnow", Account: l.account, CaptureId: l.of, Points: 15, IdempotencyKey: l.key()})
}

// dies does the deed, and wants the process to die of it at the point.
func (l *life) dies(point string) {
	t, victim := l.till.stage.t, l.till.stage.processes["accrual"]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-victim.done
		cancel() // nobody will answer: do not try again
	}()
	testkit.Eventually(t, func() bool {
		_, _ = l.call(ctx, *l.till.client.Load()) // answered or not: some points come after the answer, and it may not own the account yet
		return victim.ended()
	}, "it is killed at "+point)
	require.Equal(t, syscall.SIGKILL, victim.wait().signal)
	require.Contains(t, victim.err.String(), "fault point "+point)
}

// end asks for the deed again, and returns how many entries the account has then.
func (l *life) end() int {
	answer := insist(l.till, l.call)
	switch held, ok := answer.(*accrualv1.HoldPointsResponse); {
	case ok:
		l.till.void(l.account, held.GetHoldId())
		l.requireHas(100)
	case l.deed == "capture":
		l.requireHas(100 - 40)
	case l.deed == "void":
		l.requireHas(100)
	default:
		l.requireHas(100 - 40 + 15)
		return 4 // award, hold, capture, refund
	}
	return 3 // award, hold, and what ended it
}

func (l *life) requireHas(active int64) {
	t := l.till.stage.t
	answer, err := (*l.till.client.Load()).GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: l.account})
	require.NoError(t, err)
	balance := answer.GetAccount().GetBalances()[0]
	require.Equal(t, active, balance.GetActive(), "%s", answer)
	require.Zero(t, balance.GetHeld(), "%s", answer)
}

// requireSound wants so many entries in a ledger that holds, each told once.
func (w *till) requireSound(entries int, l *ledger) {
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
	require.EqualValues(t, entries, l.countEntries(t, bson.M{}))
	testkit.Eventually(t, func() bool { return l.count(t, "outbox", bson.M{}) == 0 }, "everything is told")
	require.EqualValues(t, entries, l.countFacts(t, "accrual"))
}
