package api

import (
	"context"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/contract"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/keeping"
)

// EnrolMember implements MemberService.
func (s *Server) EnrolMember(ctx context.Context, in *memberv1.EnrolMemberRequest) (*memberv1.EnrolMemberResponse, error) {
	id, err := membership.ParseID("member", in.GetMember())
	if err != nil {
		return nil, err
	}
	enrolment := keeping.Enrolment{Member: id, Kind: contract.KindFrom(in.GetKind()), Account: id, Role: contract.RoleFrom(in.GetRole())}
	if in.GetAccount() != "" {
		if enrolment.Account, err = membership.ParseID("account", in.GetAccount()); err != nil {
			return nil, err
		}
	}
	c := command(ctx, in, "enrol", in.GetMember(), in.GetKind().String(), string(enrolment.Account), in.GetRole().String())
	m, err := s.keeper.Enrol(ctx, c, enrolment)
	if err != nil {
		return nil, err
	}
	return &memberv1.EnrolMemberResponse{Member: contract.Member(in.GetProgram(), m)}, nil
}

// GetMember implements MemberService.
func (s *Server) GetMember(ctx context.Context, in *memberv1.GetMemberRequest) (*memberv1.GetMemberResponse, error) {
	id, err := membership.ParseID("member", in.GetMember())
	if err != nil {
		return nil, err
	}
	row, err := s.storage.Member(ctx, in.GetProgram(), id)
	if err != nil {
		return nil, err
	}
	if !row.Found() {
		return nil, reason.New(reason.MemberNotFound, "member", "nobody was enrolled as %s", id)
	}
	aliases, err := s.storage.Aliases(ctx, in.GetProgram(), id)
	if err != nil {
		return nil, err
	}
	answer := &memberv1.GetMemberResponse{Member: contract.Member(in.GetProgram(), row.Value)}
	for _, a := range aliases {
		answer.Aliases = append(answer.Aliases, contract.Alias(a))
	}
	return answer, nil
}

// ListMembers implements MemberService.
func (s *Server) ListMembers(ctx context.Context, in *memberv1.ListMembersRequest) (*memberv1.ListMembersResponse, error) {
	account, err := membership.ParseID("account", in.GetAccount())
	if err != nil {
		return nil, err
	}
	list := []string{"members", in.GetProgram(), in.GetAccount()}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int(in.GetPageSize())
	if size == 0 {
		size = pageDefault
	}
	people, err := s.storage.People(ctx, in.GetProgram(), account, membership.ID(after), size+1)
	if err != nil {
		return nil, err
	}
	if len(people) == 0 && after == "" {
		return nil, reason.New(reason.AccountNotFound, "account", "nobody was enrolled with account %s", account)
	}
	answer := &memberv1.ListMembersResponse{}
	for i, m := range people {
		if i == size {
			answer.NextPageToken = cursor.Of(list, string(people[i-1].ID))
			break
		}
		answer.Members = append(answer.Members, contract.Member(in.GetProgram(), m))
	}
	return answer, nil
}

// SetRole implements MemberService.
func (s *Server) SetRole(ctx context.Context, in *memberv1.SetRoleRequest) (*memberv1.SetRoleResponse, error) {
	account, id, err := within(in)
	if err != nil {
		return nil, err
	}
	c := command(ctx, in, "role", in.GetAccount(), in.GetMember(), in.GetRole().String())
	m, err := s.keeper.SetRole(ctx, c, account, id, contract.RoleFrom(in.GetRole()))
	if err != nil {
		return nil, err
	}
	return &memberv1.SetRoleResponse{Member: contract.Member(in.GetProgram(), m)}, nil
}

// LeaveAccount implements MemberService.
func (s *Server) LeaveAccount(ctx context.Context, in *memberv1.LeaveAccountRequest) (*memberv1.LeaveAccountResponse, error) {
	account, id, err := within(in)
	if err != nil {
		return nil, err
	}
	m, err := s.keeper.Leave(ctx, command(ctx, in, "leave", in.GetAccount(), in.GetMember()), account, id)
	if err != nil {
		return nil, err
	}
	return &memberv1.LeaveAccountResponse{Member: contract.Member(in.GetProgram(), m)}, nil
}

// within reads the ids of an account, and of the member that must belong to it.
func within(in accountMember) (membership.ID, membership.ID, error) {
	account, err := membership.ParseID("account", in.GetAccount())
	if err != nil {
		return "", "", err
	}
	id, err := membership.ParseID("member", in.GetMember())
	return account, id, err
}

type accountMember interface {
	GetAccount() string
	GetMember() string
}
