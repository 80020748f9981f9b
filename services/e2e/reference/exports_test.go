package reference

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics"
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
	page(t, "exports.md", text.Bytes())
}
