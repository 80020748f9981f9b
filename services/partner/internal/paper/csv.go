package paper

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// columns of the values. Amounts are in major units, above zero for what the partner gets: they sum to its net.
var columns = []string{
	"programme", "period", "settlement", "statement", "partner", "with", "basis", "issuer", "redeemer", "late_period", "price",
	"points", "points_back", "amount", "currency",
}

// CSV writes the lines as comma-separated values behind a row of names. A text that a spreadsheet would take for a formula
// begins with an apostrophe.
func (p Paper) CSV() ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{columns}
	for _, l := range p.Statement.Lines {
		rows = append(rows, p.row(l))
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (p Paper) row(l clearing.Line) []string {
	s := p.Settlement
	return []string{
		plain(s.Program), s.Period.String(), strconv.FormatInt(s.Number, 10),
		strconv.FormatInt(s.Numbered(p.Statement.Partner).Number, 10), plain(p.Statement.Partner), plain(p.other(l)), l.Basis.String(),
		plain(l.Issuer), plain(l.Redeemer), l.Late.String(), Price(l.Price, s.Currency),
		strconv.FormatInt(int64(l.Points), 10), strconv.FormatInt(int64(l.Back), 10), p.amount(p.signed(l)), string(s.Currency),
	}
}

// plain keeps a text from being taken for a formula.
func plain(text string) string {
	if strings.IndexAny(text, "=+-@\t\r\n") == 0 {
		return "'" + text
	}
	return text
}
