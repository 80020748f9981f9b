package storage

import "github.com/laurel-loyalty/laurel/services/internal/document"

func writeEntry(w *document.Writer, e *entryDoc) {
	w.Text("_id", e.ID)
	w.Count("format", e.Format)
	w.Text("account", e.Account)
	w.Long("seq", e.Seq)
	w.Text("kind", e.Kind)
	w.Time("occurred_at", e.OccurredAt)
	w.Time("effective_at", e.EffectiveAt)
	w.Short("day", e.Day)
	w.Count("revision", e.Revision)
	w.Text("actor", e.Actor)
	w.TextIf("event_id", e.EventID)
	w.TextIf("event_source", e.EventSource)
	w.CountIf("epoch", e.Epoch)
	w.LongIf("sequence", e.Sequence)
	document.Inner(w, "order", e.Order, writeOrder)
	document.Some(w, "lines", e.Lines, writeLine)
	document.Some(w, "movements", e.Movements, writeMovement)
	document.Some(w, "postings", e.Postings, func(w *document.Writer, p *postingDoc) {
		w.Text("unit", p.Unit)
		w.Text("bucket", p.Bucket)
		w.Long("points", p.Points)
	})
	document.Inner(w, "ladder", e.Ladder, writeLadder)
	document.Inner(w, "after", &e.After, func(w *document.Writer, a *afterDoc) {
		document.Every(w, "balances", a.Balances, writeBalance)
		w.TextIf("tier", a.Tier)
	})
	document.Inner(w, "action", e.Action, writeAction)
	document.Inner(w, "enrolment", e.Enrolment, func(w *document.Writer, p *enrolmentDoc) {
		w.Text("member", p.Member)
		w.Text("kind", p.Kind)
	})
	document.Inner(w, "segment", e.Segment, func(w *document.Writer, s *segmentDoc) {
		w.Text("name", s.Name)
		w.Bool("entered", s.Entered)
		w.Long("number", s.Number)
		w.Long("revision", s.Revision)
		w.Short("as_of", s.AsOf)
	})
	writeDeed(w, e)
	w.Binary("hash", e.Hash)
	w.Time("recorded_at", e.RecordedAt)
	document.Inner(w, "original", e.Original, func(w *document.Writer, o *originalDoc) {
		w.Text("subject", o.Subject)
		w.Words("headers", o.Headers)
		w.Bytes("body", o.Body)
	})
}

func writeOrder(w *document.Writer, o *orderDoc) {
	w.Text("merchant", o.Merchant)
	w.Text("order", o.Order)
	w.Count("number", o.Number)
	w.Text("kind", o.Kind)
	w.TextIf("occurrence", o.Occurrence)
	if o.OrderRev != 0 {
		w.Short("order_revision", o.OrderRev)
	}
	w.TextIf("lapsed", o.Lapsed)
	w.Time("occurred_at", o.OccurredAt)
	w.TextIf("currency", o.Currency)
	document.Some(w, "lines", o.Lines, writeGoods)
	document.Some(w, "returned", o.Returned, func(w *document.Writer, r *returnDoc) {
		w.TextIf("line", r.Line)
		w.TextIf("sku", r.SKU)
		w.Long("quantity", r.Quantity)
		w.LongOf("amount", r.Amount)
	})
	w.LongIf("amount", o.Amount)
	w.TextIf("channel", o.Channel)
	w.TextIf("member", o.Member)
	w.Binary("content", o.Content)
	w.CountIf("revision", o.Revision)
	w.TextIf("tier", o.Tier)
	w.TextIf("segment", o.Segment)
	w.BoolIf("frozen", o.Frozen)
	w.Long("base", o.Base)
	w.Long("target", o.Target)
	document.Some(w, "others", o.Others, func(w *document.Writer, t *targetDoc) {
		w.Text("unit", t.Unit)
		w.Long("points", t.Points)
	})
	w.BoolIf("waiting", o.Waiting)
	w.TimeOf("deadline", o.Deadline)
}

func writeGoods(w *document.Writer, g *goodsDoc) {
	w.TextIf("id", g.ID)
	w.TextIf("sku", g.SKU)
	w.TextIf("category", g.Category)
	w.TextIf("brand", g.Brand)
	w.Long("quantity", g.Quantity)
	w.Long("amount", g.Amount)
	w.LongOf("cost", g.Cost)
	w.LongIf("tax", g.Tax)
	w.LongIf("gift_card", g.GiftCard)
	w.BoolIf("shipping", g.Shipping)
	w.LongIf("points", g.Points)
	w.LongIf("points_tax", g.PointsTax)
}

func writeLine(w *document.Writer, l *lineDoc) {
	w.Text("id", l.ID)
	w.TextIf("sku", l.SKU)
	w.TextIf("category", l.Category)
	w.Long("base", l.Base)
	w.Text("rate", l.Rate)
	w.Long("points", l.Points)
	w.WordsIf("rules", l.Rules)
}

func writeLot(w *document.Writer, k *lotKeyDoc) {
	w.Text("unit", k.Unit)
	w.Text("issuer", k.Issuer)
	w.ShortOf("activation", k.Activation)
	w.ShortOf("expiry", k.Expiry)
	w.CountIf("life", k.Life)
}

func writeMovement(w *document.Writer, m *movementDoc) {
	w.Text("move", m.Move)
	writeLot(w, &m.Lot)
	w.Long("points", m.Points)
	w.TextIf("redeemer", m.Redeemer)
}

func writeBalance(w *document.Writer, b *balanceDoc) {
	w.Text("unit", b.Unit)
	w.Long("pending", b.Pending)
	w.Long("active", b.Active)
	w.Long("held", b.Held)
	w.Long("debt", b.Debt)
}

func writeSpend(w *document.Writer, s *spendDoc) {
	w.Short("day", s.Day)
	w.Long("amount", s.Amount)
}

func writeLadder(w *document.Writer, l *ladderDoc) {
	document.Some(w, "counts", l.Counts, writeSpend)
	w.Count("window", l.Window)
	document.Inner(w, "change", l.Change, func(w *document.Writer, c *changeDoc) {
		w.Text("from", c.From)
		w.Text("to", c.To)
		w.Long("qualifying", c.Qualifying)
		w.Text("cause", c.Cause)
	})
	document.Inner(w, "grants", l.Grants, func(w *document.Writer, g *grantsDoc) {
		document.Inner(w, "given", g.Given, writeGrant)
		w.TextIf("ended", g.Ended)
		w.TextIf("below", g.Below)
	})
}

func writeGrant(w *document.Writer, g *grantDoc) {
	w.Text("id", g.ID)
	w.Text("tier", g.Tier)
	w.Short("from", g.From)
	w.Short("until", g.Until)
	w.Text("reason", g.Reason)
	w.Text("actor", g.Actor)
	w.BoolIf("ended", g.Ended)
}

func writeAction(w *document.Writer, a *actionDoc) {
	w.Text("source", a.Source)
	w.Text("id", a.ID)
	w.Text("type", a.Type)
	w.Binary("content", a.Content)
	w.Short("day", a.Day)
	w.Long("rule", a.Rule)
	w.Long("points", a.Points)
	w.LongIf("per_day", a.PerDay)
	w.WordsIf("rules", a.Rules)
	w.BoolIf("frozen", a.Frozen)
}
