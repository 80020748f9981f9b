package accrual_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// withCafe is the tea club with a partner who may owe for points.
const withCafe = theTeaClub + "partners: {cafe: {roles: [issue], category: cafe}}\n"

func lot(account, key string, points int64) *accrualv1.ImportPointsRequest {
	return &accrualv1.ImportPointsRequest{Program: "tea", Account: account, Points: points, Source: "oldshop", IdempotencyKey: key}
}

// brings has a lot come over, and tells whether it had before.
func (s *service) brings(who rpc.Name, in *accrualv1.ImportPointsRequest) (*accrualv1.Entry, bool, error) {
	var trailer metadata.MD
	answer, err := s.as(who).ImportPoints(s.h.t.Context(), in, grpc.Trailer(&trailer))
	return answer.GetEntry(), len(trailer.Get(rpc.TrailerReplayed)) > 0, err
}

// TestLotsComeOverOnce with issuer and last day: a trial changes nothing and says the same, a second run finds all of it there, the
// points are spent and lapse like others, and the house made again from its entries has them.
func TestLotsComeOverOnce(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(withCafe)
	s := h.run(size{})
	h.pass("2026-03-10T00:00:00Z")
	s.drained()
	dated := lot("ann", "lot-1", 100)
	dated.Issuer, dated.ExpiryDay = "cafe", "2026-07-01"
	aged := lot("ann", "lot-2", 50)
	aged.IssuedDay = "2025-05-20"
	for _, in := range []*accrualv1.ImportPointsRequest{dated, aged} {
		in.ValidateOnly = true
		trial, already, err := s.brings(rpc.Operator, in)
		require.NoError(t, err)
		require.False(t, already)
		_, err = s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: trial.GetKey()})
		refused(t, err, reason.EntryNotFound)
		in.ValidateOnly = false
		e, already, err := s.brings(rpc.Operator, in)
		require.NoError(t, err)
		require.False(t, already)
		require.Equal(t, trial.GetMovements()[0].GetExpiryDay(), e.GetMovements()[0].GetExpiryDay())
		require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_IMPORT, e.GetKind())
		require.Equal(t, "oldshop", e.GetImport().GetSource())
		for _, only := range []bool{true, false} {
			in.ValidateOnly = only
			again, already, err := s.brings(rpc.Operator, in)
			require.NoError(t, err)
			require.True(t, already)
			require.Empty(t, cmp.Diff(e, again, protocmp.Transform()))
			in.Points = in.GetPoints() + 1
			_, _, err = s.brings(rpc.Operator, in)
			refused(t, err, reason.IdempotencyKeyReused)
			in.Points = in.GetPoints() - 1
		}
	}
	for field, in := range map[string]*accrualv1.ImportPointsRequest{
		"issuer": {Issuer: "nobody"}, "issued_day": {IssuedDay: "2026-03-11"}, "expiry_day": {ExpiryDay: "2026-03-10"},
	} {
		for _, only := range []bool{true, false} {
			in.Program, in.Account, in.Points, in.Source, in.IdempotencyKey, in.ValidateOnly = "tea", "ann", 1, "oldshop", "bad", only
			_, _, err := s.brings(rpc.Operator, in)
			refused(t, err, reason.InvalidArgument)
			require.Equal(t, field, refusalOf(t, err).Field)
		}
	}
	_, _, err := s.brings(rpc.Partner, lot("ann", "lot-3", 1))
	refused(t, err, reason.NotAllowed)

	require.EqualValues(t, 150, s.active("ann"))
	held, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 70))
	require.NoError(t, err)
	spent, err := s.grpc.CaptureHold(t.Context(), &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c"})
	require.NoError(t, err)
	require.Equal(t, []string{"operator", "cafe"}, []string{spent.GetEntry().GetMovements()[0].GetIssuer(), spent.GetEntry().GetMovements()[1].GetIssuer()},
		"the first to lapse first, each part owed by who gave it")
	h.pass("2026-07-01T00:00:00Z")
	s.drained()
	require.Zero(t, s.active("ann"))
	s.requireSound()
	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}

// TestPeopleImportWhatTheirRoleMay: where the programme limits adjustments, a lot comes over by a person whose role may; who runs the
// file again is answered from the same entries.
func TestPeopleImportWhatTheirRoleMay(t *testing.T) {
	t.Parallel()
	s := office(t, limited+"    mover: {import: 500}\n    carrier: {import: 500}\n", nil)
	_, _, err := s.brings(rpc.Operator, lot("bob", "lot-1", 1))
	refused(t, err, reason.PersonNeeded)
	for _, only := range []bool{true, false} {
		in := lot("bob", "lot-1", 1)
		in.ValidateOnly = only
		_, _, err = s.brings(ben.Caller(), in)
		refused(t, err, reason.AdjustmentLimit)
	}
	_, _, err = s.brings(mia.Caller(), lot("bob", "lot-1", 501))
	refused(t, err, reason.AdjustmentLimit)
	e, _, err := s.brings(mia.Caller(), lot("bob", "lot-1", 500))
	require.NoError(t, err)
	require.Equal(t, "operator/mia", e.GetCommand().GetCaller())
	again, already, err := s.brings(eve.Caller(), lot("bob", "lot-1", 500))
	require.NoError(t, err)
	require.True(t, already)
	require.Equal(t, e.GetHash(), again.GetHash())
	require.EqualValues(t, 500, s.active("bob"))
	s.requireSound()
}

// TestAnImportThatIsStoppedIsRunAgain: nothing of it is doubled or missing, wherever it was stopped.
func TestAnImportThatIsStoppedIsRunAgain(t *testing.T) {
	t.Parallel()
	const lots = 300
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2, batch: 16})
	s.drained()
	var taken, refusals int
	var mu sync.Mutex
	run := func(s *service, hear func(n int)) {
		taken, refusals = 0, 0
		var all sync.WaitGroup
		for lane := range 8 {
			all.Go(func() {
				for n := lane; n < lots; n += 8 {
					_, _, err := s.brings(rpc.Operator, lot(fmt.Sprint("m", n%40), fmt.Sprint("lot-", n), int64(n+1)))
					mu.Lock()
					if err == nil {
						taken++
					} else {
						refusals++
					}
					now := taken
					mu.Unlock()
					hear(now)
				}
			})
		}
		all.Wait()
	}
	half := sync.OnceFunc(s.stop)
	run(s, func(n int) {
		if n >= lots/3 {
			half()
		}
	})
	require.GreaterOrEqual(t, taken, lots/3)
	require.Positive(t, refusals, "it was stopped in the middle")
	second := h.run(size{lanes: 2})
	run(second, func(int) {})
	require.Equal(t, lots, taken)
	sum := int64(0)
	for n := range 40 {
		sum += second.active(fmt.Sprint("m", n))
	}
	require.EqualValues(t, lots*(lots+1)/2, sum)
	require.Len(t, h.documents("entries"), lots)
	second.requireSound()
}
