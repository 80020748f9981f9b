package storage

import (
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// commandToDoc fills the parts of a command, a hold, a refund, a transfer, an extension and an import.
func commandToDoc(d *entryDoc, e ledger.Entry) {
	if c := e.Command; c != nil {
		d.Command = &commandDoc{c.Caller, binary(c.Content), int64(c.Points), c.Reason, c.Approver}
	}
	if h := e.Hold; h != nil {
		hold := holdToDoc(*h)
		d.Hold = &hold
	}
	if r := e.Refund; r != nil {
		d.Refund = &refundDoc{r.Capture, int64(r.Seq), int32(r.Day), int64(r.Left)}
	}
	if x := e.Extension; x != nil {
		d.Extension = &extensionDoc{int32(x.Before), int32(x.To)}
	}
	if i := e.Import; i != nil {
		d.Import = &importDoc{i.Source, dayToDoc(i.Issued)}
	}
	if t := e.Transfer; t != nil {
		d.Transfer = &transferDoc{t.ID, string(t.From), string(t.To), int64(t.Points), int64(t.Fee), t.Refused, dayToDoc(t.Rolled)}
	}
}

func commandFromDoc(e *ledger.Entry, d entryDoc) error {
	if c := d.Command; c != nil {
		content, err := hash(c.Content)
		if err != nil {
			return err
		}
		e.Command = &ledger.CommandPart{Caller: c.Caller, Content: content, Points: money.Points(c.Points), Reason: c.Reason, Approver: c.Approver}
	}
	if h := d.Hold; h != nil {
		hold := holdFromDoc(*h)
		e.Hold = &hold
	}
	if r := d.Refund; r != nil {
		e.Refund = &ledger.RefundPart{Capture: r.Capture, Seq: ledger.Seq(r.Seq), Day: calendar.Day(r.Day), Left: money.Points(r.Left)}
	}
	if x := d.Extension; x != nil {
		e.Extension = &ledger.ExtensionPart{Before: calendar.Day(x.Before), To: calendar.Day(x.To)}
	}
	if i := d.Import; i != nil {
		e.Import = &ledger.ImportPart{Source: i.Source, Issued: dayFromDoc(i.Issued)}
	}
	if t := d.Transfer; t != nil {
		e.Transfer = &ledger.TransferPart{
			ID: t.ID, From: ledger.AccountID(t.From), To: ledger.AccountID(t.To), Points: money.Points(t.Points), Fee: money.Points(t.Fee), Refused: t.Refused,
			Rolled: dayFromDoc(t.Rolled),
		}
	}
	return nil
}

func holdToDoc(h ledger.HoldPart) holdDoc {
	return holdDoc{h.ID, h.Caller, h.Redeemer, int64(h.Points), h.Deadline}
}

func holdFromDoc(d holdDoc) ledger.HoldPart {
	return ledger.HoldPart{
		ID: d.ID, Caller: d.Caller, Redeemer: d.Redeemer, Points: money.Points(d.Points), Deadline: d.Deadline.UTC(),
	}
}

func openHoldToDoc(h ledger.OpenHold) openHoldDoc {
	return openHoldDoc{holdToDoc(h.HoldPart), list(h.Parts, func(p ledger.Part) partDoc {
		return partDoc{lotKeyToDoc(p.Lot), int64(p.Points)}
	})}
}

func openHoldFromDoc(d openHoldDoc) ledger.OpenHold {
	return ledger.OpenHold{HoldPart: holdFromDoc(d.Hold), Parts: list(d.Parts, func(p partDoc) ledger.Part {
		return ledger.Part{Lot: lotKeyFromDoc(p.Lot), Points: money.Points(p.Points)}
	})}
}

func refundedToDoc(r ledger.Refunded) refundedDoc {
	return refundedDoc{int64(r.Capture), int32(r.Day), int64(r.Left)}
}

func refundedFromDoc(d refundedDoc) ledger.Refunded {
	return ledger.Refunded{Capture: ledger.Seq(d.Capture), Day: calendar.Day(d.Day), Left: money.Points(d.Left)}
}
