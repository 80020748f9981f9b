// Package table is the layout of what analytics hands out: a star of tables with columns of fixed names and types. It only
// grows: a table or a column is added at the end, never renamed, moved or used anew.
package table

// Type is what a column holds.
type Type int

// Types of columns.
const (
	Text    Type = 1
	Integer Type = 2
	Date    Type = 3 // days since 1970-01-01
	Boolean Type = 4 // 0 or 1
)

// Column is one column. No value is ever absent.
type Column struct {
	Name string
	Type Type
	Key  bool // rows that are equal in all keys are one row at different times
	Doc  string
}

// Table is one table.
type Table struct {
	Name, Doc string
	Columns   []Column
	Snapshot  bool // made whole as of a day, not row by row
}

// Names of tables.
const (
	Actions   = "actions"
	Customers = "customers"
	Entries   = "entries"
	Lines     = "lines"
	Orders    = "orders"
	Tiers     = "tiers"
)

// changeDoc describes the last column of tables whose rows change one by one.
const changeDoc = "which fact left the row as it is; of rows with one key the one with the highest change holds"

// All returns the tables, by name.
func All() []Table {
	return []Table{
		{
			Name: Actions, Doc: "Own events of the programme, counted by type, day and partition.",
			Columns: []Column{
				{Name: "type", Type: Text, Key: true, Doc: "as the programme names it"},
				{Name: "day", Type: Date, Key: true, Doc: "day on which they happened, in the programme's zone"},
				{Name: "partition", Type: Integer, Key: true, Doc: "of the accounts; add up over it"},
				{Name: "actions", Type: Integer, Doc: "how many"},
				{Name: "points", Type: Integer, Doc: "what they were given together"},
				{Name: "change", Type: Integer, Doc: changeDoc},
			},
		},
		{
			Name: Customers, Doc: "Customers as of a day: everybody with an order before it.", Snapshot: true,
			Columns: []Column{
				{Name: "as_of", Type: Date, Key: true, Doc: "orders of all days before it count"},
				{Name: "account", Type: Text, Key: true, Doc: "who"},
				{Name: "first_day", Type: Date, Doc: "of the first order"},
				{Name: "last_day", Type: Date, Doc: "of the last order"},
				{Name: "orders", Type: Integer, Doc: "how many"},
				{Name: "currency", Type: Text, Doc: "ISO 4217"},
				{Name: "amount_minor", Type: Integer, Doc: "minor units of them together"},
				{Name: "class", Type: Text, Doc: "A, B or C, by the defaults of the report pareto"},
				{Name: "recency_score", Type: Integer, Doc: "from 1 to 5, as the report rfm"},
				{Name: "frequency_score", Type: Integer, Doc: "the same"},
				{Name: "monetary_score", Type: Integer, Doc: "the same"},
				{Name: "segment", Type: Text, Doc: "by the defaults of the report rfm"},
			},
		},
		entries(),
		lines(),
		{
			Name: Orders, Doc: "Orders that were paid, as the latest fact about each leaves it.",
			Columns: []Column{
				{Name: "merchant", Type: Text, Key: true, Doc: "who took the order"},
				{Name: "order_id", Type: Text, Key: true, Doc: "the merchant's"},
				{Name: "account", Type: Text, Doc: "whose it is"},
				{Name: "day", Type: Date, Doc: "day of its first payment, in the programme's zone"},
				{Name: "currency", Type: Text, Doc: "ISO 4217"},
				{Name: "amount_minor", Type: Integer, Doc: "minor units that are left after returns and amendments"},
				{Name: "counts", Type: Boolean, Doc: "false: it was cancelled, and counts for nothing"},
				{Name: "change", Type: Integer, Doc: changeDoc},
			},
		},
		tiers(),
	}
}
