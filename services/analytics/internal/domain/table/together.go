package table

// togetherDoc describes the last column of tables of which several rows change together.
const togetherDoc = "which fact left the rows as they are"

func lines() Table {
	return Table{
		Name: Lines, Doc: "Lines of orders that were paid, after returns and amendments. Of an order the rows with the highest change hold, line 0 left out: it says that there is none any more.",
		Columns: []Column{
			{Name: "merchant", Type: Text, Key: true, Doc: "who took the order"},
			{Name: "order_id", Type: Text, Key: true, Doc: "the merchant's"},
			{Name: "line", Type: Integer, Key: true, Doc: "from 1, in the order in which the order has them"},
			{Name: "account", Type: Text, Doc: "whose order it is"},
			{Name: "day", Type: Date, Doc: "day of the order's first payment, in the programme's zone"},
			{Name: "sku", Type: Text, Doc: "what it is; empty where nobody said"},
			{Name: "category", Type: Text, Doc: "of what kind it is; empty where nobody said"},
			{Name: "currency", Type: Text, Doc: "ISO 4217"},
			{Name: "amount_minor", Type: Integer, Doc: "minor units that are left of it"},
			{Name: "costed", Type: Boolean, Doc: "the order tells what it cost"},
			{Name: "cost_minor", Type: Integer, Doc: "what it cost; 0 where nobody said"},
			{Name: "margin_minor", Type: Integer, Doc: "amount without cost; 0 where nobody said what it cost"},
			{Name: "change", Type: Integer, Doc: togetherDoc},
		},
	}
}

func tiers() Table {
	return Table{
		Name: Tiers, Doc: "Where accounts stood from which day on; what was held for less than a day is left out. Of an account the rows with the highest change hold.",
		Columns: []Column{
			{Name: "account", Type: Text, Key: true, Doc: "who"},
			{Name: "from_day", Type: Date, Key: true, Doc: "first day on which it was held"},
			{Name: "tier", Type: Text, Doc: "as the programme names it"},
			{Name: "change", Type: Integer, Doc: togetherDoc},
		},
	}
}
