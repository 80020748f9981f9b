package laurelctl

import (
	"context"
	"errors"
	"strings"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
)

// aliasKinds are how kinds of aliases are typed.
var aliasKinds = map[string]memberv1.AliasKind{
	"card":    memberv1.AliasKind_ALIAS_KIND_CARD,
	"number":  memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER,
	"email":   memberv1.AliasKind_ALIAS_KIND_EMAIL_HASH,
	"phone":   memberv1.AliasKind_ALIAS_KIND_PHONE_HASH,
	"token":   memberv1.AliasKind_ALIAS_KIND_TOKEN,
	"device":  memberv1.AliasKind_ALIAS_KIND_DEVICE,
	"account": memberv1.AliasKind_ALIAS_KIND_ACCOUNT,
}

// aliasArg is an alias on the command line: KIND:VALUE, or number:MERCHANT/VALUE.
type aliasArg struct{ *memberv1.Alias }

// UnmarshalText reads an alias; whether there can be such a one is the service's to say.
func (a *aliasArg) UnmarshalText(raw []byte) error {
	name, value, found := strings.Cut(string(raw), ":")
	kind, known := aliasKinds[name]
	if !found || !known {
		return errors.New("an alias is written as card:4711, number:SHOP/12, email:HASH, phone:HASH, token:…, device:… or account:ANN")
	}
	a.Alias = &memberv1.Alias{Kind: kind, Value: value}
	if kind == memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER {
		a.Scope, a.Value, _ = strings.Cut(value, "/")
	}
	return nil
}

// aliasText writes an alias as it is typed.
func aliasText(a *memberv1.Alias) string {
	if a == nil {
		return ""
	}
	for name, kind := range aliasKinds {
		if kind != a.GetKind() {
			continue
		}
		if a.GetScope() != "" {
			return name + ":" + a.GetScope() + "/" + a.GetValue()
		}
		return name + ":" + a.GetValue()
	}
	return a.GetValue()
}

const aliasHelp = "KIND:VALUE: card:4711, number:SHOP/12, email:HASH, phone:HASH, token:…, device:…"

// memberResolveCmd says to whom an alias leads.
type memberResolveCmd struct {
	Alias aliasArg `arg:"" help:"KIND:VALUE: card:4711, number:SHOP/12, email:HASH, phone:HASH, token:…, device:… or account:ANN."`
	At    *instant `placeholder:"TIME" help:"When it was used; what was blocked later still leads to its account. Default: now."`
}

// Run asks for the account.
func (c *memberResolveCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.ResolveMember(ctx, &memberv1.ResolveMemberRequest{Program: m.program, Alias: c.Alias.Alias, At: c.At.toProto()})
		if err != nil {
			return err
		}
		rows := grid{columns: []string{"alias", "account", "member", "role", "state"}}
		rows.add(aliasText(c.Alias.Alias), answer.GetAccount(), answer.GetMember().GetMember(), roleText(answer.GetMember()),
			stateText(answer.GetAlias()))
		return w.show(answer, rows)
	})
}

// linkCmd makes a member known by an alias.
type linkCmd struct {
	keyed
	Member string   `arg:"" help:"Who."`
	Alias  aliasArg `arg:"" help:"${alias}."`
}

// Run links the alias.
func (c *linkCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.LinkAlias(ctx, &memberv1.LinkAliasRequest{
			Program: m.program, Member: c.Member, Alias: c.Alias.Alias, IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, aliasRows(answer.GetAlias()))
	})
}

// why is the reason of a block.
type why struct {
	Reason string `required:"" enum:"lost,stolen,damaged,closed,misused" help:"${enum}."`
}

func (y why) reason() memberv1.BlockReason {
	return memberv1.BlockReason(memberv1.BlockReason_value["BLOCK_REASON_"+strings.ToUpper(y.Reason)])
}

// blockCmd ends the use of an alias.
type blockCmd struct {
	keyed
	why
	Alias aliasArg `arg:"" help:"${alias}."`
}

// Run blocks the alias.
func (c *blockCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.BlockAlias(ctx, &memberv1.BlockAliasRequest{
			Program: m.program, Alias: c.Alias.Alias, Reason: c.reason(), IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, aliasRows(answer.GetAlias()))
	})
}

// replaceCmd puts an alias in the place of another.
type replaceCmd struct {
	keyed
	why
	Alias       aliasArg `arg:"" help:"The old one: ${alias}."`
	Replacement aliasArg `arg:"" help:"The new one, of the same kind."`
}

// Run replaces the alias.
func (c *replaceCmd) Run(w *world) error {
	return w.askMembers(func(ctx context.Context, m *members) error {
		answer, err := m.ReplaceAlias(ctx, &memberv1.ReplaceAliasRequest{
			Program: m.program, Alias: c.Alias.Alias, Replacement: c.Replacement.Alias, Reason: c.reason(), IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, aliasRows(answer.GetAlias(), answer.GetReplacement()))
	})
}

func aliasRows(list ...*memberv1.LinkedAlias) grid {
	g := grid{columns: []string{"alias", "member", "state", "linked_at", "blocked_at", "reason", "replaced_by"}}
	for _, a := range list {
		reason := ""
		if a.GetBlockReason() != memberv1.BlockReason_BLOCK_REASON_UNSPECIFIED {
			reason = plainEnum(a.GetBlockReason().String(), "BLOCK_REASON_")
		}
		g.add(aliasText(a.GetAlias()), a.GetMember(), stateText(a), moment(a.GetLinkedAt()), moment(a.GetBlockedAt()), reason,
			aliasText(a.GetReplacedBy()))
	}
	return g
}

func stateText(a *memberv1.LinkedAlias) string {
	if a == nil {
		return ""
	}
	return plainEnum(a.GetState().String(), "ALIAS_STATE_")
}

func roleText(m *memberv1.Member) string {
	if m == nil {
		return ""
	}
	return plainEnum(m.GetRole().String(), "ROLE_")
}
