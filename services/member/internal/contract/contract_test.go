package contract_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/member/internal/contract"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

var day = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// sample is an enrolment as it was first told; it is read for ever.
const sample = "0a03746561120461636d651a03626f6220022a060880e48fcd06"

func enrolled() *controlv1.MemberEnrolled {
	return &controlv1.MemberEnrolled{
		Program: "tea", Account: "acme", Member: "bob", Kind: memberv1.MemberKind_MEMBER_KIND_BUSINESS, EnrolledAt: timestamppb.New(day),
	}
}

func TestAnEnrolmentIsToldTheSameEachTime(t *testing.T) {
	bob := membership.Member{ID: "bob", Account: "acme", Kind: membership.Business, Role: membership.Buyer, EnrolledAt: day, Enrolments: 2, Aliases: 1}
	first, err := contract.Enrolled("tea", bob)
	require.NoError(t, err)
	again, err := contract.Enrolled("tea", bob)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, "control.tea.member.enrolled.acme", first.Subject)
	header := map[string]string{}
	for _, h := range first.Header {
		header[h.Name] = h.Value
	}
	require.Equal(t, "tea/enrolled/bob/2", header["ce-id"])
	require.Equal(t, "laurel/member", header["ce-source"])
	require.Equal(t, "laurel.control.v1.MemberEnrolled", header["ce-type"])
	require.Equal(t, sample, hex.EncodeToString(first.Data))
	bob.Enrolments++
	third, err := contract.Enrolled("tea", bob)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, third.ID, "another enrolment is another event, even at the same moment")
}

func TestWhatWasToldOnceIsReadForEver(t *testing.T) {
	raw, err := hex.DecodeString(sample)
	require.NoError(t, err)
	var got controlv1.MemberEnrolled
	require.NoError(t, proto.Unmarshal(raw, &got))
	require.Empty(t, cmp.Diff(enrolled(), &got, protocmp.Transform()))
}

// TestEveryWordOfTheContractHasItsOwn holds the enums against those of the domain, both ways.
func TestEveryWordOfTheContractHasItsOwn(t *testing.T) {
	for number := range memberv1.MemberKind_name {
		kind := contract.KindFrom(memberv1.MemberKind(number))
		require.Equal(t, number == 0, kind == membership.KindUnset, "%d", number)
		require.EqualValues(t, number, contract.Member("tea", membership.Member{Kind: kind}).GetKind())
	}
	for number := range memberv1.Role_name {
		role := contract.RoleFrom(memberv1.Role(number))
		require.Equal(t, number == 0, role == membership.RoleUnset, "%d", number)
		require.EqualValues(t, number, contract.Member("tea", membership.Member{Role: role}).GetRole())
	}
	for number := range memberv1.BlockReason_name {
		cause := contract.CauseFrom(memberv1.BlockReason(number))
		require.Equal(t, number == 0, cause == alias.CauseUnset, "%d", number)
		require.EqualValues(t, number, contract.Alias(alias.Alias{Cause: cause}).GetBlockReason())
	}
	for number := range memberv1.AliasKind_name {
		a := &memberv1.Alias{Kind: memberv1.AliasKind(number), Value: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
		if a.GetKind() == memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER {
			a.Scope = "shop"
		}
		ref, err := contract.RefFrom(a)
		require.Equal(t, number == 0, err != nil, "%d", number)
		if err == nil {
			require.Empty(t, cmp.Diff(a, contract.Ref(ref), protocmp.Transform()))
		}
	}
	require.Equal(t, membership.KindUnset, contract.KindFrom(99))
}
