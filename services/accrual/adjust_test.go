package accrual_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const limited = theTeaClub + `
adjustments:
  limit: 100
  per_day: 250
  roles:
    lead: {limit: 1000, per_day: 2000, approve: 5000}
    head: {approve: 50000}
`

var (
	anna = rpc.Person{ID: "anna", Role: "clerk"}
	ben  = rpc.Person{ID: "ben", Role: "lead"}
	cora = rpc.Person{ID: "cora", Role: "head"}
	dora = rpc.Person{ID: "dora", Role: "lead"}
	mia  = rpc.Person{ID: "mia", Role: "mover"}
	eve  = rpc.Person{ID: "eve", Role: "carrier"}
)

// office is a house with people, in which ann's account is open.
func office(t *testing.T, programme string, hands clock.Clock) *service {
	t.Helper()
	h := open(t, wall)
	h.apply(programme)
	s := h.run(size{lanes: 2, clock: hands, people: []rpc.Person{anna, ben, cora, dora, mia, eve}})
	s.drained()
	s.awardBy(s.as(rpc.Partner), "ann", "a", 1000)
	return s
}

func (s *service) adjust(who rpc.Name, key string, points int64) (*accrualv1.Entry, error) {
	answer, err := s.as(who).AdjustPoints(s.h.t.Context(), &accrualv1.AdjustPointsRequest{
		Program: "tea", Account: "ann", Points: points, Reason: "MISTAKE", IdempotencyKey: key,
	})
	return answer.GetEntry(), err
}

func (s *service) propose(who rpc.Name, key string, points int64) (*accrualv1.AdjustmentProposal, error) {
	answer, err := s.as(who).ProposeAdjustment(s.h.t.Context(), &accrualv1.ProposeAdjustmentRequest{
		Program: "tea", Account: "ann", Points: points, Reason: "GOODWILL", IdempotencyKey: key,
	})
	return answer.GetProposal(), err
}

func (s *service) approve(who rpc.Name, id string) (*accrualv1.ApproveAdjustmentResponse, error) {
	return s.as(who).ApproveAdjustment(s.h.t.Context(), &accrualv1.ApproveAdjustmentRequest{Program: "tea", ProposalId: id, IdempotencyKey: "k"})
}

func (s *service) reject(who rpc.Name, id string) (*accrualv1.AdjustmentProposal, error) {
	answer, err := s.as(who).RejectAdjustment(s.h.t.Context(), &accrualv1.RejectAdjustmentRequest{Program: "tea", ProposalId: id, IdempotencyKey: "k"})
	return answer.GetProposal(), err
}

func TestAPersonAdjustsWithinTheLimitsOfTheirRole(t *testing.T) {
	t.Parallel()
	s := office(t, limited, nil)
	_, err := s.adjust(rpc.Operator, "j", 1)
	refused(t, err, reason.PersonNeeded)
	for _, who := range []rpc.Name{rpc.Operator, anna.Caller(), cora.Caller()} {
		_, err = s.as(who).AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{Program: "tea", Account: "ann", Points: 1, IdempotencyKey: "w"})
		refused(t, err, reason.NotAllowed) // it would go round the limits
	}
	require.EqualValues(t, 1000, s.active("ann"))
	first, err := s.adjust(anna.Caller(), "j1", 100)
	require.NoError(t, err)
	require.Equal(t, "cmd/operator/anna/j1", first.GetKey())
	require.Equal(t, "operator/anna", first.GetCommand().GetCaller())
	_, err = s.adjust(anna.Caller(), "j2", -101)
	refused(t, err, reason.AdjustmentLimit)
	require.Equal(t, map[string]string{"asked": "101", "limit": "100", "role": "clerk"}, refusalOf(t, err).Metadata)
	_, err = s.adjust(anna.Caller(), "j2", -100)
	require.NoError(t, err)
	_, err = s.adjust(anna.Caller(), "j3", 51)
	refused(t, err, reason.AdjustmentLimit)
	require.Equal(t, "51 points asked, the role clerk may adjust 250 a day, of which 200 are used; "+
		"propose it, and let another person approve it", refusalOf(t, err).Message)
	_, err = s.adjust(anna.Caller(), "j3", 50)
	require.NoError(t, err)
	again, err := s.adjust(anna.Caller(), "j1", 100)
	require.NoError(t, err, "a repeated adjustment is not counted again, nor refused")
	require.Empty(t, cmp.Diff(first, again, protocmp.Transform()))
	_, err = s.adjust(anna.Caller(), "j1", 99)
	refused(t, err, reason.IdempotencyKeyReused)

	_, err = s.adjust(ben.Caller(), "b1", -1000)
	require.NoError(t, err, "a role with a limit of its own")
	_, err = s.adjust(ben.Caller(), "b2", 1001)
	refused(t, err, reason.AdjustmentLimit)
	s.requireSound()
}

// TestWhatTheLedgerRefusesCountsForNoLimit and the next day begins anew.
func TestWhatTheLedgerRefusesCountsForNoLimit(t *testing.T) {
	t.Parallel()
	hands := clock.At(clock.System().Now())
	s := office(t, limited, hands)
	_, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 950))
	require.NoError(t, err)
	for n := range 4 {
		_, err = s.adjust(anna.Caller(), fmt.Sprint("r", n), -100)
		refused(t, err, reason.InsufficientPoints)
	}
	for n := range 5 {
		_, err = s.adjust(anna.Caller(), fmt.Sprint("j", n), 50)
		require.NoError(t, err)
	}
	_, err = s.adjust(anna.Caller(), "one more", 1)
	require.Error(t, err)
	_, err = s.adjust(anna.Caller(), "one-more", 1)
	refused(t, err, reason.AdjustmentLimit)
	hands.Advance(24 * time.Hour)
	_, err = s.adjust(anna.Caller(), "one-more", 1)
	require.NoError(t, err)
	s.requireSound()
}

// TestTheLimitOfADayHoldsForManyCallsAtOnce over two lanes.
func TestTheLimitOfADayHoldsForManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := office(t, limited, nil)
	client, partner := s.as(anna.Caller()), s.as(rpc.Partner)
	errs := make([]error, 40)
	atOnce(len(errs), func(n int) {
		account := fmt.Sprint("member-", n%5)
		_, errs[n] = partner.AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{Program: "tea", Account: account, Points: 1, IdempotencyKey: fmt.Sprint("a", n)})
		if errs[n] == nil {
			_, errs[n] = client.AdjustPoints(t.Context(), &accrualv1.AdjustPointsRequest{
				Program: "tea", Account: account, Points: 10, Reason: "MISTAKE", IdempotencyKey: fmt.Sprint("j", n),
			})
		}
	})
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
			continue
		}
		refused(t, err, reason.AdjustmentLimit)
	}
	require.Equal(t, 25, taken)
	s.requireSound()
}

func TestASecondPersonLetsAnAdjustmentHappen(t *testing.T) {
	t.Parallel()
	s := office(t, limited, nil)
	_, err := s.propose(rpc.Operator, "p", 3000)
	refused(t, err, reason.PersonNeeded)
	p, err := s.propose(anna.Caller(), "p", 3000)
	require.NoError(t, err)
	require.Equal(t, accrualv1.ProposalState_PROPOSAL_STATE_OPEN, p.GetState())
	require.Equal(t, "anna", p.GetProposer())
	again, err := s.propose(anna.Caller(), "p", 3000)
	require.NoError(t, err)
	require.Equal(t, p.GetProposedAt(), again.GetProposedAt())
	_, err = s.propose(anna.Caller(), "p", 3001)
	refused(t, err, reason.IdempotencyKeyReused)
	require.EqualValues(t, 1000, s.active("ann"), "nothing has moved")

	_, err = s.approve(anna.Caller(), p.GetProposalId())
	refused(t, err, reason.SecondPersonNeeded)
	_, err = s.approve(rpc.Operator, p.GetProposalId())
	refused(t, err, reason.PersonNeeded)
	_, err = s.approve(ben.Caller(), "tea/anna/other")
	refused(t, err, reason.ProposalNotFound)
	done, err := s.approve(ben.Caller(), p.GetProposalId())
	require.NoError(t, err)
	require.Equal(t, "operator/anna", done.GetEntry().GetCommand().GetCaller())
	require.Equal(t, "operator/ben", done.GetEntry().GetCommand().GetApprover())
	require.Equal(t, accrualv1.ProposalState_PROPOSAL_STATE_DONE, done.GetProposal().GetState())
	require.EqualValues(t, 4000, s.active("ann"))
	same, err := s.approve(ben.Caller(), p.GetProposalId())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(done, same, protocmp.Transform()))
	_, err = s.approve(dora.Caller(), p.GetProposalId())
	refused(t, err, reason.ProposalClosed)
	_, err = s.reject(ben.Caller(), p.GetProposalId())
	refused(t, err, reason.ProposalClosed)

	large, err := s.propose(anna.Caller(), "large", 20_000)
	require.NoError(t, err)
	_, err = s.approve(ben.Caller(), large.GetProposalId())
	refused(t, err, reason.AdjustmentLimit)
	require.Equal(t, "20000 points are proposed, the role lead may approve 5000", refusalOf(t, err).Message)
	withdrawn, err := s.reject(anna.Caller(), large.GetProposalId())
	require.NoError(t, err)
	require.Equal(t, "anna", withdrawn.GetDecidedBy())
	_, err = s.approve(cora.Caller(), large.GetProposalId())
	refused(t, err, reason.ProposalClosed)

	list, err := s.grpc.ListAdjustmentProposals(t.Context(), &accrualv1.ListAdjustmentProposalsRequest{Program: "tea", PageSize: 1})
	require.NoError(t, err)
	require.Len(t, list.GetProposals(), 1)
	list, err = s.grpc.ListAdjustmentProposals(t.Context(), &accrualv1.ListAdjustmentProposalsRequest{Program: "tea", PageSize: 1, PageToken: list.GetNextPageToken()})
	require.NoError(t, err)
	require.Equal(t, p.GetProposalId(), list.GetProposals()[0].GetProposalId())
	require.Empty(t, list.GetNextPageToken())
	list, err = s.grpc.ListAdjustmentProposals(t.Context(), &accrualv1.ListAdjustmentProposalsRequest{Program: "tea", Open: true})
	require.NoError(t, err)
	require.Empty(t, list.GetProposals())
	s.requireSound()
}

// TestManyWhoDecideAtOnceMakeOneEntryOrNone: some approve, some reject.
func TestManyWhoDecideAtOnceMakeOneEntryOrNone(t *testing.T) {
	t.Parallel()
	s := office(t, limited, nil)
	for round := range 4 {
		p, err := s.propose(anna.Caller(), fmt.Sprint("p", round), 500)
		require.NoError(t, err)
		before := s.active("ann")
		clients := []accrualv1.AccrualServiceClient{s.as(ben.Caller()), s.as(dora.Caller()), s.as(cora.Caller())}
		errs := make([]error, 24)
		atOnce(len(errs), func(n int) {
			if n%3 == 2 {
				_, errs[n] = clients[2].RejectAdjustment(t.Context(), &accrualv1.RejectAdjustmentRequest{Program: "tea", ProposalId: p.GetProposalId(), IdempotencyKey: "k"})
				return
			}
			_, errs[n] = clients[n%3].ApproveAdjustment(t.Context(), &accrualv1.ApproveAdjustmentRequest{Program: "tea", ProposalId: p.GetProposalId(), IdempotencyKey: "k"})
		})
		by := map[int]bool{}
		for n, err := range errs {
			if err == nil {
				by[n%3] = true
				continue
			}
			refused(t, err, reason.ProposalClosed)
		}
		require.Len(t, by, 1, "one of them decided, and is told so each time")
		want := before
		if !by[2] {
			want += 500
		}
		require.Equal(t, want, s.active("ann"))
	}
	s.requireSound()
}

func TestAnApprovedAdjustmentThatTheLedgerRefusedCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	hands := clock.At(clock.System().Now())
	s := office(t, theTeaClub, hands) // no limits: any other person may approve
	p, err := s.propose(anna.Caller(), "p", -1200)
	require.NoError(t, err)
	_, err = s.approve(cora.Caller(), p.GetProposalId())
	refused(t, err, reason.InsufficientPoints)
	s.award("ann", "more", 300)
	_, err = s.approve(dora.Caller(), p.GetProposalId())
	refused(t, err, reason.ProposalClosed)
	done, err := s.approve(cora.Caller(), p.GetProposalId())
	require.NoError(t, err)
	require.EqualValues(t, -1200, done.GetEntry().GetCommand().GetPoints())
	require.EqualValues(t, 100, s.active("ann"))

	late, err := s.propose(anna.Caller(), "late", 5)
	require.NoError(t, err)
	hands.Advance(8 * 24 * time.Hour)
	_, err = s.approve(cora.Caller(), late.GetProposalId())
	refused(t, err, reason.ProposalClosed)
	list, err := s.grpc.ListAdjustmentProposals(t.Context(), &accrualv1.ListAdjustmentProposalsRequest{Program: "tea"})
	require.NoError(t, err)
	require.Equal(t, accrualv1.ProposalState_PROPOSAL_STATE_LAPSED, list.GetProposals()[0].GetState())
	s.requireSound()
}
