package reference

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/laurelctl"
)

func TestExports(t *testing.T) {
	var text bytes.Buffer
	for i, table := range analytics.Tables() {
		if i > 0 {
			text.WriteString("\n")
		}
		fmt.Fprintf(&text, "## %s\n\n%s\n\n| column | type | key | what |\n|---|---|---|---|\n", table.GetName(), table.GetDescription())
		for _, c := range table.GetColumns() {
			key := ""
			if c.GetKey() {
				key = "yes"
			}
			kind := strings.ToLower(strings.TrimPrefix(analyticsv1.ColumnType_name[int32(c.GetType())], "COLUMN_TYPE_"))
			fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", c.GetName(), kind, key, c.GetDescription())
		}
	}
	text.WriteString("\n## Reports\n\nBehind `as_of date, parameters text` each table has:\n\n")
	for _, table := range laurelctl.ReportTables() {
		fmt.Fprintf(&text, "- `%s`: %s\n", strings.TrimPrefix(table.Name, "reports/"), strings.Join(table.Columns[2:], ", "))
		named := map[string]bool{}
		for _, c := range table.Columns {
			name, _, _ := strings.Cut(c, " ")
			require.False(t, named[name], "%s has two columns %s", table.Name, name)
			require.Regexp(t, "^[a-z][a-z0-9_]*$", name, table.Name)
			named[name] = true
		}
	}
	page(t, "exports.md", text.Bytes())
}
