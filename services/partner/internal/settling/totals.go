package settling

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// add counts what stands in a book and took effect in a period.
func (t *Totals) add(b storage.Standing, effective clearing.Period) {
	t.Entries += b.Entries[effective]
	for _, r := range b.Rows {
		if r.Late == effective || r.Late == (clearing.Period{}) && b.Period == effective {
			t.Cells[r.Cell] += r.Points
		}
	}
}

// differ holds own books against what the ledger says. Nil: they are equal.
func differ(own, ledger Totals) error {
	if own.Entries != ledger.Entries {
		return differs("entries", own.Entries, ledger.Entries)
	}
	cells := map[clearing.Cell]money.Points{}
	maps.Copy(cells, ledger.Cells)
	maps.Copy(cells, own.Cells)
	for _, cell := range slices.SortedFunc(maps.Keys(cells), compare) {
		if o, l := own.Cells[cell], ledger.Cells[cell]; o != l {
			return differs(inWords(cell), o, l)
		}
	}
	return nil
}

func differs[N int64 | money.Points](what string, own, ledger N) error {
	refusal := reason.New(reason.SettlementTotalsDiffer, "period", "%s: %d in partner's books, %d in the ledger", what, own, ledger)
	return refusal.With("what", what).With("own", own).With("ledger", ledger)
}

func compare(a, b clearing.Cell) int {
	return cmp.Or(cmp.Compare(a.Move, b.Move), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Redeemer, b.Redeemer))
}

func inWords(c clearing.Cell) string {
	text := fmt.Sprintf("%s of %s of %s", c.Move, c.Unit, c.Issuer)
	if c.Redeemer != "" {
		text += " at " + c.Redeemer
	}
	return text
}
