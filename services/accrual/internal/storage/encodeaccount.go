package storage

func writeAccount(w *encoder, a *accountDoc) {
	w.text("_id", a.ID)
	w.count("format", a.Format)
	w.text("programme", a.Program)
	w.text("account", a.Account)
	w.count("partition", a.Partition)
	w.long("version", a.Version)
	w.time("clock", a.Clock)
	w.hash("hash", a.Hash)
	every(w, "balances", a.Balances, writeBalance)
	every(w, "lots", a.Lots, func(w *encoder, l *lotDoc) {
		writeLot(w, &l.Key)
		w.long("left", l.Left)
		w.longIf("uncounted", l.Uncounted)
	})
	some(w, "debts", a.Debts, func(w *encoder, d *debtDoc) {
		w.text("unit", d.Unit)
		w.text("issuer", d.Issuer)
		w.long("points", d.Points)
	})
	w.textIf("tier", a.Tier)
	w.textIf("below", a.Below)
	some(w, "grants", a.Grants, writeGrant)
	some(w, "days", a.Days, writeSpend)
	w.short("reviewed", a.Reviewed)
	some(w, "waiting", a.Waiting, func(w *encoder, o *waitingDoc) {
		w.text("merchant", o.Merchant)
		w.text("order", o.Order)
		w.text("kind", o.Kind)
		w.textIf("occurrence", o.Occurrence)
		w.time("deadline", o.Deadline)
	})
	some(w, "counters", a.Counters, func(w *encoder, c *counterDoc) {
		w.short("day", c.Day)
		w.text("type", c.Type)
		w.long("points", c.Points)
	})
	w.wordsIf("segments", a.Segments)
	w.yesIf("actions_only", a.Actions)
	some(w, "holds", a.Holds, func(w *encoder, h *openHoldDoc) {
		writeHold(w, &h.Hold)
		every(w, "parts", h.Parts, func(w *encoder, p *partDoc) {
			writeLot(w, &p.Lot)
			w.long("points", p.Points)
		})
	})
	some(w, "refunds", a.Refunds, func(w *encoder, r *refundedDoc) {
		w.long("capture", r.Capture)
		w.short("day", r.Day)
		w.longIf("left", r.Left)
	})
	inner(w, "frozen", a.Frozen, writeFrozen)
	inner(w, "rolling", a.Rolling, func(w *encoder, r *rollingDoc) {
		w.short("until", r.Until)
		w.countIf("lapses", r.Lapses)
	})
	w.timeIf("due_at", a.DueAt)
}
