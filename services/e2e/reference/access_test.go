package reference

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func TestAccess(t *testing.T) {
	names := rpc.Names()
	slices.Sort(names)
	var table bytes.Buffer
	table.WriteString("| method | no credential |")
	for _, name := range names {
		fmt.Fprintf(&table, " %s |", name)
	}
	table.WriteString("\n|---|" + strings.Repeat("---|", len(names)+1) + "\n")
	for _, rule := range rpc.Access() {
		fmt.Fprintf(&table, "| `%s` | %s |", strings.TrimPrefix(rule.Method, "/"), may(rule.Open))
		for _, name := range names {
			fmt.Fprintf(&table, " %s |", may(rule.Allows(name)))
		}
		table.WriteString("\n")
	}
	page(t, "access.md", table.Bytes())
}

func may(allowed bool) string {
	if allowed {
		return "yes"
	}
	return ""
}
