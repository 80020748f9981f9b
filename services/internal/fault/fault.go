// Package fault names the points at which a crash is most telling. In a build with the tag "fault" a point ends the
// process, as kill -9 would, when LAUREL_FAULT names it, and waits when LAUREL_FAULT_SLOW does; in any other build it does nothing.
package fault

// Points, in the order in which a batch meets them.
const (
	AfterRead           = "after_read"
	AfterCompute        = "after_compute"
	BeforeCommit        = "before_commit"
	InCommit            = "in_commit"
	AfterCommit         = "after_commit"
	BeforeOutboxPublish = "before_outbox_publish"
	AfterOutboxPublish  = "after_outbox_publish"
	AfterOutboxDelete   = "after_outbox_delete"
	AfterOrdersPublish  = "after_orders_publish"

	// Of the registry of programmes.
	AfterRevisionInsert  = "after_revision_insert"
	AfterRevisionPublish = "after_revision_publish"

	// Of redemptions.
	AfterRedemptionBegun = "after_redemption_begun"
	AfterHold            = "after_hold"    // between hold and reserve
	AfterReserve         = "after_reserve" // between reserve and capture
	AfterCapture         = "after_capture" // between capture and fulfil
	AfterFulfil          = "after_fulfil"
	BeforeVoid           = "before_void"
	AfterVoid            = "after_void"
	BeforeRefund         = "before_refund"
	AfterRefund          = "after_refund"

	// Of a settlement.
	AfterControlTotals    = "after_control_totals"
	AfterSettlementInsert = "after_settlement_insert"
	AfterSettlementCommit = "after_settlement_commit"

	// Of a partner's call: it is kept, the ledger has answered, the answer is kept.
	AfterTradeTaken = "after_trade_taken"
	AfterTradeAsked = "after_trade_asked"
	AfterTradeDone  = "after_trade_done"
)

// RedemptionPoints lists those that a redemption meets: an order that is bought, refused and cancelled meets each.
func RedemptionPoints() []string {
	return []string{
		AfterRedemptionBegun, AfterHold, AfterReserve, AfterCapture, AfterFulfil, BeforeVoid, AfterVoid, BeforeRefund, AfterRefund,
	}
}

// SettlementPoints lists those that closing a month meets.
func SettlementPoints() []string {
	return []string{AfterControlTotals, AfterSettlementInsert, AfterSettlementCommit}
}

// TradePoints lists those that each call of a partner that moves points meets.
func TradePoints() []string { return []string{AfterTradeTaken, AfterTradeAsked, AfterTradeDone} }

// Points lists those that a replay meets, for tests that visit each.
func Points() []string {
	return []string{
		AfterRead, AfterCompute, BeforeCommit, InCommit, AfterCommit, BeforeOutboxPublish, AfterOutboxPublish,
		AfterOutboxDelete, AfterOrdersPublish, AfterRevisionInsert, AfterRevisionPublish,
	}
}
