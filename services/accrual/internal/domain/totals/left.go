package totals

import (
	"math/big"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// Left is what members have of a unit.
type Left struct {
	Alive *big.Int // pending, active and held
	Held  *big.Int // of these, set aside by holds
}

// Left tells by unit what the movements leave to members. What lapsed before a return came (uncount), and what became or
// stayed debt, they had not; a capture spends points that are held.
func (t *Tally) Left() map[string]Left {
	left := map[string]Left{}
	for cell, sum := range t.cells {
		l, ok := left[cell.Unit]
		if !ok {
			l = Left{new(big.Int), new(big.Int)}
			left[cell.Unit] = l
		}
		switch cell.Move {
		case ledger.MoveEarn, ledger.MoveCredit, ledger.MoveRefund, ledger.MoveReceive, ledger.MoveExtend, ledger.MoveImport:
			l.Alive.Add(l.Alive, sum.Points)
		case ledger.MoveReverse, ledger.MoveExpire, ledger.MovePayoff, ledger.MoveDebit, ledger.MoveSend, ledger.MovePutOff, ledger.MoveDonate:
			l.Alive.Sub(l.Alive, sum.Points)
		case ledger.MoveHold:
			l.Held.Add(l.Held, sum.Points)
		case ledger.MoveRelease:
			l.Held.Sub(l.Held, sum.Points)
		case ledger.MoveCapture:
			l.Alive.Sub(l.Alive, sum.Points)
			l.Held.Sub(l.Held, sum.Points)
		case ledger.MoveUnset, ledger.MoveActivate, ledger.MoveUncount, ledger.MoveOwe, ledger.MoveForgive, ledger.MoveFee:
		}
	}
	return left
}
