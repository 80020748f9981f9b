package ledger

import "fmt"

// commanded says what a caller asked for, or that a hold has lapsed.
func (x explainer) commanded() string {
	day, c := x.day(x.e.OccurredAt), x.e.Command
	if c == nil {
		return fmt.Sprintf("On %s the time of a hold of %s for %s was over: it was not used.", day, x.points(x.e.Hold.Points), x.e.Hold.Redeemer)
	}
	text := fmt.Sprintf("On %s %s ", day, c.Caller)
	switch x.e.Kind {
	case KindEarn:
		text += "gave " + x.points(c.Points)
	case KindHold:
		text += fmt.Sprintf("had %s set aside for %s until %s", x.points(c.Points), x.e.Hold.Redeemer,
			x.e.Hold.Deadline.In(x.p.Zone).Format("15:04 on "+dayForm))
	case KindCapture:
		text += fmt.Sprintf("took %s of %s that were set aside for %s", count(c.Points), x.points(x.e.Hold.Points), x.e.Hold.Redeemer)
	case KindVoid:
		text += fmt.Sprintf("set %s free that were set aside for %s", x.points(c.Points), x.e.Hold.Redeemer)
	case KindRefund:
		text += fmt.Sprintf("gave %s back that were spent on %s", x.points(c.Points), long(x.e.Refund.Day))
		if left := x.e.Refund.Left; left > 0 {
			text += fmt.Sprintf("; %s of them can still be given back", count(left))
		}
	case KindAdjust:
		if c.Points < 0 {
			text += fmt.Sprintf("took %s away to correct the account", x.points(-c.Points))
		} else {
			text += fmt.Sprintf("gave %s to correct the account", x.points(c.Points))
		}
	case KindTransferOut:
		text += fmt.Sprintf("had %s sent to account %s", x.points(c.Points), x.e.Transfer.To)
		if fee := x.e.Transfer.Fee; fee > 0 {
			text += fmt.Sprintf(", for a fee of %s", x.points(fee))
		}
	case KindExtend:
		text += x.extended()
	case KindDonate:
		text += x.given()
	case KindImport:
		text += x.imported()
	case KindState:
		text += x.frozen(x.e.Frozen)
	case KindUnset, KindReverse, KindActivate, KindExpire, KindPark, KindAction, KindTransferIn:
	}
	if c.Reason != "" {
		text += fmt.Sprintf(" (%s)", c.Reason)
	}
	if c.Approver != "" {
		text += ", approved by " + c.Approver
	}
	return text + "."
}
