package accrual_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

type watching = grpc.ServerStreamingClient[accrualv1.WatchAccountResponse]

// watch begins to watch an account; after is nil for from now on.
func (s *service) watch(account string, after *int64) watching {
	s.h.t.Helper()
	stream, err := s.grpc.WatchAccount(s.h.t.Context(), &accrualv1.WatchAccountRequest{Program: "tea", Account: account, AfterSeq: after})
	require.NoError(s.h.t, err)
	return stream
}

// seen reads until the account has come to a version, and returns the seqs of the entries that were told on the way.
func seen(t *testing.T, stream watching, version int64) []int64 {
	t.Helper()
	var seqs []int64
	for {
		answer, err := stream.Recv()
		require.NoError(t, err)
		for _, e := range answer.GetEntries() {
			seqs = append(seqs, e.GetSeq())
		}
		if account := answer.GetAccount(); account != nil {
			if len(seqs) > 0 {
				require.Equal(t, seqs[len(seqs)-1], account.GetVersion(), "the account is the one behind the entries")
			}
			if account.GetVersion() >= version {
				return seqs
			}
		}
	}
}

func seqs(from, to int64) []int64 {
	var list []int64
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

// TestAWatcherIsToldOfEachChangeOnce whichever replica has made it; who was cut off goes on where it was.
func TestAWatcherIsToldOfEachChangeOnce(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	_, err := s.watch("ann", nil).Recv()
	refused(t, err, reason.AccountNotFound)
	s.award("ann", "a1", 100)

	stream := s.watch("ann", nil)
	require.Empty(t, seen(t, stream, 1), "the account as it is")
	s.award("ann", "a2", 20)
	require.Equal(t, []int64{2}, seen(t, stream, 2))
	s.award("zoe", "z", 20)
	s.stop()
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF, "a server that stops ends the watch without an error")

	one, two := h.run(size{}), h.run(size{})
	one.drained()
	last := int64(2)
	stream = one.watch("ann", &last)
	require.Empty(t, seen(t, stream, 2))
	for n := range 5 {
		two.award("ann", fmt.Sprint("b", n), 1)
	}
	require.Equal(t, seqs(3, 7), seen(t, stream, 7))
	first := int64(0)
	require.Equal(t, seqs(1, 7), seen(t, one.watch("ann", &first), 7))
	beyond := int64(8)
	_, err = one.watch("ann", &beyond).Recv()
	refused(t, err, reason.InvalidArgument)
	require.Equal(t, "7", refusalOf(t, err).Metadata["seq"])
	one.requireSound()
}

// TestAWatcherWhoDoesNotReadHoldsNobodyUp and is told of everything all the same, in messages of at most 200 entries.
func TestAWatcherWhoDoesNotReadHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.publish(paid("ann", "o", moment("2026-01-10"), 100))
	s := h.run(size{lanes: 2})
	s.drained()
	stream := s.watch("ann", nil)
	const more = 450
	letters := make([]letter, more)
	for n := range letters {
		letters[n] = paid("ann", fmt.Sprint("o", n), moment("2026-01-10"), 100)
	}
	h.publish(letters...)
	s.drained() // nobody has read from the stream yet
	require.Equal(t, seqs(2, more+1), seen(t, stream, more+1))
	first := int64(0)
	messages, told := 0, 0
	for again := s.watch("ann", &first); told < more+1; messages++ {
		answer, err := again.Recv()
		require.NoError(t, err)
		require.LessOrEqual(t, len(answer.GetEntries()), 200)
		told += len(answer.GetEntries())
		require.Equal(t, told == more+1, answer.GetAccount() != nil)
	}
	require.Equal(t, 3, messages)
}

// TestWhatFallsDueIsToldToo without anybody having done anything.
func TestWhatFallsDueIsToldToo(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-01-10")
	s := h.run(size{})
	s.drained()
	s.award("ann", "a", 100)
	stream := s.watch("ann", nil)
	require.Empty(t, seen(t, stream, 1))
	h.pass("2027-02-01")
	answer, err := stream.Recv()
	require.NoError(t, err)
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_EXPIRE, answer.GetEntries()[0].GetKind())
	require.Zero(t, answer.GetAccount().GetBalances()[0].GetActive())
}

// TestAWatchHasNoDeadlineOfItsOwn: who sets none may listen for longer than any other call lasts.
func TestAWatchHasNoDeadlineOfItsOwn(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	s.award("ann", "a", 100)
	stream := s.watch("ann", nil)
	require.Empty(t, seen(t, stream, 1))
	s.stop()
	_, err := stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	require.Empty(t, stream.Trailer().Get("laurel-default-deadline"))
}

func TestExpiringPointsByDay(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-01-10")
	s := h.run(size{})
	s.drained()
	give := func(key, issuer string, points int64, activation, expiry string) {
		_, err := s.grpc.AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{
			Program: "tea", Account: "ann", Points: points, Issuer: issuer, ActivationDay: activation, ExpiryDay: expiry, IdempotencyKey: key,
		})
		require.NoError(t, err)
	}
	give("1", "cafe", 30, "", "2026-01-20")
	give("2", "mill", 12, "", "2026-01-20")
	give("3", "cafe", 40, "2026-02-01", "2026-03-01") // not active yet
	give("4", "cafe", 50, "", "2026-04-11")           // beyond 90 days
	give("5", "cafe", 60, "", "never")
	_, err := s.grpc.HoldPoints(t.Context(), timed(hold("ann", "h", 20), 20*24*time.Hour)) // what is held does not lapse
	require.NoError(t, err)
	ask := func(days int32) string {
		answer, err := s.grpc.ListExpiringPoints(t.Context(), &accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", HorizonDays: days})
		require.NoError(t, err)
		text := answer.GetDay() + ":"
		for _, e := range answer.GetExpiring() {
			text += fmt.Sprintf(" %d %s until %s", e.GetPoints(), e.GetUnit(), e.GetLastDay())
		}
		return text
	}
	require.Equal(t, "2026-01-10: 22 points until 2026-01-19 40 points until 2026-02-28", ask(0))
	require.Equal(t, "2026-01-10: 22 points until 2026-01-19", ask(10))
	require.Equal(t, "2026-01-10:", ask(9))
	require.Equal(t, "2026-01-10: 22 points until 2026-01-19 40 points until 2026-02-28 50 points until 2026-04-10", ask(91))
	h.pass("2026-01-20")
	s.drained()
	require.Equal(t, "2026-01-20: 40 points until 2026-02-28 50 points until 2026-04-10", ask(0))
	_, err = s.grpc.ListExpiringPoints(t.Context(), &accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "zoe"})
	refused(t, err, reason.AccountNotFound)
}
