package orderfile

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// readOccurrence finds what tells apart the returns, shipments and payments of one order: return_id, else the time.
func (p *parser) readOccurrence() {
	k, text := &p.row.key, p.words(colReturn)
	if !k.has.kind {
		return
	}
	switch k.kind {
	case orders.Returned, orders.Shipped, orders.Payment:
	default:
		k.has.occurrence = true
	}
	if text != "" && k.kind != orders.Returned {
		p.failAt(colReturn, reason.New(reason.InvalidField, "", "only returned rows have a return_id, and this one is %s", k.kind))
		return
	}
	if text == "" && !k.has.occurrence && !p.row.at.IsZero() {
		text = p.row.at.Format(time.RFC3339Nano)
	}
	k.occurrence = text
	k.has.occurrence = k.has.occurrence || text != ""
}

func (p *parser) readRevision() {
	k, text := &p.row.key, p.cellOf(colRevision)
	if text == "" {
		k.has.revision = true
		return
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 || n > revisionMax {
		p.failAt(colRevision, reason.New(reason.InvalidField, "", "%.40q is not a whole number from 0 to %d", text, revisionMax))
		return
	}
	if n > 0 && k.has.kind && k.kind != orders.Paid {
		p.failAt(colRevision, reason.New(reason.InvalidField, "", "only paid rows have a revision, and this one is %s", k.kind))
		return
	}
	k.revision, k.has.revision = int32(n), true
}

func (p *parser) readQuantity() {
	text := p.cellOf(colQuantity)
	if text == "" {
		return
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > quantityMax {
		p.failAt(colQuantity, reason.New(reason.InvalidField, "",
			"%.40q is not a whole number from 0 to %d; write 0 for goods that are not counted in pieces", text, quantityMax))
		return
	}
	p.row.quantity, p.row.hasQuantity = n, true
}

// readMoney reads currency, amount, cost, and the parts of the amount.
func (p *parser) readMoney() {
	text := p.cellOf(colCurrency)
	currency := p.reader.defaults.Currency
	if text != "" || currency == "" {
		var err error
		if text == "" {
			err = errors.New("the value is missing, and the programme names no currency")
		} else {
			currency, err = money.ParseCurrency(text)
		}
		if err != nil {
			p.failAt(colCurrency, err)
			return
		}
	}
	p.row.currency = currency
	p.row.amount, p.row.hasAmount = p.amountOf(colAmount)
	p.row.cost, p.row.hasCost = p.amountOf(colCost)
	p.row.points, _ = p.amountOf(colPoints)
	p.row.giftCards, _ = p.amountOf(colGiftCards)
	p.row.tax, _ = p.amountOf(colTax)
	switch text := p.cellOf(colShipping); text {
	case "", "false":
	case "true":
		p.row.shipping = true
	default:
		p.failAt(colShipping, fmt.Errorf("%.40q; write true where the row is what was paid for shipping, else nothing", text))
	}
}

func (p *parser) amountOf(c column) (money.Minor, bool) {
	text := p.cellOf(c)
	if text == "" {
		return 0, false
	}
	amount, err := money.ParseAmount(text, p.row.currency)
	switch {
	case err != nil:
	case amount < 0:
		err = reason.New(reason.InvalidField, "", "%.40s is negative; amounts are positive, for returns too", text)
	case amount > amountMax:
		err = reason.New(reason.AmountOutOfRange, "", "%.40s is more than %s", text, money.Format(amountMax, p.row.currency))
	default:
		return amount, true
	}
	p.failAt(c, err)
	return 0, false
}

// readParts looks at the parts of the amount.
func (p *parser) readParts() {
	w := &p.row
	sells := w.key.kind == orders.Placed || w.key.kind == orders.Paid
	for _, part := range []struct {
		column column
		amount money.Minor
		of     money.Minor
		what   string
	}{
		{colPoints, w.points, w.amount, "have a part that was paid with points"},
		{colGiftCards, w.giftCards, w.amount - w.points, "have a part that was paid with gift cards"},
		{colTax, w.tax, w.amount, "have a part that is tax"},
	} {
		switch {
		case part.amount > 0 && !sells:
			p.failAt(part.column, fmt.Errorf("only placed and paid rows %s, and this one is %s", part.what, w.key.kind))
		case part.amount > max(0, part.of):
			rest := "the amount of the row"
			if part.of != w.amount {
				rest = "what points left of the amount of the row"
			}
			p.failAt(part.column, fmt.Errorf("%s is more than %s, %s", money.Format(part.amount, w.currency), rest, money.Format(max(0, part.of), w.currency)))
		}
	}
	if w.shipping && !sells {
		p.failAt(colShipping, fmt.Errorf("only placed and paid rows are for shipping, and this one is %s", w.key.kind))
	}
}

// readMeaning looks at what a kind needs of its rows.
func (p *parser) readMeaning() {
	p.readParts()
	switch w := &p.row; w.key.kind {
	case orders.Placed, orders.Paid, orders.Payment:
		if !w.hasAmount {
			p.failAt(colAmount, errors.New("the value is missing"))
		}
	case orders.Returned:
		if w.hasQuantity && w.quantity == 0 && !w.hasAmount {
			p.failAt(colQuantity, errors.New("nothing came back; leave quantity and amount empty to return all that is left"))
		}
		if w.sku == "" && !w.noSKU && (w.hasQuantity || w.hasAmount) {
			p.failAt(colSKU, errors.New("the value is missing: it says which line came back; "+
				"leave quantity and amount empty too to return all that is left of the order"))
		}
	default:
	}
}
