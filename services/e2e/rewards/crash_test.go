package rewards

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// faulty builds laurel-reward with points at which it kills itself.
func faulty(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "laurel-reward")
	require.NoError(t, testkit.Build(t.Context(), binary, "-tags", "fault", "github.com/laurel-loyalty/laurel/services/reward/cmd/laurel-reward"))
	return binary
}

// victim is a process of reward that dies at a point.
type victim struct {
	rewardv1.RewardServiceClient
	t   *testing.T
	cmd *exec.Cmd
	err *said
}

// said is what a process has written; safe for many.
type said struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write keeps what is written.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String is all that was written.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var grpcOn = regexp.MustCompile(`"msg":"service is up".*"grpc":"(127\.0\.0\.1:\d+)"`)

// start starts a process that dies when it meets a point for the n-th time.
func (h *standing) start(binary, point string, n int) *victim {
	h.t.Helper()
	cfg := h.config(h.ledger.Address())
	v := &victim{t: h.t, err: &said{}, cmd: exec.CommandContext(h.t.Context(), binary)}
	v.cmd.Stderr = v.err
	v.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), fmt.Sprintf("LAUREL_FAULT=%s:%d", point, n),
		"LAUREL_REWARD_MONGO_URI=" + cfg.MongoURI, "LAUREL_REWARD_DATABASE=" + cfg.Database, "LAUREL_REWARD_NATS_URL=" + cfg.NATS.URL,
		"LAUREL_REWARD_NATS_TOKEN=" + cfg.NATS.Token, "LAUREL_REWARD_CALLERS=" + strings.Join(cfg.Callers, ","),
		"LAUREL_REWARD_ACCRUAL=" + cfg.Accrual, "LAUREL_REWARD_ACCRUAL_TOKEN=" + cfg.AccrualToken,
		fmt.Sprint("LAUREL_REWARD_PARTITIONS=", cfg.Partitions), fmt.Sprint("LAUREL_REWARD_LEASE=", cfg.Lease),
	}
	require.NoError(h.t, v.cmd.Start())
	testkit.Eventually(h.t, func() bool { return grpcOn.MatchString(v.err.String()) }, "the victim is up")
	address := grpcOn.FindStringSubmatch(v.err.String())[1]
	v.RewardServiceClient = rewardv1.NewRewardServiceClient(testkit.Dial(h.t, address, h.secrets[rpc.Operator]))
	return v
}

// dies waits for the end of the process, at its point.
func (v *victim) dies(point string) {
	v.t.Helper()
	_ = v.cmd.Wait() // it was killed: that is told by what it has written, and how it ended
	status, ok := v.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(v.t, ok)
	require.Equal(v.t, syscall.SIGKILL, status.Signal(), "%s", v.err)
	require.Contains(v.t, v.err.String(), "fault point "+point)
}

// crash is a death in the midst of something that was asked for, and what it comes to.
type crash struct {
	point  string
	n      int // which time it is met
	cancel bool
	state  rewardv1.RedemptionState
	gone   bool // nothing is left when the next process looks
}

// crashes are deaths at each point: while a voucher is redeemed, while it is sold out meanwhile, while it is cancelled.
func crashes() []crash {
	const fulfilled = rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED
	const cancelled = rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED
	return []crash{
		{point: fault.AfterRedemptionBegun, state: fulfilled},
		{point: fault.AfterHold, state: fulfilled},
		{point: fault.InCommit, n: 1, state: fulfilled}, // of what is reserved
		{point: fault.AfterReserve, state: fulfilled},
		{point: fault.AfterCapture, state: fulfilled},
		{point: fault.InCommit, n: 2, state: fulfilled}, // of what is fulfilled
		{point: fault.AfterFulfil, state: fulfilled},
		{point: fault.BeforeOutboxPublish, state: fulfilled},
		{point: fault.AfterOutboxPublish, state: fulfilled},
		{point: fault.BeforeVoid, gone: true, state: rewardv1.RedemptionState_REDEMPTION_STATE_REFUSED},
		{point: fault.AfterVoid, gone: true, state: rewardv1.RedemptionState_REDEMPTION_STATE_REFUSED},
		{point: fault.BeforeRefund, cancel: true, state: cancelled},
		{point: fault.AfterRefund, cancel: true, state: cancelled},
		{point: fault.InCommit, n: 4, cancel: true, state: cancelled}, // of what is cancelled
	}
}

// TestRewardIsKilledAtEachPoint: another process finishes what was begun. No point and no code is lost, spent twice or left
// held, and the house hears of each redemption once (X1).
func TestRewardIsKilledAtEachPoint(t *testing.T) {
	t.Parallel()
	binary := faulty(t)
	house := open(t)
	visited := map[string]bool{}
	for _, c := range crashes() {
		visited[c.point] = true
		t.Run(fmt.Sprint(c.point, "-", c.n), func(t *testing.T) {
			t.Parallel()
			h := house.beside(t)
			account := fmt.Sprint("ann-", c.point, "-", c.n)
			h.give(account, 500)
			h.die(binary, c, account)

			s := h.serve()
			h.drained(s)
			h.requireEnded(s, c, account)
			h.requireAgreed(s)
		})
	}
	t.Run("and nobody comes in time", func(t *testing.T) {
		t.Parallel()
		tooLate(t, binary)
	})
	t.Run("and the ledger is away", func(t *testing.T) {
		t.Parallel()
		withoutLedger(t, binary)
	})
	for _, point := range fault.RedemptionPoints() {
		require.True(t, visited[point], "nobody dies at %s", point)
	}
}

// beside is another reward beside the same ledger.
func (h *standing) beside(t *testing.T) *standing {
	t.Helper()
	other := *h
	other.t, other.shared = t, true
	_, other.database = testkit.Mongo(t)
	other.db = h.db.Client().Database(other.database)
	return &other
}

// drained waits until nothing is left to do.
func (h *standing) drained(s *service) {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		p, err := s.Progress(h.t.Context())
		return err == nil && p.Drained()
	}, "nothing is left to do")
}

// die lets a process die in the midst of what is asked for.
func (h *standing) die(binary string, c crash, account string) {
	h.t.Helper()
	s := h.serve()
	terms := voucher(120)
	terms.CancelDays = 14
	s.put("off10", terms, 2)
	s.put("pot", gift(120), 2)
	s.stop()
	if c.gone {
		h.dieAtSoldOut(binary, c, account)
		return
	}
	v := h.start(binary, c.point, max(c.n, 1))
	s = &service{RewardServiceClient: v, h: h}
	r, err := s.redeem(account, "off10", account)
	if c.cancel {
		require.NoError(h.t, err)
		_, err = s.cancel(r.GetRedemptionId(), "cancel")
		require.Error(h.t, err)
	}
	v.dies(c.point)
}

// dieAtSoldOut lets one process die while points are held, and the next one when it finds that nothing is left.
func (h *standing) dieAtSoldOut(binary string, c crash, account string) {
	h.t.Helper()
	v := h.start(binary, fault.AfterHold, 1)
	_, err := (&service{RewardServiceClient: v, h: h}).redeem(account, "pot", account)
	require.Error(h.t, err)
	v.dies(fault.AfterHold)
	_, held := h.has(account)
	require.EqualValues(h.t, 120, held)
	_, err = h.db.Collection("stock").UpdateByID(h.t.Context(), "tea/pot", bson.M{"$set": bson.M{"left": int64(0), "put_in": int64(0)}})
	require.NoError(h.t, err)
	h.start(binary, c.point, max(c.n, 1)).dies(c.point)
}

// requireEnded wants one redemption, at its end, and in ledger, stock, pool and FACTS what belongs to that.
func (h *standing) requireEnded(s *service, c crash, account string) {
	h.t.Helper()
	var again *rewardv1.Redemption
	if !c.gone { // who has lost an answer asks again
		var err error
		again, err = s.redeem(account, "off10", account)
		if c.cancel {
			again, err = s.cancel(again.GetRedemptionId(), "cancel")
		}
		require.NoError(h.t, err)
		h.drained(s)
	}
	list, err := s.ListRedemptions(patient(h.t), &rewardv1.ListRedemptionsRequest{Program: "tea", Account: account})
	require.NoError(h.t, err)
	require.Len(h.t, list.GetRedemptions(), 1)
	r := list.GetRedemptions()[0]
	require.True(h.t, again == nil || again.String() == r.String(), "%s", again)
	require.Equal(h.t, c.state, r.GetState())
	active, held := h.has(account)
	require.Zero(h.t, held)
	captures, refunds := h.spent(account)
	left, given, facts := int64(2), int64(0), []string{}
	switch c.state {
	case rewardv1.RedemptionState_REDEMPTION_STATE_REFUSED:
		require.Equal(h.t, string(reason.SoldOut), r.GetRefusal().GetReason())
		require.Empty(h.t, append(captures, refunds...))
	case rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED:
		left, given, facts = 1, 1, append(facts, "redeemed")
		require.EqualValues(h.t, 380, active)
		require.Equal(h.t, []string{r.GetCaptureId()}, captures)
		require.Empty(h.t, refunds)
	default:
		facts = append(facts, "redeemed", "cancelled")
		require.EqualValues(h.t, 500, active)
		require.Len(h.t, captures, 1)
		require.Equal(h.t, captures, refunds)
	}
	require.Equal(h.t, left, s.left("off10"))
	require.Equal(h.t, given, h.count("codes", bson.M{"state": "given"}))
	require.Equal(h.t, left, h.count("codes", bson.M{"state": "free"}))
	require.Equal(h.t, facts, h.told(r.GetRedemptionId()))
}

// spent lists the captures of an account, and those that were refunded.
func (h *standing) spent(account string) ([]string, []string) {
	h.t.Helper()
	answer, err := h.accrual.ListEntries(patient(h.t), &accrualv1.ListEntriesRequest{Program: "tea", Account: account, PageSize: 200})
	require.NoError(h.t, err)
	var captures, refunds []string
	for _, e := range answer.GetEntries() {
		switch e.GetKind() {
		case accrualv1.EntryKind_ENTRY_KIND_CAPTURE:
			captures = append(captures, e.GetKey())
		case accrualv1.EntryKind_ENTRY_KIND_REFUND:
			refunds = append(refunds, e.GetRefund().GetCaptureId())
		}
	}
	return captures, refunds
}

// tooLate has nobody go on for minutes: what is not set aside by then comes to nothing, and what is set aside lapses.
func tooLate(t *testing.T, binary string) {
	t.Helper()
	hands := clock.At(clock.System().Now())
	house := openAt(t, hands)
	for _, c := range []struct {
		point string
		later time.Duration
	}{
		{fault.AfterRedemptionBegun, 3 * time.Minute},
		{fault.AfterHold, 3 * time.Minute},
		{fault.AfterReserve, 16 * time.Minute},
	} {
		h := house.beside(t)
		account := "ann-" + c.point
		h.give(account, 500)
		h.die(binary, crash{point: c.point}, account)
		hands.Advance(c.later)
		s := h.serve()
		testkit.Eventually(t, func() bool {
			hands.Advance(time.Millisecond) // what has failed once waits by this clock
			p, err := s.Progress(t.Context())
			return err == nil && p.Drained()
		}, "nothing is left to do")
		list, err := s.ListRedemptions(patient(t), &rewardv1.ListRedemptionsRequest{Program: "tea", Account: account})
		require.NoError(t, err)
		require.Equal(t, string(reason.RedemptionLapsed), list.GetRedemptions()[0].GetRefusal().GetReason(), c.point)
		active, held := h.has(account)
		require.Zero(t, held, c.point)
		require.EqualValues(t, 500, active, c.point)
		require.EqualValues(t, 2, s.left("off10"), c.point)
		require.Zero(t, h.count("codes", bson.M{"state": bson.M{"$ne": "free"}}), c.point)
		h.requireAgreed(s)

		again, err := s.redeem(account, "off10", account)
		require.NoError(t, err, "a refused one begins anew under its key")
		require.Equal(t, list.GetRedemptions()[0].GetRedemptionId(), again.GetRedemptionId())
		h.requireAgreed(s)
	}
}

// withoutLedger lets accrual be away when the next process comes: it asks until it is back.
func withoutLedger(t *testing.T, binary string) {
	t.Helper()
	h := open(t)
	h.give("ann", 500)
	h.die(binary, crash{point: fault.AfterReserve}, "ann")
	address := h.ledger.Address()
	h.away()
	s := h.serveWith(h.config(address))
	testkit.Eventually(t, func() bool {
		return h.count("redemptions", bson.M{"state": "capturing", "tries": bson.M{"$gt": 0}}) == 1
	},
		"it has asked in vain")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := s.RedeemReward(ctx, &rewardv1.RedeemRewardRequest{Program: "tea", Account: "bob", Reward: "pot", IdempotencyKey: "bob"})
	refused(t, rpc.FromStatus(err), reason.NotReady)
	h.keep(address)
	h.drained(s)
	testkit.Eventually(t, func() bool {
		_, err := h.accrual.GetAccount(patient(t), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
		return err == nil
	}, "our own connection has found the ledger again")
	h.requireEnded(s, crash{state: rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED}, "ann")
	h.requireAgreed(s)
}
