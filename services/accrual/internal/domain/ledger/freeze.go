package ledger

import (
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Frozen says what an account may not do until somebody lets it again.
type Frozen struct {
	Earning  bool // orders and actions give it nothing, nobody awards it points
	Spending bool // nothing of it can be set aside
}

// Freeze says what an account may not do from now on; with neither it may do both again. What it has stays and lapses as ever,
// holds that are open can be captured, and orders that were paid before go on as they would have. Refusal: INVALID_ARGUMENT.
type Freeze struct {
	Frozen
	Reason string // UPPER_SNAKE code
}

func (f Freeze) content(w *writer) {
	w.str("freeze")
	w.bool(f.Earning)
	w.bool(f.Spending)
	w.str(f.Reason)
}

func (f Freeze) do(d *draft, _ Request, _ program.Known) error {
	d.Kind, d.Command.Reason = KindState, f.Reason
	if f.Reason == "" {
		return reason.New(reason.InvalidArgument, "reason", "to freeze an account, or to end that, needs a reason")
	}
	part := f.Frozen
	d.Frozen = &part
	return nil
}

// mayEarn refuses points that somebody would give to an account that may not earn.
func (a Account) mayEarn() error {
	if !a.Frozen.Earning {
		return nil
	}
	return reason.New(reason.AccountFrozen, "account", "the account may not earn at present")
}

// maySpend refuses to set points of an account aside that may not spend.
func (a Account) maySpend() error {
	if !a.Frozen.Spending {
		return nil
	}
	return reason.New(reason.AccountFrozen, "account", "the account may not spend at present")
}

// checkFrozen holds what an entry says of frozen accounts against itself. Empty: it is as it should be.
func (e Entry) checkFrozen() string {
	switch {
	case e.Frozen != nil && (e.Command == nil || e.Kind != KindState || len(e.Movements) > 0):
		return "it freezes an account without a command, or moves points"
	case e.Frozen == nil && e.Command != nil && e.Kind == KindState:
		return "a command that changed nothing"
	case e.Order != nil && e.Order.Frozen && (e.Order.Target != 0 || e.Order.Revision == 0 || e.Order.Segment != ""):
		return "its order was paid while the account might not earn, and earns"
	case e.Action != nil && e.Action.Frozen && e.Action.Points != 0:
		return "its action was taken while the account might not earn, and gave points"
	}
	return ""
}

// froze says whether the entry has anything to do with a frozen account.
func (e Entry) froze() bool {
	return e.Frozen != nil || e.Order != nil && e.Order.Frozen || e.Action != nil && e.Action.Frozen
}

func (a Account) frozenAfter(e Entry) Frozen {
	if e.Frozen == nil {
		return a.Frozen
	}
	return *e.Frozen
}

// String says what is frozen.
func (f Frozen) String() string {
	switch {
	case f.Earning && f.Spending:
		return "earning and spending"
	case f.Earning:
		return "earning"
	case f.Spending:
		return "spending"
	}
	return "nothing"
}

// frozen says what the account may do from now on.
func (x explainer) frozen(f *Frozen) string {
	switch {
	case f.Earning && f.Spending:
		return "froze the account: it may neither earn nor spend"
	case f.Earning:
		return "froze the account: it may not earn, but spend"
	case f.Spending:
		return "froze the account: it may not spend, but earn"
	}
	return "let the account earn and spend"
}

func (w *writer) frozen(e Entry) {
	w.bool(e.Ladder != nil && e.Ladder.Grants != nil)
	w.command(e.Command)
	w.action(e.Action)
	w.bool(e.Frozen != nil)
	if f := e.Frozen; f != nil {
		w.bool(f.Earning)
		w.bool(f.Spending)
	}
	w.bool(e.Order != nil && e.Order.Frozen)
	w.bool(e.Action != nil && e.Action.Frozen)
}
