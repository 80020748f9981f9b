package orderfile

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Who is whom an order belongs to, where the file names them by something else than their account.
type Who struct {
	Account string
	Member  string // empty: nobody in particular
}

// Resolve sets who says to whom an order belongs whose account column may hold a card, a customer number and the like.
// What it refuses is rejected like any row that is wrong; any other error ends the file. Before it is called accounts are
// taken as they are written.
func (r *Reader) Resolve(who func(Group) (Who, error)) { r.resolve = who }

// settle puts into an order whom it belongs to. Who acted is told where the order says nothing of its own about it. An
// error is a refusal; any other one breaks the reader.
func (r *Reader) settle(g *Group) error {
	who, err := r.resolve(*g)
	if err != nil {
		if _, refused := reason.Of(err); !refused {
			r.broken = fmt.Errorf("line %d of %s: %w", g.Line, r.name, err)
		}
		return err
	}
	g.Account = who.Account
	bought := g.Event.Kind == orders.Placed || g.Event.Kind == orders.Paid
	if bought && g.Event.Member == "" && who.Member != who.Account {
		g.Event.Member = who.Member
	}
	return nil
}
