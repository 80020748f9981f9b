package ledger

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Donate gives active points to a cause of the programme, the first to lapse first. They are gone for good. Refusals: UNKNOWN_CAUSE,
// INVALID_ARGUMENT, ACCOUNT_FROZEN, INSUFFICIENT_POINTS.
type Donate struct {
	Cause  string
	Points money.Points
	Reason string // UPPER_SNAKE code; may be empty
}

func (g Donate) content(w *writer) {
	w.str("donate")
	w.str(g.Cause)
	w.int(int64(g.Points))
	w.str(g.Reason)
}

func (g Donate) do(d *draft, _ Request, known program.Known) error {
	d.Kind, d.Command.Points, d.Command.Reason = KindDonate, g.Points, g.Reason
	if err := positive(g.Points); err != nil {
		return err
	}
	if _, ok := known.Program.Cause(g.Cause); !ok {
		return reason.New(reason.UnknownCause, "cause", "programme %s has no cause %q; its section causes names them", d.Program, g.Cause)
	}
	if err := d.work.maySpend(); err != nil {
		return err
	}
	return d.spend(Movement{Move: MoveDonate, Points: g.Points, Redeemer: g.Cause}, known.Program.Unit)
}

// checkDonation holds the entry of a gift against itself: all of it goes to one cause. Empty: it is as it should be.
func (e Entry) checkDonation() string {
	if e.Kind != KindDonate {
		return ""
	}
	for _, m := range e.Movements {
		if m.Move != MoveDonate || m.Redeemer == "" || m.Redeemer != e.Movements[0].Redeemer {
			return "a gift of which something goes elsewhere"
		}
	}
	if len(e.Movements) == 0 {
		return "a gift of nothing"
	}
	return ""
}

// given says to what points were given.
func (x explainer) given() string {
	cause := x.e.Movements[0].Redeemer
	if c, ok := x.p.Cause(cause); ok {
		cause = c.Name
	}
	return fmt.Sprintf("had %s given to %s", x.points(x.e.Command.Points), cause)
}
