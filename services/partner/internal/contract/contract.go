// Package contract says what the words of other services mean to partner.
package contract

import (
	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Move is what a movement of the ledger is to clearing: MoveUnset for those within one account. False: a kind that this
// program was built without.
func Move(kind accrualv1.MovementKind) (clearing.Move, bool) {
	switch kind {
	case accrualv1.MovementKind_MOVEMENT_KIND_EARN:
		return clearing.MoveEarn, true
	case accrualv1.MovementKind_MOVEMENT_KIND_REVERSE:
		return clearing.MoveReverse, true
	case accrualv1.MovementKind_MOVEMENT_KIND_EXPIRE:
		return clearing.MoveExpire, true
	case accrualv1.MovementKind_MOVEMENT_KIND_UNCOUNT:
		return clearing.MoveUncount, true
	case accrualv1.MovementKind_MOVEMENT_KIND_PAYOFF:
		return clearing.MovePayoff, true
	case accrualv1.MovementKind_MOVEMENT_KIND_OWE:
		return clearing.MoveOwe, true
	case accrualv1.MovementKind_MOVEMENT_KIND_CAPTURE:
		return clearing.MoveCapture, true
	case accrualv1.MovementKind_MOVEMENT_KIND_FEE: // the operator has them instead of the member, as if they were spent there
		return clearing.MoveCapture, true
	case accrualv1.MovementKind_MOVEMENT_KIND_DONATE: // the operator takes them, and gives the cause what they are worth
		return clearing.MoveCapture, true
	case accrualv1.MovementKind_MOVEMENT_KIND_REFUND:
		return clearing.MoveRefund, true
	case accrualv1.MovementKind_MOVEMENT_KIND_CREDIT:
		return clearing.MoveCredit, true
	case accrualv1.MovementKind_MOVEMENT_KIND_DEBIT:
		return clearing.MoveDebit, true
	case accrualv1.MovementKind_MOVEMENT_KIND_ACTIVATE, accrualv1.MovementKind_MOVEMENT_KIND_HOLD,
		accrualv1.MovementKind_MOVEMENT_KIND_RELEASE, accrualv1.MovementKind_MOVEMENT_KIND_FORGIVE,
		accrualv1.MovementKind_MOVEMENT_KIND_SEND, accrualv1.MovementKind_MOVEMENT_KIND_RECEIVE,
		accrualv1.MovementKind_MOVEMENT_KIND_PUT_OFF, accrualv1.MovementKind_MOVEMENT_KIND_EXTEND,
		accrualv1.MovementKind_MOVEMENT_KIND_IMPORT: // the issuer has paid for them, or not, where they were given
		return clearing.MoveUnset, true
	case accrualv1.MovementKind_MOVEMENT_KIND_UNSPECIFIED:
	}
	return clearing.MoveUnset, false
}

// Redeemer is who takes the points of a movement, to clearing: those that are given to a cause the operator takes.
func Redeemer(kind accrualv1.MovementKind, redeemer string) string {
	if kind == accrualv1.MovementKind_MOVEMENT_KIND_DONATE {
		return program.Operator
	}
	return redeemer
}
