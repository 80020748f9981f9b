package table

// entries is the ledger itself, narrowed: what each entry did to the points, with both sides of its postings.
func entries() Table {
	return Table{
		Name: Entries,
		Doc: "Entries of the ledger: what each did to the points, by unit, as posted: all thirteen sums of a row add up to zero. " +
			"An entry never changes; one that moved no points has one row, its unit empty.",
		Columns: []Column{
			{Name: "account", Type: Text, Key: true, Doc: "whose it is"},
			{Name: "seq", Type: Integer, Key: true, Doc: "from 1, dense per account"},
			{Name: "unit", Type: Text, Key: true, Doc: "of the points"},
			{Name: "day", Type: Date, Doc: "day on which it took effect, in the programme's zone"},
			{Name: "kind", Type: Text, Doc: "earn, reverse, activate, expire, park, state, action, hold, capture, void, refund, adjust, transfer_out, transfer_in, extend, import or donate"},
			{Name: "entry_key", Type: Text, Doc: "its business key, unique in the programme (laurelctl account explain)"},
			{Name: "actor", Type: Text, Doc: "who caused it"},
			{Name: "merchant", Type: Text, Doc: "of its order; empty: it is about none"},
			{Name: "order_id", Type: Text, Doc: "the merchant's"},
			{Name: "active_points", Type: Integer, Doc: "that the account can spend"},
			{Name: "pending_points", Type: Integer, Doc: "that become active later"},
			{Name: "held_points", Type: Integer, Doc: "set aside for a redemption"},
			{Name: "debt_points", Type: Integer, Doc: "below zero: that the account owes more; above: less"},
			{Name: "issued_points", Type: Integer, Doc: "of issuers: below zero what they gave, above what came back to them"},
			{Name: "redeemed_points", Type: Integer, Doc: "spent at redeemers; below zero: given back"},
			{Name: "expired_points", Type: Integer, Doc: "lapsed"},
			{Name: "adjusted_points", Type: Integer, Doc: "below zero: added by people; above: taken away"},
			{Name: "change", Type: Integer, Doc: "which fact told it"},
			{Name: "forgiven_points", Type: Integer, Doc: "below zero: that a return could not find and nobody owes"},
			{Name: "in_transit_points", Type: Integer, Doc: "on the way to another account; below zero: that arrived, or came back"},
			{Name: "fees_points", Type: Integer, Doc: "that were paid for sending"},
			{Name: "imported_points", Type: Integer, Doc: "below zero: that came over from another system"},
			{Name: "donated_points", Type: Integer, Doc: "given to causes"},
		},
	}
}
