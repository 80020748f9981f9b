package laurelctl

import (
	"context"
	"crypto/rand"
	"strings"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
)

// members is a connection to the member service, and the programme that is meant.
type members struct {
	memberv1.MemberServiceClient
	program string
}

// askMembers lets f ask the member service about a programme.
func (w *world) askMembers(f func(ctx context.Context, m *members) error) error {
	return w.through("member", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &members{memberv1.NewMemberServiceClient(d.conn), program})
	})
}

// keyed is what every command has that writes.
type keyed struct {
	Key string `placeholder:"KEY" help:"Idempotency key: under the same one the same command is done once, however often it is tried. Default: a new one."`
}

func (k keyed) key() string {
	if k.Key == "" {
		return rand.Text()
	}
	return k.Key
}

// enrolCmd enrols a member.
type enrolCmd struct {
	keyed
	Member string `arg:"" help:"Who; nothing personal, no @ and no blank."`
	Kind   string `enum:"consumer,business,dealer" default:"consumer" help:"${enum}."`
	Into   string `placeholder:"ACCOUNT" help:"Into the account of another: a household's or a company's."`
	Role   string `enum:"owner,admin,buyer,viewer," default:"" help:"With --into: owner, admin, buyer, viewer."`
}

// Run enrols the member.
func (c *enrolCmd) Run(w *world) error {
	if (c.Into == "") != (c.Role == "") {
		return &usageError{"--into and --role go together", "name both, or neither for an account of their own"}
	}
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.EnrolMember(ctx, &memberv1.EnrolMemberRequest{
			Program: m.program, Member: c.Member, Kind: kindOf(c.Kind), Account: c.Into, Role: roleOf(c.Role), IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, memberRows(answer.GetMember()))
	})
}

// memberShowCmd shows a member.
type memberShowCmd struct {
	Member string `arg:"" help:"Who."`
}

// Run asks for the member.
func (c *memberShowCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.GetMember(ctx, &memberv1.GetMemberRequest{Program: m.program, Member: c.Member})
		if err != nil {
			return err
		}
		tables := []grid{memberRows(answer.GetMember())}
		if len(answer.GetAliases()) > 0 {
			tables = append(tables, aliasRows(answer.GetAliases()...))
		}
		return w.show(answer, memberRows(answer.GetMember()), tables...)
	})
}

// memberListCmd lists the members of an account.
type memberListCmd struct {
	Account string `arg:"" help:"Whose."`
}

// Run asks for the members, page by page.
func (c *memberListCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		all, request := &memberv1.ListMembersResponse{}, &memberv1.ListMembersRequest{Program: m.program, Account: c.Account, PageSize: 200}
		for {
			answer, err := m.ListMembers(ctx, request)
			if err != nil {
				return err
			}
			all.Members = append(all.GetMembers(), answer.GetMembers()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return w.show(all, memberRows(all.GetMembers()...))
			}
		}
	})
}

// roleCmd changes a role.
type roleCmd struct {
	keyed
	Account string `arg:"" help:"With which account."`
	Member  string `arg:"" help:"Who."`
	Role    string `arg:"" enum:"owner,admin,buyer,viewer" help:"${enum}."`
}

// Run sets the role.
func (c *roleCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.SetRole(ctx, &memberv1.SetRoleRequest{
			Program: m.program, Account: c.Account, Member: c.Member, Role: roleOf(c.Role), IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, memberRows(answer.GetMember()))
	})
}

// leaveCmd takes a member out of an account.
type leaveCmd struct {
	keyed
	Account string `arg:"" help:"Which account; its points stay."`
	Member  string `arg:"" help:"Who; they go on with an account of their own, and their cards with them."`
}

// Run takes the member out.
func (c *leaveCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.LeaveAccount(ctx, &memberv1.LeaveAccountRequest{
			Program: m.program, Account: c.Account, Member: c.Member, IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, memberRows(answer.GetMember()))
	})
}

func memberRows(list ...*memberv1.Member) grid {
	g := grid{columns: []string{"member", "account", "kind", "role", "enrolled_at"}}
	for _, m := range list {
		g.add(m.GetMember(), m.GetAccount(), plainEnum(m.GetKind().String(), "MEMBER_KIND_"), plainEnum(m.GetRole().String(), "ROLE_"),
			moment(m.GetEnrolledAt()))
	}
	return g
}

// plainEnum writes a value of an enum as people type it.
func plainEnum(value, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(value, prefix))
}

func kindOf(text string) memberv1.MemberKind {
	return memberv1.MemberKind(memberv1.MemberKind_value["MEMBER_KIND_"+strings.ToUpper(text)])
}

func roleOf(text string) memberv1.Role {
	return memberv1.Role(memberv1.Role_value["ROLE_"+strings.ToUpper(text)])
}
