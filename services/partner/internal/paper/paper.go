// Package paper writes a partner's side of a settlement as a document: values for a spreadsheet, or a page to read and to
// print. The same statement always is the same bytes. It counts nothing itself.
package paper

import (
	"math/big"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Paper is what a document is made of.
type Paper struct {
	Settlement clearing.Closed
	Statement  clearing.Statement
}

// Price writes a price per point, which is in minor units, in major ones: exactly, as a decimal where it is one, else as a
// fraction.
func Price(price money.Ratio, c money.Currency) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Exponent())), nil)
	major := new(big.Rat).SetFrac(big.NewInt(price.Num()), new(big.Int).Mul(big.NewInt(price.Den()), scale))
	if digits, exact := major.FloatPrec(); exact {
		return major.FloatString(digits)
	}
	return major.RatString()
}

// signed is a line's amount as the partner sees it: above zero, it gets money.
func (p Paper) signed(l clearing.Line) money.Minor {
	if l.Creditor == p.Statement.Partner {
		return l.Amount
	}
	return -l.Amount
}

// other is with whom a line is.
func (p Paper) other(l clearing.Line) string {
	if l.Creditor == p.Statement.Partner {
		return l.Debtor
	}
	return l.Creditor
}

// amount writes an amount in major units.
func (p Paper) amount(m money.Minor) string { return money.Format(m, p.Settlement.Currency) }

// Name is what the document is called as a file.
func (p Paper) Name(ending string) string {
	return strings.Join([]string{p.Settlement.Program, p.Settlement.Period.String(), p.Statement.Partner}, "-") + "." + ending
}
