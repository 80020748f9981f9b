package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Values of --resolve that are no kind of alias.
const (
	resolveMarked = "marked"
	resolveNone   = "none"
)

// resolver asks the member service whose orders of a file are. It asks once for each alias, and connects when there is one
// to ask for.
type resolver struct {
	ctx   context.Context //nolint:containedctx // of the one command that runs
	world *world
	how   string
	said  string // where the member service was said to listen

	door  *door
	known map[string]orderfile.Who
}

func (w *world) resolver(ctx context.Context, c columns) *resolver {
	return &resolver{ctx: ctx, world: w, how: c.Resolve, said: c.Members, known: map[string]orderfile.Who{}}
}

func (r *resolver) close() {
	if r.door != nil {
		r.door.close()
	}
}

// who says whose an order is.
func (r *resolver) who(g orderfile.Group) (orderfile.Who, error) {
	alias := r.alias(g)
	if alias == nil {
		return orderfile.Who{Account: g.Account}, nil
	}
	text := aliasText(alias)
	if who, ok := r.known[text]; ok {
		return who, nil
	}
	if r.door == nil {
		d, err := r.world.dial("member", r.said)
		if err != nil {
			return orderfile.Who{}, nobodyToAsk(g.Account, err)
		}
		r.door = d
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.world.root.Timeout)
	defer cancel()
	answer, err := memberv1.NewMemberServiceClient(r.door.conn).ResolveMember(ctx, &memberv1.ResolveMemberRequest{
		Program: r.door.program, Alias: alias, At: timestamppb.New(g.Event.OccurredAt),
	})
	if err != nil {
		return orderfile.Who{}, r.refused(err)
	}
	who := orderfile.Who{Account: answer.GetAccount(), Member: answer.GetMember().GetMember()}
	if answer.GetAlias().GetBlockedAt() == nil { // else it depends on the time of the order
		r.known[text] = who
	}
	return who, nil
}

// nobodyToAsk says why somebody was to be asked at all.
func nobodyToAsk(account string, err error) error {
	usage, ok := errors.AsType[*usageError](err)
	if !ok {
		return err
	}
	return &usageError{
		fmt.Sprintf("%q is no account, and nobody can be asked whose it is: %s", account, usage.what),
		usage.todo + "; or take what stands there as accounts with --resolve none",
	}
}

// refused tells what is wrong with one order from what is wrong with asking, which ends the file.
func (r *resolver) refused(err error) error {
	err = r.world.reached(r.door.address, err)
	refusal, ok := reason.Of(err)
	if !ok {
		return err
	}
	switch refusal.Reason {
	case reason.AliasNotFound, reason.AliasBlocked, reason.InvalidArgument:
		return refusal
	}
	f := ofRefusal(refusal)
	return &f
}

// alias is what stands in the account column of an order, nil where it is an account as it is.
func (r *resolver) alias(g orderfile.Group) *memberv1.Alias {
	name, value := r.how, g.Account
	switch r.how {
	case resolveNone:
		return nil
	case resolveMarked:
		var marked bool
		if name, value, marked = strings.Cut(g.Account, ":"); !marked {
			return nil
		}
	}
	kind, known := aliasKinds[name]
	if !known {
		return nil
	}
	alias := &memberv1.Alias{Kind: kind, Value: value}
	if kind == memberv1.AliasKind_ALIAS_KIND_CUSTOMER_NUMBER {
		alias.Scope = g.Merchant
	}
	return alias
}
