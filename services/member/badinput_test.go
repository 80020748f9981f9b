package member_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// bad is a call that must be refused.
type bad struct {
	name  string
	want  reason.Reason
	field string // empty: none is named
	call  func(ctx context.Context, s *service) error
}

const (
	long   = 129
	lost   = memberv1.BlockReason_BLOCK_REASON_LOST
	number = memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER
)

// faulty lists what is wrong with one field of a method: edit makes the rightful request wrong.
func faulty[In, Out any](method string, call func(*service) func(context.Context, *In) (*Out, error), rightful func() *In) func(name string, want reason.Reason, field string, edit func(*In)) bad {
	return func(name string, want reason.Reason, field string, edit func(*In)) bad {
		return bad{method + ": " + name, want, field, func(ctx context.Context, s *service) error {
			in := rightful()
			edit(in)
			_, err := call(s)(ctx, in)
			return err
		}}
	}
}

func badEnrolments() []bad {
	f := faulty("EnrolMember", func(s *service) func(context.Context, *memberv1.EnrolMemberRequest) (*memberv1.EnrolMemberResponse, error) {
		return func(ctx context.Context, in *memberv1.EnrolMemberRequest) (*memberv1.EnrolMemberResponse, error) {
			return s.EnrolMember(ctx, in)
		}
	}, func() *memberv1.EnrolMemberRequest {
		return &memberv1.EnrolMemberRequest{Program: "tea", Member: "new", Kind: consumer, IdempotencyKey: "bad"}
	})
	type in = memberv1.EnrolMemberRequest
	return []bad{
		f("no programme", reason.InvalidArgument, "program", func(in *in) { in.Program = "" }),
		f("a programme that there is not", reason.UnknownProgram, "program", func(in *in) { in.Program = "coffee" }),
		f("no member", reason.InvalidArgument, "member", func(in *in) { in.Member = "" }),
		f("an id that is too long", reason.InvalidArgument, "member", func(in *in) { in.Member = strings.Repeat("x", long) }),
		f("an e-mail address", reason.InvalidArgument, "member", func(in *in) { in.Member = "ann@example.com" }),
		f("a name", reason.InvalidArgument, "member", func(in *in) { in.Member = "Ann Bee" }),
		f("no kind", reason.InvalidArgument, "kind", func(in *in) { in.Kind = 0 }),
		f("a kind that there is not", reason.InvalidArgument, "kind", func(in *in) { in.Kind = 99 }),
		f("no key", reason.InvalidArgument, "idempotency_key", func(in *in) { in.IdempotencyKey = "" }),
		f("an e-mail address as a key", reason.InvalidArgument, "idempotency_key", func(in *in) { in.IdempotencyKey = "ann@example.com" }),
		f("a role in one's own account", reason.InvalidArgument, "", func(in *in) { in.Role = buyer }),
		f("no role in another's", reason.InvalidArgument, "", func(in *in) { in.Account = "ann" }),
		f("a role that there is not", reason.InvalidArgument, "role", func(in *in) { in.Account, in.Role = "ann", 99 }),
		f("an account that there is not", reason.AccountNotFound, "account", func(in *in) { in.Account, in.Role = "nobody", buyer }),
		f("an account of a member of another's", reason.AccountNotFound, "account", func(in *in) { in.Account, in.Role = "bob", buyer }),
		f("a company's member in a household", reason.MemberKindMismatch, "kind", func(in *in) { in.Account, in.Role, in.Kind = "ann", buyer, business }),
		f("somebody who is known", reason.MemberExists, "member", func(in *in) { in.Member = "ann" }),
	}
}

func badQuestions() []bad {
	get := faulty("GetMember", func(s *service) func(context.Context, *memberv1.GetMemberRequest) (*memberv1.GetMemberResponse, error) {
		return func(ctx context.Context, in *memberv1.GetMemberRequest) (*memberv1.GetMemberResponse, error) {
			return s.GetMember(ctx, in)
		}
	}, func() *memberv1.GetMemberRequest { return &memberv1.GetMemberRequest{Program: "tea", Member: "ann"} })
	list := faulty("ListMembers", func(s *service) func(context.Context, *memberv1.ListMembersRequest) (*memberv1.ListMembersResponse, error) {
		return func(ctx context.Context, in *memberv1.ListMembersRequest) (*memberv1.ListMembersResponse, error) {
			return s.ListMembers(ctx, in)
		}
	}, func() *memberv1.ListMembersRequest {
		return &memberv1.ListMembersRequest{Program: "tea", Account: "ann"}
	})
	resolve := faulty("ResolveMember", func(s *service) func(context.Context, *memberv1.ResolveMemberRequest) (*memberv1.ResolveMemberResponse, error) {
		return func(ctx context.Context, in *memberv1.ResolveMemberRequest) (*memberv1.ResolveMemberResponse, error) {
			return s.ResolveMember(ctx, in)
		}
	}, func() *memberv1.ResolveMemberRequest {
		return &memberv1.ResolveMemberRequest{Program: "tea", Alias: cardNo("1")}
	})
	return append([]bad{
		get("no programme", reason.InvalidArgument, "program", func(in *memberv1.GetMemberRequest) { in.Program = "" }),
		get("no member", reason.InvalidArgument, "member", func(in *memberv1.GetMemberRequest) { in.Member = "" }),
		get("somebody who is not known", reason.MemberNotFound, "member", func(in *memberv1.GetMemberRequest) { in.Member = "nobody" }),
		get("somebody of another programme", reason.MemberNotFound, "member", func(in *memberv1.GetMemberRequest) { in.Program = "wine" }),
		list("no account", reason.InvalidArgument, "account", func(in *memberv1.ListMembersRequest) { in.Account = "" }),
		list("an account that there is not", reason.AccountNotFound, "account", func(in *memberv1.ListMembersRequest) { in.Account = "nobody" }),
		list("a page that is too long", reason.InvalidArgument, "page_size", func(in *memberv1.ListMembersRequest) { in.PageSize = 201 }),
		list("a page of another list", reason.InvalidArgument, "page_token", func(in *memberv1.ListMembersRequest) { in.PageToken = "AbC" }),
		resolve("no alias", reason.InvalidArgument, "alias", func(in *memberv1.ResolveMemberRequest) { in.Alias = nil }),
		resolve("a time that is none", reason.InvalidArgument, "at", func(in *memberv1.ResolveMemberRequest) {
			in.At = &timestamppb.Timestamp{Nanos: -1}
		}),
		resolve("a card that nobody has", reason.AliasNotFound, "alias", func(in *memberv1.ResolveMemberRequest) { in.Alias = cardNo("99") }),
		resolve("a card of another programme", reason.AliasNotFound, "alias", func(in *memberv1.ResolveMemberRequest) { in.Program = "wine" }),
		resolve("a customer number at another shop", reason.AliasNotFound, "alias", func(in *memberv1.ResolveMemberRequest) {
			in.Alias = &memberv1.Alias{Kind: number, Scope: "rival", Value: "12"}
		}),
		resolve("a card that was lost", reason.AliasBlocked, "alias", func(in *memberv1.ResolveMemberRequest) { in.Alias = cardNo("2") }),
	}, badAliases(resolve)...)
}

// badAliases are aliases that no method takes.
func badAliases(f func(string, reason.Reason, string, func(*memberv1.ResolveMemberRequest)) bad) []bad {
	var list []bad
	for _, c := range []struct {
		name, field string
		alias       *memberv1.Alias
	}{
		{"no kind", "alias.kind", &memberv1.Alias{Value: "1"}},
		{"a kind that there is not", "alias.kind", &memberv1.Alias{Kind: 99, Value: "1"}},
		{"no value", "alias.value", &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_CARD}},
		{"a value that is too long", "alias.value", cardNo(strings.Repeat("1", long))},
		{"an e-mail address", "alias.value", cardNo("ann@example.com")},
		{"an e-mail address where a hash should be", "alias", &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_EMAIL_HASH, Value: "ann-at-example"}},
		{"a telephone number where a hash should be", "alias", &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_PHONE_HASH, Value: "+49170123456"}},
		{"a customer number of no shop", "alias", &memberv1.Alias{Kind: number, Value: "12"}},
		{"a card of one shop", "alias", &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_CARD, Scope: "shop", Value: "12"}},
	} {
		list = append(list, f(c.name, reason.InvalidArgument, c.field, func(in *memberv1.ResolveMemberRequest) { in.Alias = c.alias }))
	}
	return list
}

func badLinks() []bad {
	link := faulty("LinkAlias", func(s *service) func(context.Context, *memberv1.LinkAliasRequest) (*memberv1.LinkAliasResponse, error) {
		return func(ctx context.Context, in *memberv1.LinkAliasRequest) (*memberv1.LinkAliasResponse, error) {
			return s.LinkAlias(ctx, in)
		}
	}, func() *memberv1.LinkAliasRequest {
		return &memberv1.LinkAliasRequest{Program: "tea", Member: "bob", Alias: cardNo("9"), IdempotencyKey: "bad"}
	})
	block := faulty("BlockAlias", func(s *service) func(context.Context, *memberv1.BlockAliasRequest) (*memberv1.BlockAliasResponse, error) {
		return func(ctx context.Context, in *memberv1.BlockAliasRequest) (*memberv1.BlockAliasResponse, error) {
			return s.BlockAlias(ctx, in)
		}
	}, func() *memberv1.BlockAliasRequest {
		return &memberv1.BlockAliasRequest{Program: "tea", Alias: cardNo("1"), Reason: lost, IdempotencyKey: "bad"}
	})
	replace := faulty("ReplaceAlias", func(s *service) func(context.Context, *memberv1.ReplaceAliasRequest) (*memberv1.ReplaceAliasResponse, error) {
		return func(ctx context.Context, in *memberv1.ReplaceAliasRequest) (*memberv1.ReplaceAliasResponse, error) {
			return s.ReplaceAlias(ctx, in)
		}
	}, func() *memberv1.ReplaceAliasRequest {
		return &memberv1.ReplaceAliasRequest{Program: "tea", Alias: cardNo("1"), Replacement: cardNo("9"), Reason: lost, IdempotencyKey: "bad"}
	})
	return []bad{
		link("no key", reason.InvalidArgument, "idempotency_key", func(in *memberv1.LinkAliasRequest) { in.IdempotencyKey = "" }),
		link("no alias", reason.InvalidArgument, "alias", func(in *memberv1.LinkAliasRequest) { in.Alias = nil }),
		link("somebody who is not known", reason.MemberNotFound, "member", func(in *memberv1.LinkAliasRequest) { in.Member = "nobody" }),
		link("somebody of another programme", reason.MemberNotFound, "member", func(in *memberv1.LinkAliasRequest) { in.Program = "wine" }),
		link("somebody else's card", reason.AliasTaken, "alias", func(in *memberv1.LinkAliasRequest) { in.Alias = cardNo("1") }),
		link("a card that one has lost", reason.AliasBlocked, "alias", func(in *memberv1.LinkAliasRequest) { in.Member, in.Alias = "ann", cardNo("2") }),
		link("an account", reason.InvalidArgument, "alias.kind", func(in *memberv1.LinkAliasRequest) {
			in.Alias = &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_ACCOUNT, Value: "ann"}
		}),
		block("no key", reason.InvalidArgument, "idempotency_key", func(in *memberv1.BlockAliasRequest) { in.IdempotencyKey = "" }),
		block("no reason", reason.InvalidArgument, "reason", func(in *memberv1.BlockAliasRequest) { in.Reason = 0 }),
		block("a card that nobody has", reason.AliasNotFound, "alias", func(in *memberv1.BlockAliasRequest) { in.Alias = cardNo("99") }),
		block("a card of another programme", reason.AliasNotFound, "alias", func(in *memberv1.BlockAliasRequest) { in.Program = "wine" }),
		block("a card that is blocked", reason.AliasBlocked, "alias", func(in *memberv1.BlockAliasRequest) { in.Alias = cardNo("2") }),
		replace("no key", reason.InvalidArgument, "idempotency_key", func(in *memberv1.ReplaceAliasRequest) { in.IdempotencyKey = "" }),
		replace("no reason", reason.InvalidArgument, "reason", func(in *memberv1.ReplaceAliasRequest) { in.Reason = 0 }),
		replace("by itself", reason.InvalidArgument, "", func(in *memberv1.ReplaceAliasRequest) { in.Replacement = cardNo("1") }),
		replace("by another kind", reason.InvalidArgument, "", func(in *memberv1.ReplaceAliasRequest) {
			in.Replacement = &memberv1.Alias{Kind: memberv1.AliasKind_ALIAS_KIND_TOKEN, Value: "9"}
		}),
		replace("a card that nobody has", reason.AliasNotFound, "alias", func(in *memberv1.ReplaceAliasRequest) { in.Alias = cardNo("99") }),
		replace("by somebody else's", reason.AliasTaken, "replacement", func(in *memberv1.ReplaceAliasRequest) { in.Replacement = cardNo("5") }),
		replace("a second time", reason.AliasReplaced, "alias", func(in *memberv1.ReplaceAliasRequest) { in.Alias = cardNo("2") }),
	}
}

func badMoves() []bad {
	role := faulty("SetRole", func(s *service) func(context.Context, *memberv1.SetRoleRequest) (*memberv1.SetRoleResponse, error) {
		return func(ctx context.Context, in *memberv1.SetRoleRequest) (*memberv1.SetRoleResponse, error) {
			return s.SetRole(ctx, in)
		}
	}, func() *memberv1.SetRoleRequest {
		return &memberv1.SetRoleRequest{Program: "tea", Account: "ann", Member: "bob", Role: buyer, IdempotencyKey: "bad"}
	})
	leave := faulty("LeaveAccount", func(s *service) func(context.Context, *memberv1.LeaveAccountRequest) (*memberv1.LeaveAccountResponse, error) {
		return func(ctx context.Context, in *memberv1.LeaveAccountRequest) (*memberv1.LeaveAccountResponse, error) {
			return s.LeaveAccount(ctx, in)
		}
	}, func() *memberv1.LeaveAccountRequest {
		return &memberv1.LeaveAccountRequest{Program: "tea", Account: "ann", Member: "bob", IdempotencyKey: "bad"}
	})
	return []bad{
		role("no key", reason.InvalidArgument, "idempotency_key", func(in *memberv1.SetRoleRequest) { in.IdempotencyKey = "" }),
		role("no role", reason.InvalidArgument, "role", func(in *memberv1.SetRoleRequest) { in.Role = 0 }),
		role("somebody who is not known", reason.MemberNotFound, "member", func(in *memberv1.SetRoleRequest) { in.Member = "nobody" }),
		role("somebody of another account", reason.MemberNotFound, "member", func(in *memberv1.SetRoleRequest) { in.Member = "eve" }),
		role("whom the account is named after", reason.OwnAccount, "member", func(in *memberv1.SetRoleRequest) { in.Member = "ann" }),
		leave("no key", reason.InvalidArgument, "idempotency_key", func(in *memberv1.LeaveAccountRequest) { in.IdempotencyKey = "" }),
		leave("no account", reason.InvalidArgument, "account", func(in *memberv1.LeaveAccountRequest) { in.Account = "" }),
		leave("somebody of another account", reason.MemberNotFound, "member", func(in *memberv1.LeaveAccountRequest) { in.Member = "eve" }),
		leave("whom the account is named after", reason.OwnAccount, "member", func(in *memberv1.LeaveAccountRequest) { in.Member = "ann" }),
	}
}

// TestBadInputGetsItsReason tries everything that a caller can get wrong at each method; nothing is changed by it.
func TestBadInputGetsItsReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	h.enrol(s, "ann")
	h.enrol(s, "bob", "ann")
	h.enrol(s, "eve")
	h.link(s, "ann", "1")
	h.link(s, "ann", "2")
	h.link(s, "eve", "5")
	_, err := s.ReplaceAlias(t.Context(), &memberv1.ReplaceAliasRequest{
		Program: "tea", Alias: cardNo("2"), Replacement: cardNo("3"), Reason: lost, IdempotencyKey: "setup",
	})
	require.NoError(t, err)
	_, err = s.LinkAlias(t.Context(), &memberv1.LinkAliasRequest{
		Program: "tea", Member: "ann", Alias: &memberv1.Alias{Kind: number, Scope: "shop", Value: "12"}, IdempotencyKey: "number",
	})
	require.NoError(t, err)
	members, aliases, commands := h.documents("members"), h.documents("aliases"), h.documents("commands")

	for _, list := range [][]bad{badEnrolments(), badQuestions(), badLinks(), badMoves()} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				err := rpc.FromStatus(c.call(t.Context(), s))
				refusal, ok := reason.Of(err)
				require.True(t, ok, "%v", err)
				require.Equal(t, c.want, refusal.Reason, "%v", err)
				require.Equal(t, c.field, refusal.Field, "%v", err)
				require.NotContains(t, refusal.Message, "@example")
			})
		}
	}
	require.Equal(t, members, h.documents("members"))
	require.Equal(t, aliases, h.documents("aliases"))
	require.Equal(t, commands, h.documents("commands"), "what was refused may be tried again under its key")
	require.Len(t, h.told(s), 3)
}
