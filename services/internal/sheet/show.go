package sheet

import (
	"math/big"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Shown is the sheet as people read it: amounts in the currency, shares as percentages, names without their units.
func (s Sheet) Shown(currency money.Currency) Sheet {
	shown := Sheet{Name: words(s.Name), Columns: slices.Clone(s.Columns)}
	for i := range shown.Columns {
		shown.Columns[i].Name = words(shown.Columns[i].Name)
	}
	for r, row := range s.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			kind := s.Columns[i].Kind
			if s.kinds != nil && kind == Number {
				kind = s.kinds[r]
			}
			cells[i] = show(cell, kind, currency)
		}
		if s.kinds != nil {
			cells[0] = words(cells[0])
		}
		shown.Rows = append(shown.Rows, cells)
	}
	return shown
}

// words is a name of the contract for people: without underscores and units.
func words(name string) string {
	return strings.NewReplacer("_", " ", ".", ", ").Replace(strings.TrimSuffix(name, "_minor"))
}

func show(cell string, kind Kind, currency money.Currency) string {
	switch kind {
	case Money:
		return Amount(cell, currency)
	case Share:
		return Percent(cell)
	case Text, Number:
	}
	return cell
}

// Amount writes minor units with the currency; anything else as it is.
func Amount(text string, currency money.Currency) string {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || !n.IsInt64() {
		return text
	}
	if currency == "" {
		return text + " minor units"
	}
	return money.Format(money.Minor(n.Int64()), currency) + " " + string(currency)
}

// Percent writes a decimal as a percentage with two digits, half away from zero; anything else as it is.
func Percent(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return r.Mul(r, big.NewRat(100, 1)).FloatString(2) + " %"
}
