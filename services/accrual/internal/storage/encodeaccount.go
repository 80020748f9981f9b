package storage

import "github.com/laurel-loyalty/laurel/services/internal/document"

func writeAccount(w *document.Writer, a *accountDoc) {
	w.Text("_id", a.ID)
	w.Count("format", a.Format)
	w.Text("programme", a.Program)
	w.Text("account", a.Account)
	w.Count("partition", a.Partition)
	w.Long("version", a.Version)
	w.Time("clock", a.Clock)
	w.Binary("hash", a.Hash)
	document.Every(w, "balances", a.Balances, writeBalance)
	document.Every(w, "lots", a.Lots, func(w *document.Writer, l *lotDoc) {
		writeLot(w, &l.Key)
		w.Long("left", l.Left)
		w.LongIf("uncounted", l.Uncounted)
	})
	document.Some(w, "debts", a.Debts, func(w *document.Writer, d *debtDoc) {
		w.Text("unit", d.Unit)
		w.Text("issuer", d.Issuer)
		w.Long("points", d.Points)
	})
	w.TextIf("tier", a.Tier)
	w.TextIf("below", a.Below)
	document.Some(w, "grants", a.Grants, writeGrant)
	document.Some(w, "days", a.Days, writeSpend)
	w.Short("reviewed", a.Reviewed)
	document.Some(w, "waiting", a.Waiting, func(w *document.Writer, o *waitingDoc) {
		w.Text("merchant", o.Merchant)
		w.Text("order", o.Order)
		w.Text("kind", o.Kind)
		w.TextIf("occurrence", o.Occurrence)
		w.Time("deadline", o.Deadline)
	})
	document.Some(w, "counters", a.Counters, func(w *document.Writer, c *counterDoc) {
		w.Short("day", c.Day)
		w.Text("type", c.Type)
		w.Long("points", c.Points)
	})
	w.WordsIf("segments", a.Segments)
	w.BoolIf("actions_only", a.Actions)
	document.Some(w, "holds", a.Holds, func(w *document.Writer, h *openHoldDoc) {
		writeHold(w, &h.Hold)
		document.Every(w, "parts", h.Parts, func(w *document.Writer, p *partDoc) {
			writeLot(w, &p.Lot)
			w.Long("points", p.Points)
		})
	})
	document.Some(w, "refunds", a.Refunds, func(w *document.Writer, r *refundedDoc) {
		w.Long("capture", r.Capture)
		w.Short("day", r.Day)
		w.LongIf("left", r.Left)
	})
	document.Inner(w, "frozen", a.Frozen, writeFrozen)
	document.Inner(w, "rolling", a.Rolling, func(w *document.Writer, r *rollingDoc) {
		w.Short("until", r.Until)
		w.CountIf("lapses", r.Lapses)
	})
	w.TimeOf("due_at", a.DueAt)
}
