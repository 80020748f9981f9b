package member_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	consumer = memberv1.MemberKind_MEMBER_KIND_CONSUMER
	business = memberv1.MemberKind_MEMBER_KIND_BUSINESS
	dealer   = memberv1.MemberKind_MEMBER_KIND_DEALER
	buyer    = memberv1.Role_ROLE_BUYER
)

// same compares answers.
func same(t *testing.T, want, got proto.Message) {
	t.Helper()
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
}

func TestAnEnrolmentIsKeptAndToldOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	ann := h.enrol(s, "ann")
	same(t, &memberv1.Member{
		Program: "tea", Member: "ann", Account: "ann", Kind: consumer, Role: memberv1.Role_ROLE_OWNER, EnrolledAt: timestamppb.New(morning),
	}, ann)
	got, err := s.GetMember(t.Context(), &memberv1.GetMemberRequest{Program: "tea", Member: "ann"})
	require.NoError(t, err)
	same(t, &memberv1.GetMemberResponse{Member: ann}, got)

	told := h.told(s)
	require.Len(t, told, 1)
	same(t, &controlv1.MemberEnrolled{
		Program: "tea", Account: "ann", Member: "ann", Kind: consumer, EnrolledAt: timestamppb.New(morning),
	}, told[0])
	message := h.enrolments()[0]
	require.Contains(t, message.Subject, "."+bus.ControlSubject("tea", "member", "enrolled", "ann"))
	require.Equal(t, "tea/enrolled/ann/1", message.Header.Get("ce-id"))
}

func TestTheSameCallIsAnsweredTheSameForEver(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	enrol := &memberv1.EnrolMemberRequest{Program: "tea", Member: "ann", Kind: consumer, IdempotencyKey: "once"}
	first, err := s.EnrolMember(t.Context(), enrol)
	require.NoError(t, err)
	block := &memberv1.BlockAliasRequest{Program: "tea", Alias: cardNo("1"), Reason: memberv1.BlockReason_BLOCK_REASON_LOST, IdempotencyKey: "block"}
	_, err = s.BlockAlias(t.Context(), block)
	require.ErrorIs(t, rpc.FromStatus(err), reason.AliasNotFound)
	h.link(s, "ann", "1")
	blocked, err := s.BlockAlias(t.Context(), block)
	require.NoError(t, err, "what was refused may be tried again under its key")

	h.clock.Advance(time.Hour)
	s.stop()
	s = h.run()
	again, err := s.EnrolMember(t.Context(), enrol)
	require.NoError(t, err)
	same(t, first, again)
	blockedAgain, err := s.BlockAlias(t.Context(), block)
	require.NoError(t, err)
	same(t, blocked, blockedAgain)
	require.Len(t, h.told(s), 1)

	for _, other := range []*memberv1.EnrolMemberRequest{
		{Program: "tea", Member: "bob", Kind: consumer, IdempotencyKey: "once"},
		{Program: "tea", Member: "ann", Kind: business, IdempotencyKey: "once"},
		{Program: "tea", Member: "ann", Kind: consumer, Account: "bob", Role: buyer, IdempotencyKey: "once"},
	} {
		_, err = s.EnrolMember(t.Context(), other)
		require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused, "%s", other)
	}
	_, err = s.LinkAlias(t.Context(), &memberv1.LinkAliasRequest{Program: "tea", Member: "ann", Alias: cardNo("2"), IdempotencyKey: "once"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
	h.apply("coffee")
	_, err = s.EnrolMember(t.Context(), &memberv1.EnrolMemberRequest{Program: "coffee", Member: "ann", Kind: consumer, IdempotencyKey: "once"})
	require.NoError(t, err, "a key belongs to its programme")
}

// TestAHouseholdSharesAnAccount: its members come, act by their roles, and leave.
func TestAHouseholdSharesAnAccount(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	h.enrol(s, "ann")
	bob := h.enrol(s, "bob", "ann")
	require.Equal(t, "ann", bob.GetAccount())
	h.link(s, "bob", "7")
	found, err := h.resolve(s, cardNo("7"))
	require.NoError(t, err)
	require.Equal(t, "ann", found.GetAccount())
	same(t, bob, found.GetMember())
	for _, id := range []string{"ann", "bob"} {
		found, err = h.resolve(s, &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_ACCOUNT, Value: id})
		require.NoError(t, err)
		same(t, &memberv1.ResolveMemberResponse{Account: id}, found)
	}

	role, err := s.SetRole(t.Context(), &memberv1.SetRoleRequest{
		Program: "tea", Account: "ann", Member: "bob", Role: memberv1.Role_ROLE_VIEWER, IdempotencyKey: h.key(),
	})
	require.NoError(t, err)
	require.Equal(t, memberv1.Role_ROLE_VIEWER, role.GetMember().GetRole())
	list, err := s.ListMembers(t.Context(), &memberv1.ListMembersRequest{Program: "tea", Account: "ann", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, "ann", list.GetMembers()[0].GetMember())
	list, err = s.ListMembers(t.Context(), &memberv1.ListMembersRequest{Program: "tea", Account: "ann", PageSize: 1, PageToken: list.GetNextPageToken()})
	require.NoError(t, err)
	require.Equal(t, "bob", list.GetMembers()[0].GetMember())
	require.Empty(t, list.GetNextPageToken())

	h.clock.Advance(time.Hour)
	left, err := s.LeaveAccount(t.Context(), &memberv1.LeaveAccountRequest{Program: "tea", Account: "ann", Member: "bob", IdempotencyKey: h.key()})
	require.NoError(t, err)
	same(t, &memberv1.Member{
		Program: "tea", Member: "bob", Account: "bob", Kind: consumer, Role: memberv1.Role_ROLE_OWNER, EnrolledAt: timestamppb.New(morning.Add(time.Hour)),
	}, left.GetMember())
	found, err = h.resolve(s, cardNo("7"))
	require.NoError(t, err)
	require.Equal(t, "bob", found.GetAccount(), "the card goes with its member")
	told := map[string]int{}
	for _, m := range h.told(s) {
		told[m.GetAccount()+"/"+m.GetMember()]++
	}
	require.Equal(t, map[string]int{"ann/ann": 1, "ann/bob": 1, "bob/bob": 1}, told)
	found, err = h.resolve(s, &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_ACCOUNT, Value: "ann"})
	require.NoError(t, err)
	require.Equal(t, "ann", found.GetMember().GetMember(), "alone again")
}

// TestALostCard leads to nobody from then on; the new one does, and what was bought with the old one before still counts.
func TestALostCard(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	h.enrol(s, "ann")
	h.link(s, "ann", "1")
	h.clock.Advance(time.Hour)
	lost := morning.Add(time.Hour)
	replaced, err := s.ReplaceAlias(t.Context(), &memberv1.ReplaceAliasRequest{
		Program: "tea", Alias: cardNo("1"), Replacement: cardNo("2"), Reason: memberv1.BlockReason_BLOCK_REASON_LOST, IdempotencyKey: h.key(),
	})
	require.NoError(t, err)
	same(t, &memberv1.LinkedAlias{
		Alias: cardNo("1"), Member: "ann", State: memberv1.AliasState_ALIAS_STATE_BLOCKED, LinkedAt: timestamppb.New(morning),
		BlockReason: memberv1.BlockReason_BLOCK_REASON_LOST, BlockedAt: timestamppb.New(lost), ReplacedBy: cardNo("2"),
	}, replaced.GetAlias())
	found, err := h.resolve(s, cardNo("2"))
	require.NoError(t, err)
	require.Equal(t, "ann", found.GetAccount())
	_, err = h.resolve(s, cardNo("1"))
	refusal, ok := reason.Of(err)
	require.True(t, ok)
	require.Equal(t, reason.AliasBlocked, refusal.Reason)
	require.Equal(t, map[string]string{"block_reason": "lost", "blocked_at": "2026-03-01T09:00:00Z"}, refusal.Metadata)

	before := &memberv1.ResolveMemberRequest{Program: "tea", Alias: cardNo("1"), At: timestamppb.New(lost.Add(-time.Millisecond))}
	found, err = s.ResolveMember(t.Context(), before)
	require.NoError(t, err)
	require.Equal(t, "ann", found.GetAccount())
	same(t, replaced.GetAlias(), found.GetAlias())
	got, err := s.GetMember(t.Context(), &memberv1.GetMemberRequest{Program: "tea", Member: "ann"})
	require.NoError(t, err)
	require.Len(t, got.GetAliases(), 2)
	same(t, replaced.GetAlias(), got.GetAliases()[0])
	same(t, replaced.GetReplacement(), got.GetAliases()[1])
}

// TestADealerIsEnrolledAndTold: with an account of its own, which others may act for.
func TestADealerIsEnrolledAndTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	answer, err := s.EnrolMember(t.Context(), &memberv1.EnrolMemberRequest{Program: "tea", Member: "kiosk-7", Kind: dealer, IdempotencyKey: h.key()})
	require.NoError(t, err)
	require.Equal(t, dealer, answer.GetMember().GetKind())
	require.Equal(t, memberv1.Role_ROLE_OWNER, answer.GetMember().GetRole())
	join := &memberv1.EnrolMemberRequest{Program: "tea", Member: "ann", Kind: consumer, Account: "kiosk-7", Role: buyer, IdempotencyKey: h.key()}
	_, err = s.EnrolMember(t.Context(), join)
	require.Error(t, err, "the members of a dealer's account are dealers")
	join.Kind, join.IdempotencyKey = dealer, h.key()
	_, err = s.EnrolMember(t.Context(), join)
	require.NoError(t, err)
	got, err := s.GetMember(t.Context(), &memberv1.GetMemberRequest{Program: "tea", Member: "kiosk-7"})
	require.NoError(t, err)
	same(t, answer.GetMember(), got.GetMember())
	h.link(s, "kiosk-7", "4711")
	resolved, err := h.resolve(s, cardNo("4711"))
	require.NoError(t, err)
	require.Equal(t, "kiosk-7", resolved.GetAccount())
	told := h.told(s)
	require.Equal(t, []string{"kiosk-7 " + dealer.String(), "ann " + dealer.String()}, []string{
		told[0].GetMember() + " " + told[0].GetKind().String(), told[1].GetMember() + " " + told[1].GetKind().String(),
	})
	h.enrol(s, "bob")
	enrolled, err := s.Enrolled(t.Context(), "tea")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"dealer": 2, "consumer": 1}, enrolled)
	enrolled, err = s.Enrolled(t.Context(), "te")
	require.NoError(t, err)
	require.Empty(t, enrolled, "nobody of another programme, however it is called")
}
