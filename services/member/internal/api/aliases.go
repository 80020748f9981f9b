package api

import (
	"context"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/member/internal/contract"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/keeping"
)

// ResolveMember implements MemberService.
func (s *Server) ResolveMember(ctx context.Context, in *memberv1.ResolveMemberRequest) (*memberv1.ResolveMemberResponse, error) {
	ref, err := contract.RefFrom(in.GetAlias())
	if err != nil {
		return nil, err
	}
	at, err := timeFromProto(in.GetAt(), "at")
	if err != nil {
		return nil, err
	}
	found, err := s.keeper.Resolve(ctx, in.GetProgram(), ref, at)
	if err != nil {
		return nil, err
	}
	answer := &memberv1.ResolveMemberResponse{Account: string(found.Account)}
	if found.Member != nil {
		answer.Member = contract.Member(in.GetProgram(), *found.Member)
	}
	if found.Alias != nil {
		answer.Alias = contract.Alias(*found.Alias)
	}
	return answer, nil
}

// LinkAlias implements MemberService.
func (s *Server) LinkAlias(ctx context.Context, in *memberv1.LinkAliasRequest) (*memberv1.LinkAliasResponse, error) {
	id, err := membership.ParseID("member", in.GetMember())
	if err != nil {
		return nil, err
	}
	ref, err := contract.RefFrom(in.GetAlias())
	if err != nil {
		return nil, err
	}
	c := command(ctx, in, append(words(in.GetAlias()), "link", in.GetMember())...)
	linked, err := s.keeper.Link(ctx, c, id, ref)
	if err != nil {
		return nil, err
	}
	return &memberv1.LinkAliasResponse{Alias: contract.Alias(linked)}, nil
}

// BlockAlias implements MemberService.
func (s *Server) BlockAlias(ctx context.Context, in *memberv1.BlockAliasRequest) (*memberv1.BlockAliasResponse, error) {
	ref, err := contract.RefFrom(in.GetAlias())
	if err != nil {
		return nil, err
	}
	c := command(ctx, in, append(words(in.GetAlias()), "block", in.GetReason().String())...)
	blocked, err := s.keeper.Block(ctx, c, ref, contract.CauseFrom(in.GetReason()))
	if err != nil {
		return nil, err
	}
	return &memberv1.BlockAliasResponse{Alias: contract.Alias(blocked)}, nil
}

// ReplaceAlias implements MemberService.
func (s *Server) ReplaceAlias(ctx context.Context, in *memberv1.ReplaceAliasRequest) (*memberv1.ReplaceAliasResponse, error) {
	replacement := keeping.Replacement{Cause: contract.CauseFrom(in.GetReason())}
	var err error
	if replacement.Old, err = contract.RefFrom(in.GetAlias()); err != nil {
		return nil, err
	}
	if replacement.New, err = contract.RefFrom(in.GetReplacement()); err != nil {
		return nil, err
	}
	content := append(words(in.GetAlias()), words(in.GetReplacement())...)
	c := command(ctx, in, append(content, "replace", in.GetReason().String())...)
	old, linked, err := s.keeper.Replace(ctx, c, replacement)
	if err != nil {
		return nil, err
	}
	return &memberv1.ReplaceAliasResponse{Alias: contract.Alias(old), Replacement: contract.Alias(linked)}, nil
}

// words are all that an alias says.
func words(a *memberv1.Alias) []string {
	return []string{a.GetKind().String(), a.GetScope(), a.GetValue()}
}
