package ledger

import (
	"fmt"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// ImportPart says from where an entry brought points over.
type ImportPart struct {
	Source string       // the system in which the account had them before
	Issued calendar.Day // on which they were given there; calendar.None: it does not say
}

// Import brings points over that the account had in another system: one lot with its issuer and last day. The key of the request
// is the lot's own name there, so that it comes over once, whoever asks. Refusals: INVALID_ARGUMENT, ACCOUNT_FROZEN,
// AMOUNT_OUT_OF_RANGE, TOO_MANY_LOTS.
type Import struct {
	Source string
	Points money.Points
	Issuer string // the operator, or a partner of the programme
	Issued calendar.Day
	Expiry *calendar.Day // nil: as the programme says of points given on Issued, else now; calendar.None: never
}

func (i Import) content(w *writer) {
	w.str("import")
	w.str(i.Source)
	w.int(int64(i.Points))
	w.str(i.Issuer)
	w.day(i.Issued)
	w.bool(i.Expiry != nil)
	if i.Expiry != nil {
		w.day(*i.Expiry)
	}
}

func (i Import) do(d *draft, _ Request, known program.Known) error {
	d.Kind = KindImport
	if err := positive(i.Points); err != nil {
		return err
	}
	if _, partner := known.Program.Partner(i.Issuer); !partner && i.Issuer != Operator {
		return reason.New(reason.InvalidArgument, "issuer", "%q is no partner of programme %s; write its agreement into the programme, or let %s owe for the points", i.Issuer, d.Program, Operator)
	}
	if i.Issued != calendar.None && i.Issued > d.Day {
		return reason.New(reason.InvalidArgument, "issued_day", "the points would be given on %s, which is still to come; name the day on which they were given", i.Issued)
	}
	if err := d.work.mayEarn(); err != nil {
		return err
	}
	key := i.lot(d, known.Program)
	if d.work.lapsed(key, d.Day) {
		return reason.New(reason.InvalidArgument, "expiry_day", "the points were gone on %s; leave them out, or name a later day", d.work.Gone(key))
	}
	d.Command.Points, d.Import = i.Points, &ImportPart{Source: i.Source, Issued: i.Issued}
	if err := d.fresh(key); err != nil {
		return err
	}
	return d.bring(Movement{Move: MoveImport, Lot: key, Points: i.Points})
}

// lot is where the points go: active at once, whatever the programme says of points that are earned. Rolling ones give the account
// the day that earning them here would have given it.
func (i Import) lot(d *draft, p *program.Program) LotKey {
	given := i.Issued
	if given == calendar.None {
		given = d.Day
	}
	key := LotKey{Unit: p.Unit, Issuer: i.Issuer, Activation: calendar.None}
	switch {
	case i.Expiry != nil:
		key.Expiry = *i.Expiry
	case p.Expiry.Rolling.On():
		key.Expiry, key.Life = calendar.None, d.work.Rolling.life()
		d.roll(p, given, p.Expiry.Rolling.ByEarning)
	default:
		key.Expiry = p.ExpiryDay(given)
	}
	return key
}

// ImportPrefix begins the keys of what came over from a source; behind it stands the lot's own name there.
func ImportPrefix(source string) string { return "import/" + token.Of(source) + "/" }

// checkImport holds the entry of an import against itself. Empty: it is as it should be.
func (e Entry) checkImport() string {
	p := e.Import
	switch {
	case (e.Kind == KindImport) != (p != nil):
		return "an import without its part, or the part of one on another entry"
	case p == nil:
		return ""
	case e.Command == nil || e.Hold != nil || e.Refund != nil || e.Frozen != nil || e.Transfer != nil || e.Extension != nil:
		return "an import with the part of something else, or without who asked for it"
	case p.Issued != calendar.None && p.Issued > e.Day:
		return "points came over before they were given"
	case len(e.Movements) == 0 || e.Movements[0].Move != MoveImport || e.Movements[0].Lot.Pending():
		return "an import that brings nothing over, or nothing that is active"
	}
	if rest, ok := strings.CutPrefix(e.Key, ImportPrefix(p.Source)); !ok || rest == "" || strings.Contains(rest, "/") {
		return "its key is not one of its source"
	}
	return ""
}

func (w *writer) imported(e Entry) {
	w.command(e.Command)
	w.importPart(e.Import)
}

func (w *writer) importPart(p *ImportPart) {
	w.bool(p != nil)
	if p != nil {
		w.str(p.Source)
		w.day(p.Issued)
	}
}

// imported says where the points had been.
func (x explainer) imported() string {
	text := fmt.Sprintf("brought %s over from %s", x.points(x.e.Command.Points), x.e.Import.Source)
	if day := x.e.Import.Issued; day != calendar.None {
		text += ", given there on " + long(day)
	}
	return text
}
