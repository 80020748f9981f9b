package laurelctl

import (
	"bytes"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// TestWhatIsAbsentIsNotZero: in Parquet it is null, in CSV empty; columns that are not optional stay required.
func TestWhatIsAbsentIsNotZero(t *testing.T) {
	columns := []column{
		{name: "name", kind: analyticsv1.ColumnType_COLUMN_TYPE_TEXT},
		{name: "customers", kind: analyticsv1.ColumnType_COLUMN_TYPE_INTEGER, optional: true},
	}
	rows := [][]value{{{text: "a"}, {number: 7}}, {{text: "b"}, {absent: true}}, {{text: ""}, {}}}
	var file bytes.Buffer
	out, err := newParquetSheet(&file, "t", columns)
	require.NoError(t, err)
	require.NoError(t, out.write(rows))
	require.NoError(t, out.close())
	type row struct {
		Name      string `parquet:"name"`
		Customers *int64 `parquet:"customers,optional"`
	}
	list, err := parquet.Read[row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	require.NoError(t, err)
	require.Equal(t, []row{{"a", new(int64(7))}, {"b", nil}, {"", new(int64(0))}}, list)

	var text bytes.Buffer
	lines, err := newCSVSheet(&text, columns)
	require.NoError(t, err)
	require.NoError(t, lines.write(rows))
	require.NoError(t, lines.close())
	require.Equal(t, "name,customers\na,7\nb,\n,0\n", text.String())
}
