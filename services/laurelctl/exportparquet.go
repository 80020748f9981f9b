package laurelctl

import (
	"io"

	"github.com/parquet-go/parquet-go"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// rowGroupRows is how many rows are held in memory before they are written.
const rowGroupRows = 100_000

// parquetSheet writes Parquet: columns in the order of the table, required unless they are optional, days as DATE.
type parquetSheet struct {
	out     *parquet.GenericWriter[any]
	columns []column
}

func newParquetSheet(to io.Writer, name string, columns []column) (*parquetSheet, error) {
	config, err := parquet.NewWriterConfig(
		parquet.NewSchema(name, inOrder(columns)), parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.Compression(&parquet.Snappy), parquet.CreatedBy("laurelctl", "1", ""),
	)
	if err != nil {
		return nil, err
	}
	return &parquetSheet{parquet.NewGenericWriter[any](to, config), columns}, nil
}

func (s *parquetSheet) write(rows [][]value) error {
	list := make([]parquet.Row, len(rows))
	for i, row := range rows {
		list[i] = make(parquet.Row, len(row))
		for k, v := range row {
			list[i][k] = parquetValue(s.columns[k], v).Level(0, s.columns[k].level(v), k)
		}
	}
	_, err := s.out.WriteRows(list)
	return err
}

func (s *parquetSheet) close() error { return s.out.Close() }

// level is the definition level of a value: 1 says of one of an optional column that it is there.
func (c column) level(v value) int {
	if c.optional && !v.absent {
		return 1
	}
	return 0
}

func parquetValue(c column, v value) parquet.Value {
	if v.absent {
		return parquet.NullValue()
	}
	switch c.kind {
	case analyticsv1.ColumnType_COLUMN_TYPE_TEXT:
		return parquet.ByteArrayValue([]byte(v.text))
	case analyticsv1.ColumnType_COLUMN_TYPE_DATE:
		return parquet.Int32Value(int32(v.number)) //nolint:gosec // a day
	case analyticsv1.ColumnType_COLUMN_TYPE_BOOLEAN:
		return parquet.BooleanValue(v.number != 0)
	default:
		return parquet.Int64Value(v.number)
	}
}

func parquetNode(c column) parquet.Node {
	if c.optional {
		c.optional = false
		return parquet.Optional(parquetNode(c))
	}
	switch c.kind {
	case analyticsv1.ColumnType_COLUMN_TYPE_TEXT:
		return parquet.String()
	case analyticsv1.ColumnType_COLUMN_TYPE_DATE:
		return parquet.Date()
	case analyticsv1.ColumnType_COLUMN_TYPE_BOOLEAN:
		return parquet.Leaf(parquet.BooleanType)
	default:
		return parquet.Leaf(parquet.Int64Type)
	}
}

// ordered is a group that keeps the order of its fields; parquet.Group sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field { return o.fields }

func inOrder(columns []column) ordered {
	o := ordered{Group: parquet.Group{}}
	for _, c := range columns {
		o.Group[c.name] = parquetNode(c)
	}
	for _, c := range columns {
		for _, f := range o.Group.Fields() {
			if f.Name() == c.name {
				o.fields = append(o.fields, f)
			}
		}
	}
	return o
}
