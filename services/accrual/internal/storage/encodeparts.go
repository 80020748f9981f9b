package storage

// writeDeed appends the parts of what callers do with an account.
func writeDeed(w *encoder, e *entryDoc) {
	inner(w, "command", e.Command, func(w *encoder, c *commandDoc) {
		w.text("caller", c.Caller)
		w.hash("content", c.Content)
		w.long("points", c.Points)
		w.textIf("reason", c.Reason)
		w.textIf("approver", c.Approver)
	})
	inner(w, "hold", e.Hold, writeHold)
	inner(w, "refund", e.Refund, func(w *encoder, r *refundDoc) {
		w.text("capture", r.Capture)
		w.long("seq", r.Seq)
		w.short("day", r.Day)
		w.longIf("left", r.Left)
	})
	inner(w, "frozen", e.Frozen, writeFrozen)
	inner(w, "transfer", e.Transfer, func(w *encoder, t *transferDoc) {
		w.text("id", t.ID)
		w.text("from", t.From)
		w.text("to", t.To)
		w.long("points", t.Points)
		w.long("fee", t.Fee)
		w.textIf("refused", t.Refused)
		w.day("rolled", t.Rolled)
	})
	inner(w, "extension", e.Extension, func(w *encoder, x *extensionDoc) {
		w.short("before", x.Before)
		w.short("to", x.To)
	})
	inner(w, "rolls", e.Rolls, func(w *encoder, r *rollDoc) { w.short("until", r.Until) })
	inner(w, "import", e.Import, func(w *encoder, i *importDoc) {
		w.text("source", i.Source)
		w.day("issued", i.Issued)
	})
}

func writeHold(w *encoder, h *holdDoc) {
	w.text("id", h.ID)
	w.text("caller", h.Caller)
	w.text("redeemer", h.Redeemer)
	w.long("points", h.Points)
	w.time("deadline", h.Deadline)
}

func writeFrozen(w *encoder, f *frozenDoc) {
	w.yes("earning", f.Earning)
	w.yes("spending", f.Spending)
}
