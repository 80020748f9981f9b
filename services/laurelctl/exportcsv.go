package laurelctl

import (
	"encoding/csv"
	"io"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// csvSheet writes a header and rows: days as YYYY-MM-DD, yes and no as true and false.
type csvSheet struct {
	out     *csv.Writer
	columns []column
}

func newCSVSheet(to io.Writer, columns []column) (*csvSheet, error) {
	s := &csvSheet{csv.NewWriter(to), columns}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return s, s.out.Write(names)
}

func (s *csvSheet) write(rows [][]value) error {
	cells := make([]string, len(s.columns))
	for _, row := range rows {
		for i, v := range row {
			cells[i] = csvCell(s.columns[i].kind, v)
		}
		if err := s.out.Write(cells); err != nil {
			return err
		}
	}
	return nil
}

func csvCell(t analyticsv1.ColumnType, v value) string {
	if v.absent {
		return ""
	}
	switch t {
	case analyticsv1.ColumnType_COLUMN_TYPE_TEXT:
		return v.text
	case analyticsv1.ColumnType_COLUMN_TYPE_DATE:
		return calendar.Day(v.number).String()
	case analyticsv1.ColumnType_COLUMN_TYPE_BOOLEAN:
		return strconv.FormatBool(v.number != 0)
	default:
		return strconv.FormatInt(v.number, 10)
	}
}

func (s *csvSheet) close() error {
	s.out.Flush()
	return s.out.Error()
}
