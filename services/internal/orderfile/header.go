package orderfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// column is a column that the reader knows.
type column uint8

const (
	colOrder column = iota
	colAccount
	colOccurredAt
	colKind
	colCurrency
	colSKU
	colCategory
	colQuantity
	colAmount
	colMerchant
	colMember
	colChannel
	colReturn
	colBrand
	colCost
	colPoints
	colGiftCards
	colTax
	colShipping
	colRevision
	columns // how many there are
	colOurs = columns
)

// columnNames are what headers call the columns.
var columnNames = [columns]string{
	"order_id", "account", "occurred_at", "kind", "currency", "sku", "category", "quantity", "amount",
	"merchant", "member", "channel", "return_id", "brand", "cost", "paid_with_points", "paid_with_gift_cards", "tax",
	"shipping", "order_revision",
}

// charsMax is how long the texts among the columns may be: the limits of laurel/orders/v1.
var charsMax = [columns]int{
	colOrder: 128, colAccount: 128, colSKU: 128, colCategory: 128, colMerchant: 64, colMember: 128,
	colChannel: 64, colReturn: 128, colBrand: 128,
}

// needed are the columns without which there is no order; all others have a default.
var needed = []column{colOrder, colAccount, colOccurredAt, colAmount}

// oursPrefix marks the columns that Rejects adds, so that a file of rejected rows can be corrected and read again.
const oursPrefix = "rejected_"

func known() string { return strings.Join(columnNames[:], ", ") }

// header says which column stands where.
type header struct {
	order []column     // of each position; colOurs for those that are skipped
	texts []string     // as the file names them
	place [columns]int // position of each column, -1 where the file has none
}

// names returns the columns that are read.
func (h header) names() []string {
	var names []string
	for i, c := range h.order {
		if c != colOurs {
			names = append(names, h.texts[i])
		}
	}
	return names
}

// parseHeader reads the first line. All that is wrong with its columns is said at once.
func parseHeader(name, text string) (header, error) {
	text = strings.TrimPrefix(text, "\uFEFF")
	if hint := otherFormat(text); hint != "" {
		return header{}, refuse(name, "%s", hint)
	}
	if bad := unfit(text); bad != nil {
		return header{}, refuse(name, "column %d: %s", columnAt(text, bad.at), bad.text)
	}
	cells, bad := split(text, rowBytesMax+1)
	if bad != nil {
		return header{}, refuse(name, "column %d: %s", columnAt(text, bad.at), bad.text)
	}
	h := header{}
	for i := range h.place {
		h.place[i] = -1
	}
	var unknown, twice []string
	for i, c := range cells {
		n := slices.Index(columnNames[:], strings.ToLower(c.text))
		switch {
		case strings.HasPrefix(strings.ToLower(c.text), oursPrefix):
			n = int(colOurs)
		case n < 0:
			unknown = append(unknown, named(c.text, i))
			n = int(colOurs)
		case h.place[n] >= 0:
			twice = append(twice, columnNames[n])
		default:
			h.place[n] = i
		}
		h.order, h.texts = append(h.order, column(n)), append(h.texts, c.text)
	}
	return h, h.complain(name, text, unknown, twice)
}

func (h header) complain(name, text string, unknown, twice []string) error {
	var missing []string
	for _, c := range needed {
		if h.place[c] < 0 {
			missing = append(missing, columnNames[c])
		}
	}
	var faults []string
	for _, f := range []struct {
		what  string
		names []string
	}{{"missing", missing}, {"unknown", unknown}, {"twice", twice}} {
		if len(f.names) > 0 {
			faults = append(faults, f.what+": "+few(f.names))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	for _, mark := range []string{";", "\t", "|"} {
		if len(h.order) == 1 && strings.Contains(text, mark) {
			return refuse(name, "the columns are separated by %q; save the file with commas", mark)
		}
	}
	return refuse(name, "columns %s; known are %s", strings.Join(faults, "; "), known())
}

func refuse(name, format string, args ...any) error {
	return reason.New(reason.InvalidField, "header", "%s:1: %s", name, fmt.Sprintf(format, args...))
}

// otherFormat recognises what people send instead of CSV.
func otherFormat(text string) string {
	for _, f := range []struct{ begin, hint string }{
		{"PK\x03\x04", "the file is a spreadsheet or a zip; save the orders as CSV (UTF-8)"},
		{"\x1f\x8b", "the file is compressed; unpack it, for example zcat FILE | make run ORDERS=-"},
		{"\xff\xfe", "the file is UTF-16; save it as UTF-8"},
		{"\xfe\xff", "the file is UTF-16; save it as UTF-8"},
	} {
		if strings.HasPrefix(text, f.begin) {
			return f.hint
		}
	}
	return ""
}

func named(text string, i int) string {
	if text == "" {
		return fmt.Sprintf("the empty name of column %d", i+1)
	}
	return fmt.Sprintf("%.40q", text)
}

// few names the first of many.
func few(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
