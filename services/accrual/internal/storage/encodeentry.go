package storage

func writeEntry(w *encoder, e *entryDoc) {
	w.text("_id", e.ID)
	w.count("format", e.Format)
	w.text("account", e.Account)
	w.long("seq", e.Seq)
	w.text("kind", e.Kind)
	w.time("occurred_at", e.OccurredAt)
	w.time("effective_at", e.EffectiveAt)
	w.short("day", e.Day)
	w.count("revision", e.Revision)
	w.text("actor", e.Actor)
	w.textIf("event_id", e.EventID)
	w.textIf("event_source", e.EventSource)
	w.countIf("epoch", e.Epoch)
	w.longIf("sequence", e.Sequence)
	inner(w, "order", e.Order, writeOrder)
	some(w, "lines", e.Lines, writeLine)
	some(w, "movements", e.Movements, writeMovement)
	some(w, "postings", e.Postings, func(w *encoder, p *postingDoc) {
		w.text("unit", p.Unit)
		w.text("bucket", p.Bucket)
		w.long("points", p.Points)
	})
	inner(w, "ladder", e.Ladder, writeLadder)
	inner(w, "after", &e.After, func(w *encoder, a *afterDoc) {
		every(w, "balances", a.Balances, writeBalance)
		w.textIf("tier", a.Tier)
	})
	inner(w, "action", e.Action, writeAction)
	inner(w, "enrolment", e.Enrolment, func(w *encoder, p *enrolmentDoc) {
		w.text("member", p.Member)
		w.text("kind", p.Kind)
	})
	inner(w, "segment", e.Segment, func(w *encoder, s *segmentDoc) {
		w.text("name", s.Name)
		w.yes("entered", s.Entered)
		w.long("number", s.Number)
		w.long("revision", s.Revision)
		w.short("as_of", s.AsOf)
	})
	writeDeed(w, e)
	w.hash("hash", e.Hash)
	w.time("recorded_at", e.RecordedAt)
	inner(w, "original", e.Original, func(w *encoder, o *originalDoc) {
		w.text("subject", o.Subject)
		w.words("headers", o.Headers)
		w.body("body", o.Body)
	})
}

func writeOrder(w *encoder, o *orderDoc) {
	w.text("merchant", o.Merchant)
	w.text("order", o.Order)
	w.count("number", o.Number)
	w.text("kind", o.Kind)
	w.textIf("occurrence", o.Occurrence)
	if o.OrderRev != 0 {
		w.short("order_revision", o.OrderRev)
	}
	w.textIf("lapsed", o.Lapsed)
	w.time("occurred_at", o.OccurredAt)
	w.textIf("currency", o.Currency)
	some(w, "lines", o.Lines, writeGoods)
	some(w, "returned", o.Returned, func(w *encoder, r *returnDoc) {
		w.textIf("line", r.Line)
		w.textIf("sku", r.SKU)
		w.long("quantity", r.Quantity)
		w.amount("amount", r.Amount)
	})
	w.longIf("amount", o.Amount)
	w.textIf("channel", o.Channel)
	w.textIf("member", o.Member)
	w.hash("content", o.Content)
	w.countIf("revision", o.Revision)
	w.textIf("tier", o.Tier)
	w.textIf("segment", o.Segment)
	w.yesIf("frozen", o.Frozen)
	w.long("base", o.Base)
	w.long("target", o.Target)
	w.yesIf("waiting", o.Waiting)
	w.timeIf("deadline", o.Deadline)
}

func writeGoods(w *encoder, g *goodsDoc) {
	w.textIf("id", g.ID)
	w.textIf("sku", g.SKU)
	w.textIf("category", g.Category)
	w.textIf("brand", g.Brand)
	w.long("quantity", g.Quantity)
	w.long("amount", g.Amount)
	w.amount("cost", g.Cost)
	w.longIf("tax", g.Tax)
	w.longIf("gift_card", g.GiftCard)
	w.yesIf("shipping", g.Shipping)
}

func writeLine(w *encoder, l *lineDoc) {
	w.text("id", l.ID)
	w.textIf("sku", l.SKU)
	w.textIf("category", l.Category)
	w.long("base", l.Base)
	w.text("rate", l.Rate)
	w.long("points", l.Points)
	w.wordsIf("rules", l.Rules)
}

func writeLot(w *encoder, k *lotKeyDoc) {
	w.text("unit", k.Unit)
	w.text("issuer", k.Issuer)
	w.day("activation", k.Activation)
	w.day("expiry", k.Expiry)
	w.countIf("life", k.Life)
}

func writeMovement(w *encoder, m *movementDoc) {
	w.text("move", m.Move)
	writeLot(w, &m.Lot)
	w.long("points", m.Points)
	w.textIf("redeemer", m.Redeemer)
}

func writeBalance(w *encoder, b *balanceDoc) {
	w.text("unit", b.Unit)
	w.long("pending", b.Pending)
	w.long("active", b.Active)
	w.long("held", b.Held)
	w.long("debt", b.Debt)
}

func writeSpend(w *encoder, s *spendDoc) {
	w.short("day", s.Day)
	w.long("amount", s.Amount)
}

func writeLadder(w *encoder, l *ladderDoc) {
	some(w, "counts", l.Counts, writeSpend)
	w.count("window", l.Window)
	inner(w, "change", l.Change, func(w *encoder, c *changeDoc) {
		w.text("from", c.From)
		w.text("to", c.To)
		w.long("qualifying", c.Qualifying)
		w.text("cause", c.Cause)
	})
	inner(w, "grants", l.Grants, func(w *encoder, g *grantsDoc) {
		inner(w, "given", g.Given, writeGrant)
		w.textIf("ended", g.Ended)
		w.textIf("below", g.Below)
	})
}

func writeGrant(w *encoder, g *grantDoc) {
	w.text("id", g.ID)
	w.text("tier", g.Tier)
	w.short("from", g.From)
	w.short("until", g.Until)
	w.text("reason", g.Reason)
	w.text("actor", g.Actor)
	w.yesIf("ended", g.Ended)
}

func writeAction(w *encoder, a *actionDoc) {
	w.text("source", a.Source)
	w.text("id", a.ID)
	w.text("type", a.Type)
	w.hash("content", a.Content)
	w.short("day", a.Day)
	w.long("rule", a.Rule)
	w.long("points", a.Points)
	w.longIf("per_day", a.PerDay)
	w.wordsIf("rules", a.Rules)
	w.yesIf("frozen", a.Frozen)
}
