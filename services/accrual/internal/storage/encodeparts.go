package storage

import "github.com/laurel-loyalty/laurel/services/internal/document"

// writeDeed appends the parts of what callers do with an account.
func writeDeed(w *document.Writer, e *entryDoc) {
	document.Inner(w, "command", e.Command, func(w *document.Writer, c *commandDoc) {
		w.Text("caller", c.Caller)
		w.Binary("content", c.Content)
		w.Long("points", c.Points)
		w.TextIf("reason", c.Reason)
		w.TextIf("approver", c.Approver)
	})
	document.Inner(w, "hold", e.Hold, writeHold)
	document.Inner(w, "refund", e.Refund, func(w *document.Writer, r *refundDoc) {
		w.Text("capture", r.Capture)
		w.Long("seq", r.Seq)
		w.Short("day", r.Day)
		w.LongIf("left", r.Left)
	})
	document.Inner(w, "frozen", e.Frozen, writeFrozen)
	document.Inner(w, "transfer", e.Transfer, func(w *document.Writer, t *transferDoc) {
		w.Text("id", t.ID)
		w.Text("from", t.From)
		w.Text("to", t.To)
		w.Long("points", t.Points)
		w.Long("fee", t.Fee)
		w.TextIf("refused", t.Refused)
		w.ShortOf("rolled", t.Rolled)
	})
	document.Inner(w, "extension", e.Extension, func(w *document.Writer, x *extensionDoc) {
		w.Short("before", x.Before)
		w.Short("to", x.To)
	})
	document.Inner(w, "rolls", e.Rolls, func(w *document.Writer, r *rollDoc) { w.Short("until", r.Until) })
	document.Inner(w, "import", e.Import, func(w *document.Writer, i *importDoc) {
		w.Text("source", i.Source)
		w.ShortOf("issued", i.Issued)
	})
}

func writeHold(w *document.Writer, h *holdDoc) {
	w.Text("id", h.ID)
	w.Text("caller", h.Caller)
	w.Text("redeemer", h.Redeemer)
	w.Long("points", h.Points)
	w.Time("deadline", h.Deadline)
}

func writeFrozen(w *document.Writer, f *frozenDoc) {
	w.Bool("earning", f.Earning)
	w.Bool("spending", f.Spending)
}
